/* Blocks: what is written is read, few numbers and many; damage is noticed, never followed. */
#include "store/store_block.h"

#include "base/random.h"
#include "tests/base/unit.h"

static struct random_seeded seeded;

static uint64_t below(uint64_t bound)
{
    struct random random = random_from_seeded(&seeded);
    return random_below(&random, bound);
}

static void test_round_trip(void **state)
{
    static struct store_map maps[100];
    struct buf block;

    (void)state;
    random_seeded_init(&seeded, 1);
    for (unsigned log2 = 8; log2 <= STORE_BLOCK_LOG2_MAX; log2 += 3) {
        struct store_block_word word;
        struct span rest;
        size_t count = 0;
        buf_init(&block, STORE_BLOCK_MAX);
        memset(maps, 0, sizeof maps);
        while (block.len < STORE_BLOCK_FULL && count < 100) {
            char text[8];
            uint64_t numbers = 1 + below(UINT64_C(1) << below(log2 + 1));
            for (uint64_t i = 0; i < numbers; i++) {
                store_map_set(&maps[count], (uint32_t)below(UINT64_C(1) << log2));
            }
            int len = snprintf(text, sizeof text, "w%03zu", count);
            store_block_write(&block, log2, span_of(text, (size_t)len), &maps[count]);
            count++;
        }
        assert_true(count > 1 && block.len <= STORE_BLOCK_MAX);
        assert_int_equal(store_block_begin(&rest, buf_span(&block)), 0);
        for (size_t i = 0; i < count; i++) {
            struct store_map got = {.bytes = {0}};
            assert_int_equal(store_block_next(&rest, log2, &word), 0);
            assert_int_equal(word.word.ptr[3], '0' + i % 10);
            assert_int_equal(store_block_add(&word, log2, 0, &got), 0);
            assert_memory_equal(&got, &maps[i], sizeof got);
        }
        assert_int_equal(store_block_next(&rest, log2, &word), WAVU_ERR_NOT_FOUND);
        buf_clear(&block);
    }
}

/* A short run within a longer one. */
static void test_offsets(void **state)
{
    struct store_map map = {.bytes = {0}};
    struct store_map whole = {.bytes = {0}};
    struct store_block_word word;
    struct span rest;
    struct buf block;

    (void)state;
    buf_init(&block, STORE_BLOCK_MAX);
    store_map_set(&map, 0);
    store_map_set(&map, 255);
    store_block_write(&block, 8, UNIT_TEXT("few"), &map);
    memset(map.bytes, 0xff, 32);
    store_block_write(&block, 8, UNIT_TEXT("many"), &map);
    assert_int_equal(store_block_begin(&rest, buf_span(&block)), 0);
    assert_int_equal(store_block_next(&rest, 8, &word), 0);
    assert_int_equal(word.count, 2);
    assert_int_equal(store_block_add(&word, 8, 512, &whole), 0);
    assert_true(store_map_has(&whole, 512) && store_map_has(&whole, 767));
    assert_false(store_map_has(&whole, 513) || store_map_has(&whole, 768));
    assert_int_equal(store_block_next(&rest, 8, &word), 0);
    assert_int_equal(word.count, 0);
    assert_int_equal(store_block_add(&word, 8, 16384 - 256, &whole), 0);
    assert_true(store_map_has(&whole, 16383));
    store_map_unset(&whole, 16383);
    assert_false(store_map_has(&whole, 16383));
    buf_clear(&block);
}

static int read_all(struct span value, unsigned log2)
{
    struct store_map map = {.bytes = {0}};
    struct store_block_word word;
    struct span rest;
    int rc = store_block_begin(&rest, value);
    while (rc == 0) {
        rc = store_block_next(&rest, log2, &word);
        rc = rc < 0 ? rc : store_block_add(&word, log2, 0, &map);
    }
    return rc;
}

static void test_damage(void **state)
{
    (void)state;
    assert_int_equal(read_all(UNIT_TEXT("\1\1a\2\0\1"), 8), WAVU_ERR_NOT_FOUND); /* a good one */
    assert_int_equal(read_all(UNIT_TEXT(""), 8), WAVU_ERR_CORRUPT);
    assert_int_equal(read_all(UNIT_TEXT("\1"), 8), WAVU_ERR_CORRUPT);
    assert_int_equal(read_all(UNIT_TEXT("\2\1a\1\0"), 8), WAVU_ERR_CORRUPT); /* version */
    assert_int_equal(read_all(UNIT_TEXT("\1\0\1\0"), 8), WAVU_ERR_CORRUPT);  /* no word */
    assert_int_equal(read_all(UNIT_TEXT("\1\5a\1\0"), 8), WAVU_ERR_CORRUPT); /* cut */
    assert_int_equal(read_all(UNIT_TEXT("\1\1a"), 8), WAVU_ERR_CORRUPT);
    assert_int_equal(read_all(UNIT_TEXT("\1\1a\2\0"), 8), WAVU_ERR_CORRUPT);
    assert_int_equal(read_all(UNIT_TEXT("\1\1a\2\0\0"), 8), WAVU_ERR_CORRUPT);   /* twice one */
    assert_int_equal(read_all(UNIT_TEXT("\1\1a\1\x80\2"), 8), WAVU_ERR_CORRUPT); /* 256 */
    assert_int_equal(read_all(UNIT_TEXT("\1\1a\1\x80\2"), 11), WAVU_ERR_NOT_FOUND);
    assert_int_equal(read_all(UNIT_TEXT("\1\1a\x81\2\0"), 8), WAVU_ERR_CORRUPT); /* 257 numbers */
    assert_int_equal(read_all(UNIT_TEXT("\1\1a\1\x85\0"), 8), WAVU_ERR_CORRUPT); /* a longer form */
    assert_int_equal(read_all(UNIT_TEXT("\1\1a\x12"
                                        "123456789abcdefgh" /* of 18, and no more */),
                              11),
                     WAVU_ERR_CORRUPT);
    assert_int_equal(read_all(UNIT_TEXT("\1\1a\x12"
                                        "123456789abcdefgh\x85"),
                              11),
                     WAVU_ERR_CORRUPT); /* the last one is cut */
    assert_int_equal(read_all(UNIT_TEXT("\1\1a\x12"
                                        "123456789abcdefghi\1b\1\7"),
                              11),
                     WAVU_ERR_NOT_FOUND);
    assert_int_equal(read_all(UNIT_TEXT("\1\1a\0\xff"), 8), WAVU_ERR_CORRUPT); /* map cut */
    assert_int_equal(read_all(UNIT_TEXT("\1\x21"
                                        "aaaaaaaaaabbbbbbbbbbccccccccccddd\1\0"),
                              8),
                     WAVU_ERR_CORRUPT); /* too long a word */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_round_trip),
        UNIT(test_offsets),
        UNIT(test_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
