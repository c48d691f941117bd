/*
 * A table of the store that follows what a node knows: wavu_keep.c says now and then all that is to
 * be in it, and only what differs from the last time is written. A machine without clock.
 *
 *     begin, want ... want, end          what was not wanted goes
 *
 * It remembers a hash of each value, not the value. Hearsay changes all the time and is worth
 * little: it is said in whole rounds only, and between them it stays.
 */
#ifndef NODE_WAVU_KEEP_TABLE_H
#define NODE_WAVU_KEEP_TABLE_H

#include "base/map.h"
#include "store/store.h"

#define WAVU_KEEP_TABLE_KEY_MAX 48 /* a peer id, and more than an overlay's */

struct wavu_keep_table {
    struct store *store; /* borrowed */
    const char *name;    /* static */
    struct map entries;  /* key -> struct wavu_keep_entry */
    uint64_t seed[2];    /* of the hashes */
    uint32_t round;
};

void wavu_keep_table_init(struct wavu_keep_table *t, struct store *store, const char *name,
                          const struct random *random);
void wavu_keep_table_clear(struct wavu_keep_table *t);

/** An entry that an earlier life wrote, met while reading the table. */
void wavu_keep_table_found(struct wavu_keep_table *t, struct span key, struct span value);

/** True when the table has `key`: then it is no hearsay any more. */
WARN_UNUSED bool wavu_keep_table_has(const struct wavu_keep_table *t, struct span key);

void wavu_keep_table_begin(struct wavu_keep_table *t);

/** `key` (1 to WAVU_KEEP_TABLE_KEY_MAX bytes) is to have `value`. Errors as store_put; the next
 * round tries again. */
WARN_UNUSED int wavu_keep_table_want(struct wavu_keep_table *t, struct span key, struct span value,
                                     bool is_hearsay);

/** Take out what was not wanted; hearsay only when the round was whole. Errors as store_delete; the
 * next round tries again. */
WARN_UNUSED int wavu_keep_table_end(struct wavu_keep_table *t, bool is_whole);

/** Walk the structure and CHECK its invariants. */
void wavu_keep_table_check(const struct wavu_keep_table *t);

#endif
