/*
 * Random schedules: persons on 3 to 30 replicas who invite, add and remove devices, revoke and
 * co-sign, leave and come back without having heard of each other, some of them hostile: they fork
 * their chains, go on after they were revoked or left, backdate, invite puppets, revoke whoever
 * revokes them. In the end every replica hears of everything, each in an order of its own.
 */
#ifndef TESTS_SUPPORT_MEMBERS_SCHEDULE_H
#define TESTS_SUPPORT_MEMBERS_SCHEDULE_H

#include "crypto/signer.h"

struct members_schedule_counts {
    uint64_t schedules;
    uint64_t replicas;
    uint64_t operations; /* of all logs in the end */
    uint64_t fed;        /* in random order */
    uint64_t waited;     /* of them, for something that was not there yet */
    uint64_t stands;     /* revocations that stand in the end */
    uint64_t falls;      /* that do not */
    uint64_t voids;      /* operations that do not count */
    uint64_t forks;      /* chains */
    uint64_t knots;
    uint64_t ties;  /* operations that count though a revocation that stands cuts them */
    uint64_t pairs; /* revocations that stand and could not alone */
    uint64_t left;  /* members that left, and were not put out */
    uint64_t whole; /* LEAVEs by roots */
    uint64_t back;  /* persons who became members once more */
    uint64_t frozen;
};

/** Run the schedule of that seed. CHECKs that all replicas come to the same state, hash and counted
 * operations, that it and who belongs are the oracle's, and that nothing counts outside its
 * honoured past but ties; adds to `counts`. */
void members_schedule_run(const struct signer *signer, uint64_t seed,
                          struct members_schedule_counts *counts);

#endif
