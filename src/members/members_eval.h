/*
 * What counts: decides of every operation of a membership log whether it counts, and of every
 * revocation whether it stands. A pure function of the set of operations: places, which differ from
 * node to node, order the work and never the outcome. The work grows with the log, whatever is in
 * it, but for a logarithm.
 *
 * Source: docs/protocol/members.md, "What counts".
 */
#ifndef MEMBERS_MEMBERS_EVAL_H
#define MEMBERS_MEMBERS_EVAL_H

#include "members/members.h"

enum members_eval_value { MEMBERS_EVAL_OPEN, MEMBERS_EVAL_VOID, MEMBERS_EVAL_COUNTS };
enum members_eval_effect {
    MEMBERS_EVAL_UNKNOWN, /* no revocation */
    MEMBERS_EVAL_FALLS,
    MEMBERS_EVAL_STANDS
};

struct members_eval {
    uint32_t count; /* operations evaluated */
    uint32_t member_count;
    uint8_t *values;  /* owned; enum members_eval_value by place */
    uint8_t *effects; /* owned; enum members_eval_effect by place */
    uint8_t *revoked; /* owned; by member: is a REVOKE that stands for it? */
    uint32_t knots;   /* sets of revocations that undo each other: for tests and metrics */
    uint64_t work;    /* steps taken: what tests count */
};

void members_eval_init(struct members_eval *e);
void members_eval_clear(struct members_eval *e);

/** Evaluate `log` anew. */
void members_eval_run(struct members_eval *e, const struct members *log);

/** Does it count? Of a place; false for one that came after the evaluation. */
bool members_eval_counts(const struct members_eval *e, uint32_t place);

/** Does this revocation stand? */
bool members_eval_stands(const struct members_eval *e, uint32_t place);

/** Is a REVOKE that stands for this member, for itself or by a subtree? */
bool members_eval_is_revoked(const struct members_eval *e, uint32_t member);

#endif
