/*
 * One connection to the database: SQLCipher over the node's files (store_vfs.h), opened with the
 * key, and the statements that the store needs. One thread at a time uses it.
 *
 * Of the connections to one database the first writes; the others read beside it, each what is on
 * the disk when its call begins, and wait for nobody.
 */
#ifndef STORE_STORE_CONN_H
#define STORE_STORE_CONN_H

#include "base/buf.h"
#include "port/files.h"

#define STORE_CONN_KEY_SIZE 32

/* The write-ahead log is folded into the database when it has so many pages of 4 KiB: 4 MiB more on
 * the disk, and one folding for some hundred commits. After a larger commit it is cut to a size. */
#define STORE_CONN_WAL_PAGES 1000
#define STORE_CONN_WAL_BYTES 4194304

struct sqlite3;
struct store_conn; /* opaque; may be closed, and is then opened again */

/** Nothing is opened yet. `first` is NULL for the one that writes, else that one, which outlives
 * this. WAVU_ERR_MEMORY. */
WARN_UNUSED int store_conn_new(struct port *port, struct store_conn *first,
                               struct store_conn **out);
/** Closes it. NULL is fine. */
void store_conn_free(struct store_conn *c);

/**
 * Have it open: at once when it is. The first one makes the file, brings its schema up to date, and
 * looks at its ends (store_schema.h). Errors as of store_open. `cache_kib` of pages are kept in
 * memory.
 */
WARN_UNUSED int store_conn_open(struct store_conn *c, const char *path,
                                const uint8_t key[STORE_CONN_KEY_SIZE], int cache_kib);
/** Close; nothing happens when it is not open. The first one is closed last. */
void store_conn_close(struct store_conn *c);
bool store_conn_is_open(const struct store_conn *c);

/** SQLite's word as the house's, with what the files said. */
WARN_UNUSED int store_conn_err(const struct store_conn *c, int code);

/** SQLite's own, for store_schema. Borrowed. */
struct sqlite3 *store_conn_handle(struct store_conn *c);

/* As store_back_ops has them, of an open connection. After WAVU_ERR_CORRUPT close it. */
WARN_UNUSED int store_conn_get(struct store_conn *c, struct span key, struct buf *value);
WARN_UNUSED int store_conn_next(struct store_conn *c, struct span prefix, struct span from,
                                struct buf *key, struct buf *value);
WARN_UNUSED int store_conn_prev(struct store_conn *c, struct span prefix, struct span before,
                                struct buf *key, struct buf *value);

/** Walk all entries from `from`, which stays as it is until the end: the next one, borrowed until
 * the next call, or WAVU_ERR_NOT_FOUND. */
WARN_UNUSED int store_conn_scan(struct store_conn *c, struct span from);
WARN_UNUSED int store_conn_scan_next(struct store_conn *c, struct span *key, struct span *value);
void store_conn_scan_end(struct store_conn *c);

/** Bytes of the database's pages. */
WARN_UNUSED int store_conn_size(struct store_conn *c, uint64_t *bytes);

/** Until let_go all reads see the same. */
WARN_UNUSED int store_conn_hold(struct store_conn *c);
void store_conn_let_go(struct store_conn *c);

/* Of the first one, within store_conn_begin and _commit or _take_back. */
WARN_UNUSED int store_conn_begin(struct store_conn *c);
WARN_UNUSED int store_conn_put(struct store_conn *c, struct span key, struct span value);
WARN_UNUSED int store_conn_delete(struct store_conn *c, struct span key);
WARN_UNUSED int store_conn_delete_range(struct store_conn *c, struct span from, struct span to);
WARN_UNUSED int store_conn_commit(struct store_conn *c);

/* Of the first one: the journal (store_late.h). `next` appends the value of the first row that is
 * not before *number, which becomes its own; put and clear within begin and commit. */
WARN_UNUSED int store_conn_journal_next(struct store_conn *c, uint64_t *number, struct buf *value);
WARN_UNUSED int store_conn_journal_put(struct store_conn *c, uint64_t number, struct span value);
WARN_UNUSED int store_conn_journal_clear(struct store_conn *c);

/**
 * A commit failed with `err`. Roll back, but stay open: this connection knows where the log really
 * ends and writes there again. One that opened anew would read from the system's cache, as if it
 * were on the disk, what a failed sync never brought there. False: it must be closed all the same.
 */
WARN_UNUSED bool store_conn_take_back(struct store_conn *c, int err);

#endif
