/*
 * What counts: decides of every operation of a membership log whether it counts, and of every
 * revocation whether it stands. A pure function of the set of operations: places, which differ from
 * node to node, order the work and never the outcome.
 *
 * Source: docs/protocol/members.md, "What counts".
 */
#ifndef MEMBERS_MEMBERS_EVAL_H
#define MEMBERS_MEMBERS_EVAL_H

#include "members/members.h"

enum members_eval_value { MEMBERS_EVAL_OPEN, MEMBERS_EVAL_VOID, MEMBERS_EVAL_COUNTS };
enum members_eval_effect {
    MEMBERS_EVAL_UNKNOWN, /* a revocation that may yet stand */
    MEMBERS_EVAL_FALLS,
    MEMBERS_EVAL_STANDS
};

struct members_eval_step; /* of the walk through what waits for what */

struct members_eval {
    const struct members *log; /* borrowed while members_eval_run lasts */
    uint32_t count;            /* operations evaluated */
    uint8_t *values;           /* owned; enum members_eval_value by place */
    uint8_t *effects;          /* owned; enum members_eval_effect by place; of revocations only */
    uint32_t *enter; /* owned; an operation lies on the way to another of its chain when */
    uint32_t *span;  /* the other's `enter` lies in [enter, enter + span) of it */
    uint32_t knots;  /* components of several operations met: for tests and metrics */
    /* Room for the work. */
    uint32_t *nodes;
    uint8_t *ends; /* the last of its component, by place in `nodes` */
    uint32_t *order;
    uint32_t *low;
    uint32_t *piece; /* which part under work it belongs to */
    uint32_t *stack;
    struct members_eval_step *steps;
    uint32_t piece_last;
};

void members_eval_init(struct members_eval *e);
void members_eval_clear(struct members_eval *e);

/** Evaluate `log` anew. */
void members_eval_run(struct members_eval *e, const struct members *log);

/** Does revocation `r`, if it stands, cut operation `o`? Both places, evaluated before. */
bool members_eval_cuts(const struct members_eval *e, uint32_t r, uint32_t o);

/** Does it count? Of a place; false for one that came after the evaluation. */
bool members_eval_counts(const struct members_eval *e, uint32_t place);

/** Does this revocation stand? */
bool members_eval_stands(const struct members_eval *e, uint32_t place);

/** The REVOKE that comes after `r` (MEMBERS_NONE: the first) among those that are for the member,
 * for itself or by a subtree; MEMBERS_NONE behind the last. `*at` holds the place in the tree and
 * belongs to the walk. */
uint32_t members_eval_next_revoke(const struct members *log, uint32_t member, uint32_t *at,
                                  uint32_t r);

#endif
