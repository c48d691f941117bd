/*
 * SHA-2 and HMAC. Messages come as borrowed spans, digests go into the caller's bytes.
 *
 * The states live on the stack and are wiped: what is hashed here is often a secret.
 */
#include "crypto/hash.h"

#include <sodium.h>

#include "crypto/secret.h"

void hash_sha256(uint8_t out[HASH_SHA256_SIZE], struct span message)
{
    hash_sha256_pieces(out, &message, 1);
}

void hash_sha256_pieces(uint8_t out[HASH_SHA256_SIZE], const struct span *pieces, size_t count)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].len > 0) {
            crypto_hash_sha256_update(&state, pieces[i].ptr, pieces[i].len);
        }
    }
    crypto_hash_sha256_final(&state, out);
    secret_wipe(&state, sizeof(state));
}

void hash_sha512(uint8_t out[HASH_SHA512_SIZE], struct span message)
{
    crypto_hash_sha512_state state;
    crypto_hash_sha512_init(&state);
    if (message.len > 0) {
        crypto_hash_sha512_update(&state, message.ptr, message.len);
    }
    crypto_hash_sha512_final(&state, out);
    secret_wipe(&state, sizeof(state));
}

void hash_hmac_sha256(uint8_t out[HASH_SHA256_SIZE], struct span key, const struct span *pieces,
                      size_t count)
{
    static const uint8_t none[1] = {0};
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.len > 0 ? key.ptr : none, key.len);
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].len > 0) {
            crypto_auth_hmacsha256_update(&state, pieces[i].ptr, pieces[i].len);
        }
    }
    crypto_auth_hmacsha256_final(&state, out);
    secret_wipe(&state, sizeof(state));
}
