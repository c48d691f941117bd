/*
 * Entries as one stream: what is written comes back, however it is cut; what is none is refused.
 */
#include "members/backup_rows.h"

#include <string.h>

#include "base/mem.h"
#include "tests/base/unit.h"

#define ENTRIES 40

/* Entry `i`: its key and its value, of lengths that meet all sizes of pieces. */
static struct span key_of(uint8_t *space, size_t i)
{
    memset(space, (int)i, BACKUP_ROWS_KEY_MAX);
    return span_of(space, 1 + (i * 37) % BACKUP_ROWS_KEY_MAX);
}

static struct span value_of(uint8_t *space, size_t i)
{
    static const size_t sizes[] = {
        0, 1, 100, BACKUP_VALUE_MAX - 1, BACKUP_VALUE_MAX, 70000, STORE_VALUE_MAX};
    memset(space, (int)(255 - i), STORE_VALUE_MAX);
    return span_of(space, sizes[i % 7]);
}

/* Take entries out of what was fed; counts on from `*next`. */
static void read_ready(struct backup_rows *from, size_t *next, uint8_t *space)
{
    uint8_t key_space[BACKUP_ROWS_KEY_MAX];
    struct span whole;
    struct span value;

    while (backup_rows_next(from, &whole, &value) == 0) {
        assert_true(span_is_equal(whole, key_of(key_space, *next)));
        assert_true(span_is_equal(value, value_of(space, *next)));
        (*next)++;
    }
}

static void what_is_written_comes_back(void **state)
{
    struct backup_rows to;
    struct backup_rows from;
    uint8_t key_space[BACKUP_ROWS_KEY_MAX];
    uint8_t *space = mem_new_raw(STORE_VALUE_MAX);
    struct span piece;
    size_t next = 0;

    (void)state;
    backup_rows_init(&to);
    backup_rows_init(&from);
    for (size_t i = 0; i < ENTRIES; i++) {
        assert_int_equal(backup_rows_write(&to, key_of(key_space, i), value_of(space, i)), 0);
        while (backup_rows_piece(&to, i == ENTRIES - 1, &piece)) {
            assert_true(piece.len <= BACKUP_VALUE_MAX);
            assert_int_equal(backup_rows_feed(&from, piece), 0);
            read_ready(&from, &next, space);
        }
    }
    assert_int_equal(next, ENTRIES);
    assert_true(backup_rows_is_whole(&from));
    backup_rows_clear(&to);
    backup_rows_clear(&from);
    mem_free(space);
}

static int read_bytes(const char *bytes, size_t len, bool *is_whole)
{
    struct backup_rows r;
    struct span whole;
    struct span value;

    backup_rows_init(&r);
    assert_int_equal(backup_rows_feed(&r, span_of(bytes, len)), 0);
    int rc = backup_rows_next(&r, &whole, &value);
    *is_whole = backup_rows_is_whole(&r);
    backup_rows_clear(&r);
    return rc;
}

static void what_is_none_is_refused(void **state)
{
    bool is_whole = true;

    (void)state;
    assert_int_equal(read_bytes("\0\0\0\3", 4, &is_whole), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(read_bytes("\0\0\0\2", 4, &is_whole), WAVU_ERR_NOT_FOUND);
    assert_true(is_whole); /* an empty one */
    assert_int_equal(read_bytes("\0\0\0\2\0\1a\0\0\0\1", 11, &is_whole), WAVU_ERR_NOT_FOUND);
    assert_false(is_whole); /* cut */
    assert_int_equal(read_bytes("\0\0\0\2\0\1a\0\0\0\1b", 12, &is_whole), 0);
    assert_int_equal(read_bytes("\0\0\0\2\xff\xff", 6, &is_whole), WAVU_ERR_CORRUPT);
    assert_int_equal(read_bytes("\0\0\0\2\0\1a\x7f\0\0\0", 11, &is_whole), WAVU_ERR_CORRUPT);
}

static void what_is_too_long_is_not_written(void **state)
{
    struct backup_rows r;
    uint8_t *space = mem_new(STORE_VALUE_MAX + 1);

    (void)state;
    backup_rows_init(&r);
    assert_int_equal(backup_rows_write(&r, span_of(space, BACKUP_ROWS_KEY_MAX + 1), span_empty()),
                     WAVU_ERR_LIMIT);
    assert_int_equal(backup_rows_write(&r, span_empty(), span_of(space, STORE_VALUE_MAX + 1)),
                     WAVU_ERR_LIMIT);
    backup_rows_clear(&r);
    mem_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_is_written_comes_back),
        UNIT(what_is_none_is_refused),
        UNIT(what_is_too_long_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
