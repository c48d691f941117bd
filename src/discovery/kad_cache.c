/*
 * A ring of places.
 */
#include "discovery/kad_cache.h"

#include <string.h>

#include "base/mem.h"

static void kad_cache_free(struct kad_cache_place *p)
{
    mem_free(p->peers);
    *p = (struct kad_cache_place){0};
}

void kad_cache_clear(struct kad_cache *c)
{
    for (size_t i = 0; c->places != NULL && i < KAD_CACHE_PLACES_MAX; i++) {
        kad_cache_free(&c->places[i]);
    }
    mem_free(c->places);
    *c = (struct kad_cache){0};
}

static struct kad_cache_place *kad_cache_find(const struct kad_cache *c, const struct kad_key *key)
{
    for (size_t i = 0; c->places != NULL && i < KAD_CACHE_PLACES_MAX; i++) {
        struct kad_cache_place *p = &c->places[i];
        if (p->peers != NULL && kad_key_compare(key, &p->key, key) == 0) {
            return p;
        }
    }
    return NULL;
}

void kad_cache_put(struct kad_cache *c, const struct kad_key *key, const struct peerid *peers,
                   size_t count, uint64_t now)
{
    struct kad_cache_place *p = kad_cache_find(c, key);
    if (count == 0) {
        return;
    }
    if (c->places == NULL) {
        c->places = mem_new_array(KAD_CACHE_PLACES_MAX, sizeof *c->places);
    }
    if (p == NULL) {
        p = &c->places[c->next];
        c->next = (c->next + 1) % KAD_CACHE_PLACES_MAX;
    }
    kad_cache_free(p);
    p->key = *key;
    p->count = count < KAD_CACHE_PEERS_MAX ? count : KAD_CACHE_PEERS_MAX;
    p->peers = mem_new_array(p->count, sizeof *p->peers);
    memcpy(p->peers, peers, p->count * sizeof *p->peers);
    p->until_ns = now + KAD_CACHE_LIFE_NS;
}

const struct peerid *kad_cache_get(const struct kad_cache *c, const struct kad_key *key,
                                   uint64_t now, size_t *count)
{
    const struct kad_cache_place *p = kad_cache_find(c, key);
    if (p == NULL || now >= p->until_ns) {
        *count = 0;
        return NULL;
    }
    *count = p->count;
    return p->peers;
}

void kad_cache_drop(struct kad_cache *c, const struct kad_key *key)
{
    struct kad_cache_place *p = kad_cache_find(c, key);
    if (p != NULL) {
        kad_cache_free(p);
    }
}
