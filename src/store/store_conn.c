/*
 * The connection. Bytes come from the store's layers and go to SQLite's statements; answers are
 * copied out before a statement is reset.
 */
#define SQLITE_HAS_CODEC 1 /* declares sqlite3_key */
#include "store/store_conn.h"

#include <sqlite3.h>
#include <stdio.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/wr.h"
#include "crypto/secret.h"
#include "store/store_check.h"
#include "store/store_schema.h"
#include "store/store_vfs.h"
#include "store/store_whole.h"

#define KEY_TEXT_SIZE (2 + 2 * STORE_CONN_KEY_SIZE + 1) /* x'hexadecimal' */
#define CACHE_TEXT_MAX 40
#define PAGE_SIZE 4096 /* SQLCipher's */

#define TEXT(name) TEXT_OF(name)
#define TEXT_OF(value) #value

/* What there is for each table: a key's space says which one it is in. */
enum statement { GET, NEXT, PREV, PREV_KEY, SCAN, PUT, DELETE, DELETE_RANGE, STATEMENTS };
/* And what there is once. */
enum single {
    HOLD,
    LET_GO,
    SIZE,
    BEGIN,
    COMMIT,
    ROLLBACK,
    JOURNAL_NEXT,
    JOURNAL_PUT,
    JOURNAL_CLEAR,
    SINGLES
};

#define TABLES 2

#define STATEMENTS_OF(table)                                                                       \
    {                                                                                              \
        [GET] = "SELECT v FROM " table " WHERE k = ?1",                                            \
        [NEXT] = "SELECT k, v FROM " table " WHERE k >= ?1 ORDER BY k LIMIT 1",                    \
        [PREV] = "SELECT k, v FROM " table " WHERE k < ?1 ORDER BY k DESC LIMIT 1",                \
        [PREV_KEY] = "SELECT k FROM " table " WHERE k < ?1 ORDER BY k DESC LIMIT 1",               \
        [SCAN] = "SELECT k, v FROM " table " WHERE k >= ?1 ORDER BY k",                            \
        [PUT] = "INSERT OR REPLACE INTO " table " (k, v) VALUES (?1, ?2)",                         \
        [DELETE] = "DELETE FROM " table " WHERE k = ?1",                                           \
        [DELETE_RANGE] = "DELETE FROM " table " WHERE k >= ?1 AND k < ?2",                         \
    }

static const char *const texts[TABLES][STATEMENTS] = {STATEMENTS_OF("entry"),
                                                      STATEMENTS_OF("block")};

static const char *const single_texts[SINGLES] = {
    [HOLD] = "BEGIN",
    [LET_GO] = "END",
    [SIZE] = "PRAGMA page_count",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [JOURNAL_NEXT] = "SELECT n, v FROM journal WHERE n >= ?1 ORDER BY n LIMIT 1",
    [JOURNAL_PUT] = "INSERT OR REPLACE INTO journal (n, v) VALUES (?1, ?2)",
    [JOURNAL_CLEAR] = "DELETE FROM journal",
};

/* What authenticates a page: SHA-256, which most processors have in hardware; SQLCipher's default
 * in files that were made before. Tried in this order. */
enum seal { SHA256, SHA512, SEALS };

static const char *const seal_texts[SEALS] = {
    [SHA256] = "PRAGMA cipher_hmac_algorithm = HMAC_SHA256",
    [SHA512] = "PRAGMA cipher_hmac_algorithm = HMAC_SHA512",
};

struct store_conn {
    struct store_vfs *vfs;
    bool is_first;
    const struct store_conn *first; /* borrowed; of the first one, NULL */
    enum seal seal;                 /* the first one's: as its file has it */
    sqlite3 *db;                    /* NULL: not open */
    sqlite3_stmt *statements[TABLES][STATEMENTS];
    sqlite3_stmt *singles[SINGLES];
    sqlite3_stmt *scan; /* the one under way; NULL: none */
};

/* What SQLite cannot read is damaged; so is what fails to authenticate, which SQLCipher reports as
 * a general error. */
int store_conn_err(const struct store_conn *c, int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: /* tried for ten seconds to share the log's index */
        return WAVU_ERR_IN_USE;
    case SQLITE_FULL:
        return WAVU_ERR_NO_SPACE;
    case SQLITE_NOMEM:
        return WAVU_ERR_MEMORY;
    case SQLITE_READONLY:
        return WAVU_ERR_DENIED;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return store_vfs_err(c->vfs) < 0 ? store_vfs_err(c->vfs) : WAVU_ERR_IO;
    default:
        return store_vfs_err(c->vfs) < 0 ? store_vfs_err(c->vfs) : WAVU_ERR_CORRUPT;
    }
}

sqlite3 *store_conn_handle(struct store_conn *c)
{
    return c->db;
}

bool store_conn_is_open(const struct store_conn *c)
{
    return c->db != NULL;
}

static void finalize(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement); /* repeats the error that is known */
    *statement = NULL;
}

void store_conn_close(struct store_conn *c)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        for (size_t table = 0; table < TABLES; table++) {
            finalize(&c->statements[table][i]);
        }
    }
    for (size_t i = 0; i < SINGLES; i++) {
        finalize(&c->singles[i]);
    }
    CHECK(sqlite3_close(c->db) == SQLITE_OK); /* NULL is fine */
    c->db = NULL;
}

/* ---- Opening ---- */

static int run(struct store_conn *c, const char *sql)
{
    return store_conn_err(c, sqlite3_exec(c->db, sql, NULL, NULL, NULL));
}

/* Give the key: as it is, for it is random already and needs no stretching. */
static int unlock(struct store_conn *c, const uint8_t key[STORE_CONN_KEY_SIZE])
{
    uint8_t text[KEY_TEXT_SIZE];
    struct wr w;
    wr_init(&w, span_mut_of(text, sizeof text));
    wr_text(&w, "x'");
    wr_hex(&w, span_of(key, STORE_CONN_KEY_SIZE));
    wr_text(&w, "'");
    CHECK(wr_finish(&w) == 0);
    int code = sqlite3_key(c->db, text, (int)sizeof text);
    secret_wipe(text, sizeof text);
    return store_conn_err(c, code);
}

/* What each connection is told, before anything is read. */
static int set_up(struct store_conn *c, const uint8_t key[STORE_CONN_KEY_SIZE], int cache_kib,
                  enum seal seal)
{
    char text[CACHE_TEXT_MAX];
    /* Of what is looked aside for speed a store has no need; it is as large as the cache. */
    int rc = store_conn_err(c, sqlite3_db_config(c->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 0, 0));
    rc = rc < 0 ? rc : unlock(c, key);
    /* SQLCipher writes to stderr by itself. Behind the key: the first one in a process sets that up
     * anew. */
    rc = rc < 0 ? rc : run(c, "PRAGMA cipher_log_level = NONE");
    rc = rc < 0 ? rc : run(c, seal_texts[seal]);
    (void)snprintf(text, sizeof text, "PRAGMA cache_size = -%d", cache_kib);
    rc = rc < 0 ? rc : run(c, text);
    /* What is deleted is overwritten: the key may become known later. */
    return rc < 0 ? rc : run(c, "PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON");
}

/*
 * Fold in what the log of an earlier life has. A sync of its last pages may have failed then: they
 * are in the system's cache, look whole, and are gone after a crash, with all that would be written
 * behind them. A full disk puts it off.
 */
static int fold_in(struct store_conn *c)
{
    int rc = run(c, "PRAGMA wal_checkpoint(TRUNCATE)");
    return rc == WAVU_ERR_NO_SPACE ? 0 : rc;
}

/* The first one's: of what version is the file? */
static int set_up_first(struct store_conn *c)
{
    int rc = run(
        c, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
           "PRAGMA wal_autocheckpoint = " TEXT(
               STORE_CONN_WAL_PAGES) "; PRAGMA journal_size_limit = " TEXT(STORE_CONN_WAL_BYTES));
    rc = rc < 0 ? rc : fold_in(c);
    return rc < 0 ? rc : store_schema_bring(c, store_schema_steps, STORE_SCHEMA_VERSION);
}

/* The others': their end folds in no log, which is the first one's business. */
static int set_up_reader(struct store_conn *c)
{
    return store_conn_err(c, sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL));
}

/* The ends of what there is; of blocks also by their place, for their keys are in a tree of their
 * own. */
static int check_quickly(struct store_conn *c)
{
    int rc = run(c, "SELECT min(rowid) FROM block; SELECT max(rowid) FROM block");
    return rc < 0 ? rc : store_check_ends(c);
}

/* Open the file; the first one sees that the key fits. Nothing is written. */
static int try_open(struct store_conn *c, const char *path, const uint8_t key[STORE_CONN_KEY_SIZE],
                    int cache_kib, enum seal seal)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    store_vfs_reset(c->vfs);
    int code = sqlite3_open_v2(path, &c->db, flags | (c->is_first ? SQLITE_OPEN_CREATE : 0),
                               store_vfs_name(c->vfs));
    int rc = store_conn_err(c, code);
    rc = rc < 0 ? rc : set_up(c, key, cache_kib, seal);
    rc = rc < 0 || !c->is_first ? rc : run(c, "SELECT count(*) FROM sqlite_master");
    if (rc < 0 && c->db != NULL) { /* what cannot be read is left as it is */
        (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        store_conn_close(c);
    }
    return rc;
}

static int open_first(struct store_conn *c, const char *path,
                      const uint8_t key[STORE_CONN_KEY_SIZE], int cache_kib)
{
    int rc = try_open(c, path, key, cache_kib, SHA256);
    c->seal = rc == WAVU_ERR_CORRUPT ? SHA512 : SHA256;
    return rc == WAVU_ERR_CORRUPT ? try_open(c, path, key, cache_kib, SHA512) : rc;
}

int store_conn_open(struct store_conn *c, const char *path, const uint8_t key[STORE_CONN_KEY_SIZE],
                    int cache_kib)
{
    int rc = 0;
    if (c->db != NULL) {
        return 0;
    }
    if (c->is_first) {
        rc = open_first(c, path, key, cache_kib);
    } else {
        rc = try_open(c, path, key, cache_kib, c->first->seal);
    }
    if (rc == 0) {
        rc = c->is_first ? set_up_first(c) : set_up_reader(c);
    }
    rc = rc < 0 || !c->is_first ? rc : check_quickly(c);
    if (rc < 0) {
        store_conn_close(c);
    }
    return rc;
}

/* ---- Reading ---- */

/* Statements are prepared when they are first used: each takes some KiB. */
static int prepare(struct store_conn *c, const char *text, sqlite3_stmt **statement)
{
    store_vfs_reset(c->vfs);
    return *statement != NULL
               ? 0
               : store_conn_err(c, sqlite3_prepare_v3(c->db, text, -1, SQLITE_PREPARE_PERSISTENT,
                                                      statement, NULL));
}

static int prepare_for(struct store_conn *c, struct span key, enum statement which,
                       sqlite3_stmt **out)
{
    const size_t table = key.len > 0 && key.ptr[0] == STORE_BLOCKS ? 1 : 0;
    int rc = prepare(c, texts[table][which], &c->statements[table][which]);
    *out = c->statements[table][which];
    return rc;
}

static void bind(sqlite3_stmt *s, int place, struct span bytes)
{
    /* An empty blob is no NULL. */
    const void *ptr = bytes.len > 0 ? (const void *)bytes.ptr : "";
    CHECK(sqlite3_bind_blob64(s, place, ptr, bytes.len, SQLITE_STATIC) == SQLITE_OK);
}

/* Step to the next row: 0, WAVU_ERR_NOT_FOUND or worse. */
static int find(struct store_conn *c, sqlite3_stmt *s)
{
    store_vfs_reset(c->vfs);
    int code = sqlite3_step(s);
    return code == SQLITE_DONE ? WAVU_ERR_NOT_FOUND : store_conn_err(c, code);
}

static struct span column(sqlite3_stmt *s, int place)
{
    const void *ptr = sqlite3_column_blob(s, place);
    return span_of(ptr, (size_t)sqlite3_column_bytes(s, place));
}

int store_conn_get(struct store_conn *c, struct span key, struct buf *value)
{
    sqlite3_stmt *s;
    int rc = prepare_for(c, key, GET, &s);
    if (rc < 0) {
        return rc;
    }
    bind(s, 1, key);
    rc = find(c, s);
    rc = rc < 0 ? rc : buf_append(value, column(s, 0));
    (void)sqlite3_reset(s); /* repeats the error that is known */
    return rc;
}

static int walk(struct store_conn *c, sqlite3_stmt *s, struct span prefix, struct buf *key,
                struct buf *value)
{
    int rc = find(c, s);
    if (rc == 0 && !span_has_prefix(column(s, 0), prefix)) {
        rc = WAVU_ERR_NOT_FOUND;
    }
    rc = rc < 0 ? rc : buf_append(key, column(s, 0));
    rc = rc < 0 || value == NULL ? rc : buf_append(value, column(s, 1));
    (void)sqlite3_reset(s);
    return rc;
}

int store_conn_next(struct store_conn *c, struct span prefix, struct span from, struct buf *key,
                    struct buf *value)
{
    sqlite3_stmt *s;
    int rc = prepare_for(c, prefix, NEXT, &s);
    if (rc < 0) {
        return rc;
    }
    bind(s, 1, from);
    return walk(c, s, prefix, key, value);
}

int store_conn_prev(struct store_conn *c, struct span prefix, struct span before, struct buf *key,
                    struct buf *value)
{
    sqlite3_stmt *s;
    /* The table of blocks has its keys apart: without the value a page less is read. */
    int rc = prepare_for(c, prefix, value == NULL ? PREV_KEY : PREV, &s);
    if (rc < 0) {
        return rc;
    }
    bind(s, 1, before);
    return walk(c, s, prefix, key, value);
}

int store_conn_scan(struct store_conn *c, struct span from)
{
    int rc = prepare_for(c, from, SCAN, &c->scan);
    if (rc == 0) {
        bind(c->scan, 1, from);
    }
    return rc;
}

int store_conn_scan_next(struct store_conn *c, struct span *key, struct span *value)
{
    int rc = find(c, c->scan);
    if (rc == 0) {
        *key = column(c->scan, 0);
        *value = column(c->scan, 1);
    }
    return rc;
}

void store_conn_scan_end(struct store_conn *c)
{
    (void)sqlite3_reset(c->scan); /* NULL is fine */
    c->scan = NULL;
}

int store_conn_size(struct store_conn *c, uint64_t *bytes)
{
    int rc = prepare(c, single_texts[SIZE], &c->singles[SIZE]);
    rc = rc < 0 ? rc : find(c, c->singles[SIZE]);
    *bytes = rc == 0 ? (uint64_t)sqlite3_column_int64(c->singles[SIZE], 0) * PAGE_SIZE : 0;
    (void)sqlite3_reset(c->singles[SIZE]);
    return rc;
}

/* ---- Writing ---- */

static int step(struct store_conn *c, sqlite3_stmt *s)
{
    int rc = store_conn_err(c, sqlite3_step(s));
    (void)sqlite3_reset(s); /* repeats the error that is known */
    return rc;
}

static int step_single(struct store_conn *c, enum single which)
{
    int rc = prepare(c, single_texts[which], &c->singles[which]);
    return rc < 0 ? rc : step(c, c->singles[which]);
}

int store_conn_begin(struct store_conn *c)
{
    return step_single(c, BEGIN);
}

int store_conn_put(struct store_conn *c, struct span key, struct span value)
{
    sqlite3_stmt *s;
    int rc = prepare_for(c, key, PUT, &s);
    if (rc < 0) {
        return rc;
    }
    bind(s, 1, key);
    bind(s, 2, value);
    return step(c, s);
}

int store_conn_delete(struct store_conn *c, struct span key)
{
    sqlite3_stmt *s;
    int rc = prepare_for(c, key, DELETE, &s);
    if (rc < 0) {
        return rc;
    }
    bind(s, 1, key);
    return step(c, s);
}

int store_conn_delete_range(struct store_conn *c, struct span from, struct span to)
{
    sqlite3_stmt *s;
    int rc = prepare_for(c, from, DELETE_RANGE, &s);
    if (rc < 0) {
        return rc;
    }
    bind(s, 1, from);
    bind(s, 2, to);
    return step(c, s);
}

int store_conn_commit(struct store_conn *c)
{
    return step_single(c, COMMIT);
}

/* ---- The journal ---- */

int store_conn_journal_next(struct store_conn *c, uint64_t *number, struct buf *value)
{
    sqlite3_stmt **s = &c->singles[JOURNAL_NEXT];
    int rc = prepare(c, single_texts[JOURNAL_NEXT], s);
    if (rc < 0) {
        return rc;
    }
    CHECK(sqlite3_bind_int64(*s, 1, (int64_t)*number) == SQLITE_OK);
    rc = find(c, *s);
    if (rc == 0) {
        *number = (uint64_t)sqlite3_column_int64(*s, 0);
        rc = buf_append(value, column(*s, 1));
    }
    (void)sqlite3_reset(*s);
    return rc;
}

int store_conn_journal_put(struct store_conn *c, uint64_t number, struct span value)
{
    sqlite3_stmt **s = &c->singles[JOURNAL_PUT];
    int rc = prepare(c, single_texts[JOURNAL_PUT], s);
    if (rc < 0) {
        return rc;
    }
    CHECK(sqlite3_bind_int64(*s, 1, (int64_t)number) == SQLITE_OK);
    bind(*s, 2, value);
    return step(c, *s);
}

int store_conn_journal_clear(struct store_conn *c)
{
    return step_single(c, JOURNAL_CLEAR);
}

/* ---- The end of a commit ---- */

bool store_conn_take_back(struct store_conn *c, int err)
{
    bool is_begun = sqlite3_get_autocommit(c->db) == 0;
    return err != WAVU_ERR_CORRUPT && (!is_begun || step_single(c, ROLLBACK) == 0);
}

int store_conn_hold(struct store_conn *c)
{
    return step_single(c, HOLD);
}

void store_conn_let_go(struct store_conn *c)
{
    if (c->db != NULL && sqlite3_get_autocommit(c->db) == 0) {
        CHECK(step_single(c, LET_GO) == 0); /* nothing was written */
    }
}

/* ---- Life ---- */

int store_conn_new(struct port *port, struct store_conn *first, struct store_conn **out)
{
    struct store_conn *c = mem_new(sizeof *c);
    int rc = sqlite3_initialize() == SQLITE_OK ? 0 : WAVU_ERR_MEMORY;
    c->is_first = first == NULL;
    c->first = first;
    rc = rc < 0 ? rc : store_vfs_new(port, first == NULL ? NULL : first->vfs, &c->vfs);
    if (rc < 0) {
        mem_free(c);
        return rc;
    }
    *out = c;
    return 0;
}

void store_conn_free(struct store_conn *c)
{
    if (c != NULL) {
        store_conn_close(c);
        store_vfs_free(c->vfs);
        mem_free(c);
    }
}
