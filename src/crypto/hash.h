/*
 * SHA-256, SHA-512 and HMAC-SHA-256 (FIPS 180-4, RFC 2104). SHA-256 over OpenSSL, SHA-512 over
 * libsodium; no context on the heap.
 */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "base/span.h"

#define HASH_SHA256_SIZE 32
#define HASH_SHA512_SIZE 64

void hash_sha256(uint8_t out[HASH_SHA256_SIZE], struct span message);

/** SHA-256 over `count` pieces as if they were one. */
void hash_sha256_pieces(uint8_t out[HASH_SHA256_SIZE], const struct span *pieces, size_t count);
void hash_sha512(uint8_t out[HASH_SHA512_SIZE], struct span message);

/** HMAC-SHA-256 with a key of any length over `count` pieces. */
void hash_hmac_sha256(uint8_t out[HASH_SHA256_SIZE], struct span key, const struct span *pieces,
                      size_t count);

#endif
