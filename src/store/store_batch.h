/*
 * Writes that wait for their commit: in order, and found by key, so that a reader sees its own.
 *
 * A key here is whole: space, length of the table's name, the name, the key within it. Records are
 * entries whose key is their sequence, big-endian, in a space of their own.
 */
#ifndef STORE_STORE_BATCH_H
#define STORE_STORE_BATCH_H

#include "base/list.h"
#include "base/map.h"
#include "base/span.h"

enum store_space { STORE_TABLES = 1, STORE_LOGS = 2 };

struct store_op {
    struct list link; /* in batch->ops; of one key only the last is there */
    bool is_delete;
    struct span key; /* these lie in `bytes` */
    struct span value;
    uint8_t bytes[];
};

struct store_batch {
    struct list ops; /* oldest first */
    struct map keys; /* whole key -> struct store_op */
    size_t bytes;    /* what it holds in memory */
    uint64_t number; /* of the commit that it is for */
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

/** The last write to `key`, or NULL. */
const struct store_op *store_batch_find(const struct store_batch *b, struct span key);

/** The write to the smallest key that is at least `from` and begins with `prefix`, or NULL. Walks
 * the batch. */
const struct store_op *store_batch_next(const struct store_batch *b, struct span prefix,
                                        struct span from);

/** The write to the largest key that begins with `prefix`, or NULL. Walks the batch. */
const struct store_op *store_batch_last(const struct store_batch *b, struct span prefix);

bool store_batch_is_empty(const struct store_batch *b);

#endif
