/*
 * Ed25519: seeds and messages come in, signatures and verdicts leave.
 *
 * libsodium signs with seed and public key joined to 64 bytes; that form exists here only while a
 * call lasts. Verification is strict: points of small order and an S not below the group order are
 * refused.
 */
#include "crypto/ed25519.h"

#include <sodium.h>
#include <string.h>

#include "base/check.h"
#include "crypto/secret.h"
#include "wavu/err.h"

_Static_assert(ED25519_SEED_SIZE == crypto_sign_SEEDBYTES, "seed");
_Static_assert(ED25519_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "public key");
_Static_assert(ED25519_SIGNATURE_SIZE == crypto_sign_BYTES, "signature");
_Static_assert(ED25519_AGREEMENT_SIZE == crypto_scalarmult_curve25519_BYTES, "X25519 keys");
_Static_assert(crypto_sign_SECRETKEYBYTES == ED25519_SEED_SIZE + ED25519_PUBLIC_SIZE,
               "libsodium's secret key is seed and public key");

static const uint8_t nothing[1]; /* libsodium's parameters must not be NULL, also for no bytes */

void ed25519_from_seed(struct ed25519_pair *pair, const uint8_t seed[ED25519_SEED_SIZE])
{
    uint8_t expanded[crypto_sign_SECRETKEYBYTES];
    uint8_t public_key[ED25519_PUBLIC_SIZE];
    CHECK(crypto_sign_seed_keypair(public_key, expanded, seed) == 0);
    memmove(pair->seed, seed, sizeof(pair->seed)); /* seed may be pair->seed itself */
    memcpy(pair->public_key, public_key, sizeof(pair->public_key));
    secret_wipe(expanded, sizeof(expanded));
}

void ed25519_make(struct ed25519_pair *pair, const struct random *random)
{
    uint8_t seed[ED25519_SEED_SIZE];
    random_fill(random, seed, sizeof(seed));
    ed25519_from_seed(pair, seed);
    secret_wipe(seed, sizeof(seed));
}

void ed25519_sign(uint8_t signature[ED25519_SIGNATURE_SIZE], const struct ed25519_pair *pair,
                  struct span message)
{
    uint8_t expanded[crypto_sign_SECRETKEYBYTES];
    memcpy(expanded, pair->seed, ED25519_SEED_SIZE);
    memcpy(expanded + ED25519_SEED_SIZE, pair->public_key, ED25519_PUBLIC_SIZE);
    const uint8_t *bytes = message.len > 0 ? message.ptr : nothing;
    CHECK(crypto_sign_detached(signature, NULL, bytes, message.len, expanded) == 0);
    secret_wipe(expanded, sizeof(expanded));
}

int ed25519_verify(const uint8_t signature[ED25519_SIGNATURE_SIZE],
                   const uint8_t public_key[ED25519_PUBLIC_SIZE], struct span message)
{
    const uint8_t *bytes = message.len > 0 ? message.ptr : nothing;
    if (crypto_sign_verify_detached(signature, bytes, message.len, public_key) != 0) {
        return WAVU_ERR_CRYPTO;
    }
    return 0;
}

int ed25519_agreement_public(uint8_t out[ED25519_AGREEMENT_SIZE],
                             const uint8_t public_key[ED25519_PUBLIC_SIZE])
{
    uint8_t made[ED25519_AGREEMENT_SIZE] = {0};
    int rc = crypto_sign_ed25519_pk_to_curve25519(made, public_key) == 0 ? 0 : WAVU_ERR_CRYPTO;
    for (size_t i = 0; i < sizeof(made); i++) {
        out[i] = rc == 0 ? made[i] : 0;
    }
    return rc;
}

void ed25519_agreement_secret(uint8_t out[ED25519_AGREEMENT_SIZE],
                              const uint8_t seed[ED25519_SEED_SIZE])
{
    uint8_t expanded[crypto_sign_SECRETKEYBYTES] = {0}; /* the seed first: that half is used */
    memcpy(expanded, seed, ED25519_SEED_SIZE);
    CHECK(crypto_sign_ed25519_sk_to_curve25519(out, expanded) == 0);
    secret_wipe(expanded, sizeof(expanded));
}
