/*
 * A value is: version 1, then for each word: length 1, the word, count as a varint, numbers. Few
 * numbers are differences as varints, many (count 0) a map.
 */
#include "store/store_block.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "base/wr.h"

static size_t map_size(unsigned log2)
{
    return (size_t)1 << (log2 - 3);
}

static uint64_t eight_bytes(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Eight bytes of a map at once: most of most maps are empty. */
static uint64_t word_of(const struct store_map *m, size_t at)
{
    return eight_bytes(m->bytes + at);
}

/* Numbers in the first `size` bytes, which are a multiple of 8. */
static uint32_t count_of(const struct store_map *m, size_t size)
{
    uint32_t count = 0;
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = word_of(m, at);
        count += word == 0 ? 0 : (uint32_t)__builtin_popcountll(word);
    }
    return count;
}

/* The bytes of `count` differences, none of which is looked at: a varint's last byte is below
 * 128. */
static struct span skip_numbers(struct rd *r, uint32_t count)
{
    const struct span in = span_slice(r->in, r->at, r->in.len);
    const uint64_t tops = UINT64_C(0x8080808080808080);
    size_t len = 0;
    while (len + 8 <= in.len) {
        uint32_t ends = (uint32_t)__builtin_popcountll(~eight_bytes(in.ptr + len) & tops);
        if (ends >= count) {
            break;
        }
        count -= ends;
        len += 8;
    }
    while (count > 0 && len < in.len) {
        count -= in.ptr[len++] < 0x80 ? 1 : 0;
    }
    return rd_bytes(r, count > 0 ? in.len + 1 : len); /* fails when it is cut */
}

/* As rd_varint; nearly all here are of one or two bytes. */
static uint64_t short_varint(struct rd *r)
{
    const uint8_t *in = r->in.ptr + r->at;
    if (!r->failed && r->in.len - r->at >= 2) {
        if (in[0] < 0x80) {
            r->at++;
            return in[0];
        }
        if (in[1] < 0x80 && in[1] > 0) {
            r->at += 2;
            return (uint64_t)in[1] << 7 | (in[0] & 0x7f);
        }
    }
    return rd_varint(r);
}

int store_block_next(struct span *rest, unsigned log2, struct store_block_word *out)
{
    struct rd r;
    rd_init(&r, *rest);
    if (rest->len == 0) {
        return WAVU_ERR_NOT_FOUND;
    }
    out->word = rd_bytes(&r, rd_u8(&r));
    uint64_t count = short_varint(&r);
    if (r.failed || out->word.len == 0 || out->word.len > STORE_WORDS_SIZE_MAX ||
        count > (1U << log2)) {
        return WAVU_ERR_CORRUPT;
    }
    out->count = (uint32_t)count;
    out->numbers = count == 0 ? rd_bytes(&r, map_size(log2)) : skip_numbers(&r, (uint32_t)count);
    if (r.failed) {
        return WAVU_ERR_CORRUPT;
    }
    *rest = span_slice(*rest, r.at, rest->len);
    return 0;
}

int store_block_begin(struct span *rest, struct span value)
{
    if (value.len < 2 || value.ptr[0] != STORE_BLOCK_VERSION) {
        return WAVU_ERR_CORRUPT;
    }
    *rest = span_slice(value, 1, value.len);
    return 0;
}

int store_block_add(const struct store_block_word *w, unsigned log2, uint32_t offset,
                    struct store_map *map)
{
    struct rd r;
    uint64_t number = 0;
    CHECK(offset % 8 == 0 && offset + (1U << log2) <= 8 * sizeof map->bytes);
    if (w->count == 0) {
        for (size_t i = 0; i < map_size(log2); i++) {
            map->bytes[offset / 8 + i] |= w->numbers.ptr[i];
        }
        return 0;
    }
    rd_init(&r, w->numbers);
    for (uint32_t i = 0; i < w->count; i++) {
        uint64_t more = short_varint(&r);
        if (more >= (1U << log2) - number || (i > 0 && more == 0)) {
            return WAVU_ERR_CORRUPT;
        }
        number += more;
        store_map_set(map, offset + (uint32_t)number);
    }
    return rd_finish(&r) < 0 ? WAVU_ERR_CORRUPT : 0;
}

static void write_numbers(struct wr *w, unsigned log2, const struct store_map *map)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < map_size(log2); i++) {
        uint32_t bits = map->bytes[i];
        if (i % 8 == 0 && word_of(map, i) == 0) {
            i += 7;
            continue;
        }
        while (bits != 0) {
            uint32_t number = 8 * i + (uint32_t)__builtin_ctz(bits);
            wr_varint(w, number - before);
            before = number;
            bits &= bits - 1;
        }
    }
}

void store_block_write(struct buf *block, unsigned log2, struct span word,
                       const struct store_map *map)
{
    uint8_t bytes[8 + STORE_WORDS_SIZE_MAX + 2 * STORE_BLOCK_MAP_SIZE];
    struct wr w;
    uint32_t count = count_of(map, map_size(log2));
    CHECK(count > 0 && word.len > 0 && word.len <= STORE_WORDS_SIZE_MAX);
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    if (block->len == 0) {
        wr_u8(&w, STORE_BLOCK_VERSION);
    }
    wr_u8(&w, (uint8_t)word.len);
    wr_bytes(&w, word);
    if (count >= map_size(log2)) {
        wr_varint(&w, 0);
        wr_bytes(&w, span_of(map->bytes, map_size(log2)));
    } else {
        wr_varint(&w, count);
        write_numbers(&w, log2, map);
    }
    CHECK(wr_finish(&w) == 0);
    CHECK(buf_append(block, wr_span(&w)) == 0);
}
