/*
 * ML-KEM-768 from OpenSSL, where the one that wavu was built with is 3.5 or newer.
 *
 * Each function gives true when OpenSSL did it, and false when it is too old, lacks ML-KEM (its
 * provider may) or will not: then nothing is known and our own does the work.
 */
#ifndef CRYPTO_MLKEM_OPENSSL_H
#define CRYPTO_MLKEM_OPENSSL_H

#include <stdbool.h>

#include "crypto/mlkem.h"

WARN_UNUSED bool mlkem_openssl_from_seed(struct mlkem_pair *pair,
                                         const uint8_t seed[MLKEM_SEED_SIZE]);

/** False also for a public key that is not canonical. */
WARN_UNUSED bool mlkem_openssl_encapsulate(uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE],
                                           uint8_t shared[MLKEM_SHARED_SIZE],
                                           const uint8_t public_key[MLKEM_PUBLIC_SIZE],
                                           const uint8_t message[MLKEM_MESSAGE_SIZE]);

WARN_UNUSED bool mlkem_openssl_decapsulate(uint8_t shared[MLKEM_SHARED_SIZE],
                                           const uint8_t secret[MLKEM_SECRET_SIZE],
                                           const uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE]);

#endif
