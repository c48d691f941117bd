/*
 * SQLite's files over port/files.h: what the database reads and writes comes from and goes to the
 * node's home, real or simulated.
 */
#ifndef STORE_STORE_VFS_H
#define STORE_STORE_VFS_H

#include "port/files.h"

struct store_vfs; /* a VFS of one port, known to SQLite by a name of its own */

/**
 * For one connection. `first` is another one's, whose database it is to share (store_shm.h), or
 * NULL; the first one's must be opened before the others and closed behind them.
 * WAVU_ERR_MEMORY when SQLite cannot take it.
 */
WARN_UNUSED int store_vfs_new(struct port *port, const struct store_vfs *first,
                              struct store_vfs **out);

/** No database may be open on it. NULL is fine. */
void store_vfs_free(struct store_vfs *vfs);

/** What to open a database with. Borrowed. */
const char *store_vfs_name(const struct store_vfs *vfs);

/** Forget the last error. */
void store_vfs_reset(struct store_vfs *vfs);

/** Why a file operation failed last since store_vfs_reset, or 0: SQLite's own codes are coarser. */
WARN_UNUSED int store_vfs_err(const struct store_vfs *vfs);

#endif
