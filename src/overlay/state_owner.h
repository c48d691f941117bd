/*
 * One owner's namespace: its keys with versions and signatures, and whether any is known to be
 * missing. Entries come verified from state.c (written by us, or in a neighbour's delta); blocks of
 * them leave again.
 *
 * Within one generation an owner only adds versions, so the newest entry of a key wins wherever it
 * comes from. Each entry carries a digest over all keys and versions as of its own version, signed
 * with it: whoever holds the newest entry can tell whether it holds all, and no neighbour can hide
 * a key. A higher generation starts anew and replaces everything.
 */
#ifndef OVERLAY_STATE_OWNER_H
#define OVERLAY_STATE_OWNER_H

#include "base/list.h"
#include "overlay/state_msg.h"

#define STATE_OWNER_KEYS_MAX STATE_MSG_KEYS_MAX
#define STATE_OWNER_BYTES_MAX                                                                      \
    24576 /* keys, values and STATE_OWNER_ENTRY_COST: a namespace goes in one DELTA */
#define STATE_OWNER_ENTRY_COST 160 /* signature, digest, version, struct, allocator */
#define STATE_OWNER_COST 256       /* charged for an owner without keys */

struct state_entry {
    struct list dead; /* while an event still shows it: in state_table.dead */
    uint64_t version;
    uint16_t key_len;
    uint16_t value_len;
    bool is_deleted;
    bool is_past; /* of the generation before: shown until the new one is whole */
    uint8_t set[STATE_MSG_SET_SIZE];
    uint8_t signature[OVERLAY_SIGN_SIZE];
    uint8_t bytes[]; /* key, then value */
};

struct state_owner {
    struct overlay_id id;
    uint64_t generation;
    uint64_t version;             /* highest here; 0: nothing of this generation */
    uint64_t heard_ns;            /* when it last said something new, as far as is known */
    struct list order;            /* in state_table.owners */
    struct list dead;             /* while an event still shows it */
    struct state_entry **entries; /* owned; by ascending version, those of the past first */
    uint16_t count;
    uint16_t past_count; /* of these, entries of the past */
    uint16_t cap;
    uint32_t past_bytes;
    uint32_t bytes;    /* charged */
    uint64_t hash;     /* what state_table counts for it in its bucket */
    uint64_t stamp;    /* state.c: the digest that listed it last */
    bool is_whole;     /* no key is missing, as the newest entry says */
    bool is_stranger;  /* it did not belong when that was asked last */
    bool is_silent;    /* a member's: nothing for STATE_FORGET_NS, and kept while there is room */
    bool is_forgotten; /* only generation and version are kept, lest it come back from others */
};

struct span state_owner_key(const struct state_entry *e);
struct span state_owner_value(const struct state_entry *e);

/** What the owner signs of an entry beside the hash of its value. `out` has OVERLAY_SIGN_HEAD_MAX
 * bytes. */
struct span state_owner_head(struct span_mut out, const struct overlay_id *owner,
                             uint64_t generation, const struct state_msg_entry *e);

/** The entry of `key`, or NULL. Deleted ones and those of the past are entries, too. */
struct state_entry *state_owner_find(const struct state_owner *o, struct span key);

/** True when `e` is news: a higher version of its key, or a key that is missing. */
bool state_owner_wants(const struct state_owner *o, const struct state_msg_entry *e);

/** What an entry counts for. */
uint32_t state_owner_cost(size_t key_len, size_t value_len);

/** True when the namespace has room for `e`. */
bool state_owner_has_room(const struct state_owner *o, const struct state_msg_entry *e);

/** Take a copy of `e`, which state_owner_wants and has room; returns what it replaced, which the
 * caller frees, or NULL. Then is_whole is unknown: call state_owner_settle before asking. */
struct state_entry *state_owner_put(struct state_owner *o, const struct state_msg_entry *e);

/** Tell is_whole. */
void state_owner_settle(struct state_owner *o);

/** Start a higher generation: what is here becomes the past. What was past already must be gone. */
void state_owner_begin(struct state_owner *o, uint64_t generation);

/** Take out one entry, one of the past first, or NULL when there is none. The caller frees it. */
struct state_entry *state_owner_take(struct state_owner *o);

/** The digest over all keys and versions here, as if `key` (may be empty) had `version`, the
 * highest of all. */
void state_owner_set(const struct state_owner *o, struct span key, uint64_t version,
                     uint8_t set[STATE_MSG_SET_SIZE]);

/** An entry as a message shows it, borrowed. */
struct state_msg_entry state_owner_show(const struct state_entry *e);

/** Append entries above `version` (encoded for a block), as many as fit in `budget` bytes, at least
 * one; returns how many. */
size_t state_owner_write(const struct state_owner *o, uint64_t version, size_t budget,
                         struct wr *w);

void state_owner_check(const struct state_owner *o);

#endif
