/*
 * Public keys come in, ciphertexts and secrets leave. The derivation binds both shared secrets to
 * both keys and both ciphertexts, so that nobody can pass one message off for another recipient's.
 *
 * ML-KEM's secret already depends on the hash of its public key and on the ciphertext; they are
 * mixed again, so that nothing here leans on how ML-KEM does it.
 */
#include "crypto/hybrid.h"

#include <string.h>

#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

static const char hybrid_label[] = "wavu hybrid 1";

/* Where the parts of public keys and ciphertexts begin. */
#define MLKEM_PART X25519_SIZE

/* secret = kdf(s2, label, s1 | R | P | SHA-256(c) | SHA-256(E) | context). */
static void combine(uint8_t secret[HYBRID_SECRET_SIZE], const uint8_t s1[X25519_SIZE],
                    const uint8_t s2[MLKEM_SHARED_SIZE], const struct span pieces[4],
                    struct span context)
{
    uint8_t c[HASH_SHA256_SIZE];
    uint8_t e[HASH_SHA256_SIZE];
    hash_sha256(c, pieces[2]);
    hash_sha256(e, pieces[3]);
    const struct span input[] = {
        span_of(s1, X25519_SIZE), pieces[0], pieces[1], span_of(c, sizeof(c)),
        span_of(e, sizeof(e)),    context,
    };
    kdf(span_mut_of(secret, HYBRID_SECRET_SIZE), span_of(s2, MLKEM_SHARED_SIZE), hybrid_label,
        input, sizeof(input) / sizeof(*input));
}

void hybrid_make(struct hybrid_pair *pair, const struct random *random)
{
    x25519_make(&pair->x25519, random);
    mlkem_make(&pair->mlkem, random);
}

void hybrid_from_seed(struct hybrid_pair *pair, const uint8_t seed[HYBRID_SEED_SIZE])
{
    memcpy(pair->x25519.secret, seed, X25519_SIZE);
    x25519_derive(&pair->x25519);
    mlkem_from_seed(&pair->mlkem, seed + X25519_SIZE);
}

void hybrid_public(uint8_t public_key[HYBRID_PUBLIC_SIZE], const struct hybrid_pair *pair)
{
    memcpy(public_key, pair->x25519.public_key, X25519_SIZE);
    memcpy(public_key + MLKEM_PART, pair->mlkem.public_key, MLKEM_PUBLIC_SIZE);
}

int hybrid_encapsulate(uint8_t ciphertext[HYBRID_CIPHERTEXT_SIZE],
                       uint8_t secret[HYBRID_SECRET_SIZE],
                       const uint8_t public_key[HYBRID_PUBLIC_SIZE], struct span context,
                       const struct random *random)
{
    struct x25519_pair fresh;
    uint8_t s1[X25519_SIZE];
    uint8_t s2[MLKEM_SHARED_SIZE];
    memset(s2, 0, sizeof(s2));
    x25519_make(&fresh, random);
    int rc = x25519_shared(s1, fresh.secret, public_key);
    if (rc == 0) {
        rc = mlkem_encapsulate(ciphertext + MLKEM_PART, s2, public_key + MLKEM_PART, random);
    }
    if (rc == 0) {
        memcpy(ciphertext, fresh.public_key, X25519_SIZE);
        const struct span pieces[] = {
            span_of(ciphertext, X25519_SIZE),
            span_of(public_key, X25519_SIZE),
            span_of(ciphertext + MLKEM_PART, MLKEM_CIPHERTEXT_SIZE),
            span_of(public_key + MLKEM_PART, MLKEM_PUBLIC_SIZE),
        };
        combine(secret, s1, s2, pieces, context);
    } else {
        memset(ciphertext, 0, HYBRID_CIPHERTEXT_SIZE);
        memset(secret, 0, HYBRID_SECRET_SIZE);
    }
    secret_wipe(&fresh, sizeof(fresh));
    secret_wipe(s1, sizeof(s1));
    secret_wipe(s2, sizeof(s2));
    return rc;
}

void hybrid_join(uint8_t secret[HYBRID_SECRET_SIZE], const struct hybrid_parts *parts,
                 struct span context)
{
    const struct span pieces[] = {
        span_of(parts->ciphertext, X25519_SIZE),
        span_of(parts->x25519_public, X25519_SIZE),
        span_of(parts->ciphertext + MLKEM_PART, MLKEM_CIPHERTEXT_SIZE),
        span_of(parts->mlkem_public, MLKEM_PUBLIC_SIZE),
    };

    combine(secret, parts->x25519_shared, parts->mlkem_shared, pieces, context);
}

int hybrid_decapsulate(uint8_t secret[HYBRID_SECRET_SIZE], const struct hybrid_pair *pair,
                       const uint8_t ciphertext[HYBRID_CIPHERTEXT_SIZE], struct span context)
{
    uint8_t s1[X25519_SIZE];
    uint8_t s2[MLKEM_SHARED_SIZE];
    int rc = x25519_shared(s1, pair->x25519.secret, ciphertext);
    mlkem_decapsulate(s2, pair->mlkem.secret, ciphertext + MLKEM_PART);
    const struct hybrid_parts parts = {
        .x25519_shared = s1,
        .x25519_public = pair->x25519.public_key,
        .mlkem_shared = s2,
        .mlkem_public = pair->mlkem.public_key,
        .ciphertext = ciphertext,
    };
    hybrid_join(secret, &parts, context);
    if (rc != 0) {
        memset(secret, 0, HYBRID_SECRET_SIZE);
    }
    secret_wipe(s1, sizeof(s1));
    secret_wipe(s2, sizeof(s2));
    return rc;
}
