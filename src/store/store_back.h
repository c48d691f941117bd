/*
 * What stands behind a store: the database, or its twin in memory.
 *
 * Keys are whole (store_whole.h) and ordered by their bytes. `commit` is called by a job, all else
 * on the node's thread, which may come while a commit is under way.
 */
#ifndef STORE_STORE_BACK_H
#define STORE_STORE_BACK_H

#include "base/buf.h"
#include "store/store.h"
#include "store/store_batch.h"

struct store_back_ops {
    /* Be ready; at once when it is. Errors as of store_open. */
    int (*open)(void *back);
    /* Append the value to `value`. WAVU_ERR_NOT_FOUND, _LIMIT (it does not fit), and as open. */
    int (*get)(void *back, struct span key, struct buf *value);
    /* Append the smallest key that is at least `from` and begins with `prefix`, and its value.
     * After WAVU_ERR_LIMIT the key is there, the value did not fit. */
    int (*next)(void *back, struct span prefix, struct span from, struct buf *key,
                struct buf *value);
    /* As next: the largest key that is before `before` and begins with `prefix`. With `value` NULL
     * the key alone, which costs less. */
    int (*prev)(void *back, struct span prefix, struct span before, struct buf *key,
                struct buf *value);
    /* Until let_go all reads see the same: what is there at the first. Errors as of open. */
    int (*hold)(void *back);
    void (*let_go)(void *back);
    /* Behind a successful open: writes that are kept but not where get, next and prev look, over
     * what these find. Stays as it is until settle. Has no ranges. */
    const struct store_batch *(*late)(void *back);
    /* All writes of the batch, with what they mean for indexes (store_index.h), or none; durable
     * when it returns 0. */
    int (*commit)(void *back, const struct store_batch *batch);
    /* The commit of this batch has succeeded. Writes of it may move to those that are late. */
    void (*settle)(void *back, struct store_batch *batch);
    /* A commit has failed, none is under way: be ready for the next. */
    void (*recover)(void *back);
    /* In a job, beside all else: the next slice of a full check (store_check.h), from `at` on. */
    int (*check)(void *back, struct store_whole *at, struct store_progress *p);
    /* In a job, beside all else but `check`: tell `each` of every entry, all as they are on the
     * disk at one moment, blocks of indexes first, in order of their keys; what it returns below 0
     * ends it. WAVU_ERR_UNSUPPORTED: there is no disk. Else errors as of open. */
    int (*copy)(void *back, store_each *each, void *context);
    void (*free)(void *back);
};

#endif
