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

/** `len` bytes of SHAKE256 of `count` pieces. */
void keccak_shake256(uint8_t *out, size_t len, const struct span *pieces, size_t count);

#endif
