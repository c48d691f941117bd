/*
 * What counts and who belongs, a second time: docs/protocol/members.md's evaluation and state done
 * in the plainest way, for logs of up to 64 operations. Shares nothing with members_eval and
 * members_state but the graph.
 */
#ifndef TESTS_SUPPORT_MEMBERS_ORACLE_H
#define TESTS_SUPPORT_MEMBERS_ORACLE_H

#include "members/members_state.h"

struct members_oracle {
    const struct members *log;
    uint64_t open;      /* by place: undecided */
    uint64_t counts;    /* counts */
    uint64_t may;       /* revocations that may yet stand */
    uint64_t stands;    /* revocations that stand */
    uint64_t contested; /* signatures that somebody nearer would void */
    uint64_t by_knot;   /* counts because it was strongest in a knot */
    uint64_t cuts[64];  /* of a revocation: all that it cuts */
    uint64_t rests[64];
};

void members_oracle_run(struct members_oracle *o, const struct members *log);

/** After that: where does the member stand? */
enum members_state_status members_oracle_status(const struct members_oracle *o, uint32_t member);

/** Is that chain a live device's? For members of fewer than 64. */
bool members_oracle_is_live(const struct members_oracle *o, uint32_t seat);

bool members_oracle_is_frozen(const struct members_oracle *o);

#endif
