/* Connections to one database: readers see what is committed, hold still when asked, wait for
 * nobody and close in any order behind the writer's opening. */
#include "store/store_conn.h"

#include <sqlite3.h>

#include "sim/sim_core.h"
#include "store/store_shm.h"
#include "tests/store/disk.h"

#define CACHE_KIB 64

static struct disk d;
static struct store_conn *writer;
static struct store_conn *reader;

static void start(void)
{
    disk_start(&d, 1, STORE_MEMORY);
    assert_int_equal(store_conn_new(d.port, NULL, &writer), 0);
    assert_int_equal(store_conn_new(d.port, writer, &reader), 0);
    assert_int_equal(store_conn_open(writer, STORE_FILE, d.key, CACHE_KIB), 0);
    assert_int_equal(store_conn_open(reader, STORE_FILE, d.key, CACHE_KIB), 0);
}

static void stop(void)
{
    store_conn_free(reader);
    store_conn_free(writer);
    disk_stop(&d);
}

static void put(const char *key, const char *value)
{
    assert_int_equal(store_conn_put(writer, span_from_text(key), span_from_text(value)), 0);
}

static void expect(const char *key, const char *value)
{
    struct buf got;

    buf_init(&got, 100);
    int rc = store_conn_get(reader, span_from_text(key), &got);
    assert_int_equal(rc, value == NULL ? WAVU_ERR_NOT_FOUND : 0);
    assert_true(value == NULL || span_is_equal(buf_span(&got), span_from_text(value)));
    buf_clear(&got);
}

static void test_readers_see_what_is_committed(void **state)
{
    (void)state;
    start();
    assert_int_equal(store_conn_begin(writer), 0);
    put("\1\1ak", "1");
    expect("\1\1ak", NULL); /* not yet, and nobody waits */
    assert_int_equal(store_conn_commit(writer), 0);
    expect("\1\1ak", "1");
    assert_int_equal(store_conn_begin(writer), 0);
    put("\1\1ak", "2");
    assert_true(store_conn_take_back(writer, WAVU_ERR_IO));
    expect("\1\1ak", "1");
    stop();
}

static void expect_text(struct store_conn *c, const char *sql, const char *text)
{
    sqlite3_stmt *s = NULL;

    assert_int_equal(sqlite3_prepare_v2(store_conn_handle(c), sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(s, 0), text);
    assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
}

/* What makes the file says how its pages are authenticated; who opens it finds out. (A file of
 * before: store_schema_test.) */
static void test_pages_are_authenticated_by_sha_256(void **state)
{
    (void)state;
    start();
    assert_int_equal(store_conn_begin(writer), 0);
    put("\1\1ak", "1");
    assert_int_equal(store_conn_commit(writer), 0);
    store_conn_close(reader);
    store_conn_close(writer);
    assert_int_equal(store_conn_open(writer, STORE_FILE, d.key, CACHE_KIB), 0);
    assert_int_equal(store_conn_open(reader, STORE_FILE, d.key, CACHE_KIB), 0);
    expect_text(writer, "PRAGMA cipher_hmac_algorithm", "HMAC_SHA256");
    expect_text(reader, "PRAGMA cipher_hmac_algorithm", "HMAC_SHA256");
    expect("\1\1ak", "1");
    stop();
}

/* Whoever has another key changes nothing of the file, nor of its log. */
static void test_another_key_leaves_all_as_it_was(void **state)
{
    uint8_t other[STORE_CONN_KEY_SIZE];

    (void)state;
    start();
    memcpy(other, d.key, sizeof other);
    other[0] ^= 1;
    assert_int_equal(store_conn_begin(writer), 0);
    put("\1\1ak", "1");
    assert_int_equal(store_conn_commit(writer), 0);
    store_conn_close(reader);
    store_conn_close(writer);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_conn_open(writer, STORE_FILE, other, CACHE_KIB), WAVU_ERR_CORRUPT);
        assert_false(store_conn_is_open(writer));
    }
    assert_int_equal(store_conn_open(writer, STORE_FILE, d.key, CACHE_KIB), 0);
    assert_int_equal(store_conn_open(reader, STORE_FILE, d.key, CACHE_KIB), 0);
    expect("\1\1ak", "1");
    stop();
}

/* Of entries and of blocks, with their values and without. */
static void test_the_key_before(void **state)
{
    (void)state;
    start();
    assert_int_equal(store_conn_begin(writer), 0);
    put("\1\1aj", "1");
    put("\1\1ak", "2");
    put("\5\1aj", "3");
    put("\5\1ak", "4");
    assert_int_equal(store_conn_commit(writer), 0);
    for (int table = 0; table < 2; table++) {
        const struct span prefix = span_from_text(table == 0 ? "\1\1a" : "\5\1a");
        const struct span from = span_from_text(table == 0 ? "\1\1ak" : "\5\1ak");
        for (int i = 0; i < 2; i++) {
            struct buf key;
            struct buf value;
            buf_init(&key, 10);
            buf_init(&value, 10);
            assert_int_equal(store_conn_prev(reader, prefix, from, &key, i == 0 ? &value : NULL),
                             0);
            assert_true(key.len == 4 && key.ptr[3] == 'j');
            assert_int_equal(value.len, i == 0 ? 1 : 0);
            key.len = 0;
            assert_int_equal(store_conn_prev(reader, prefix, prefix, &key, i == 0 ? &value : NULL),
                             WAVU_ERR_NOT_FOUND);
            buf_clear(&key);
            buf_clear(&value);
        }
    }
    stop();
}

static void test_holding_still(void **state)
{
    (void)state;
    start();
    assert_int_equal(store_conn_hold(reader), 0);
    expect("\1\1ak", NULL); /* from here on */
    assert_int_equal(store_conn_begin(writer), 0);
    put("\1\1ak", "1");
    assert_int_equal(store_conn_commit(writer), 0);
    expect("\1\1ak", NULL);
    store_conn_let_go(reader);
    store_conn_let_go(reader); /* nothing happens */
    expect("\1\1ak", "1");
    stop();
}

/* The log may not be folded in under a reader, and grows meanwhile; no commit waits for it. */
static void test_commits_go_on_beside_a_reader(void **state)
{
    static uint8_t value[4000];
    uint64_t size = 0;

    (void)state;
    start();
    assert_int_equal(store_conn_hold(reader), 0);
    expect("\1\1ak", NULL);
    for (uint8_t i = 0; i < 200; i++) {
        uint8_t key[4] = {1, 1, 'a', i};
        assert_int_equal(store_conn_begin(writer), 0);
        assert_int_equal(store_conn_put(writer, span_of(key, 4), span_of(value, sizeof value)), 0);
        assert_int_equal(store_conn_commit(writer), 0);
    }
    expect("\1\1ak", NULL);
    store_conn_let_go(reader);
    assert_int_equal(store_conn_size(reader, &size), 0);
    assert_true(size > 200 * sizeof value);
    stop();
}

static void test_scans(void **state)
{
    struct span key;
    struct span value;

    (void)state;
    start();
    assert_int_equal(store_conn_begin(writer), 0);
    put("\1\1aa", "1");
    put("\1\1ab", "2");
    put("\1\1ac", "3");
    assert_int_equal(store_conn_delete_range(writer, UNIT_TEXT("\1\1ab"), UNIT_TEXT("\1\1ac")), 0);
    assert_int_equal(store_conn_commit(writer), 0);
    assert_int_equal(store_conn_scan(reader, UNIT_TEXT("\1\1aa")), 0);
    assert_int_equal(store_conn_scan_next(reader, &key, &value), 0);
    assert_true(span_is_equal(key, UNIT_TEXT("\1\1aa")));
    assert_int_equal(store_conn_scan_next(reader, &key, &value), 0);
    assert_true(span_is_equal(value, UNIT_TEXT("3")));
    assert_int_equal(store_conn_scan_next(reader, &key, &value), WAVU_ERR_NOT_FOUND);
    store_conn_scan_end(reader);
    stop();
}

/* The others end without folding the log in; the first one, last, does. */
static void test_the_end(void **state)
{
    (void)state;
    start();
    assert_int_equal(store_conn_begin(writer), 0);
    put("\1\1ak", "1");
    assert_int_equal(store_conn_commit(writer), 0);
    store_conn_close(reader);
    assert_int_equal(d.port->files->exists(d.port, STORE_FILE "-wal"), 0);
    assert_int_equal(store_conn_open(reader, STORE_FILE, d.key, CACHE_KIB), 0);
    expect("\1\1ak", "1");
    store_conn_close(reader);
    store_conn_close(writer);
    assert_false(store_conn_is_open(writer));
    assert_int_equal(d.port->files->exists(d.port, STORE_FILE "-wal"), WAVU_ERR_NOT_FOUND);
    assert_int_equal(store_conn_open(writer, STORE_FILE, d.key, CACHE_KIB), 0);
    assert_int_equal(store_conn_open(reader, STORE_FILE, d.key, CACHE_KIB), 0);
    expect("\1\1ak", "1");
    stop();
}

/* A log that a failed sync made doubtful is folded in before anything is written behind it. */
static void test_a_doubtful_log_is_folded_in(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 60; i++) {
        const uint64_t calm = i % 6;
        start();
        d.host->disk.draw.state += i; /* other ways to lose what a failed sync left */
        assert_int_equal(store_conn_begin(writer), 0);
        put("\1\1ak", "1");
        sim_files_fail(d.host, calm, 1);
        int rc = store_conn_commit(writer);
        assert_true(rc == 0 || rc == WAVU_ERR_IO);
        assert_true(rc == 0 || store_conn_take_back(writer, rc));
        sim_files_fail(d.host, 0, SIM_DISK_FOR_EVER); /* killed: nothing is put in order */
        store_conn_close(reader);
        store_conn_close(writer);
        sim_files_fail(d.host, 0, 0);
        assert_int_equal(store_conn_open(writer, STORE_FILE, d.key, CACHE_KIB), 0);
        assert_int_equal(store_conn_begin(writer), 0);
        put("\1\1al", "2");
        assert_int_equal(store_conn_commit(writer), 0);
        sim_host_crash(d.host, false);
        store_conn_free(reader);
        store_conn_free(writer);
        disk_store_free(&d);
        d.port = sim_host_restart(d.host);
        disk_store_new(&d);
        assert_int_equal(store_conn_new(d.port, NULL, &writer), 0);
        assert_int_equal(store_conn_new(d.port, writer, &reader), 0);
        assert_int_equal(store_conn_open(writer, STORE_FILE, d.key, CACHE_KIB), 0);
        assert_int_equal(store_conn_open(reader, STORE_FILE, d.key, CACHE_KIB), 0);
        expect("\1\1al", "2");
        stop();
    }
}

/* While this is so, no lock of the log's index is to be had: the thread that has it stands still.
 */
static bool is_stuck;

bool __wrap_store_shm_lock(struct store_shm *shm, int who, unsigned first, unsigned count,
                           bool is_alone);
bool __real_store_shm_lock(struct store_shm *shm, int who, unsigned first, unsigned count,
                           bool is_alone);

bool __wrap_store_shm_lock(struct store_shm *shm, int who, unsigned first, unsigned count,
                           bool is_alone)
{
    return !is_stuck && __real_store_shm_lock(shm, who, first, count, is_alone);
}

static int let_it_run(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    is_stuck = false;
    return us;
}

/* A reader lets the other thread run, and then has its lock. */
static void test_a_reader_waits_for_a_thread_that_stands_still(void **state)
{
    (void)state;
    start();
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    sqlite3_vfs other = *system;
    other.zName = "lets-run";
    other.xSleep = let_it_run;
    assert_int_equal(sqlite3_vfs_register(&other, 1), SQLITE_OK);
    is_stuck = true;
    expect("\1\1ak", NULL);
    assert_false(is_stuck);
    assert_int_equal(sqlite3_vfs_unregister(&other), SQLITE_OK);
    assert_int_equal(sqlite3_vfs_register(system, 1), SQLITE_OK);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_readers_see_what_is_committed),
        UNIT(test_pages_are_authenticated_by_sha_256),
        UNIT(test_another_key_leaves_all_as_it_was),
        UNIT(test_the_key_before),
        UNIT(test_holding_still),
        UNIT(test_commits_go_on_beside_a_reader),
        UNIT(test_scans),
        UNIT(test_the_end),
        UNIT(test_a_doubtful_log_is_folded_in),
        UNIT(test_a_reader_waits_for_a_thread_that_stands_still),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
