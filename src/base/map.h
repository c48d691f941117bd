/*
 * Hash map from byte strings to pointers, seeded against flooding (SipHash-1-3 under a random key).
 *
 * Keys are borrowed: they must live inside the value for as long as the entry stands. Order of
 * iteration is undefined and must never reach the wire or a decision that two nodes share.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/random.h"
#include "base/span.h"
#include "wavu/api.h"

struct map_slot {
    struct span key; /* key.ptr == NULL and value == NULL: free */
    void *value;
    uint64_t hash; /* of the key: others are told apart without looking at their keys */
};

struct map {
    struct map_slot *slots; /* owned; NULL while cap is 0 */
    size_t cap;             /* a power of two or 0 */
    size_t count;
    uint64_t seed[2];
};

/** An empty map seeded from `random`. Allocates nothing. */
void map_init(struct map *m, const struct random *random);

/** Free the table, not the values. */
void map_clear(struct map *m);

/** The value under `key`, or NULL. */
void *map_get(const struct map *m, struct span key);

/** Put `value` (not NULL) under `key` (len > 0, borrowed). Returns the value it replaced, or NULL.
 */
void *map_put(struct map *m, struct span key, void *value);

/** Take out and return the value under `key`, or NULL. */
void *map_remove(struct map *m, struct span key);

/** Iterate: start with `*at` = 0; returns NULL at the end. The map must not change meanwhile. */
void *map_next(const struct map *m, size_t *at);

/** SipHash-1-3 of `s` under a 128-bit key. Source: Aumasson and Bernstein, with 1 and 3 rounds. */
uint64_t map_hash(const uint64_t seed[2], struct span s);

/** The same with other counts of rounds: 2 and 4 are the ones that the authors published vectors
 * for. */
uint64_t map_hash_rounds(const uint64_t seed[2], struct span s, unsigned per_word, unsigned at_end);

/** Walk the structure and CHECK its invariants. */
void map_check(const struct map *m);

#endif
