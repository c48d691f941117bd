/*
 * All owners' namespaces: who is here, the hashes by which two nodes compare, and the limits of the
 * whole. state.c puts in and takes out.
 */
#ifndef OVERLAY_STATE_TABLE_H
#define OVERLAY_STATE_TABLE_H

#include "base/map.h"
#include "overlay/state_owner.h"

#define STATE_TABLE_OWNERS_MAX 1024 /* whole state up to 1,000 nodes; beyond, views and the DHT */
#define STATE_TABLE_BYTES_MAX (8u * 1024u * 1024u) /* 8 KiB an owner in the mean */

struct state_table {
    struct map by_id;
    struct list owners;       /* in the order in which they came */
    struct list dead_entries; /* taken out, perhaps still shown by an event */
    struct list dead_owners;
    uint64_t buckets[STATE_MSG_BUCKET_COUNT]; /* sums of the owners' hashes without salt */
    size_t count;
    size_t strangers; /* of these */
    size_t silents;   /* of these */
    size_t max;
    size_t bytes;
    size_t bytes_max;
};

void state_table_init(struct state_table *t, const struct random *random, size_t max,
                      size_t bytes_max);
void state_table_clear(struct state_table *t);

struct state_owner *state_table_get(const struct state_table *t, const struct overlay_id *id);

/** Add an owner that is not there, empty and heard of at `heard_ns`. NULL when there is no room. */
struct state_owner *state_table_add(struct state_table *t, const struct overlay_id *id,
                                    uint64_t heard_ns);

/** Count `o` among those who are not known to belong, or no more. */
void state_table_set_stranger(struct state_table *t, struct state_owner *o, bool is_stranger);

/** Count `o` among those who are kept though they say nothing, or no more. */
void state_table_set_silent(struct state_table *t, struct state_owner *o, bool is_silent);

/** Is there less than a place and room for any namespace? */
bool state_table_is_full(const struct state_table *t);

/** Take one out with all that it has; it is freed by state_table_bury. */
void state_table_remove(struct state_table *t, struct state_owner *o);

/** Never take anything of this generation again: its owner has broken the bounds. */
void state_table_bar(struct state_table *t, struct state_owner *o);

/** Drop all entries, but remember generation and version, so that it does not come back by others
 * who have not forgotten it yet. */
void state_table_forget(struct state_table *t, struct state_owner *o, uint64_t now);

/** It is back: nothing is held of it, all is wanted. */
void state_table_recall(struct state_table *t, struct state_owner *o);

/** Take a verified entry that state_owner_wants and has room for; `*old` is what it replaced, freed
 * by state_table_bury, or NULL. WAVU_ERR_LIMIT for want of room in all. Then state_table_settle. */
WARN_UNUSED int state_table_put(struct state_table *t, struct state_owner *o,
                                const struct state_msg_entry *e, struct state_entry **old);

/** After changes of `o`: whether it is whole, and its hash. */
void state_table_settle(struct state_table *t, struct state_owner *o);

/** Start a higher generation of `o`: what is here becomes the past, an older past goes. */
void state_table_begin(struct state_table *t, struct state_owner *o, uint64_t generation);

/** Take one entry of the past out of `o`; NULL when there is none. Freed by state_table_bury. */
struct state_entry *state_table_take_past(struct state_table *t, struct state_owner *o);

/** Free what was taken out: no event shows it any more. */
void state_table_bury(struct state_table *t);

/** Which bucket an owner counts in. */
size_t state_table_bucket_of(const struct overlay_id *id);

/** All buckets' hashes under `salt`; 0 is the running one and costs nothing. */
void state_table_hashes(const struct state_table *t, uint64_t salt,
                        uint64_t buckets[STATE_MSG_BUCKET_COUNT]);

/** One hash of all. */
uint64_t state_table_hash(const struct state_table *t, uint64_t salt);

void state_table_check(const struct state_table *t);

#endif
