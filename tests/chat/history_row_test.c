/* Rows of histories: what is written is read, newer and damaged ones are told apart, walks. */
#include "chat/history_row.h"

#include "tests/store/disk.h"

static void test_entries_and_places(void **state)
{
    struct disk d;
    struct history_row row = {.number = 7,
                              .flags = HISTORY_ROW_GONE,
                              .kind = CONTENT_ME,
                              .device = 3,
                              .sequence = 4,
                              .height = 5,
                              .came_s = 6,
                              .id = {8},
                              .stored = UNIT_TEXT("stored")};
    const struct history_place place = {.number = 7, .device = 3, .sequence = 4, .height = 5};
    struct history_row read;
    struct history_place found;
    struct buf bytes;

    (void)state;
    disk_start(&d, 1, STORE_MEMORY);
    struct history_rows s = {.store = d.store};
    buf_init(&bytes, STORE_VALUE_MAX);
    history_row_put_entry(&s, 2, &row);
    history_row_put_place(&s, 2, row.id, &place);
    assert_int_equal(s.rc, 0);
    assert_int_equal(history_row_get_entry(d.store, 2, 7, &read, &bytes), 0);
    assert_true(read.number == 7 && read.flags == HISTORY_ROW_GONE && read.kind == CONTENT_ME &&
                read.device == 3 && read.sequence == 4 && read.height == 5 && read.came_s == 6);
    assert_memory_equal(read.id, row.id, 32);
    assert_true(span_is_equal(read.stored, row.stored));
    assert_int_equal(history_row_get_entry(d.store, 2, 8, &read, &bytes), WAVU_ERR_NOT_FOUND);
    assert_int_equal(history_row_get_entry(d.store, 3, 7, &read, &bytes), WAVU_ERR_NOT_FOUND);
    assert_int_equal(history_row_get_place(d.store, 2, row.id, &found), 0);
    assert_true(found.number == 7 && found.device == 3 && found.sequence == 4 && found.height == 5);
    read.id[31] = 1;
    assert_int_equal(history_row_get_place(d.store, 2, read.id, &found), WAVU_ERR_NOT_FOUND);
    buf_clear(&bytes);
    disk_stop(&d);
}

static void test_what_is_newer_or_damaged(void **state)
{
    struct disk d;
    struct history_row read;
    struct history_place found;
    struct history_key k;
    struct buf bytes;
    uint8_t value[HISTORY_ROW_HEAD_SIZE] = {2};

    (void)state;
    disk_start(&d, 2, STORE_MEMORY);
    struct history_rows s = {.store = d.store};
    buf_init(&bytes, STORE_VALUE_MAX);
    history_row_key(&k, 1);
    wr_u64be(&k.w, 1);
    history_row_put(&s, "chat.e", &k, span_of(value, sizeof value));
    assert_int_equal(history_row_get_entry(d.store, 1, 1, &read, &bytes), WAVU_ERR_UNSUPPORTED);
    value[0] = 1;
    for (size_t len = 0; len < sizeof value; len++) {
        history_row_put(&s, "chat.e", &k, span_of(value, len));
        assert_int_equal(history_row_get_entry(d.store, 1, 1, &read, &bytes), WAVU_ERR_CORRUPT);
    }
    history_row_put(&s, "chat.e", &k, span_of(value, sizeof value));
    assert_int_equal(history_row_get_entry(d.store, 1, 1, &read, &bytes), 0);
    history_row_key(&k, 1);
    wr_bytes(&k.w, span_of(value, 32));
    history_row_put(&s, "chat.i", &k, span_of(value, 5));
    assert_int_equal(history_row_get_place(d.store, 1, value, &found), WAVU_ERR_CORRUPT);
    buf_clear(&bytes);
    disk_stop(&d);
}

static void put_small(struct history_rows *s, uint32_t first, uint32_t second)
{
    struct history_key k;

    history_row_key(&k, first);
    wr_u32be(&k.w, second);
    history_row_put(s, "t", &k, history_row_span(&k));
}

static void test_walks(void **state)
{
    struct disk d;
    struct history_key k;
    struct history_walk walk;
    struct rd key;
    struct rd value;
    uint8_t from[4] = {0, 0, 0, 3};
    uint32_t sum = 0;

    (void)state;
    disk_start(&d, 3, STORE_MEMORY);
    struct history_rows s = {.store = d.store};
    put_small(&s, 1, 9);
    put_small(&s, 3, 9);
    for (uint32_t i = 1; i <= 5; i++) {
        put_small(&s, 2, i);
    }
    history_row_key(&k, 2);
    history_row_walk(&walk, d.store, "t", &k);
    for (uint32_t i = 1; i <= 5; i++) {
        assert_true(history_row_next(&walk, false, &key, &value));
        assert_int_equal(rd_u32be(&key), i);
        assert_int_equal(rd_u32be(&value), 2);
        assert_int_equal(rd_left(&key), 0);
    }
    assert_false(history_row_next(&walk, false, &key, &value));
    assert_int_equal(history_row_walk_end(&walk), 0);
    for (int back = 0; back < 2; back++) {
        history_row_walk(&walk, d.store, "t", &k);
        history_row_walk_from(&walk, span_of(from, sizeof from));
        for (sum = 0; history_row_next(&walk, back == 1, &key, NULL);) {
            sum = 10 * sum + rd_u32be(&key);
        }
        assert_int_equal(sum, back == 1 ? 21 : 45);
        assert_int_equal(history_row_walk_end(&walk), 0);
    }
    assert_int_equal(history_row_has(d.store, "t", &k), 0);
    wr_u32be(&k.w, 4);
    assert_int_equal(history_row_has(d.store, "t", &k), 1);
    history_row_delete(&s, "t", &k);
    assert_int_equal(history_row_has(d.store, "t", &k), 0);
    assert_int_equal(s.rc, 0);
    s.rc = WAVU_ERR_LIMIT; /* sticks: nothing is written any more */
    history_row_put(&s, "t", &k, span_empty());
    assert_int_equal(history_row_has(d.store, "t", &k), 0);
    disk_stop(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_entries_and_places),
        UNIT(test_what_is_newer_or_damaged),
        UNIT(test_walks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
