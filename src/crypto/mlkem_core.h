/*
 * ML-KEM-768 of our own (FIPS 203 5 and 6), over a set of steps that the caller chooses.
 *
 * For mlkem.c, and for tests, which run every set. Nothing here draws randomness.
 */
#ifndef CRYPTO_MLKEM_CORE_H
#define CRYPTO_MLKEM_CORE_H

#include "crypto/mlkem.h"
#include "crypto/mlkem_ops.h"

/** ML-KEM.KeyGen_internal (algorithm 16). */
void mlkem_core_from_seed(const struct mlkem_ops *ops, struct mlkem_pair *pair,
                          const uint8_t seed[MLKEM_SEED_SIZE]);

/** ML-KEM.Encaps_internal (algorithm 17); WAVU_ERR_CRYPTO as mlkem_encapsulate. */
WARN_UNUSED int mlkem_core_encapsulate(const struct mlkem_ops *ops,
                                       uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE],
                                       uint8_t shared[MLKEM_SHARED_SIZE],
                                       const uint8_t public_key[MLKEM_PUBLIC_SIZE],
                                       const uint8_t message[MLKEM_MESSAGE_SIZE]);

/** ML-KEM.Decaps_internal (algorithm 18). */
void mlkem_core_decapsulate(const struct mlkem_ops *ops, uint8_t shared[MLKEM_SHARED_SIZE],
                            const uint8_t secret[MLKEM_SECRET_SIZE],
                            const uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE]);

/** The checks of 7.2 and 7.3, as mlkem_check_public and mlkem_check_secret. */
WARN_UNUSED int mlkem_core_check_public(const uint8_t public_key[MLKEM_PUBLIC_SIZE]);
WARN_UNUSED int mlkem_core_check_secret(const uint8_t secret[MLKEM_SECRET_SIZE]);

#endif
