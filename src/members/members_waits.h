/*
 * What waits for what in a membership log, as a graph whose size is near the log's: comes from the
 * operations that are let in, leaves to members_eval, which walks it.
 *
 * Nodes are operations (by place), then effects (of a revocation that may stand: whether it does),
 * then gates, each of which gathers what waits for many effects would name one by one. A gate is
 * numbered behind those gates that it waits for.
 * Source: docs/protocol/members.md, "What counts".
 */
#ifndef MEMBERS_MEMBERS_WAITS_H
#define MEMBERS_MEMBERS_WAITS_H

#include "members/members.h"

/* Lists of nodes, one for each node: items[first[node] .. first[node + 1]). */
struct members_waits_lists {
    uint32_t *first;
    uint32_t *items;
};

struct members_waits {
    uint32_t op_count;
    uint32_t effect_count; /* their nodes are from op_count on */
    uint32_t node_count;
    uint32_t *effects; /* owned; by place: the node of its effect, or MEMBERS_NONE */
    uint32_t *causes;  /* owned; by effect: the place of its revocation */
    /* An operation waits for its member, grant and join and for gates; a gate for gates and
     * effects; an effect for its revocation and the COSIGNs of it. */
    struct members_waits_lists down; /* owned; what a node waits for */
    struct members_waits_lists up;   /* owned; what waits for it */
    uint64_t work;                   /* steps taken: what tests count */
};

/** Build the graph of `log`. `may_stand`, by place, says which revocations could stand at all: the
 * others cut nothing and have no effect. */
void members_waits_init(struct members_waits *w, const struct members *log,
                        const uint8_t *may_stand);
void members_waits_clear(struct members_waits *w);

/** Is the node an operation; an effect? */
static inline bool members_waits_is_op(const struct members_waits *w, uint32_t node)
{
    return node < w->op_count;
}

static inline bool members_waits_is_effect(const struct members_waits *w, uint32_t node)
{
    return node >= w->op_count && node < w->op_count + w->effect_count;
}

/** The revocation of an effect. */
static inline uint32_t members_waits_cause(const struct members_waits *w, uint32_t effect)
{
    return w->causes[effect - w->op_count];
}

#endif
