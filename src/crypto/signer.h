/*
 * Labelled signatures as something given: members, room entries and prekeys are signed by device or
 * root keys and verified before anything is kept. Tests that merge operations by the million
 * install a provider of the same sizes without the cost.
 *
 *   id(label, body)        = SHA-256(len(label) | label | body)
 *   signature(label, body) = Ed25519 over len(label) | label | SHA-256(body)
 *
 * Source: docs/protocol/crypto.md.
 */
#ifndef CRYPTO_SIGNER_H
#define CRYPTO_SIGNER_H

#include "crypto/ed25519.h"
#include "crypto/hash.h"

#define SIGNER_LABEL_MAX 63 /* characters: length and label fit into 64 bytes */
#define SIGNER_SIZE ED25519_SIGNATURE_SIZE

struct signer {
    /* Write the signature of `pair` over `label` and `body`. */
    void (*sign)(void *context, uint8_t signature[SIGNER_SIZE], const struct ed25519_pair *pair,
                 const char *label, struct span body);
    /* 0, or WAVU_ERR_CRYPTO when the key `who` did not sign that under that label. */
    int (*verify)(void *context, const uint8_t signature[SIGNER_SIZE],
                  const uint8_t who[ED25519_PUBLIC_SIZE], const char *label, struct span body);
    /* The same of exactly these bytes, which another layer has put together and signed. */
    int (*verify_raw)(void *context, const uint8_t signature[SIGNER_SIZE],
                      const uint8_t who[ED25519_PUBLIC_SIZE], struct span bytes);
    void *context;
};

/** The real provider. Needs nothing and owns nothing. */
extern const struct signer signer_ed25519;

/** The name of `body` under `label`. */
void signer_id(uint8_t id[HASH_SHA256_SIZE], const char *label, struct span body);

#endif
