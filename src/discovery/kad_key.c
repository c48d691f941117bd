/*
 * Distances by XOR.
 */
#include "discovery/kad_key.h"

#include "base/check.h"
#include "crypto/hash.h"

void kad_key_of(struct kad_key *k, struct span bytes)
{
    hash_sha256(k->bytes, bytes);
}

int kad_key_compare(const struct kad_key *target, const struct kad_key *a, const struct kad_key *b)
{
    for (size_t i = 0; i < KAD_KEY_SIZE; i++) {
        int x = a->bytes[i] ^ target->bytes[i];
        int y = b->bytes[i] ^ target->bytes[i];
        if (x != y) {
            return x - y;
        }
    }
    return 0;
}

unsigned kad_key_prefix(const struct kad_key *a, const struct kad_key *b)
{
    for (unsigned i = 0; i < KAD_KEY_SIZE; i++) {
        unsigned differs = (unsigned)(a->bytes[i] ^ b->bytes[i]);
        if (differs != 0) {
            unsigned bits = 0;
            while ((differs & 0x80U) == 0) {
                differs <<= 1;
                bits++;
            }
            return i * 8 + bits;
        }
    }
    return KAD_KEY_BITS;
}

void kad_key_random(struct kad_key *out, const struct kad_key *k, unsigned prefix,
                    const struct random *random)
{
    CHECK(prefix < KAD_KEY_BITS);
    random_fill(random, out->bytes, KAD_KEY_SIZE);
    for (unsigned i = 0; i <= prefix; i++) {
        uint8_t mask = (uint8_t)(0x80U >> (i % 8));
        uint8_t bit = (uint8_t)(k->bytes[i / 8] & mask);
        if (i == prefix) {
            bit ^= mask;
        }
        out->bytes[i / 8] = (uint8_t)((out->bytes[i / 8] & ~mask) | bit);
    }
}

uint64_t kad_key_distance(const struct kad_key *a, const struct kad_key *b)
{
    uint64_t out = 0;
    for (size_t i = 0; i < sizeof out; i++) {
        out = out << 8 | (uint8_t)(a->bytes[i] ^ b->bytes[i]);
    }
    return out;
}
