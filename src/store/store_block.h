/*
 * Blocks of an index: which messages of a run of numbers have which words. A block is one value of
 * the database: words in order, each with its messages.
 *
 * In: values of the database, which may be damaged all the same. Out: words and bit maps, and back.
 * docs/protocol/store.md has the layout.
 */
#ifndef STORE_STORE_BLOCK_H
#define STORE_STORE_BLOCK_H

#include "base/buf.h"
#include "store/store_words.h"

#define STORE_BLOCK_VERSION 1
/* A run of 2^14 numbers: what is searched at once, and 2 KiB of bits. */
#define STORE_BLOCK_LOG2_MAX 14
#define STORE_BLOCK_MAP_SIZE ((size_t)1 << (STORE_BLOCK_LOG2_MAX - 3))
/* A block is full when it has so many bytes: with most last words still one page of 4,016. */
#define STORE_BLOCK_FULL 3800
/* One word more may come to a block that is not full. */
#define STORE_BLOCK_MAX (STORE_BLOCK_FULL + 8 + STORE_WORDS_SIZE_MAX + 2 * STORE_BLOCK_MAP_SIZE)

/* Numbers of a run, relative to its beginning: bit n % 8 of byte n / 8. */
struct store_map {
    uint8_t bytes[STORE_BLOCK_MAP_SIZE];
};

static inline bool store_map_has(const struct store_map *m, uint32_t number)
{
    return (m->bytes[number / 8] >> number % 8 & 1) != 0;
}

static inline void store_map_set(struct store_map *m, uint32_t number)
{
    m->bytes[number / 8] = (uint8_t)(m->bytes[number / 8] | 1U << number % 8);
}

static inline void store_map_unset(struct store_map *m, uint32_t number)
{
    m->bytes[number / 8] = (uint8_t)(m->bytes[number / 8] & ~(1U << number % 8));
}

/* A word of a block with its messages, as they stand there. Borrowed from the block. */
struct store_block_word {
    struct span word;
    struct span numbers;
    uint32_t count; /* 0: `numbers` is a map, else so many differences */
};

/** Begin to walk a block. WAVU_ERR_CORRUPT. */
WARN_UNUSED int store_block_begin(struct span *rest, struct span value);

/** The next word; `rest` moves on. WAVU_ERR_NOT_FOUND behind the last, _CORRUPT. `log2` is of the
 * run's length. */
WARN_UNUSED int store_block_next(struct span *rest, unsigned log2, struct store_block_word *out);

/** Add the word's messages to `map`, whose run begins `offset` numbers (a multiple of 8) before
 * the block's. WAVU_ERR_CORRUPT. */
WARN_UNUSED int store_block_add(const struct store_block_word *w, unsigned log2, uint32_t offset,
                                struct store_map *map);

/** Append a word, which must be behind all that are there, with its messages, of which there is at
 * least one. `block` is empty or a block that is not full; its maximum is STORE_BLOCK_MAX. */
void store_block_write(struct buf *block, unsigned log2, struct span word,
                       const struct store_map *map);

#endif
