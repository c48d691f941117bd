/*
 * libp2p keys: the protobuf form of public keys, and verification by all four types.
 * Source: libp2p peer-ids specification. wavu makes Ed25519 keys only; RSA (2048 to 8192 bits),
 * secp256k1 and ECDSA P-256 verify, through OpenSSL.
 */
#ifndef CRYPTO_KEYS_H
#define CRYPTO_KEYS_H

#include "base/span.h"
#include "crypto/ed25519.h"
#include "crypto/peerid.h"
#include "wavu/err.h"

#define KEYS_PUBLIC_SIZE_MAX 1200   /* serialised; RSA of 8192 bits takes 1,067 */
#define KEYS_ED25519_PUBLIC_SIZE 36 /* 08 01 12 20 and 32 bytes */
#define KEYS_SIGNATURE_MAX 1024     /* RSA of 8192 bits */

enum keys_type { KEYS_RSA = 0, KEYS_ED25519 = 1, KEYS_SECP256K1 = 2, KEYS_ECDSA = 3 };

struct keys_public {
    enum keys_type type;
    struct span data; /* borrowed from the serialised form */
};

/** Read a serialised PublicKey. WAVU_ERR_PROTO when malformed or not canonical,
 * WAVU_ERR_UNSUPPORTED for other types. */
WARN_UNUSED int keys_public_decode(struct keys_public *key, struct span serialised);

/** Serialise an Ed25519 public key. */
void keys_ed25519_encode(uint8_t out[KEYS_ED25519_PUBLIC_SIZE],
                         const uint8_t public_key[ED25519_PUBLIC_SIZE]);

/** 0 when `signature` over `message` is by `key`, else WAVU_ERR_CRYPTO. */
WARN_UNUSED int keys_verify(const struct keys_public *key, struct span message,
                            struct span signature);

/** The peer id of an Ed25519 pair. */
void keys_peerid(struct peerid *id, const struct ed25519_pair *pair);

#endif
