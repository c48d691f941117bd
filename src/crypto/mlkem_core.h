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

/** The check of 7.2, as mlkem_check_public. */
WARN_UNUSED int mlkem_core_check_public(const uint8_t public_key[MLKEM_PUBLIC_SIZE]);

/** The check of 7.3: WAVU_ERR_CRYPTO when `secret` is damaged, that is, holds another hash than
 * that of the public key in it. Nobody gives us an expanded secret: ours are kept as seeds, or as
 * we made them, under a tag. So it is a ground for OpenSSL's refusal, and for tests. */
WARN_UNUSED int mlkem_core_check_secret(const uint8_t secret[MLKEM_SECRET_SIZE]);

#endif
