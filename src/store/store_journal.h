/*
 * A commit's writes as one value, for those that go to their places later (store_late.h).
 *
 * version 1, then for each write, in order of their keys: how many bytes its key has in common with
 * the one before 1, how many others it has (varint), these; 0 of a deletion, else 1 more than the
 * value's length (varint), and the value.
 */
#ifndef STORE_STORE_JOURNAL_H
#define STORE_STORE_JOURNAL_H

#include "base/buf.h"
#include "store/store_batch.h"

#define STORE_JOURNAL_VERSION 1

/** Write what `batch`, which has no ranges, holds. */
void store_journal_write(struct buf *out, const struct store_batch *batch);

/** Add what such a value holds, if it is whole. WAVU_ERR_CORRUPT, _UNSUPPORTED (of a newer wavu):
 * nothing was added. */
WARN_UNUSED int store_journal_read(struct store_batch *batch, struct span bytes);

#endif
