/*
 * The database. Commits come from a job, with the writing connection and its lock; reads from the
 * node's thread, with the reading one, which sees what is committed and waits for no commit. What
 * is committed and not yet in its place (store_late.h) readers find in memory.
 *
 * What fails because the database is damaged closes a connection; the next call opens it again and
 * SQLite's recovery has the last word about what is there.
 */
#include "store/store_db.h"

#include <sqlite3.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "store/store_check.h"
#include "store/store_late.h"

#define CHECK_CACHE_KIB 64 /* it reads every page once */

struct store_db {
    struct port *port;      /* borrowed */
    struct store_late late; /* changes only when no job is under way, and when it is read first */
    struct store_conn *writer;  /* behind the lock; outlives the reader's openings */
    struct store_conn *reader;  /* the node's thread's */
    struct store_conn *checker; /* behind check_lock: open while a full check lasts */
    sqlite3_mutex *lock;
    sqlite3_mutex *check_lock;
    bool is_broken; /* the writer must be opened anew, with the reader closed: a job's until it is
                       done */
    char *path;
    uint8_t key[STORE_DB_KEY_SIZE];
};

/* ---- Reading, on the node's thread ---- */

/* Behind the lock. */
static int open_writer(struct store_db *d)
{
    int rc = store_conn_open(d->writer, d->path, d->key, STORE_DB_CACHE_KIB);
    return rc < 0 ? rc : store_late_read(&d->late, d->writer, &d->port->random);
}

/* Have the writer open; waits for a commit under way. It is never closed while the reader is open,
 * so this is for the first read only. */
static int need_writer(struct store_db *d)
{
    sqlite3_mutex_enter(d->lock);
    int rc = open_writer(d);
    sqlite3_mutex_leave(d->lock);
    return rc;
}

static int need_reader(struct store_db *d)
{
    if (store_conn_is_open(d->reader)) {
        return 0;
    }
    int rc = need_writer(d);
    return rc < 0 ? rc : store_conn_open(d->reader, d->path, d->key, STORE_DB_READ_CACHE_KIB);
}

/* A read came to its end with `rc`. */
static int after_read(struct store_db *d, int rc)
{
    if (rc == WAVU_ERR_CORRUPT) {
        store_conn_close(d->reader);
    }
    return rc;
}

static int on_open(void *back)
{
    return need_reader(back);
}

static int on_get(void *back, struct span key, struct buf *value)
{
    struct store_db *d = back;
    int rc = need_reader(d);
    return rc < 0 ? rc : after_read(d, store_conn_get(d->reader, key, value));
}

static int on_next(void *back, struct span prefix, struct span from, struct buf *key,
                   struct buf *value)
{
    struct store_db *d = back;
    int rc = need_reader(d);
    return rc < 0 ? rc : after_read(d, store_conn_next(d->reader, prefix, from, key, value));
}

static int on_prev(void *back, struct span prefix, struct span before, struct buf *key,
                   struct buf *value)
{
    struct store_db *d = back;
    int rc = need_reader(d);
    return rc < 0 ? rc : after_read(d, store_conn_prev(d->reader, prefix, before, key, value));
}

static int on_hold(void *back)
{
    struct store_db *d = back;
    int rc = need_reader(d);
    return rc < 0 ? rc : after_read(d, store_conn_hold(d->reader));
}

static void on_let_go(void *back)
{
    struct store_db *d = back;
    store_conn_let_go(d->reader);
}

/* ---- Writing, in a job ---- */

static int on_commit(void *back, const struct store_batch *batch)
{
    struct store_db *d = back;
    sqlite3_mutex_enter(d->lock);
    int rc = open_writer(d);
    if (rc == 0) {
        rc = store_conn_begin(d->writer);
        rc = rc < 0 ? rc : store_late_write(&d->late, d->writer, batch);
        rc = rc < 0 ? rc : store_conn_commit(d->writer);
        d->is_broken = rc < 0 && !store_conn_take_back(d->writer, rc);
    }
    sqlite3_mutex_leave(d->lock);
    return rc;
}

static const struct store_batch *on_late(void *back)
{
    const struct store_db *d = back;
    return &d->late.rows;
}

static void on_settle(void *back, struct store_batch *batch)
{
    struct store_db *d = back;
    store_late_settle(&d->late, batch);
}

static void on_recover(void *back)
{
    struct store_db *d = back;
    if (d->is_broken) {
        sqlite3_mutex_enter(d->check_lock); /* waits for a slice */
        store_conn_close(d->checker);
        store_conn_close(d->reader);
        store_conn_close(d->writer);
        d->is_broken = false;
        sqlite3_mutex_leave(d->check_lock);
    }
}

/* ---- Checking, in a job beside the others ---- */

static int on_check(void *back, struct store_whole *at, struct store_progress *p)
{
    struct store_db *d = back;
    sqlite3_mutex_enter(d->check_lock);
    int rc = need_writer(d);
    rc = rc < 0 ? rc : store_conn_open(d->checker, d->path, d->key, CHECK_CACHE_KIB);
    rc = rc < 0 ? rc : store_conn_size(d->checker, &p->of_bytes);
    rc = rc < 0 ? rc : store_check_slice(d->checker, at, p);
    if (rc < 0 || p->is_done) {
        store_conn_close(d->checker);
    }
    sqlite3_mutex_leave(d->check_lock);
    return rc;
}

/* ---- Copying, in a job beside the others ---- */

/* What waits in the journal goes to its places, so that a copy has all of it. */
static int put_away(struct store_db *d)
{
    sqlite3_mutex_enter(d->lock);
    int rc = open_writer(d);
    if (rc == 0) {
        rc = store_late_put_away(d->writer, &d->port->random);
        /* A connection that cannot be taken back fails at the next commit, too. */
        (void)(rc < 0 && store_conn_take_back(d->writer, rc));
    }
    sqlite3_mutex_leave(d->lock);
    return rc;
}

/* All entries of one of the two tables, from `from` on. */
static int copy_table(struct store_conn *c, uint8_t from, store_each *each, void *context)
{
    struct span key;
    struct span value;
    int rc = store_conn_scan(c, span_of(&from, 1));
    while (rc == 0) {
        rc = store_conn_scan_next(c, &key, &value);
        if (rc == 0 && !store_check_is_sound(key, value)) {
            rc = WAVU_ERR_CORRUPT;
        }
        rc = rc < 0 ? rc : each(context, key, value);
    }
    store_conn_scan_end(c);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

static int on_copy(void *back, store_each *each, void *context)
{
    struct store_db *d = back;
    sqlite3_mutex_enter(d->check_lock);
    int rc = put_away(d);
    rc = rc < 0 ? rc : store_conn_open(d->checker, d->path, d->key, CHECK_CACHE_KIB);
    rc = rc < 0 ? rc : store_conn_hold(d->checker); /* both tables as of one moment */
    rc = rc < 0 ? rc : copy_table(d->checker, STORE_BLOCKS, each, context);
    rc = rc < 0 ? rc : copy_table(d->checker, STORE_TABLES, each, context);
    store_conn_let_go(d->checker);
    store_conn_close(d->checker);
    sqlite3_mutex_leave(d->check_lock);
    return rc;
}

static void on_free(void *back)
{
    struct store_db *d = back;
    store_conn_free(d->checker);
    store_conn_free(d->reader);
    store_conn_free(d->writer);
    store_late_clear(&d->late);
    sqlite3_mutex_free(d->check_lock);
    sqlite3_mutex_free(d->lock);
    secret_wipe(d->key, sizeof d->key);
    mem_free(d->path);
    mem_free(d);
}

const struct store_back_ops store_db_ops = {
    .open = on_open,
    .get = on_get,
    .next = on_next,
    .prev = on_prev,
    .hold = on_hold,
    .let_go = on_let_go,
    .late = on_late,
    .commit = on_commit,
    .settle = on_settle,
    .recover = on_recover,
    .check = on_check,
    .copy = on_copy,
    .free = on_free,
};

int store_db_new(struct port *port, const char *path, const uint8_t key[STORE_DB_KEY_SIZE],
                 struct store_db **out)
{
    struct store_db *d = mem_new(sizeof *d);
    d->port = port;
    store_late_init(&d->late);
    int rc = store_conn_new(port, NULL, &d->writer);
    rc = rc < 0 ? rc : store_conn_new(port, d->writer, &d->reader);
    rc = rc < 0 ? rc : store_conn_new(port, d->writer, &d->checker);
    d->lock = rc < 0 ? NULL : sqlite3_mutex_alloc(SQLITE_MUTEX_FAST);
    d->check_lock = rc < 0 ? NULL : sqlite3_mutex_alloc(SQLITE_MUTEX_FAST);
    if (d->lock == NULL || d->check_lock == NULL) {
        sqlite3_mutex_free(d->check_lock);
        sqlite3_mutex_free(d->lock);
        store_conn_free(d->checker);
        store_conn_free(d->reader);
        store_conn_free(d->writer);
        mem_free(d);
        return WAVU_ERR_MEMORY;
    }
    memcpy(d->key, key, sizeof d->key);
    d->path = mem_copy_text(path);
    *out = d;
    return 0;
}
