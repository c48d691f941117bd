/*
 * The upkeep of one index after a commit's writes: numbers that were written again or deleted leave
 * their runs, and loose entries whose run is over are folded.
 */
#ifndef STORE_STORE_FOLD_H
#define STORE_STORE_FOLD_H

#include "store/store_index.h"

/** The last run that begins at `number` or before it. WAVU_ERR_NOT_FOUND, _CORRUPT, as of `io`. */
WARN_UNUSED int store_fold_run_at(const struct store_index_io *io, struct span head,
                                  uint64_t number, struct store_run *run);

/** `first` is the first write to this index. Errors as store_index_settle. */
WARN_UNUSED int store_fold(const struct store_index_io *io, struct span head,
                           const struct store_op *first);

#endif
