/*
 * ML-KEM-768 (FIPS 203): a shared secret of 32 bytes that withstands quantum computers.
 *
 * From OpenSSL where it is 3.5 or newer, otherwise our own; both give the same bytes. Nothing here
 * takes a branch or an index from a secret, and what was computed on the way is wiped.
 */
#ifndef CRYPTO_MLKEM_H
#define CRYPTO_MLKEM_H

#include <stdint.h>

#include "base/random.h"
#include "wavu/err.h"

#define MLKEM_PUBLIC_SIZE 1184
#define MLKEM_SECRET_SIZE 2400 /* 1152 of its own | public key | its hash, 32 | z, 32 */
#define MLKEM_CIPHERTEXT_SIZE 1088
#define MLKEM_SHARED_SIZE 32
#define MLKEM_SEED_SIZE 64 /* d | z: what is to be stored of a pair */
#define MLKEM_MESSAGE_SIZE 32

struct mlkem_pair {
    uint8_t public_key[MLKEM_PUBLIC_SIZE];
    uint8_t secret[MLKEM_SECRET_SIZE];
};

/** A fresh pair (FIPS 203 7.1). The owner wipes it with secret_wipe. */
void mlkem_make(struct mlkem_pair *pair, const struct random *random);

/** The pair that belongs to `seed`: d and z of FIPS 203 6.1, one behind the other. */
void mlkem_from_seed(struct mlkem_pair *pair, const uint8_t seed[MLKEM_SEED_SIZE]);

/** Make a shared secret for the owner of `public_key` (7.2). WAVU_ERR_CRYPTO when that key is not
 * canonical; the outputs are then zero. */
WARN_UNUSED int mlkem_encapsulate(uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE],
                                  uint8_t shared[MLKEM_SHARED_SIZE],
                                  const uint8_t public_key[MLKEM_PUBLIC_SIZE],
                                  const struct random *random);

/** As mlkem_encapsulate with the message m of FIPS 203 6.2, which must be random and used once. */
WARN_UNUSED int mlkem_encapsulate_message(uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE],
                                          uint8_t shared[MLKEM_SHARED_SIZE],
                                          const uint8_t public_key[MLKEM_PUBLIC_SIZE],
                                          const uint8_t message[MLKEM_MESSAGE_SIZE]);

/** The shared secret in `ciphertext` (7.3). A ciphertext that nobody made for this key gives bytes
 * that nobody can foretell, and nothing says so: the two sides then disagree. */
void mlkem_decapsulate(uint8_t shared[MLKEM_SHARED_SIZE], const uint8_t secret[MLKEM_SECRET_SIZE],
                       const uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE]);

/** WAVU_ERR_CRYPTO when `public_key` has a coefficient that is not below the modulus (7.2). */
WARN_UNUSED int mlkem_check_public(const uint8_t public_key[MLKEM_PUBLIC_SIZE]);

#endif
