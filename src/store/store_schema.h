/*
 * The schema of the database and the way to it from older ones: a table of steps, each from one
 * version to the next, each one transaction.
 *
 * In: a connection that the key has opened. Out: the newest schema, or why not. Versions:
 * docs/protocol/store.md.
 */
#ifndef STORE_STORE_SCHEMA_H
#define STORE_STORE_SCHEMA_H

#include "store/store_conn.h"

#define STORE_SCHEMA_VERSION 3
#define STORE_SCHEMA_APPLICATION 0x77617675 /* "wavu", in SQLite's application_id */

/** steps[n] leads from version n to n + 1 as SQL without BEGIN, COMMIT or user_version; step 0
 * makes a new database. */
extern const char *const store_schema_steps[STORE_SCHEMA_VERSION];

/**
 * Take the steps that lead to version `count`, as far as they are not yet taken: after a crash go
 * on where the last one ended. WAVU_ERR_CORRUPT: another program's; _UNSUPPORTED: of a newer wavu.
 * Both are left alone. Else as store_open.
 */
WARN_UNUSED int store_schema_bring(struct store_conn *c, const char *const *steps, int64_t count);

#endif
