/*
 * Search: the newest numbers of an index whose texts have all words of a query.
 *
 * In: a query of a person, and what a reader sees (store_view.h), held still meanwhile. Out:
 * numbers, newest first, a page at a time.
 */
#ifndef STORE_STORE_FIND_H
#define STORE_STORE_FIND_H

#include "store/store_index.h"
#include "store/store_view.h"

/* Words of a query; more are not looked at. */
#define STORE_FIND_WORDS_MAX 16
/* Runs that one call looks into: 32 of 16,384 texts, some milliseconds. */
#define STORE_FIND_RUNS_MAX 32
/* Blocks of a run that one unfinished word is looked for in: all that a usual text needs. */
#define STORE_FIND_BLOCKS_MAX 256

/** As store_index_find. `head` is the index's: space, length, name. */
WARN_UNUSED int store_find(const struct store_view *view, struct span head, struct span query,
                           struct store_page *page);

#endif
