/*
 * ML-KEM-768 for the house: randomness is drawn here, once a call and before anything else.
 */
#include "crypto/mlkem.h"

#include "crypto/mlkem_core.h"
#include "crypto/mlkem_openssl.h"
#include "crypto/secret.h"

void mlkem_make(struct mlkem_pair *pair, const struct random *random)
{
    uint8_t seed[MLKEM_SEED_SIZE];
    random_fill(random, seed, sizeof(seed));
    mlkem_from_seed(pair, seed);
    secret_wipe(seed, sizeof(seed));
}

int mlkem_encapsulate(uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE], uint8_t shared[MLKEM_SHARED_SIZE],
                      const uint8_t public_key[MLKEM_PUBLIC_SIZE], const struct random *random)
{
    uint8_t message[MLKEM_MESSAGE_SIZE];
    random_fill(random, message, sizeof(message));
    const int rc = mlkem_encapsulate_message(ciphertext, shared, public_key, message);
    secret_wipe(message, sizeof(message));
    return rc;
}

void mlkem_from_seed(struct mlkem_pair *pair, const uint8_t seed[MLKEM_SEED_SIZE])
{
    if (!mlkem_openssl_from_seed(pair, seed)) {
        mlkem_core_from_seed(mlkem_ops_best(), pair, seed);
    }
}

int mlkem_encapsulate_message(uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE],
                              uint8_t shared[MLKEM_SHARED_SIZE],
                              const uint8_t public_key[MLKEM_PUBLIC_SIZE],
                              const uint8_t message[MLKEM_MESSAGE_SIZE])
{
    /* OpenSSL refuses a key that is not canonical, and our own then says that this was the reason.
     */
    if (mlkem_openssl_encapsulate(ciphertext, shared, public_key, message)) {
        return 0;
    }
    return mlkem_core_encapsulate(mlkem_ops_best(), ciphertext, shared, public_key, message);
}

void mlkem_decapsulate(uint8_t shared[MLKEM_SHARED_SIZE], const uint8_t secret[MLKEM_SECRET_SIZE],
                       const uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE])
{
    /* OpenSSL refuses a secret that mlkem_core_check_secret refuses; ours takes it as it is. */
    if (!mlkem_openssl_decapsulate(shared, secret, ciphertext)) {
        mlkem_core_decapsulate(mlkem_ops_best(), shared, secret, ciphertext);
    }
}

int mlkem_check_public(const uint8_t public_key[MLKEM_PUBLIC_SIZE])
{
    return mlkem_core_check_public(public_key);
}
