/*
 * Places in the space of Kademlia: 256 bits, compared by XOR distance. Source: libp2p kad-dht.
 */
#ifndef DISCOVERY_KAD_KEY_H
#define DISCOVERY_KAD_KEY_H

#include "base/random.h"
#include "base/span.h"
#include "wavu/api.h"

#define KAD_KEY_SIZE 32
#define KAD_KEY_BITS 256

struct kad_key {
    uint8_t bytes[KAD_KEY_SIZE]; /* SHA-256, most significant bit first */
};

/** The place of a peer id's bytes, or of a record's or provider's key. */
void kad_key_of(struct kad_key *k, struct span bytes);

/** Is `a` nearer to `target` (negative), as near (0: the same place), or farther (positive) than
 * `b`? */
WARN_UNUSED int kad_key_compare(const struct kad_key *target, const struct kad_key *a,
                                const struct kad_key *b);

/** How many leading bits are alike, 0 to KAD_KEY_BITS. */
WARN_UNUSED unsigned kad_key_prefix(const struct kad_key *a, const struct kad_key *b);

/** A random place that has exactly `prefix` (below KAD_KEY_BITS) leading bits of `k`. */
void kad_key_random(struct kad_key *out, const struct kad_key *k, unsigned prefix,
                    const struct random *random);

/** The distance between both as a share of the whole space, of 2^64: the leading 64 bits of it. */
WARN_UNUSED uint64_t kad_key_distance(const struct kad_key *a, const struct kad_key *b);

#endif
