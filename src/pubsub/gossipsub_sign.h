/*
 * Who says a message: policies of signing, ids of messages. libp2p's pubsub specification; strict
 * signing is over "libp2p-pubsub:" and the message without `signature` and `key`.
 *
 * Keys are something given: a node's are real, the simulator's cost nothing.
 */
#ifndef PUBSUB_GOSSIPSUB_SIGN_H
#define PUBSUB_GOSSIPSUB_SIGN_H

#include "crypto/ed25519.h"
#include "crypto/peerid.h"
#include "pubsub/gossipsub_msg.h"

#define GOSSIPSUB_SIGN_SIGNATURE_MAX 512u /* of RSA with 4,096 bits */
#define GOSSIPSUB_SIGN_KEY_MAX 560u       /* a serialised public key of RSA with 4,096 bits */
#define GOSSIPSUB_SIGN_PREFIX "libp2p-pubsub:"

enum gossipsub_sign_policy {
    GOSSIPSUB_SIGN_STRICT, /* every message is signed by its author */
    GOSSIPSUB_SIGN_NONE    /* no message names an author */
};

struct gossipsub_sign_id {
    uint8_t len;
    uint8_t bytes[GOSSIPSUB_MSG_ID_MAX];
};

struct gossipsub_sign {
    /* Write this node's signature over the pieces, as if they were one, and return its length. */
    size_t (*sign)(void *context, uint8_t signature[GOSSIPSUB_SIGN_SIGNATURE_MAX],
                   const struct span *pieces, size_t count);
    /* 0, or WAVU_ERR_CRYPTO when the owner of `key` (a serialised PublicKey) did not sign that. */
    int (*verify)(void *context, struct span signature, struct span key, const struct span *pieces,
                  size_t count);
    void *context;
    struct span key; /* this node's, where its id does not hold it; else empty */
};

/** The real provider: Ed25519 by `pair`, which is borrowed and must outlive it. */
struct gossipsub_sign gossipsub_sign_ed25519(struct ed25519_pair *pair);

/** The id of a message in a topic of `policy`: from and seqno, or the SHA-256 of its data.
 * WAVU_ERR_PROTO: it has not the fields that the policy wants, or such that it forbids. */
WARN_UNUSED int gossipsub_sign_name(struct gossipsub_sign_id *id, enum gossipsub_sign_policy policy,
                                    const struct gossipsub_msg_publish *m);

/** Verify a message that has an id. WAVU_ERR_CRYPTO: its author did not sign it. */
WARN_UNUSED int gossipsub_sign_verify(const struct gossipsub_sign *s,
                                      enum gossipsub_sign_policy policy,
                                      const struct gossipsub_msg_publish *m);

/** Append a message of `self` to `w` as it is published. */
void gossipsub_sign_write(struct wr *w, const struct gossipsub_sign *s,
                          enum gossipsub_sign_policy policy, const struct peerid *self,
                          uint64_t seqno, struct span topic, struct span data);

#endif
