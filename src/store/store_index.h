/*
 * An index's place in the database, and its upkeep: which numbers have which words.
 *
 * New texts lie loose, an entry each with its words. When their run of 256 numbers is over, they
 * are folded into blocks (store_block.h), eight such runs into one of 2,048, eight of these into
 * one of 16,384: so a million texts are 61 runs and a few, each with its words in order.
 *
 * In: the writes of a commit, within it, from a job. Out: the index brought up to them. Found again
 * by store_find.h. docs/protocol/store.md has the layout.
 */
#ifndef STORE_STORE_INDEX_H
#define STORE_STORE_INDEX_H

#include "store/store_batch.h"
#include "store/store_block.h"

#define STORE_INDEX_LOG2_MIN 8 /* of the shortest run */
#define STORE_INDEX_LOG2_STEP 3

/* Words of a text that are found; 6 kB of English. What follows is not indexed. */
#define STORE_INDEX_WORDS_MAX 1024
/* Of the loose entry of a text: version 1, then length 1 and the word for each. */
#define STORE_INDEX_ENTRY_MAX (1 + STORE_INDEX_WORDS_MAX * (1 + STORE_WORDS_SIZE_MAX))
/* Texts that were written again after their run was folded, before it is folded anew. */
#define STORE_INDEX_STRAYS_MAX 32

/* Numbers from `start`, a multiple of 2^log2, to before start + 2^log2. */
struct store_run {
    uint64_t start;
    unsigned log2;
};

static inline uint64_t store_run_end(struct store_run run)
{
    return run.start + (UINT64_C(1) << run.log2);
}

/* What the upkeep reads and writes with: a database within its transaction, or the twin. */
struct store_index_io {
    void *back;
    int (*next)(void *back, struct span prefix, struct span from, struct buf *key,
                struct buf *value);
    int (*prev)(void *back, struct span prefix, struct span before, struct buf *key,
                struct buf *value);
    int (*put)(void *back, struct span key, struct span value);
    int (*remove)(void *back, struct span key);
};

/** The loose entry's whole key. `head` is the index's: space, length, name. */
void store_index_key(struct store_whole *w, struct span head, uint64_t number);

/** Of a run's blocks; `word` empty: the first one's. */
void store_index_run_key(struct store_whole *w, struct span head, struct store_run run,
                         struct span word);

/** All of the index's: loose entries (STORE_INDEXES) or blocks (STORE_BLOCKS). */
void store_index_all_key(struct store_whole *w, struct span head, enum store_space space);

/** The number in a loose entry's whole key, whose head has `head_len` bytes; false: it is no such
 * key. */
WARN_UNUSED bool store_index_number(struct span key, size_t head_len, uint64_t *number);

/** The run that a block's whole key is of. */
WARN_UNUSED bool store_index_run(struct span key, size_t head_len, struct store_run *run);

/** Write the loose entry of a text: its first words, in order, each once. */
void store_index_entry(struct buf *entry, struct span text);

/** Walk an entry's words: `rest` begins as the entry behind its version. False: behind the last, or
 * damaged (then `rest` is not empty). */
WARN_UNUSED bool store_index_word(struct span *rest, struct span *word);

/** Bring all indexes up to the writes of `batch`, which are done. Errors as of `io`, and
 * WAVU_ERR_CORRUPT. */
WARN_UNUSED int store_index_settle(const struct store_index_io *io,
                                   const struct store_batch *batch);

#endif
