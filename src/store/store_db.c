/*
 * The database. Reads come from the node's thread, commits from a job; a lock lets one in at a
 * time, so that a read can wait for the commit under way.
 *
 * A read that fails closes the connection when the database is damaged; the next call opens it
 * again and SQLite's recovery has the last word about what is there.
 */
#define SQLITE_HAS_CODEC 1 /* declares sqlite3_key */
#include "store/store_db.h"

#include <sqlite3.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/wr.h"
#include "crypto/secret.h"
#include "store/store_vfs.h"

#define KEY_TEXT_SIZE (2 + 2 * STORE_DB_KEY_SIZE + 1) /* x'hexadecimal' */
#define LAST_SEQUENCE "\xff\xff\xff\xff\xff\xff\xff\xff"
#define TEXT(name) TEXT_OF(name)
#define TEXT_OF(value) #value

enum statement { GET, NEXT, LAST, PUT, DELETE, STATEMENTS };

static const char *const statement_texts[STATEMENTS] = {
    [GET] = "SELECT v FROM entry WHERE k = ?1",
    [NEXT] = "SELECT k, v FROM entry WHERE k >= ?1 ORDER BY k LIMIT 1",
    [LAST] = "SELECT k FROM entry WHERE k <= ?1 ORDER BY k DESC LIMIT 1",
    [PUT] = "INSERT OR REPLACE INTO entry (k, v) VALUES (?1, ?2)",
    [DELETE] = "DELETE FROM entry WHERE k = ?1",
};

struct store_db {
    struct store_vfs *vfs;
    sqlite3_mutex *lock;
    sqlite3 *db; /* NULL: not open */
    sqlite3_stmt *statements[STATEMENTS];
    char *path;
    uint8_t key[STORE_DB_KEY_SIZE];
};

/* SQLite's word as the house's. What SQLite cannot read is damaged; so is what fails to
 * authenticate, which SQLCipher reports as a general error. */
static int err_of(const struct store_db *d, int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return WAVU_ERR_IN_USE;
    case SQLITE_FULL:
        return WAVU_ERR_NO_SPACE;
    case SQLITE_NOMEM:
        return WAVU_ERR_MEMORY;
    case SQLITE_READONLY:
        return WAVU_ERR_DENIED;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return store_vfs_err(d->vfs) < 0 ? store_vfs_err(d->vfs) : WAVU_ERR_IO;
    default:
        return store_vfs_err(d->vfs) < 0 ? store_vfs_err(d->vfs) : WAVU_ERR_CORRUPT;
    }
}

static void shut(struct store_db *d)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        (void)sqlite3_finalize(d->statements[i]); /* repeats the error that is known */
        d->statements[i] = NULL;
    }
    CHECK(sqlite3_close(d->db) == SQLITE_OK); /* NULL is fine */
    d->db = NULL;
}

/* ---- Opening ---- */

static int run(struct store_db *d, const char *sql)
{
    return err_of(d, sqlite3_exec(d->db, sql, NULL, NULL, NULL));
}

/* The number that a statement answers. */
static int ask(struct store_db *d, const char *sql, int64_t *out)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(d->db, sql, -1, &s, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(s);
        *out = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    }
    (void)sqlite3_finalize(s);
    return err_of(d, code);
}

/* Give the key: as it is, for it is random already and needs no stretching. */
static int unlock(struct store_db *d)
{
    uint8_t text[KEY_TEXT_SIZE];
    struct wr w;
    wr_init(&w, span_mut_of(text, sizeof text));
    wr_text(&w, "x'");
    wr_hex(&w, span_of(d->key, sizeof d->key));
    wr_text(&w, "'");
    CHECK(wr_finish(&w) == 0);
    int code = sqlite3_key(d->db, text, (int)sizeof text);
    secret_wipe(text, sizeof text);
    return err_of(d, code);
}

/* Make the tables in a database that has none. */
static int make_tables(struct store_db *d)
{
    return run(
        d, "BEGIN; CREATE TABLE entry (k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;"
           "PRAGMA application_id = " TEXT(STORE_DB_APPLICATION) ";"
                                                                 "PRAGMA user_version = " TEXT(
                                                                     STORE_DB_VERSION) "; COMMIT");
}

/* Whose database it is, and how old. */
static int check_tables(struct store_db *d)
{
    int64_t tables = 0;
    int64_t application = 0;
    int64_t version = 0;
    int rc = ask(d, "SELECT count(*) FROM sqlite_master", &tables);
    rc = rc < 0 ? rc : ask(d, "PRAGMA application_id", &application);
    rc = rc < 0 ? rc : ask(d, "PRAGMA user_version", &version);
    if (rc < 0) {
        return rc;
    }
    if (tables == 0 && application == 0 && version == 0) {
        return make_tables(d); /* new, or a crash came while it was being made */
    }
    if (application != STORE_DB_APPLICATION || version < 1) {
        return WAVU_ERR_CORRUPT;
    }
    return version > STORE_DB_VERSION ? WAVU_ERR_UNSUPPORTED : 0;
}

static int prepare(struct store_db *d)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        int code = sqlite3_prepare_v3(d->db, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                      &d->statements[i], NULL);
        if (code != SQLITE_OK) {
            return err_of(d, code);
        }
    }
    return 0;
}

static int set_up(struct store_db *d)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = err_of(d, sqlite3_open_v2(d->path, &d->db, flags, store_vfs_name(d->vfs)));
    if (rc < 0) {
        return rc;
    }
    /* Of what is looked aside for speed a store has no need; it is as large as the cache. */
    rc = err_of(d, sqlite3_db_config(d->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 0, 0));
    rc = rc < 0 ? rc : unlock(d);
    /* SQLCipher writes to stderr by itself. Behind the key: the first one in a process sets that up
     * anew. */
    rc = rc < 0 ? rc : run(d, "PRAGMA cipher_log_level = NONE");
    rc = rc < 0 ? rc
                : run(d, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY;"
                         "PRAGMA cache_size = -" TEXT(STORE_DB_CACHE_KIB));
    rc = rc < 0 ? rc : run(d, "SELECT count(*) FROM sqlite_master"); /* is it ours? then go on */
    rc = rc < 0 ? rc
                : run(d, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                         "PRAGMA wal_autocheckpoint = " TEXT(STORE_DB_WAL_PAGES));
    rc = rc < 0 ? rc : check_tables(d);
    return rc < 0 ? rc : prepare(d);
}

/* Behind the lock: have it open. */
static int need(struct store_db *d)
{
    if (d->db != NULL) {
        return 0;
    }
    store_vfs_reset(d->vfs);
    int rc = set_up(d);
    if (rc < 0) {
        shut(d);
    }
    return rc;
}

/* ---- Reading ---- */

static void bind(struct store_db *d, enum statement which, int place, struct span bytes)
{
    /* An empty blob is no NULL. */
    const void *ptr = bytes.len > 0 ? (const void *)bytes.ptr : "";
    CHECK(sqlite3_bind_blob64(d->statements[which], place, ptr, bytes.len, SQLITE_STATIC) ==
          SQLITE_OK);
}

/* Step to the one row: 0, WAVU_ERR_NOT_FOUND or worse. */
static int find(struct store_db *d, enum statement which)
{
    store_vfs_reset(d->vfs);
    int code = sqlite3_step(d->statements[which]);
    return code == SQLITE_DONE ? WAVU_ERR_NOT_FOUND : err_of(d, code);
}

static struct span column(struct store_db *d, enum statement which, int place)
{
    const void *ptr = sqlite3_column_blob(d->statements[which], place);
    return span_of(ptr, (size_t)sqlite3_column_bytes(d->statements[which], place));
}

static void done_reading(struct store_db *d, enum statement which, int rc)
{
    (void)sqlite3_reset(d->statements[which]); /* repeats the error that is known */
    if (rc == WAVU_ERR_CORRUPT) {
        shut(d);
    }
    sqlite3_mutex_leave(d->lock);
}

/* Take the lock and have the database open; the lock is kept on success only. */
static int enter(struct store_db *d)
{
    sqlite3_mutex_enter(d->lock);
    int rc = need(d);
    if (rc < 0) {
        sqlite3_mutex_leave(d->lock);
    }
    return rc;
}

static int on_open(void *back)
{
    struct store_db *d = back;
    int rc = enter(d);
    if (rc == 0) {
        sqlite3_mutex_leave(d->lock);
    }
    return rc;
}

static int on_get(void *back, struct span key, struct buf *value)
{
    struct store_db *d = back;
    int rc = enter(d);
    if (rc < 0) {
        return rc;
    }
    bind(d, GET, 1, key);
    rc = find(d, GET);
    rc = rc < 0 ? rc : buf_append(value, column(d, GET, 0));
    done_reading(d, GET, rc);
    return rc;
}

static int on_next(void *back, struct span prefix, struct span from, struct buf *key,
                   struct buf *value)
{
    struct store_db *d = back;
    int rc = enter(d);
    if (rc < 0) {
        return rc;
    }
    bind(d, NEXT, 1, from);
    rc = find(d, NEXT);
    if (rc == 0 && !span_has_prefix(column(d, NEXT, 0), prefix)) {
        rc = WAVU_ERR_NOT_FOUND;
    }
    rc = rc < 0 ? rc : buf_append(key, column(d, NEXT, 0));
    rc = rc < 0 ? rc : buf_append(value, column(d, NEXT, 1));
    done_reading(d, NEXT, rc);
    return rc;
}

static int on_last(void *back, struct span prefix, struct buf *key)
{
    struct store_db *d = back;
    struct buf end;
    int rc = enter(d);
    if (rc < 0) {
        return rc;
    }
    buf_init(&end, prefix.len + 8);
    CHECK(buf_append(&end, prefix) == 0);
    CHECK(buf_append(&end, span_of(LAST_SEQUENCE, 8)) == 0);
    bind(d, LAST, 1, buf_span(&end));
    rc = find(d, LAST);
    if (rc == 0 && !span_has_prefix(column(d, LAST, 0), prefix)) {
        rc = WAVU_ERR_NOT_FOUND;
    }
    rc = rc < 0 ? rc : buf_append(key, column(d, LAST, 0));
    done_reading(d, LAST, rc);
    buf_clear(&end);
    return rc;
}

/* ---- Writing, in a job ---- */

static int write_one(struct store_db *d, const struct store_op *op)
{
    enum statement which = op->is_delete ? DELETE : PUT;
    bind(d, which, 1, op->key);
    if (!op->is_delete) {
        bind(d, which, 2, op->value);
    }
    int rc = err_of(d, sqlite3_step(d->statements[which]));
    (void)sqlite3_reset(d->statements[which]); /* repeats the error that is known */
    return rc;
}

/*
 * A commit failed. Roll back, but stay open: this connection knows where the log really ends and
 * writes there again. One that opened anew would read from the system's cache, as if it were on the
 * disk, what a failed sync never brought there.
 */
static void take_back(struct store_db *d, int rc)
{
    bool is_open = sqlite3_get_autocommit(d->db) == 0;
    if (rc == WAVU_ERR_CORRUPT || (is_open && run(d, "ROLLBACK") < 0)) {
        shut(d);
    }
}

static int on_commit(void *back, const struct store_batch *batch)
{
    struct store_db *d = back;
    const struct list *ops = &batch->ops;
    int rc = enter(d);
    if (rc < 0) {
        return rc;
    }
    store_vfs_reset(d->vfs);
    rc = run(d, "BEGIN IMMEDIATE");
    for (struct list *n = list_next(ops, ops); rc == 0 && n != NULL; n = list_next(ops, n)) {
        rc = write_one(d, LIST_OF(n, struct store_op, link));
    }
    rc = rc < 0 ? rc : run(d, "COMMIT");
    if (rc < 0) {
        take_back(d, rc);
    }
    sqlite3_mutex_leave(d->lock);
    return rc;
}

static void on_settle(void *back, const struct store_batch *batch)
{
    (void)back; /* it is in the database since the commit */
    (void)batch;
}

static void on_free(void *back)
{
    struct store_db *d = back;
    shut(d);
    sqlite3_mutex_free(d->lock);
    store_vfs_free(d->vfs);
    secret_wipe(d->key, sizeof d->key);
    mem_free(d->path);
    mem_free(d);
}

const struct store_back_ops store_db_ops = {
    .open = on_open,
    .get = on_get,
    .next = on_next,
    .last = on_last,
    .commit = on_commit,
    .settle = on_settle,
    .free = on_free,
};

int store_db_new(struct port *port, const char *path, const uint8_t key[STORE_DB_KEY_SIZE],
                 struct store_db **out)
{
    struct store_db *d = mem_new(sizeof *d);
    int rc = sqlite3_initialize() == SQLITE_OK ? 0 : WAVU_ERR_MEMORY;
    rc = rc < 0 ? rc : store_vfs_new(port, &d->vfs);
    d->lock = rc < 0 ? NULL : sqlite3_mutex_alloc(SQLITE_MUTEX_FAST);
    if (d->lock == NULL) {
        store_vfs_free(d->vfs);
        mem_free(d);
        return WAVU_ERR_MEMORY;
    }
    memcpy(d->key, key, sizeof d->key);
    d->path = mem_copy_text(path);
    *out = d;
    return 0;
}
