/* What is written behind: it is in the journal first and in its place later, and nobody who reads
 * can tell; a start finds it, and what is damaged is told. Power cuts: store_crash_test. */
#include "store/store_late.h"

#include "sim/sim_core.h"
#include "tests/store/disk.h"

static struct disk d;

static void start(void)
{
    disk_start(&d, 1, STORE_DISK);
}

/* With the store closed as by a crash: how many rows has the journal? */
static size_t journal_rows(void)
{
    struct store_conn *c = NULL;
    struct buf value;
    uint64_t number = 0;
    size_t count = 0;

    assert_int_equal(store_conn_new(d.port, NULL, &c), 0);
    assert_int_equal(store_conn_open(c, STORE_FILE, d.key, 64), 0);
    buf_init(&value, STORE_LATE_MAX);
    while (store_conn_journal_next(c, &number, &value) == 0) {
        value.len = 0;
        number++;
        count++;
    }
    buf_clear(&value);
    store_conn_free(c);
    return count;
}

/* Is `key` of table "t" in its place? Likewise. */
static bool is_placed(const char *key)
{
    struct store_conn *c = NULL;
    struct store_whole whole;
    struct buf value;

    assert_int_equal(store_whole_of(&whole, STORE_TABLES, "t", span_from_text(key)), 0);
    assert_int_equal(store_conn_new(d.port, NULL, &c), 0);
    assert_int_equal(store_conn_open(c, STORE_FILE, d.key, 64), 0);
    buf_init(&value, STORE_VALUE_MAX);
    int rc = store_conn_get(c, store_whole_span(&whole), &value);
    buf_clear(&value);
    store_conn_free(c);
    assert_true(rc == 0 || rc == WAVU_ERR_NOT_FOUND);
    return rc == 0;
}

static void commit(const char *key, const char *value)
{
    assert_int_equal(value == NULL ? store_delete(d.store, "t", span_from_text(key))
                                   : disk_put(&d, key, value),
                     0);
    const uint64_t number = store_number(d.store);
    disk_run(&d);
    assert_int_equal(d.told, number);
}

/* The power goes, and who looks at the file meanwhile finds as much as is said. */
static void expect_behind_a_crash(size_t rows, const char *key, bool is_in_its_place)
{
    sim_host_crash(d.host, false);
    disk_store_free(&d);
    d.port = sim_host_restart(d.host);
    assert_int_equal(journal_rows(), rows);
    assert_int_equal(is_placed(key), is_in_its_place);
    disk_store_new(&d);
}

static void test_first_the_journal_then_its_place(void **state)
{
    (void)state;
    start();
    commit("a", "1");
    commit("b", "1");
    commit("a", "2");
    expect_behind_a_crash(3, "a", false);
    assert_true(disk_has(&d, "a", "2") && disk_has(&d, "b", "1"));
    commit("b", NULL); /* goes on behind what was found */
    assert_true(disk_has(&d, "b", NULL));
    expect_behind_a_crash(4, "a", false);
    assert_true(disk_has(&d, "a", "2") && disk_has(&d, "b", NULL));
    commit("c", "1");
    sim_run_for(d.sim, STORE_LATE_NS_MAX + TIMERS_SECOND); /* with nothing new: told of once */
    assert_int_equal(d.told, 1);
    assert_true(disk_has(&d, "a", "2") && disk_has(&d, "b", NULL) && disk_has(&d, "c", "1"));
    expect_behind_a_crash(0, "a", true);
    assert_true(disk_has(&d, "a", "2") && disk_has(&d, "b", NULL) && disk_has(&d, "c", "1"));
    commit("d", "1");
    assert_int_equal(store_flush(d.store), 0); /* also going down */
    expect_behind_a_crash(0, "d", true);
    disk_stop(&d);
}

static void expect_keys(struct span prefix, const char *keys)
{
    char text[100] = "";
    struct buf key;
    struct buf value;
    size_t len = 0;
    size_t at;
    int rc;

    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    while ((rc = store_next(d.store, "t", prefix, &key, &value)) == 0) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%.*s%.*s ", (int)key.len, key.ptr,
                                (int)value.len, value.ptr);
    }
    assert_int_equal(rc, WAVU_ERR_NOT_FOUND);
    assert_string_equal(text, keys);
    at = len;
    key.len = 0;
    while ((rc = store_prev(d.store, "t", prefix, &key, &value)) == 0) { /* the same, backwards */
        at -= key.len + value.len + 1;
        assert_memory_equal(text + at, key.ptr, key.len);
    }
    assert_int_equal(rc, WAVU_ERR_NOT_FOUND);
    assert_int_equal(at, 0);
    buf_clear(&key);
    buf_clear(&value);
}

/* In its place, waiting, under way and new: each over the one before. */
static void test_walks_see_all_layers(void **state)
{
    (void)state;
    start();
    for (char key[] = "k0"; key[1] < '6'; key[1]++) {
        assert_int_equal(disk_put(&d, key, "a"), 0);
    }
    assert_int_equal(store_flush(d.store), 0);
    d.told = store_committed(d.store);
    commit("k1", "b"); /* waits */
    commit("k2", NULL);
    commit("k21", "b");
    commit("j", "b");
    expect_keys(UNIT_TEXT("k"), "k0a k1b k21b k3a k4a k5a ");
    assert_int_equal(disk_put(&d, "k1", "c"), 0);
    assert_int_equal(store_delete(d.store, "t", UNIT_TEXT("k21")), 0);
    assert_int_equal(disk_put(&d, "k2", "c"), 0);
    expect_keys(UNIT_TEXT("k"), "k0a k1c k2c k3a k4a k5a ");
    disk_run(&d);
    expect_keys(span_empty(), "jb k0a k1c k2c k3a k4a k5a ");
    assert_int_equal(store_delete_prefix(d.store, "t", UNIT_TEXT("k2")), 0);
    expect_keys(span_empty(), "jb k0a k1c k3a k4a k5a ");
    assert_int_equal(disk_put(&d, "k22", "d"), 0);
    disk_run(&d);
    expect_keys(span_empty(), "jb k0a k1c k22d k3a k4a k5a ");
    expect_behind_a_crash(0, "k22", true); /* a range is deleted in its place */
    expect_keys(span_empty(), "jb k0a k1c k22d k3a k4a k5a ");
    disk_stop(&d);
}

/* What waits has a limit, whatever comes; what alone is more than that does not wait. */
static void test_no_more_waits_than_fits(void **state)
{
    static uint8_t bytes[100000];
    struct buf value;

    (void)state;
    start();
    buf_init(&value, sizeof bytes);
    for (uint8_t i = 0; i < 36; i++) {
        memset(bytes, i, sizeof bytes);
        for (uint8_t n = 0; n < (i == 20 ? 12 : 1); n++) {
            const uint8_t key[2] = {i, n};
            assert_int_equal(store_put(d.store, "t", span_of(key, 2), span_of(bytes, sizeof bytes)),
                             0);
        }
        disk_run(&d);
        expect_behind_a_crash(i < 10    ? i + 1U
                              : i <= 20 ? (i - 10U) * (i < 20)
                              : i <= 30 ? i - 20U
                                        : i - 31U,
                              "", false);
    }
    for (uint8_t i = 0; i < 36; i++) {
        const uint8_t key[2] = {i, 0};
        memset(bytes, i, sizeof bytes);
        assert_int_equal(store_get(d.store, "t", span_of(key, 2), &value), 0);
        assert_true(span_is_equal(buf_span(&value), span_of(bytes, sizeof bytes)));
    }
    buf_clear(&value);
    disk_stop(&d);
}

/* What is written over again and again makes the journal long, and memory no fuller. */
static void test_the_journal_has_an_end(void **state)
{
    static uint8_t bytes[100000];

    (void)state;
    start();
    for (uint8_t i = 0; i < 50; i++) {
        memset(bytes, i, sizeof bytes);
        assert_int_equal(store_put(d.store, "t", UNIT_TEXT("k"), span_of(bytes, sizeof bytes)), 0);
        disk_run(&d);
    }
    expect_behind_a_crash(50 - STORE_LATE_JOURNAL_MAX / sizeof bytes - 1, "k", true);
    struct buf value;
    buf_init(&value, sizeof bytes);
    assert_int_equal(store_get(d.store, "t", UNIT_TEXT("k"), &value), 0);
    assert_true(span_is_equal(buf_span(&value), span_of(bytes, sizeof bytes)));
    buf_clear(&value);
    disk_stop(&d);
}

static int count_entries(void *context, struct span whole, struct span value)
{
    size_t *count = context;

    (void)whole;
    (void)value;
    ++*count;
    return 0;
}

/* A copy has what waits, and what is written behind it goes on. */
static void test_a_copy_has_what_waits(void **state)
{
    size_t count = 0;

    (void)state;
    start();
    commit("a", "1");
    commit("b", "1");
    assert_int_equal(store_copy(d.store, count_entries, &count), 0);
    assert_int_equal(count, 2);
    commit("a", "2");
    expect_behind_a_crash(1, "a", true); /* of before */
    assert_true(disk_has(&d, "a", "2") && disk_has(&d, "b", "1"));
    assert_int_equal(store_open(d.store), 0);
    sim_run_for(d.sim,
                STORE_LATE_NS_MAX + TIMERS_SECOND); /* also when nothing was written in this life */
    expect_behind_a_crash(0, "a", true);
    assert_true(disk_has(&d, "a", "2"));
    disk_stop(&d);
}

static void put_row(uint64_t number, struct span bytes)
{
    struct store_conn *c = NULL;

    assert_int_equal(store_conn_new(d.port, NULL, &c), 0);
    assert_int_equal(store_conn_open(c, STORE_FILE, d.key, 64), 0);
    assert_int_equal(store_conn_begin(c), 0);
    assert_int_equal(store_conn_journal_put(c, number, bytes), 0);
    assert_int_equal(store_conn_commit(c), 0);
    store_conn_free(c);
}

static void test_a_damaged_journal_is_told(void **state)
{
    (void)state;
    start();
    commit("a", "1");
    disk_store_free(&d);
    put_row(1000, UNIT_TEXT("\1nonsense"));
    disk_store_new(&d);
    assert_int_equal(store_open(d.store), WAVU_ERR_CORRUPT);
    assert_int_equal(disk_put(&d, "a", "2"), WAVU_ERR_CORRUPT);
    disk_store_free(&d);
    put_row(1000, UNIT_TEXT("\2of a wavu to come"));
    disk_store_new(&d);
    assert_int_equal(store_open(d.store), WAVU_ERR_UNSUPPORTED);
    disk_store_free(&d);
    put_row(1000, UNIT_TEXT("\1"));
    disk_store_new(&d);
    assert_true(disk_has(&d, "a", "1"));
    disk_stop(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_first_the_journal_then_its_place),
        UNIT(test_walks_see_all_layers),
        UNIT(test_no_more_waits_than_fits),
        UNIT(test_the_journal_has_an_end),
        UNIT(test_a_copy_has_what_waits),
        UNIT(test_a_damaged_journal_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
