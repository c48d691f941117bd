/*
 * Keccak (FIPS 202): SHA3-256, SHA3-512, SHAKE128, SHAKE256. For ML-KEM, which needs its parts.
 */
#ifndef CRYPTO_KECCAK_H
#define CRYPTO_KECCAK_H

#include "base/span.h"

#define KECCAK_LANES 25
#define KECCAK_ROUNDS 24

/* Bytes of a block: 200 less twice the strength in bytes. */
#define KECCAK_SHA3_256_RATE 136
#define KECCAK_SHA3_512_RATE 72
#define KECCAK_SHAKE128_RATE 168
#define KECCAK_SHAKE256_RATE 136

/* What stands behind the message: the bits that tell hashes from extendable outputs, and the first
 * bit of the padding (FIPS 202 6.1, 6.2, 5.1). */
#define KECCAK_SHA3_DOMAIN 0x06
#define KECCAK_SHAKE_DOMAIN 0x1f

struct keccak {
    uint64_t lanes[KECCAK_LANES];
    size_t rate;
    size_t at; /* bytes of the block that are absorbed, or given out */
};

/** A lane from and to its bytes, written out so that compilers make one move of it. */
static inline uint64_t keccak_load(const uint8_t b[8])
{
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

static inline void keccak_store(uint8_t b[8], uint64_t lane)
{
    b[0] = (uint8_t)lane;
    b[1] = (uint8_t)(lane >> 8);
    b[2] = (uint8_t)(lane >> 16);
    b[3] = (uint8_t)(lane >> 24);
    b[4] = (uint8_t)(lane >> 32);
    b[5] = (uint8_t)(lane >> 40);
    b[6] = (uint8_t)(lane >> 48);
    b[7] = (uint8_t)(lane >> 56);
}

/** Round constants (FIPS 202 3.2.5). */
extern const uint64_t keccak_constants[KECCAK_ROUNDS];

/** Keccak-f[1600]. */
void keccak_permute(uint64_t lanes[KECCAK_LANES]);

/** A sponge: init, absorb as often as wanted, finish, squeeze as often as wanted. The owner wipes
 * it where it took secrets. */
void keccak_init(struct keccak *k, size_t rate);
void keccak_absorb(struct keccak *k, struct span data);
void keccak_finish(struct keccak *k, uint8_t domain);
void keccak_squeeze(struct keccak *k, uint8_t *out, size_t len);

/** The hash of `count` pieces as if they were one. */
void keccak_sha3_256(uint8_t out[32], const struct span *pieces, size_t count);
void keccak_sha3_512(uint8_t out[64], const struct span *pieces, size_t count);

#endif
