/*
 * SHA-2 and HMAC. Messages come as borrowed spans, digests go into the caller's bytes.
 *
 * The states live on the stack and are wiped: what is hashed here is often a secret. SHA-256 is
 * OpenSSL's, which uses the processor's instructions for it where there are some: 0.2 microseconds
 * for an HMAC of 32 bytes against libsodium's 1.0 on the reference machine, and a handshake needs
 * twelve and a dozen hashes on each side. Its functions without a context on the heap are the old
 * ones.
 */
#include "crypto/hash.h"

#define OPENSSL_API_COMPAT 10101 /* the interface of 1.1.1: SHA256_Init and its like */
#include <openssl/sha.h>
#include <sodium.h>
#include <string.h>

#include "base/check.h"
#include "crypto/secret.h"

#define BLOCK_SIZE SHA256_CBLOCK

static void start(SHA256_CTX *state)
{
    CHECK(SHA256_Init(state) == 1);
}

static void take(SHA256_CTX *state, const struct span *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].len > 0) {
            CHECK(SHA256_Update(state, pieces[i].ptr, pieces[i].len) == 1);
        }
    }
}

static void finish(SHA256_CTX *state, uint8_t out[HASH_SHA256_SIZE])
{
    CHECK(SHA256_Final(out, state) == 1);
    secret_wipe(state, sizeof(*state));
}

void hash_sha256(uint8_t out[HASH_SHA256_SIZE], struct span message)
{
    hash_sha256_pieces(out, &message, 1);
}

void hash_sha256_pieces(uint8_t out[HASH_SHA256_SIZE], const struct span *pieces, size_t count)
{
    SHA256_CTX state;
    start(&state);
    take(&state, pieces, count);
    finish(&state, out);
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

/* The key as HMAC uses it: one block, a longer one hashed first (RFC 2104 2). */
static void key_block(uint8_t block[BLOCK_SIZE], struct span key)
{
    memset(block, 0, BLOCK_SIZE);
    if (key.len > BLOCK_SIZE) {
        hash_sha256(block, key);
    } else if (key.len > 0) {
        memcpy(block, key.ptr, key.len);
    }
}

static void flip(uint8_t block[BLOCK_SIZE], uint8_t with)
{
    for (size_t i = 0; i < BLOCK_SIZE; i++) {
        block[i] ^= with;
    }
}

void hash_hmac_sha256(uint8_t out[HASH_SHA256_SIZE], struct span key, const struct span *pieces,
                      size_t count)
{
    uint8_t block[BLOCK_SIZE];
    uint8_t inner[HASH_SHA256_SIZE];
    SHA256_CTX state;
    key_block(block, key);
    flip(block, 0x36);
    start(&state);
    take(&state, &(struct span){.ptr = block, .len = sizeof(block)}, 1);
    take(&state, pieces, count);
    finish(&state, inner);
    flip(block, 0x36 ^ 0x5c);
    start(&state);
    take(&state, (struct span[]){span_of(block, sizeof(block)), span_of(inner, sizeof(inner))}, 2);
    finish(&state, out);
    secret_wipe(block, sizeof(block));
    secret_wipe(inner, sizeof(inner));
}
