/* The database's file: encrypted, ours, of a version that we know; whatever else is left alone. */
#define SQLITE_HAS_CODEC 1 /* declares sqlite3_key */
#include "store/store_db.h"

#include <sqlite3.h>

#include "store/store_vfs.h"
#include "tests/store/disk.h"

#define MARK "plaintext-that-must-not-be-seen"

static bool holds(struct span bytes, struct span text)
{
    for (size_t i = 0; i + text.len <= bytes.len; i++) {
        if (memcmp(bytes.ptr + i, text.ptr, text.len) == 0) {
            return true;
        }
    }
    return false;
}

static void peek(struct disk *d, const char *path, struct buf *out)
{
    buf_init(out, 10000000);
    assert_true(sim_files_peek(d->host, path, out));
}

static void test_nothing_is_readable_in_the_files(void **state)
{
    static const char *const files[] = {"store.db", "store.db-wal"};
    struct disk d;
    struct buf bytes;
    uint64_t sequence;

    (void)state;
    disk_start(&d, 1, STORE_DISK);
    for (char c = 'a'; c <= 'z'; c++) {
        char key[64];
        (void)snprintf(key, sizeof key, "key-%s-%c", MARK, c);
        assert_int_equal(disk_put(&d, key, MARK), 0);
    }
    assert_int_equal(store_append(d.store, "log", UNIT_TEXT(MARK), &sequence), 0);
    disk_run(&d);
    assert_int_equal(d.told, 1);
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < 2 - round; i++) {
            peek(&d, files[i], &bytes);
            assert_true(bytes.len >= 4096);
            assert_false(holds(buf_span(&bytes), UNIT_TEXT(MARK)));
            assert_false(holds(buf_span(&bytes), UNIT_TEXT("SQLite")));
            assert_false(holds(buf_span(&bytes), UNIT_TEXT("entry")));
            assert_false(holds(buf_span(&bytes), span_of(d.key, sizeof d.key)));
            buf_clear(&bytes);
        }
        if (round == 0) {
            disk_reopen(&d); /* closing folds the log into the database */
        }
    }
    disk_stop(&d);
}

/* Opening fails with `expected`, again and again, and the file stays as it is. */
static void expect_left_alone(struct disk *d, int expected)
{
    struct buf before;
    struct buf after;

    peek(d, STORE_FILE, &before);
    disk_reopen(d);
    assert_int_equal(disk_put(d, "a", "over"), 0); /* nobody looked yet */
    sim_run_for(d->sim, TIMERS_SECOND);
    assert_int_equal(d->last_error, expected);
    assert_int_equal(d->told, 0);
    assert_int_equal(store_open(d->store), expected);
    assert_int_equal(disk_put(d, "a", "over"), expected);
    disk_reopen(d);
    assert_int_equal(store_open(d->store), expected);
    disk_store_free(d);
    peek(d, STORE_FILE, &after);
    assert_true(span_is_equal(buf_span(&before), buf_span(&after)));
    buf_clear(&before);
    buf_clear(&after);
}

static void start_with(struct disk *d, struct span bytes)
{
    disk_start(d, 1, STORE_DISK);
    sim_files_put(d->host, STORE_FILE, bytes);
}

static void test_foreign_files_are_left_alone(void **state)
{
    static uint8_t bytes[8192];
    static const size_t sizes[] = {1, 16, 100, 512, 4096, 8192};
    struct disk d;

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset(bytes, 0x33, sizeof bytes);
        start_with(&d, span_of(bytes, sizes[i]));
        expect_left_alone(&d, WAVU_ERR_CORRUPT);
        disk_stop(&d);
        memset(bytes, 0, sizeof bytes);
        start_with(&d, span_of(bytes, sizes[i]));
        expect_left_alone(&d, WAVU_ERR_CORRUPT);
        disk_stop(&d);
    }
    start_with(&d, UNIT_TEXT("SQLite format 3\0 and then something else"));
    expect_left_alone(&d, WAVU_ERR_CORRUPT);
    disk_stop(&d);
}

static void test_another_key_opens_nothing(void **state)
{
    struct disk d;

    (void)state;
    disk_start(&d, 1, STORE_DISK);
    assert_int_equal(disk_put(&d, "a", "1"), 0);
    assert_int_equal(store_flush(d.store), 0);
    disk_reopen(&d);
    d.key[31] ^= 1;
    expect_left_alone(&d, WAVU_ERR_CORRUPT);
    d.key[31] ^= 1;
    disk_store_new(&d);
    assert_true(disk_has(&d, "a", "1"));
    disk_stop(&d);
}

/* Have SQLite do something to the store's file, as another wavu would. */
static void do_to_file(struct disk *d, const char *sql)
{
    struct store_vfs *vfs = NULL;
    sqlite3 *db = NULL;
    char key[2 + 2 * STORE_KEY_SIZE + 2] = "x'";

    for (size_t i = 0; i < STORE_KEY_SIZE; i++) {
        (void)snprintf(key + 2 + 2 * i, 4, "%02x'", d->key[i]);
    }
    assert_int_equal(store_vfs_new(d->port, NULL, &vfs), 0);
    assert_int_equal(sqlite3_open_v2(STORE_FILE, &db, SQLITE_OPEN_READWRITE, store_vfs_name(vfs)),
                     SQLITE_OK);
    assert_int_equal(sqlite3_key(db, key, (int)strlen(key)), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA cipher_hmac_algorithm = HMAC_SHA256;"
                                  "PRAGMA locking_mode = EXCLUSIVE",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    store_vfs_free(vfs);
}

/* What is wrong with the file is known, refused and left alone; put right, it is as before. */
static void expect_refused(const char *wrong, int expected, const char *right)
{
    struct disk d;

    disk_start(&d, 1, STORE_DISK);
    assert_int_equal(disk_put(&d, "a", "1"), 0);
    assert_int_equal(store_flush(d.store), 0);
    disk_store_free(&d);
    do_to_file(&d, wrong);
    disk_store_new(&d);
    expect_left_alone(&d, expected);
    do_to_file(&d, right);
    disk_store_new(&d);
    assert_true(disk_has(&d, "a", "1"));
    disk_stop(&d);
}

static void test_a_newer_schema_is_refused(void **state)
{
    (void)state;
    expect_refused("PRAGMA user_version = 4", WAVU_ERR_UNSUPPORTED, "PRAGMA user_version = 3");
    expect_refused("PRAGMA user_version = 2147483647", WAVU_ERR_UNSUPPORTED,
                   "PRAGMA user_version = 3");
    /* A newer one may have other tables: its number is asked before anything else. */
    expect_refused("ALTER TABLE entry RENAME TO other; PRAGMA user_version = 5",
                   WAVU_ERR_UNSUPPORTED,
                   "ALTER TABLE other RENAME TO entry; PRAGMA user_version = 3");
}

static void test_another_programs_database_is_refused(void **state)
{
    (void)state;
    expect_refused("PRAGMA application_id = 7", WAVU_ERR_CORRUPT,
                   "PRAGMA application_id = 0x77617675");
    expect_refused("PRAGMA user_version = 0", WAVU_ERR_CORRUPT, "PRAGMA user_version = 3");
    expect_refused("PRAGMA user_version = -1", WAVU_ERR_CORRUPT, "PRAGMA user_version = 3");
}

/* Any byte that was changed is noticed, at the latest when its page is read. */
static void test_damage_is_noticed(void **state)
{
    struct disk d;
    struct buf whole;
    struct buf value;

    (void)state;
    disk_start(&d, 1, STORE_DISK);
    for (char c = 'a'; c <= 'z'; c++) {
        char value_text[1000];
        memset(value_text, c, sizeof value_text - 1);
        value_text[sizeof value_text - 1] = '\0';
        assert_int_equal(disk_put(&d, (char[]){c, '\0'}, value_text), 0);
    }
    assert_int_equal(store_flush(d.store), 0);
    disk_reopen(&d);
    assert_int_equal(store_open(d.store), 0);
    disk_store_free(&d);
    peek(&d, STORE_FILE, &whole);
    for (size_t at = 40; at < whole.len; at += 1777) {
        struct buf key;
        int rc = 0;

        whole.ptr[at] ^= 0x10;
        sim_files_put(d.host, STORE_FILE, buf_span(&whole));
        disk_store_new(&d);
        buf_init(&key, STORE_KEY_MAX);
        buf_init(&value, 2000);
        while (rc == 0) {
            rc = store_next(d.store, "t", span_empty(), &key, &value);
        }
        assert_int_equal(rc, WAVU_ERR_CORRUPT);
        assert_int_equal(disk_put(&d, "a", "never"), WAVU_ERR_CORRUPT); /* it is dead */
        buf_clear(&key);
        buf_clear(&value);
        disk_store_free(&d);
        whole.ptr[at] ^= 0x10;
    }
    buf_clear(&whole);
    disk_stop(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_nothing_is_readable_in_the_files),
        UNIT(test_foreign_files_are_left_alone),
        UNIT(test_another_key_opens_nothing),
        UNIT(test_a_newer_schema_is_refused),
        UNIT(test_another_programs_database_is_refused),
        UNIT(test_damage_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
