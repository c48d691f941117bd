/*
 * X25519 (RFC 7748), from the faster library.
 */
#ifndef CRYPTO_X25519_H
#define CRYPTO_X25519_H

#include <stdint.h>

#include "base/random.h"
#include "wavu/err.h"

#define X25519_SIZE 32

struct x25519_pair {
    uint8_t secret[X25519_SIZE];
    uint8_t public_key[X25519_SIZE];
};

/** A fresh pair. The owner wipes it with secret_wipe. */
void x25519_make(struct x25519_pair *pair, const struct random *random);

/** The public key of pair->secret, into pair->public_key. */
void x25519_derive(struct x25519_pair *pair);

/** Shared secret; WAVU_ERR_CRYPTO when it is all zero (a low-order point), `out` then zeroed. */
WARN_UNUSED int x25519_shared(uint8_t out[X25519_SIZE], const uint8_t secret[X25519_SIZE],
                              const uint8_t public_key[X25519_SIZE]);

#endif
