/*
 * Payloads of the last broadcasts, to be given to neighbours that lack them: bounded in bytes, in
 * time, and in any one origin's share. Plumtree puts in what it delivered and takes out what it is
 * asked for.
 */
#ifndef OVERLAY_PLUMTREE_CACHE_H
#define OVERLAY_PLUMTREE_CACHE_H

#include "overlay/plumtree_seen.h"

_Static_assert(PLUMTREE_MSG_ITEMS_MAX <= UINT8_MAX, "a byte counts them");

#define PLUMTREE_CACHE_COST 256 /* charged beside the payload: its struct, its place in the map */
#define PLUMTREE_CACHE_SHARE_MAX                                                                   \
    4                             /* an origin has at most a fourth: it pushes out its own first   \
                                   */
#define PLUMTREE_CACHE_SLACK 8    /* expiry waits an eighth longer, so that many go in one wakeup */
#define PLUMTREE_CACHE_NOBODY 255 /* `from`: it is our own, or that neighbour went */

/* One broadcast. Counted: the cache holds a reference, and so does every event that shows it. */
struct plumtree_payload {
    struct plumtree_msg_id id;
    struct plumtree_origin *origin; /* NULL once out of the cache */
    struct list by_age;
    struct list by_origin;
    uint64_t until_ns;
    struct overlay_id from_origin; /* the origin's id and generation, also when it is forgotten */
    uint64_t generation;
    uint32_t sequence;
    uint32_t hops; /* links travelled to here; 0: our own */
    uint32_t len;
    uint32_t references;
    uint8_t items;  /* that the payload begins with */
    uint8_t from;   /* slot of the link that brought it */
    bool is_repair; /* it came because somebody asked */
    uint8_t signature[OVERLAY_SIGN_SIZE];
    uint8_t bytes[]; /* `len` of payload */
};

struct plumtree_cache {
    struct map by_id;
    struct list by_age; /* oldest first */
    size_t bytes;
    size_t bytes_max;
    uint64_t keep_ns;
    uint64_t oldest_ns; /* until_ns of the oldest, which is asked for all the time; TIMERS_NEVER */
};

void plumtree_cache_init(struct plumtree_cache *c, const struct random *random, size_t bytes_max,
                         uint64_t keep_ns);
void plumtree_cache_clear(struct plumtree_cache *c);

/** Put in `m`, a GOSSIP of `origin` that is not here, with the hops and flags of `m` and no link.
 * What has to go for it goes. Borrowed until the next call that puts or drops. */
struct plumtree_payload *plumtree_cache_put(struct plumtree_cache *c, uint64_t now,
                                            struct plumtree_origin *origin,
                                            const struct plumtree_msg *m);

/** The broadcast with that id, or NULL. */
struct plumtree_payload *plumtree_cache_get(const struct plumtree_cache *c,
                                            const struct plumtree_msg_id *id);

/** Drop what is too old at `now`, and say when that is worth doing again (TIMERS_NEVER: empty). */
void plumtree_cache_expire(struct plumtree_cache *c, uint64_t now);
uint64_t plumtree_cache_deadline(const struct plumtree_cache *c);

/** Drop all of one origin. */
void plumtree_cache_drop_origin(struct plumtree_cache *c, struct plumtree_origin *origin);

/** The link in `slot` went: nothing came from it any more. */
void plumtree_cache_forget_slot(struct plumtree_cache *c, uint8_t slot);

struct plumtree_payload *plumtree_cache_ref(struct plumtree_payload *p);
void plumtree_cache_unref(struct plumtree_payload *p);

void plumtree_cache_check(const struct plumtree_cache *c);

#endif
