/*
 * Sealed boxes: one message to the owner of a public key, from nobody in particular. Who can open
 * it learns nothing of the sender but what the content says; who cannot learns its length. For
 * first contact, mailboxes and wraps of keys.
 *
 * Source: docs/protocol/sealed.md.
 */
#ifndef CRYPTO_SEALED_H
#define CRYPTO_SEALED_H

#include "base/buf.h"
#include "crypto/aead.h"
#include "crypto/hybrid.h"

#define SEALED_HYBRID_EXTRA (1 + HYBRID_CIPHERTEXT_SIZE + 1 + AEAD_TAG_SIZE) /* 1,138 bytes */
#define SEALED_CLASSIC_EXTRA (1 + X25519_SIZE + 1 + AEAD_TAG_SIZE)           /* 50 bytes */
#define SEALED_CONTEXT_MAX 256 /* bytes: what it is for, for whom, in which network */

struct sealed_means {
    struct aead *aead;
    const struct random *random; /* for sealing */
    enum aead_kind aead_kind;    /* to seal with; both are opened */
};

/** Append a box with `plain` for the owner of `public_key` to `out`. Opens only under the same
 * `context`, whose layout the caller fixes. WAVU_ERR_CRYPTO: the key is none; WAVU_ERR_LIMIT: it
 * does not fit `out`, or the context is too long. `out` is then as before. */
WARN_UNUSED int sealed_make(const struct sealed_means *means,
                            const uint8_t public_key[HYBRID_PUBLIC_SIZE], struct span context,
                            struct span plain, struct buf *out);

/** Append the content of `box` to `out`. WAVU_ERR_CRYPTO for everything that is wrong with a box;
 * WAVU_ERR_LIMIT as above. `out` is then as before. */
WARN_UNUSED int sealed_open(const struct sealed_means *means, const struct hybrid_pair *pair,
                            struct span context, struct span box, struct buf *out);

/** As sealed_make, for an X25519 key alone: first contact, where the recipient's Ed25519 key is all
 * that is known and this is the X25519 key equal to it. A quantum computer opens it. */
WARN_UNUSED int sealed_make_classic(const struct sealed_means *means,
                                    const uint8_t public_key[X25519_SIZE], struct span context,
                                    struct span plain, struct buf *out);

/** As sealed_open, for sealed_make_classic's boxes. Neither opens the other's. */
WARN_UNUSED int sealed_open_classic(const struct sealed_means *means,
                                    const struct x25519_pair *pair, struct span context,
                                    struct span box, struct buf *out);

#endif
