/*
 * Four states of Keccak side by side: what ML-KEM draws its polynomials from.
 *
 * The four ways share nothing but the moment of the permutation: each has its own message, rate and
 * use.
 */
#ifndef CRYPTO_KECCAK4_H
#define CRYPTO_KECCAK4_H

#include "crypto/keccak.h"

#define KECCAK4_WAYS 4

struct keccak4 {
    _Alignas(32) uint64_t lanes[KECCAK_LANES][KECCAK4_WAYS];
};

/** All four empty. */
void keccak4_init(struct keccak4 *k);

/** Put a block, `len` bytes of the message and a multiple of 8, into one way. */
void keccak4_absorb(struct keccak4 *k, size_t way, const uint8_t *block, size_t len);

/** Put the end of a message into one way: `len` bytes, less than `rate`, and the padding. */
void keccak4_finish(struct keccak4 *k, size_t way, struct span rest, size_t rate, uint8_t domain);

/** Keccak-f[1600] on all of them; the portable way, and that of AVX2 (see mlkem_ops.h). */
void keccak4_permute(struct keccak4 *k);
void keccak4_avx2_permute(struct keccak4 *k);

/** The first `len` bytes of a block, a multiple of 8, of one way. */
void keccak4_extract(const struct keccak4 *k, size_t way, uint8_t *out, size_t len);

/** One way as a sponge of its own, all of whose present block is given out. */
void keccak4_leave(const struct keccak4 *k, size_t way, struct keccak *out, size_t rate);

#endif
