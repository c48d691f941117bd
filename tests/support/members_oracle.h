/*
 * What counts, a second time: docs/protocol/members.md's evaluation done in the plainest way, for
 * logs of up to 64 operations. Shares nothing with members_eval but the graph.
 */
#ifndef TESTS_SUPPORT_MEMBERS_ORACLE_H
#define TESTS_SUPPORT_MEMBERS_ORACLE_H

#include "members/members.h"

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

#endif
