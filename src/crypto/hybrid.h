/*
 * Hybrid encapsulation: a shared secret for the owner of an X25519 and an ML-KEM-768 key, which
 * stays secret as long as one of the two holds. Source: docs/protocol/crypto.md.
 *
 * Prekeys, post-quantum re-keying, full updates and sealed boxes use it. The Noise handshake does
 * not: its pattern mixes the two itself (docs/protocol/hybrid.md).
 */
#ifndef CRYPTO_HYBRID_H
#define CRYPTO_HYBRID_H

#include "base/span.h"
#include "crypto/mlkem.h"
#include "crypto/x25519.h"

#define HYBRID_PUBLIC_SIZE (X25519_SIZE + MLKEM_PUBLIC_SIZE)         /* X25519 | ML-KEM */
#define HYBRID_CIPHERTEXT_SIZE (X25519_SIZE + MLKEM_CIPHERTEXT_SIZE) /* R | c */
#define HYBRID_SEED_SIZE (X25519_SIZE + MLKEM_SEED_SIZE) /* X25519 secret | ML-KEM seed */
#define HYBRID_SECRET_SIZE 32

/* The owner wipes it with secret_wipe. */
struct hybrid_pair {
    struct x25519_pair x25519;
    struct mlkem_pair mlkem;
};

/** A fresh pair. */
void hybrid_make(struct hybrid_pair *pair, const struct random *random);

/** The pair that belongs to `seed`: what is to be stored of a pair. */
void hybrid_from_seed(struct hybrid_pair *pair, const uint8_t seed[HYBRID_SEED_SIZE]);

/** What others need of `pair`. */
void hybrid_public(uint8_t public_key[HYBRID_PUBLIC_SIZE], const struct hybrid_pair *pair);

/** Make a secret for the owner of `public_key`, bound to `context`, whose layout the caller fixes.
 * WAVU_ERR_CRYPTO when the key is none: a point of small order, or not canonical. Both outputs are
 * then zero. */
WARN_UNUSED int hybrid_encapsulate(uint8_t ciphertext[HYBRID_CIPHERTEXT_SIZE],
                                   uint8_t secret[HYBRID_SECRET_SIZE],
                                   const uint8_t public_key[HYBRID_PUBLIC_SIZE],
                                   struct span context, const struct random *random);

/** The secret in `ciphertext`. Whoever made it for another key or context gets another secret, and
 * nothing here says so. WAVU_ERR_CRYPTO when its point is of small order; `secret` is then zero. */
WARN_UNUSED int hybrid_decapsulate(uint8_t secret[HYBRID_SECRET_SIZE],
                                   const struct hybrid_pair *pair,
                                   const uint8_t ciphertext[HYBRID_CIPHERTEXT_SIZE],
                                   struct span context);

/* The two agreements of one ciphertext. Borrowed. */
struct hybrid_parts {
    const uint8_t *x25519_shared; /* 32 bytes, by x25519_shared with the first part of it */
    const uint8_t *x25519_public; /* of one's own */
    const uint8_t *mlkem_shared;  /* 32 bytes, by mlkem_decapsulate of the second part */
    const uint8_t *mlkem_public;
    const uint8_t *ciphertext;
};

/** As hybrid_decapsulate, for who has several keys of each kind, does not know which two were
 * meant, and has done each agreement once. */
void hybrid_join(uint8_t secret[HYBRID_SECRET_SIZE], const struct hybrid_parts *parts,
                 struct span context);

#endif
