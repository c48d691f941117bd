/*
 * From a passphrase to a key: Argon2id (RFC 9106), one lane, by libsodium. It costs as much time
 * and memory as it is told: who takes a cost from a file bounds it first.
 */
#ifndef CRYPTO_STRETCH_H
#define CRYPTO_STRETCH_H

#include "base/span.h"
#include "wavu/err.h"

#define STRETCH_SALT_SIZE 16
#define STRETCH_KEY_SIZE 32

/* What a key costs, for us and for whoever guesses. */
struct stretch_cost {
    uint32_t memory_kib;
    uint8_t passes;
};

/** WAVU_ERR_MEMORY when the memory is not to be had. The owner wipes `key`. */
WARN_UNUSED int stretch_key(uint8_t key[STRETCH_KEY_SIZE], struct span passphrase,
                            const uint8_t salt[STRETCH_SALT_SIZE], struct stretch_cost cost);

#endif
