/*
 * Many places in order, to find the nearest to a target among all of them, which no node can. For
 * the simulator: a place is known by its leading 64 bits.
 */
#ifndef SWARM_KAD_FOREST_H
#define SWARM_KAD_FOREST_H

#include "discovery/kad_key.h"

struct kad_leaf {
    uint64_t place;
    uint32_t who;
};

struct kad_forest {
    struct kad_leaf *leaves; /* owned; by place, after kad_forest_sort */
    size_t count;
    size_t room;
};

/** The leading 64 bits. */
WARN_UNUSED uint64_t kad_forest_place(const struct kad_key *key);

void kad_forest_clear(struct kad_forest *f);
void kad_forest_add(struct kad_forest *f, uint64_t place, uint32_t who);

/** After additions and before questions. */
void kad_forest_sort(struct kad_forest *f);

/** The leaves from `*low` to before `*high` are those that share the leading `bits` (0 to 64) of
 * `place`. */
void kad_forest_range(const struct kad_forest *f, uint64_t place, unsigned bits, size_t *low,
                      size_t *high);

/** The nearest by XOR, nearest first; returns how many, at most `max`. */
size_t kad_forest_nearest(const struct kad_forest *f, uint64_t target, uint32_t *out, size_t max);

#endif
