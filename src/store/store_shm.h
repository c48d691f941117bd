/*
 * What SQLite's connections to one database share within this process: the index of its write-ahead
 * log and their locks. It lives on the heap, and nothing of it outlasts them.
 *
 * In: calls of store_vfs, from any thread. Locks are those of SQLite's two kinds: levels of the
 * file, and slots of the index, both against the other connections; other processes are kept out by
 * the file's own lock.
 */
#ifndef STORE_STORE_SHM_H
#define STORE_STORE_SHM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/err.h"

#define STORE_SHM_SLOTS 8         /* SQLite's */
#define STORE_SHM_CONNECTIONS 3   /* a writer, a reader, a check */
#define STORE_SHM_REGIONS_MAX 256 /* of 32 KiB, 4,096 pages of log each: 4 GiB of log */

struct store_shm; /* opaque; counted */

/** Nobody shares it yet but the caller. NULL when SQLite has no lock to give. */
WARN_UNUSED struct store_shm *store_shm_new(void);
struct store_shm *store_shm_ref(struct store_shm *shm);
/** The last one frees it. NULL is fine. */
void store_shm_unref(struct store_shm *shm);

/** A place for one more connection, without locks: its number, or WAVU_ERR_LIMIT. */
WARN_UNUSED int store_shm_join(struct store_shm *shm);
/** Let go of its locks and place. */
void store_shm_leave(struct store_shm *shm, int who);

/** A region of the index, all of one size; made of zeros when `may_make`; NULL: it is not there. */
void *store_shm_region(struct store_shm *shm, size_t number, size_t size, bool may_make);

/** Take `count` slots from `first` on, alone or with others who share. False: another has one. */
WARN_UNUSED bool store_shm_lock(struct store_shm *shm, int who, unsigned first, unsigned count,
                                bool is_alone);
void store_shm_unlock(struct store_shm *shm, int who, unsigned first, unsigned count);

/** Raise the file's lock to an SQLITE_LOCK level. False: another one's is in the way. */
WARN_UNUSED bool store_shm_raise(struct store_shm *shm, int who, int level);
/** Lower it. */
void store_shm_lower(struct store_shm *shm, int who, int level);
/** Does any connection have SQLITE_LOCK_RESERVED or more? */
bool store_shm_is_reserved(struct store_shm *shm);

/** All writes to the regions before are seen by all reads behind. */
void store_shm_barrier(struct store_shm *shm);

#endif
