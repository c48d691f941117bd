/*
 * A set of items in order, as reconciliation asks about it: how many lie below a bound, what do the
 * ids from here to there sum up to, which is the n-th. Items come from a room's history or a
 * mailbox and leave when those let them go.
 *
 * Items lie in blocks of up to 128; sums over blocks are brought up to date when somebody asks.
 */
#ifndef SYNC_RECONCILE_SET_H
#define SYNC_RECONCILE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/err.h"

#define RECONCILE_SET_ID_SIZE 32
#define RECONCILE_SET_KEY_MAX (UINT64_MAX >> 1) /* varints have 63 bits */
#define RECONCILE_SET_BLOCK_MAX 128             /* moving one costs as much as finding its place */

struct reconcile_set_item {
    uint64_t key; /* at most RECONCILE_SET_KEY_MAX */
    uint8_t id[RECONCILE_SET_ID_SIZE];
};

/* A place between items: below it lies what is less than (key, id). */
struct reconcile_set_bound {
    bool is_end; /* behind everything */
    uint64_t key;
    uint8_t id[RECONCILE_SET_ID_SIZE]; /* zeros behind id_len */
    uint8_t id_len;                    /* bytes that must be said */
};

/* The ids of some items, added modulo 2^256 as little-endian numbers. */
struct reconcile_set_sum {
    uint64_t count;
    uint64_t words[4]; /* lowest first */
};

struct reconcile_set_block; /* opaque */

struct reconcile_set {
    struct reconcile_set_block **blocks; /* none is empty */
    struct reconcile_set_sum *below;     /* of all blocks before; right for the first `summed` */
    size_t count;                        /* blocks */
    size_t capacity;
    size_t summed; /* below[0 .. summed - 1] are right */
    uint64_t size; /* items */
};

void reconcile_set_init(struct reconcile_set *s);
void reconcile_set_clear(struct reconcile_set *s);

/** WAVU_ERR_EXISTS when it is there already, WAVU_ERR_INVALID for too great a key. */
WARN_UNUSED int reconcile_set_add(struct reconcile_set *s, const struct reconcile_set_item *item);

/** WAVU_ERR_NOT_FOUND when it is not there. */
WARN_UNUSED int reconcile_set_remove(struct reconcile_set *s,
                                     const struct reconcile_set_item *item);

/** How many items lie below `bound`. */
uint64_t reconcile_set_rank(struct reconcile_set *s, const struct reconcile_set_bound *bound);

/** The item of rank `rank`, which must be below the set's size. Borrowed until the next change. */
const struct reconcile_set_item *reconcile_set_at(struct reconcile_set *s, uint64_t rank);

/** The sum over ranks [from, to). */
void reconcile_set_sum_of(struct reconcile_set *s, uint64_t from, uint64_t to,
                          struct reconcile_set_sum *out);

/** -1, 0 or 1, by key and then id. */
int reconcile_set_compare(const struct reconcile_set_item *a, const struct reconcile_set_item *b);

/** -1, 0 or 1. */
int reconcile_set_compare_bounds(const struct reconcile_set_bound *a,
                                 const struct reconcile_set_bound *b);

/** The bound right below `item`. */
struct reconcile_set_bound reconcile_set_bound_at(const struct reconcile_set_item *item);

/** The shortest bound that has `low` below it and `high` not. `low` is less than `high`. */
struct reconcile_set_bound reconcile_set_bound_between(const struct reconcile_set_item *low,
                                                       const struct reconcile_set_item *high);

/** Walk the invariants. */
void reconcile_set_check(const struct reconcile_set *s);

#endif
