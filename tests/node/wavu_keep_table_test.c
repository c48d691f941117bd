/*
 * A table that follows: only differences are written, hearsay goes in whole rounds only, what the
 * store does not take is tried again.
 */
#include "node/wavu_keep_table.h"

#include "tests/store/disk.h"

#define NAME "follow"

static struct disk disk;
static struct wavu_keep_table table;

static void begin(void)
{
    disk_start(&disk, 1, STORE_MEMORY);
    wavu_keep_table_init(&table, disk.store, NAME, &disk.port->random);
}

static void end(void)
{
    wavu_keep_table_check(&table);
    wavu_keep_table_clear(&table);
    disk_stop(&disk);
}

static int want(const char *key, const char *value, bool is_hearsay)
{
    return wavu_keep_table_want(&table, span_from_text(key), span_from_text(value), is_hearsay);
}

/* A round in which each character of `certain` and `hearsay` is wanted as a key. */
static void round_of(const char *certain, const char *hearsay, const char *value, bool is_whole)
{
    wavu_keep_table_begin(&table);
    for (; *certain != '\0'; certain++) {
        assert_int_equal(want((char[]){*certain, '\0'}, value, false), 0);
    }
    for (; *hearsay != '\0'; hearsay++) {
        assert_int_equal(want((char[]){*hearsay, '\0'}, value, true), 0);
    }
    assert_int_equal(wavu_keep_table_end(&table, is_whole), 0);
    wavu_keep_table_check(&table);
}

/* The keys in the store, in order, are these, and all have `value`. */
static void has(const char *keys, const char *value)
{
    struct buf key;
    struct buf found;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&found, STORE_VALUE_MAX);
    while (store_next(disk.store, NAME, span_empty(), &key, &found) == 0) {
        assert_true(*keys != '\0' && key.len == 1 && key.ptr[0] == (uint8_t)*keys);
        assert_true(span_is_equal(buf_span(&found), span_from_text(value)));
        keys++;
    }
    assert_int_equal(*keys, '\0');
    buf_clear(&key);
    buf_clear(&found);
}

static void test_what_is_wanted_is_there(void **state)
{
    (void)state;
    begin();
    round_of("abc", "", "1", false);
    has("abc", "1");
    round_of("bcd", "", "1", false);
    has("bcd", "1");
    round_of("bcd", "", "2", false);
    has("bcd", "2");
    round_of("", "", "", false);
    has("", "");
    end();
}

static void test_what_is_there_is_not_written_again(void **state)
{
    (void)state;
    begin();
    round_of("abcdefgh", "", "same", false);
    disk_run(&disk);
    assert_int_equal(disk.told, 1);
    round_of("hgfedcba", "", "same", true);
    assert_int_equal(store_pending(disk.store), 0);
    disk_run(&disk);
    assert_int_equal(disk.told, 1);
    end();
}

static void test_hearsay_goes_in_whole_rounds(void **state)
{
    (void)state;
    begin();
    round_of("a", "xy", "1", true);
    has("axy", "1");
    round_of("a", "", "1", false);
    has("axy", "1");
    assert_true(wavu_keep_table_has(&table, UNIT_TEXT("a")));
    assert_false(wavu_keep_table_has(&table, UNIT_TEXT("x")));
    assert_false(wavu_keep_table_has(&table, UNIT_TEXT("z")));
    round_of("ax", "", "1", false); /* met in person */
    assert_true(wavu_keep_table_has(&table, UNIT_TEXT("x")));
    round_of("a", "", "1", false); /* so it goes at once */
    has("ay", "1");
    round_of("a", "", "1", true);
    has("a", "1");
    end();
}

static void test_what_an_earlier_life_wrote_goes_when_nobody_wants_it(void **state)
{
    (void)state;
    begin();
    assert_int_equal(store_put(disk.store, NAME, UNIT_TEXT("a"), UNIT_TEXT("1")), 0);
    assert_int_equal(store_put(disk.store, NAME, UNIT_TEXT("b"), UNIT_TEXT("1")), 0);
    assert_int_equal(store_put(disk.store, NAME, UNIT_TEXT("n"), UNIT_TEXT("1")), 0);
    disk_run(&disk);
    wavu_keep_table_found(&table, UNIT_TEXT("a"), UNIT_TEXT("1"));
    wavu_keep_table_found(&table, UNIT_TEXT("b"), UNIT_TEXT("1"));
    assert_true(wavu_keep_table_has(&table, UNIT_TEXT("b")));
    round_of("b", "", "1", false);
    has("bn", "1"); /* n, of a newer version, was not said to be found */
    end();
}

static void test_what_the_store_does_not_take_is_tried_again(void **state)
{
    (void)state;
    static uint8_t much[STORE_VALUE_MAX];
    size_t left = STORE_VALUE_MAX;
    begin();
    round_of("ab", "", "1", false);
    disk_run(&disk);
    for (uint32_t i = 0; left > 0; i++) { /* until not even an empty value has room */
        int rc = store_put(disk.store, "much", span_of(&i, sizeof i), span_of(much, left));
        assert_true(rc == 0 || rc == WAVU_ERR_LIMIT);
        left = rc == 0 ? left : left / 2;
    }
    wavu_keep_table_begin(&table);
    assert_int_equal(want("a", "2", false), WAVU_ERR_LIMIT);
    assert_int_equal(want("c", "2", false), WAVU_ERR_LIMIT);
    assert_int_equal(wavu_keep_table_end(&table, true),
                     WAVU_ERR_LIMIT); /* b cannot be deleted now */
    disk_run(&disk);
    round_of("ac", "", "2", true);
    has("ac", "2");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_is_wanted_is_there),
        UNIT(test_what_is_there_is_not_written_again),
        UNIT(test_hearsay_goes_in_whole_rounds),
        UNIT(test_what_an_earlier_life_wrote_goes_when_nobody_wants_it),
        UNIT(test_what_the_store_does_not_take_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
