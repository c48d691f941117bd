/*
 * ML-KEM-768 by OpenSSL's EVP: bytes in, bytes out, one key object a call.
 *
 * Outputs are only written when all went well. OpenSSL wipes what it computes with.
 */
#include "crypto/mlkem_openssl.h"

#include <openssl/opensslv.h>

#if OPENSSL_VERSION_NUMBER >= 0x30500000L

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "crypto/secret.h"

#define NAME "ML-KEM-768"

/* OpenSSL takes parameters for writable, and does not write to these. */
static OSSL_PARAM bytes_param(const char *name, uint8_t *bytes, size_t len)
{
    return OSSL_PARAM_construct_octet_string(name, bytes, len);
}

static bool export_pair(struct mlkem_pair *pair, const EVP_PKEY *key)
{
    struct mlkem_pair made;
    size_t public_len = sizeof(made.public_key);
    size_t secret_len = sizeof(made.secret);
    const bool is_good = EVP_PKEY_get_raw_public_key(key, made.public_key, &public_len) == 1 &&
                         EVP_PKEY_get_raw_private_key(key, made.secret, &secret_len) == 1 &&
                         public_len == MLKEM_PUBLIC_SIZE && secret_len == MLKEM_SECRET_SIZE;
    if (is_good) {
        *pair = made;
    }
    secret_wipe(&made, sizeof(made));
    return is_good;
}

bool mlkem_openssl_from_seed(struct mlkem_pair *pair, const uint8_t seed[MLKEM_SEED_SIZE])
{
    uint8_t copy[MLKEM_SEED_SIZE];
    EVP_PKEY *key = NULL;
    memcpy(copy, seed, sizeof(copy));
    const OSSL_PARAM params[] = {bytes_param(OSSL_PKEY_PARAM_ML_KEM_SEED, copy, sizeof(copy)),
                                 OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, NAME, NULL);
    const bool is_good = context != NULL && EVP_PKEY_keygen_init(context) == 1 &&
                         EVP_PKEY_CTX_set_params(context, params) == 1 &&
                         EVP_PKEY_generate(context, &key) == 1 && export_pair(pair, key);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    secret_wipe(copy, sizeof(copy));
    return is_good;
}

bool mlkem_openssl_encapsulate(uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE],
                               uint8_t shared[MLKEM_SHARED_SIZE],
                               const uint8_t public_key[MLKEM_PUBLIC_SIZE],
                               const uint8_t message[MLKEM_MESSAGE_SIZE])
{
    uint8_t copy[MLKEM_MESSAGE_SIZE];
    uint8_t made[MLKEM_CIPHERTEXT_SIZE];
    uint8_t made_shared[MLKEM_SHARED_SIZE];
    size_t made_len = sizeof(made);
    size_t shared_len = sizeof(made_shared);
    memcpy(copy, message, sizeof(copy));
    const OSSL_PARAM params[] = {bytes_param(OSSL_KEM_PARAM_IKME, copy, sizeof(copy)),
                                 OSSL_PARAM_construct_end()};
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(NULL, NAME, NULL, public_key, MLKEM_PUBLIC_SIZE);
    EVP_PKEY_CTX *context = key == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    const bool is_good =
        context != NULL && EVP_PKEY_encapsulate_init(context, params) == 1 &&
        EVP_PKEY_encapsulate(context, made, &made_len, made_shared, &shared_len) == 1 &&
        made_len == sizeof(made) && shared_len == sizeof(made_shared);
    if (is_good) {
        memcpy(ciphertext, made, sizeof(made));
        memcpy(shared, made_shared, sizeof(made_shared));
    }
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    secret_wipe(copy, sizeof(copy));
    secret_wipe(made_shared, sizeof(made_shared));
    return is_good;
}

bool mlkem_openssl_decapsulate(uint8_t shared[MLKEM_SHARED_SIZE],
                               const uint8_t secret[MLKEM_SECRET_SIZE],
                               const uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE])
{
    uint8_t found[MLKEM_SHARED_SIZE];
    size_t len = sizeof(found);
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(NULL, NAME, NULL, secret, MLKEM_SECRET_SIZE);
    EVP_PKEY_CTX *context = key == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    const bool is_good =
        context != NULL && EVP_PKEY_decapsulate_init(context, NULL) == 1 &&
        EVP_PKEY_decapsulate(context, found, &len, ciphertext, MLKEM_CIPHERTEXT_SIZE) == 1 &&
        len == sizeof(found);
    if (is_good) {
        memcpy(shared, found, sizeof(found));
    }
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    secret_wipe(found, sizeof(found));
    return is_good;
}

#else

bool mlkem_openssl_from_seed(struct mlkem_pair *pair, const uint8_t seed[MLKEM_SEED_SIZE])
{
    (void)pair;
    (void)seed;
    return false;
}

bool mlkem_openssl_encapsulate(uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE],
                               uint8_t shared[MLKEM_SHARED_SIZE],
                               const uint8_t public_key[MLKEM_PUBLIC_SIZE],
                               const uint8_t message[MLKEM_MESSAGE_SIZE])
{
    (void)ciphertext;
    (void)shared;
    (void)public_key;
    (void)message;
    return false;
}

bool mlkem_openssl_decapsulate(uint8_t shared[MLKEM_SHARED_SIZE],
                               const uint8_t secret[MLKEM_SECRET_SIZE],
                               const uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE])
{
    (void)shared;
    (void)secret;
    (void)ciphertext;
    return false;
}

#endif
