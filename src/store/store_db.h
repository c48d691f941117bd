/*
 * The database behind a store: SQLCipher over the node's files (store_vfs.h).
 *
 * docs/protocol/store.md has its schema and versions.
 */
#ifndef STORE_STORE_DB_H
#define STORE_STORE_DB_H

#include "port/files.h"
#include "store/store_back.h"

#define STORE_DB_KEY_SIZE 32
#define STORE_DB_VERSION 1              /* of the schema */
#define STORE_DB_APPLICATION 0x77617675 /* "wavu", in SQLite's application_id */

/* Pages kept in memory: what one commit of a turn touches, and the way down to it. The node's
 * state is read at start-up and lives in the services. */
#define STORE_DB_CACHE_KIB 64

/* The write-ahead log is folded into the database when it has so many pages of 4 KiB: 1 MiB more on
 * the disk, and one folding for some hundred commits. */
#define STORE_DB_WAL_PAGES 256

struct store_db;

extern const struct store_back_ops store_db_ops;

/** Nothing is opened yet. `path` is copied. WAVU_ERR_MEMORY. */
WARN_UNUSED int store_db_new(struct port *port, const char *path,
                             const uint8_t key[STORE_DB_KEY_SIZE], struct store_db **out);

#endif
