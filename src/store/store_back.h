/*
 * What stands behind a store: the database, or its twin in memory.
 *
 * Keys are whole (store_batch.h) and ordered by their bytes. `commit` is called by a job, all else
 * on the node's thread, which may come while a commit is under way: the database then has it wait.
 */
#ifndef STORE_STORE_BACK_H
#define STORE_STORE_BACK_H

#include "base/buf.h"
#include "store/store_batch.h"

struct store_back_ops {
    /* Be ready; at once when it is. Errors as of store_open. */
    int (*open)(void *back);
    /* Append the value to `value`. WAVU_ERR_NOT_FOUND, _LIMIT (it does not fit), and as open. */
    int (*get)(void *back, struct span key, struct buf *value);
    /* Append the smallest key that is at least `from` and begins with `prefix`, and its value. */
    int (*next)(void *back, struct span prefix, struct span from, struct buf *key,
                struct buf *value);
    /* Append the largest key that begins with `prefix` and has 8 bytes more. */
    int (*last)(void *back, struct span prefix, struct buf *key);
    /* All writes of the batch, or none; durable when it returns 0. */
    int (*commit)(void *back, const struct store_batch *batch);
    /* The commit of this batch has succeeded. */
    void (*settle)(void *back, const struct store_batch *batch);
    void (*free)(void *back);
};

#endif
