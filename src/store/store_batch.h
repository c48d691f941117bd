/*
 * Writes that wait for their commit, in the order of their keys, so that a reader sees its own.
 *
 * First whole ranges are deleted, then single keys are written or deleted: of one key only the last
 * write is there, and none that a later deletion of its range undid.
 */
#ifndef STORE_STORE_BATCH_H
#define STORE_STORE_BATCH_H

#include "base/list.h"
#include "base/random.h"
#include "store/store_whole.h"

/* A skip list's levels, each with a quarter of the one below: 4^10 writes are more than wait. */
#define STORE_BATCH_LEVELS 10

/* Deletions of ranges in one batch that are not neighbours: each is looked at by every read. */
#define STORE_BATCH_RANGES_MAX 64

struct store_op {
    struct span key; /* these two lie behind `next`, the value directly behind the key */
    struct span value;
    bool is_delete;
    uint8_t levels;
    struct store_op *next[]; /* on each of its levels; next[0]: in order of keys */
};

/* All keys from `from` to before `to` are deleted. */
struct store_range {
    struct list link; /* in batch->ranges */
    struct store_whole from;
    struct store_whole to;
};

struct store_batch {
    struct store_op *first[STORE_BATCH_LEVELS];
    struct list ranges;
    size_t range_count;
    size_t bytes;     /* what it holds in memory */
    uint64_t number;  /* of the commit that it is for */
    bool is_whole;    /* with it all that is written behind goes to its place (store_late.h) */
    uint64_t draw[2]; /* levels come from here */
};

void store_batch_init(struct store_batch *b, const struct random *random);

/** Forget all writes; ready for new ones. */
void store_batch_clear(struct store_batch *b);

/** `from`, which is emptied, becomes `to`, which must be empty. */
void store_batch_move(struct store_batch *to, struct store_batch *from);

/** What a write of these lengths adds to `bytes`, at most. */
size_t store_batch_cost(size_t key_len, size_t value_len);

/** Copy a write in; it replaces what the batch has for this key. */
void store_batch_add(struct store_batch *b, struct span key, bool is_delete, struct span value);

/** All writes of `from`, which has no ranges and is emptied, are younger ones of `b`. */
void store_batch_take(struct store_batch *b, struct store_batch *from);

/** Delete a range, `from` before `to`. WAVU_ERR_LIMIT: too many. */
WARN_UNUSED int store_batch_add_range(struct store_batch *b, struct span from, struct span to);

/** The last write to `key`, also a deletion of its range; or NULL. */
const struct store_op *store_batch_find(const struct store_batch *b, struct span key);

/** The write to the smallest key that is at least `from`, or NULL. */
const struct store_op *store_batch_next(const struct store_batch *b, struct span from);

/** The write to the largest key before `before`, or NULL. */
const struct store_op *store_batch_prev(const struct store_batch *b, struct span before);

/** The deleted range that `key` is in, or NULL. */
const struct store_range *store_batch_range_of(const struct store_batch *b, struct span key);

bool store_batch_is_empty(const struct store_batch *b);

#endif
