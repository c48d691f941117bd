/* SQLite over the simulated disk, without encryption or store: files, errors, names. */
#include "store/store_vfs.h"

#include <sqlite3.h>

#include "tests/store/disk.h"

static sqlite3 *open_plain(struct store_vfs *vfs)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open_v2("plain.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                     store_vfs_name(vfs)),
                     SQLITE_OK);
    return db;
}

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static void test_files_are_the_ports(void **state)
{
    struct disk d;
    struct store_vfs *vfs = NULL;
    struct buf bytes;

    (void)state;
    disk_start(&d, 1, STORE_MEMORY);
    assert_int_equal(store_vfs_new(d.port, NULL, &vfs), 0);
    sqlite3 *db = open_plain(vfs);
    assert_int_equal(run(db, "CREATE TABLE a (b); INSERT INTO a VALUES (1)"), SQLITE_OK);
    assert_int_equal(d.port->files->exists(d.port, "plain.db-journal"), WAVU_ERR_NOT_FOUND);
    assert_int_equal(run(db, "PRAGMA integrity_check"), SQLITE_OK);
    buf_init(&bytes, 100000);
    assert_true(sim_files_peek(d.host, "plain.db", &bytes));
    assert_int_equal(bytes.len % 4096, 0);
    assert_memory_equal(bytes.ptr, "SQLite format 3", 16);
    buf_clear(&bytes);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    store_vfs_free(vfs);
    disk_stop(&d);
}

static void test_errors_keep_their_names(void **state)
{
    struct disk d;
    struct store_vfs *vfs = NULL;

    (void)state;
    disk_start(&d, 1, STORE_MEMORY);
    assert_int_equal(store_vfs_new(d.port, NULL, &vfs), 0);
    sqlite3 *db = open_plain(vfs);
    sqlite3 *second = open_plain(vfs);
    assert_int_equal(run(db, "CREATE TABLE a (b)"), SQLITE_OK);
    assert_int_equal(run(second, "SELECT * FROM a"), SQLITE_BUSY);
    assert_int_equal(store_vfs_err(vfs), WAVU_ERR_IN_USE);
    assert_int_equal(sqlite3_close(second), SQLITE_OK);
    store_vfs_reset(vfs);
    assert_int_equal(store_vfs_err(vfs), 0);
    sim_files_set_room(d.host, 8192);
    assert_int_equal(run(db, "INSERT INTO a VALUES (zeroblob(9000))"), SQLITE_FULL);
    assert_int_equal(store_vfs_err(vfs), WAVU_ERR_NO_SPACE);
    sim_files_set_room(d.host, UINT64_MAX);
    sim_files_fail(d.host, 0, 1);
    assert_int_equal(run(db, "INSERT INTO a VALUES (1)"), SQLITE_CANTOPEN);
    assert_int_equal(store_vfs_err(vfs), WAVU_ERR_IO);
    assert_int_equal(run(db, "INSERT INTO a VALUES (1)"), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    store_vfs_free(vfs);
    disk_stop(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_files_are_the_ports),
        UNIT(test_errors_keep_their_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
