/*
 * Ed25519 (RFC 8032) over libsodium: twice as fast as OpenSSL's.
 */
#ifndef CRYPTO_ED25519_H
#define CRYPTO_ED25519_H

#include "base/random.h"
#include "base/span.h"
#include "wavu/err.h"

#define ED25519_SEED_SIZE 32
#define ED25519_PUBLIC_SIZE 32
#define ED25519_SIGNATURE_SIZE 64
#define ED25519_AGREEMENT_SIZE 32 /* X25519_SIZE */

struct ed25519_pair {
    uint8_t seed[ED25519_SEED_SIZE];
    uint8_t public_key[ED25519_PUBLIC_SIZE];
};

/** The pair of `seed`. The owner wipes it. */
void ed25519_from_seed(struct ed25519_pair *pair, const uint8_t seed[ED25519_SEED_SIZE]);
void ed25519_make(struct ed25519_pair *pair, const struct random *random);
void ed25519_sign(uint8_t signature[ED25519_SIGNATURE_SIZE], const struct ed25519_pair *pair,
                  struct span message);

/** 0, or WAVU_ERR_CRYPTO. */
WARN_UNUSED int ed25519_verify(const uint8_t signature[ED25519_SIGNATURE_SIZE],
                               const uint8_t public_key[ED25519_PUBLIC_SIZE], struct span message);

/** The X25519 keys that belong to an Ed25519 pair by the birational map (RFC 7748 4.1), for the one
 * use that docs/protocol/crypto.md allows. Of a public key: u = (1 + y) / (1 - y); WAVU_ERR_CRYPTO,
 * `out` then zeroed, for what is no point of the prime-order group. Of a seed: the clamped first
 * half of its SHA-512; a secret that the owner wipes. */
WARN_UNUSED int ed25519_agreement_public(uint8_t out[ED25519_AGREEMENT_SIZE],
                                         const uint8_t public_key[ED25519_PUBLIC_SIZE]);
void ed25519_agreement_secret(uint8_t out[ED25519_AGREEMENT_SIZE],
                              const uint8_t seed[ED25519_SEED_SIZE]);

#endif
