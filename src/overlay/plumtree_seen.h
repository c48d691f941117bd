/*
 * Which broadcasts are here already: by origin and generation, sets of sequence numbers as ranges.
 * Plumtree asks before it verifies and marks after; digests are read off the same ranges.
 *
 * This is the cache of seen ids: since ids are pairs of a tag (12 bytes of a hash over origin and
 * generation) and a sequence number, a range says of millions of ids that they were seen, exactly,
 * and nobody can push one out by naming others.
 */
#ifndef OVERLAY_PLUMTREE_SEEN_H
#define OVERLAY_PLUMTREE_SEEN_H

#include "base/list.h"
#include "base/map.h"
#include "overlay/plumtree_msg.h"

#define PLUMTREE_SEEN_TAG_SIZE 12 /* a second origin with the same tag costs 2^96 hashes */
#define PLUMTREE_SEEN_RANGES_MAX                                                                   \
    64 /* holes of one origin; then the lowest is given up. 10 % loss leaves a dozen */
#define PLUMTREE_SEEN_RANGES_INLINE 2
#define PLUMTREE_SEEN_STRANGERS_MAX 32 /* lives of all together who are not known to belong */
#define PLUMTREE_SEEN_LIVES_MAX 2 /* generations of one origin: the newest and the one before */

struct plumtree_payer; /* overlay/plumtree_payer.h */

/* One life of one origin. Owned by plumtree_seen. */
struct plumtree_origin {
    struct overlay_id id;
    uint64_t generation;
    uint8_t tag[PLUMTREE_SEEN_TAG_SIZE];
    bool is_pinned;                    /* ourselves: never forgotten */
    bool is_stranger;                  /* not known to belong when it spoke last */
    struct plumtree_origin *older;     /* its life before, or NULL; only the newest is in by_id */
    struct list recent;                /* in plumtree_seen.recent */
    uint64_t position;                 /* of the last mark */
    struct plumtree_msg_range *ranges; /* seen; ascending, apart; `inline_ranges` or owned */
    struct plumtree_msg_range inline_ranges[PLUMTREE_SEEN_RANGES_INLINE];
    uint16_t range_count;
    uint16_t range_cap;
    struct plumtree_payer *payer; /* plumtree's: whose share it has; NULL: nobody's yet */
    struct list cached;           /* its payloads, oldest first: plumtree_cache's */
    size_t cached_bytes;
    uint32_t offer_low; /* whatever is seen from here on is in the cache */
};

struct plumtree_seen {
    struct map by_id;   /* origin -> its newest life */
    struct map by_tag;  /* tag -> life */
    struct list recent; /* all lives, the longest unchanged first */
    size_t count;
    size_t stranger_count; /* of them */
    size_t max;
    uint64_t position; /* counts marks, from 1: 0 is before all */
    uint64_t given_up; /* holes that were closed without the broadcasts */
};

void plumtree_seen_init(struct plumtree_seen *s, const struct random *random, size_t max);

/** Forget all; their payloads must be gone from the cache. */
void plumtree_seen_clear(struct plumtree_seen *s);

/** That life of that origin, or NULL. */
struct plumtree_origin *plumtree_seen_find(const struct plumtree_seen *s,
                                           const struct overlay_id *id, uint64_t generation);

/** The newest life of that origin, or NULL. */
struct plumtree_origin *plumtree_seen_newest(const struct plumtree_seen *s,
                                             const struct overlay_id *id);

/** The life that a broadcast's id names, or NULL. */
struct plumtree_origin *plumtree_seen_find_tag(const struct plumtree_seen *s,
                                               const struct plumtree_msg_id *id);

/** True when a life of `id` can be over: PLUMTREE_SEEN_LIVES_MAX newer ones are known. */
bool plumtree_seen_is_stale(const struct plumtree_seen *s, const struct overlay_id *id,
                            uint64_t generation);

/** What must be removed before plumtree_seen_add(id, generation): an older life of the same origin,
 * or when all places are taken the longest unchanged one. NULL when nothing. */
struct plumtree_origin *plumtree_seen_victim(const struct plumtree_seen *s,
                                             const struct overlay_id *id);

/** What must be removed before one more life of somebody who is not known to belong is remembered:
 * the longest unchanged of PLUMTREE_SEEN_STRANGERS_MAX such; NULL when there are fewer. */
struct plumtree_origin *plumtree_seen_stranger(const struct plumtree_seen *s);

/** Note whether the origin of that life is known to belong. */
void plumtree_seen_set_stranger(struct plumtree_seen *s, struct plumtree_origin *o,
                                bool is_stranger);

/** Remember a life that is not there, not stale, and has room. */
struct plumtree_origin *plumtree_seen_add(struct plumtree_seen *s, const struct overlay_id *id,
                                          uint64_t generation);

/** Forget a life whose payloads are gone from the cache. */
void plumtree_seen_remove(struct plumtree_seen *s, struct plumtree_origin *o);

bool plumtree_seen_has(const struct plumtree_origin *o, uint32_t sequence);

/** The first number from `sequence` on that is not here. */
uint32_t plumtree_seen_missing(const struct plumtree_origin *o, uint32_t sequence);

/** Note that a broadcast is here. It must not have been. */
void plumtree_seen_mark(struct plumtree_seen *s, struct plumtree_origin *o, uint32_t sequence);

/** A broadcast's id, and the sequence number in one. */
struct plumtree_msg_id plumtree_seen_id(const struct plumtree_origin *o, uint32_t sequence);
uint32_t plumtree_seen_sequence(const struct plumtree_msg_id *id);

/** The tag of a life that is perhaps not known here. */
void plumtree_seen_tag(uint8_t tag[PLUMTREE_SEEN_TAG_SIZE], const struct overlay_id *id,
                       uint64_t generation);

/** What can be offered of `o`: ranges from offer_low on. When there are more than an offer holds,
 * a random part of them, and `*is_all` is false. Returns false when there is nothing. */
bool plumtree_seen_offer(const struct plumtree_origin *o, const struct random *random,
                         struct plumtree_msg_offer *offer, bool *is_all);

void plumtree_seen_check(const struct plumtree_seen *s);

#endif
