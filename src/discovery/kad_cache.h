/*
 * Who was nearest to what was looked up lately: asked first, all at once, when it is looked up
 * again. A machine.
 */
#ifndef DISCOVERY_KAD_CACHE_H
#define DISCOVERY_KAD_CACHE_H

#include "crypto/peerid.h"
#include "discovery/kad_key.h"

#define KAD_CACHE_PLACES_MAX 256 /* the oldest goes first */
#define KAD_CACHE_PEERS_MAX 20   /* of one place */
#define KAD_CACHE_LIFE_NS (UINT64_C(600) * 1000000000)

struct kad_cache_place {
    struct kad_key key;
    struct peerid *peers; /* owned; nearest first; NULL: free */
    size_t count;
    uint64_t until_ns;
};

struct kad_cache {
    struct kad_cache_place *places; /* owned; KAD_CACHE_PLACES_MAX, a ring; NULL: none yet */
    size_t next;
};

/* Zeroed memory is an empty cache. */

void kad_cache_clear(struct kad_cache *c);

/** `peers` are the nearest to `key`, in place of what was known. */
void kad_cache_put(struct kad_cache *c, const struct kad_key *key, const struct peerid *peers,
                   size_t count, uint64_t now);

/** Who was nearest to it, nearest first, at most KAD_CACHE_PEERS_MAX; NULL: not known, or too long
 * ago. Borrowed until the next change. */
const struct peerid *kad_cache_get(const struct kad_cache *c, const struct kad_key *key,
                                   uint64_t now, size_t *count);

/** What is known of it was no good. */
void kad_cache_drop(struct kad_cache *c, const struct kad_key *key);

#endif
