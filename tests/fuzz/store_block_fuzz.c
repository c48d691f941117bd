/*
 * Blocks of an index: whatever a value holds is refused or read within its bounds, and what was
 * read and is written again is read as the same.
 */
#include <string.h>

#include "base/check.h"
#include "store/store_block.h"
#include "store/store_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_block(struct span value, unsigned log2)
{
    struct store_block_word word;
    struct store_block_word again;
    struct span rest;
    int rc = store_block_begin(&rest, value);
    CHECK(rc == 0 || rc == WAVU_ERR_CORRUPT);
    while (rc == 0 && (rc = store_block_next(&rest, log2, &word)) == 0) {
        struct store_map map = {.bytes = {0}};
        struct store_map same = {.bytes = {0}};
        struct span copy_rest;
        struct buf copy;
        CHECK(word.word.len > 0 && word.word.len <= STORE_WORDS_SIZE_MAX);
        rc = store_block_add(&word, log2, 0, &map);
        if (rc < 0 || memcmp(&map, &same, sizeof map) == 0) {
            continue;
        }
        buf_init(&copy, STORE_BLOCK_MAX);
        store_block_write(&copy, log2, word.word, &map);
        CHECK(store_block_begin(&copy_rest, buf_span(&copy)) == 0);
        CHECK(store_block_next(&copy_rest, log2, &again) == 0);
        CHECK(store_block_add(&again, log2, 0, &same) == 0);
        CHECK(span_is_equal(again.word, word.word) && memcmp(&map, &same, sizeof map) == 0);
        buf_clear(&copy);
    }
    CHECK(rc == WAVU_ERR_NOT_FOUND || rc == WAVU_ERR_CORRUPT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span value = span_of(data, size);
    for (unsigned log2 = 8; log2 <= STORE_BLOCK_LOG2_MAX; log2 += 3) {
        read_block(value, log2);
    }
    if (size > 0) { /* as a key and a value of any space */
        size_t at = data[0] % size;
        (void)store_check_is_sound(span_slice(value, 1, at), span_slice(value, at, size));
    }
    return 0;
}
