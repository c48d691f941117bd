/*
 * What a reader sees: what stands behind the store, and over it the writes that are not there yet.
 *
 * From the database, what is written behind it and the two batches to store.c. Where they have the
 * same key, the youngest counts. Keys here are whole (store_whole.h).
 */
#ifndef STORE_STORE_VIEW_H
#define STORE_STORE_VIEW_H

#include "store/store_back.h"

struct store_view {
    const struct store_batch *filling; /* the youngest */
    const struct store_batch *flying;
    const struct store_back_ops *ops; /* what is written behind is theirs: the oldest layer */
    void *back;
};

enum store_way { STORE_FORWARD, STORE_BACKWARD };

/** Append the value. Errors as store_back_ops.get. */
WARN_UNUSED int store_view_get(const struct store_view *v, struct span key, struct buf *value);

/**
 * The nearest entry that begins with `prefix`: forward the first that is not before `at`, backward
 * the last that is before it. `key` (room for STORE_WHOLE_MAX) and `value` are replaced; backward
 * `value` may be NULL: the key alone. `at` is used up. Errors as store_back_ops.next.
 */
WARN_UNUSED int store_view_walk(const struct store_view *v, enum store_way way, struct span prefix,
                                struct store_whole *at, struct buf *key, struct buf *value);

#endif
