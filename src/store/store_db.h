/*
 * The database behind a store: one connection that writes, in jobs, and one that reads, on the
 * node's thread, beside it.
 *
 * docs/protocol/store.md has its schema and versions.
 */
#ifndef STORE_STORE_DB_H
#define STORE_STORE_DB_H

#include "store/store_back.h"
#include "store/store_conn.h"

#define STORE_DB_KEY_SIZE STORE_CONN_KEY_SIZE

/* Pages kept in memory for writing, as they are used: a small store has few. A commit of some
 * hundred messages with their words touches that many; with 64 KiB it cost four times the CPU. */
#define STORE_DB_CACHE_KIB 1024

/* For reading, likewise: the upper pages of a database with a million records, so that a search for
 * a key takes two pages from the disk. */
#define STORE_DB_READ_CACHE_KIB 1024

struct store_db;

extern const struct store_back_ops store_db_ops;

/** Nothing is opened yet. `path` is copied. WAVU_ERR_MEMORY. */
WARN_UNUSED int store_db_new(struct port *port, const char *path,
                             const uint8_t key[STORE_DB_KEY_SIZE], struct store_db **out);

#endif
