/* Schemas: a genuine older file is brought up to date, whatever cuts the power meanwhile. */
#include "store/store_schema.h"

#include <sqlite3.h>

#include "tests/store/disk.h"

#define OLD_VALUES 6 /* in schema_1.db and schema_2.db */

/* Steps as a wavu to come may have them: the last but one rewrites everything. */
static const char *const steps[] = {
    "CREATE TABLE entry (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID",
    "", /* what today's wavu does, it has done */
    "",
    "CREATE TABLE other (n INTEGER PRIMARY KEY, k BLOB NOT NULL, v BLOB NOT NULL);"
    "INSERT INTO other (k, v) SELECT k, v FROM entry ORDER BY k",
    "UPDATE other SET v = CAST(v || v AS BLOB); DELETE FROM entry;"
    "INSERT INTO entry (k, v) SELECT k, v FROM other",
    "DROP TABLE other",
};
#define STEPS 6

/* The file that a wavu of that schema wrote (bench_store FOLDER 3 2), on the simulated disk. */
static void start_with(struct disk *d, uint64_t seed, int schema)
{
    static uint8_t bytes[20000];
    FILE *f =
        fopen(schema == 1 ? WAVU_TEST_DATA "/schema_1.db" : WAVU_TEST_DATA "/schema_2.db", "rb");

    assert_non_null(f);
    size_t len = fread(bytes, 1, sizeof bytes, f);
    (void)fclose(f);
    assert_int_equal(len, schema == 1 ? 8192 : 16384);
    disk_start(d, seed, STORE_DISK);
    disk_store_free(d);
    memset(d->key, 0, sizeof d->key);
    d->key[0] = 1;
    sim_files_put(d->host, STORE_FILE, span_of(bytes, len));
    disk_store_new(d);
}

static void start_with_old(struct disk *d, uint64_t seed)
{
    start_with(d, seed, 1);
}

static void expect_old_values(struct disk *d)
{
    struct buf value;

    buf_init(&value, 200);
    for (size_t i = 0; i < OLD_VALUES; i++) {
        uint8_t key[34] = {(uint8_t)i};
        uint8_t expected[100];
        memset(expected, (int)(i / 2), sizeof expected);
        assert_int_equal(store_get(d->store, "bench", span_of(key, sizeof key), &value), 0);
        assert_true(span_is_equal(buf_span(&value), span_of(expected, sizeof expected)));
    }
    buf_clear(&value);
}

static int64_t ask(struct store_conn *c, const char *sql)
{
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(store_conn_handle(c), sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(s, 0);
    assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
    return number;
}

/* SQLCipher's default until pages were authenticated by SHA-256. */
static void expect_seal_of_before(struct store_conn *c)
{
    sqlite3_stmt *s = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(store_conn_handle(c), "PRAGMA cipher_hmac_algorithm", -1, &s, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(s, 0), "HMAC_SHA512");
    assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
}

static void check_older_file(int schema)
{
    struct disk d;
    uint64_t sequence;

    start_with(&d, 1, schema);
    assert_int_equal(store_open(d.store), 0);
    expect_old_values(&d);
    assert_int_equal(store_append(d.store, "log", UNIT_TEXT("x"), &sequence), 0);
    assert_int_equal(store_flush(d.store), 0);
    disk_reopen(&d);
    expect_old_values(&d);
    disk_store_free(&d);
    struct store_conn *c = NULL;
    assert_int_equal(store_conn_new(d.port, NULL, &c), 0);
    assert_int_equal(store_conn_open(c, STORE_FILE, d.key, 64), 0);
    assert_int_equal(ask(c, "PRAGMA user_version"), STORE_SCHEMA_VERSION);
    if (schema == 1) {
        expect_seal_of_before(c);
    }
    store_conn_free(c);
    disk_stop(&d);
}

static void test_genuine_older_files(void **state)
{
    (void)state;
    check_older_file(1);
    check_older_file(2);
}

/* Open the older file with the power gone after `calm` changes, then again: it is up to date. */
static bool open_cut_after(uint64_t calm, uint64_t seed)
{
    struct disk d;

    start_with(&d, seed, 1 + (int)(seed % 2));
    sim_files_fail(d.host, calm, SIM_DISK_FOR_EVER);
    int rc = store_open(d.store);
    bool was_cut = sim_files_failed(d.host) > 0;
    assert_true(rc == 0 || (was_cut && rc == WAVU_ERR_IO));
    disk_crash(&d);
    assert_int_equal(store_open(d.store), 0);
    expect_old_values(&d);
    disk_stop(&d);
    return was_cut;
}

static void test_an_older_file_survives_every_cut(void **state)
{
    uint64_t calm = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        for (calm = 0; open_cut_after(calm, seed); calm++) {
        }
        assert_true(calm > 3);
    }
}

/* Steps to come, from the older file on, on a bare connection. */
static int bring(struct disk *d, int64_t count, int64_t *version)
{
    struct store_conn *c = NULL;
    assert_int_equal(store_conn_new(d->port, NULL, &c), 0);
    int rc = store_conn_open(c, STORE_FILE, d->key, 64);
    rc = rc < 0 ? rc : store_schema_bring(c, steps, count);
    if (rc == 0) {
        *version = ask(c, "PRAGMA user_version");
        assert_int_equal(ask(c, "SELECT count(*) FROM entry"), OLD_VALUES);
        assert_int_equal(ask(c, "SELECT sum(length(v)) FROM entry"),
                         OLD_VALUES * 100 * (*version >= 5 ? 2 : 1));
        assert_int_equal(ask(c, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND "
                                "name NOT IN ('block', 'journal')"),
                         *version == 4 || *version == 5 ? 2 : 1);
    }
    store_conn_free(c);
    return rc;
}

/* Where a cut came first, the next start goes on; where a step is, it is whole. */
static bool steps_cut_after(uint64_t calm, uint64_t seed)
{
    struct disk d;
    int64_t version = 0;
    struct store_conn *c = NULL;

    start_with_old(&d, seed);
    disk_store_free(&d);
    assert_int_equal(store_conn_new(d.port, NULL, &c), 0);
    assert_int_equal(store_conn_open(c, STORE_FILE, d.key, 64), 0);
    sim_files_fail(d.host, calm, SIM_DISK_FOR_EVER);
    int rc = store_schema_bring(c, steps, STEPS);
    bool was_cut = sim_files_failed(d.host) > 0;
    assert_true(rc == 0 || was_cut);
    sim_host_crash(d.host, false);
    store_conn_free(c);
    d.port = sim_host_restart(d.host);
    disk_store_new(&d);
    disk_store_free(&d);
    assert_int_equal(store_conn_new(d.port, NULL, &c), 0);
    rc = store_conn_open(c, STORE_FILE, d.key, 64);
    assert_true(rc == 0 || rc == WAVU_ERR_UNSUPPORTED); /* ours, or already of a wavu to come */
    store_conn_free(c);
    if (rc == 0) {
        assert_int_equal(bring(&d, STEPS, &version), 0);
        assert_int_equal(version, STEPS);
    }
    disk_store_new(&d);
    disk_stop(&d);
    return was_cut;
}

static void test_many_steps_survive_every_cut(void **state)
{
    uint64_t calm = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        for (calm = 0; steps_cut_after(calm, seed); calm++) {
        }
        assert_true(calm > 10);
    }
}

static void test_step_by_step(void **state)
{
    struct disk d;
    int64_t version = 0;

    (void)state;
    start_with_old(&d, 1);
    disk_store_free(&d);
    assert_int_equal(bring(&d, 3, &version), 0);
    assert_int_equal(version, 3);
    assert_int_equal(bring(&d, 4, &version), 0);
    assert_int_equal(version, 4);
    /* For the wavu of today that is a newer one's. */
    disk_store_new(&d);
    assert_int_equal(store_open(d.store), WAVU_ERR_UNSUPPORTED);
    disk_stop(&d);
}

/* A full disk: said, and nothing is changed. */
static void test_no_room_for_a_step(void **state)
{
    struct disk d;

    (void)state;
    start_with_old(&d, 1);
    sim_files_set_fault(d.host, SIM_DISK_FULL);
    assert_int_equal(store_open(d.store), WAVU_ERR_NO_SPACE);
    sim_files_set_fault(d.host, SIM_DISK_SOUND);
    assert_int_equal(store_open(d.store), 0);
    expect_old_values(&d);
    disk_stop(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_genuine_older_files),          UNIT(test_an_older_file_survives_every_cut),
        UNIT(test_many_steps_survive_every_cut), UNIT(test_step_by_step),
        UNIT(test_no_room_for_a_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
