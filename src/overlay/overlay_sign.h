/*
 * Signatures of the overlay as something given: broadcasts and state come from their owner's device
 * key, and are verified before anything is kept. The simulator installs a provider of the same
 * sizes without the cost (a verification is 105 us, more than all else that a message costs).
 *
 * What is signed is a head of fixed layout, which names its use and all fields, and the SHA-256 of
 * a body. The two come apart, so that a provider without signatures need not hash either.
 */
#ifndef OVERLAY_OVERLAY_SIGN_H
#define OVERLAY_OVERLAY_SIGN_H

#include "crypto/ed25519.h"
#include "overlay/overlay_id.h"

#define OVERLAY_SIGN_SIZE ED25519_SIGNATURE_SIZE
#define OVERLAY_SIGN_HEAD_MAX 256 /* bytes; the longest head is the state's, 143, with a scope */
#define OVERLAY_SIGN_SCOPE_SIZE 32

struct overlay_sign {
    /* Write the signature of this node over `head` and the hash of `body`. */
    void (*sign)(void *context, uint8_t signature[OVERLAY_SIGN_SIZE], struct span head,
                 struct span body);
    /* 0, or WAVU_ERR_CRYPTO when `who` did not sign that. */
    int (*verify)(void *context, const uint8_t signature[OVERLAY_SIGN_SIZE],
                  const struct overlay_id *who, struct span head, struct span body);
    void *context;
};

/* What binds signatures to a network, so that who is of two cannot say in one what somebody said in
 * the other. Embedded in its owner. */
struct overlay_sign_scope {
    struct overlay_sign inner;
    uint8_t bytes[OVERLAY_SIGN_SCOPE_SIZE];
};

/** As `inner` (copied), in the network that `name` names to all its members: its SHA-256 is signed
 * behind each head. `s` is borrowed and must outlive the provider. */
struct overlay_sign overlay_sign_in(struct overlay_sign_scope *s, const struct overlay_sign *inner,
                                    struct span name);

/** The real provider: Ed25519 by `pair`, which is borrowed and must outlive it. */
struct overlay_sign overlay_sign_ed25519(struct ed25519_pair *pair);

#endif
