/*
 * A bounded set of 64-bit keys with a number beside each, oldest first: what was seen, what a peer
 * does not want. Keys are hashes already (map_hash with a secret seed), so that nobody can make two
 * alike.
 */
#ifndef PUBSUB_GOSSIPSUB_KEYS_H
#define PUBSUB_GOSSIPSUB_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gossipsub_keys_entry {
    uint64_t key;
    uint64_t value;
};

struct gossipsub_keys {
    struct gossipsub_keys_entry *entries; /* owned ring; NULL while it is empty */
    uint32_t *index;                      /* owned; twice `cap` places: ring index + 1, or 0 */
    uint32_t cap;                         /* a power of two, or 0 */
    uint32_t max;
    uint32_t first;
    uint32_t count;
};

/** An empty set of at most `max` keys. Allocates nothing. */
void gossipsub_keys_init(struct gossipsub_keys *k, uint32_t max);
void gossipsub_keys_clear(struct gossipsub_keys *k);

/** The number beside `key`, or NULL; until the next change. */
uint64_t *gossipsub_keys_get(const struct gossipsub_keys *k, uint64_t key);

/** Put a key in behind all others, which must not be there. With `max` in it, take the oldest out
 * (gossipsub_keys_pop) before. */
void gossipsub_keys_put(struct gossipsub_keys *k, uint64_t key, uint64_t value);

static inline bool gossipsub_keys_is_full(const struct gossipsub_keys *k)
{
    return k->count == k->max;
}

/** The `i`th oldest, below count. */
const struct gossipsub_keys_entry *gossipsub_keys_at(const struct gossipsub_keys *k, uint32_t i);

/** Take out the oldest; false when there is none. Gives the storage back with the last. */
bool gossipsub_keys_pop(struct gossipsub_keys *k, struct gossipsub_keys_entry *entry);

/** Bytes that it holds. */
size_t gossipsub_keys_memory(const struct gossipsub_keys *k);

void gossipsub_keys_check(const struct gossipsub_keys *k);

#endif
