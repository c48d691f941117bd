/*
 * Who says a message: policies of signing, ids of messages. libp2p's pubsub specification: a strict
 * signature is over "libp2p-pubsub:" and the message without `signature` and `key`.
 *
 * Keys are something given: a node's are real, the simulator's cost nothing.
 */
#ifndef PUBSUB_GOSSIPSUB_SIGN_H
#define PUBSUB_GOSSIPSUB_SIGN_H

#include "crypto/identity_key.h"
#include "pubsub/gossipsub_msg.h"

#define GOSSIPSUB_SIGN_SEQNO_SIZE 8
#define GOSSIPSUB_SIGN_PREFIX "libp2p-pubsub:"
/* Of a message, all but its data: from 46, data's head 6, seqno 10, topic 259, signature 67 or, of
 * RSA with 4,096 bits, 515 and a key of 553; and its head in the RPC. */
#define GOSSIPSUB_SIGN_OVERHEAD_MAX 1400u

enum gossipsub_sign_policy {
    GOSSIPSUB_SIGN_STRICT, /* every message is signed by its author */
    GOSSIPSUB_SIGN_NONE    /* no message names an author */
};

struct gossipsub_sign_id {
    uint8_t len;
    uint8_t bytes[GOSSIPSUB_MSG_ID_MAX];
};

struct gossipsub_sign {
    /* Write this node's signature of `m`, which has none yet, and return its length; 0: the library
     * failed. */
    size_t (*sign)(void *context, uint8_t signature[KEYS_SIGNATURE_MAX],
                   const struct gossipsub_msg_publish *m);
    /* 0, or WAVU_ERR_CRYPTO when the owner of `key` (a serialised PublicKey) did not sign `m`. */
    int (*verify)(void *context, const struct gossipsub_msg_publish *m, struct span key);
    void *context;
    struct span key; /* this node's, where its id does not hold it; else empty */
};

/** The real provider: Ed25519 by `pair`, which is borrowed and must outlive it. */
struct gossipsub_sign gossipsub_sign_ed25519(struct ed25519_pair *pair);

/** Likewise by a key of any type, borrowed: its public half goes with each message where the id
 * does not hold it. */
struct gossipsub_sign gossipsub_sign_identity(struct identity_key *key);

/** Append what a signature of `m` is over. */
void gossipsub_sign_write_signed(struct wr *w, const struct gossipsub_msg_publish *m);

/** The id of a message in a topic of `policy`: from and seqno, or the SHA-256 of its data.
 * WAVU_ERR_PROTO: it has not the fields that the policy wants, or one that it forbids. */
WARN_UNUSED int gossipsub_sign_name(struct gossipsub_sign_id *id, enum gossipsub_sign_policy policy,
                                    const struct gossipsub_msg_publish *m);

/** An id that a peer named, as we write it: js-libp2p writes the author's key where the
 * specification has the peer id. WAVU_ERR_LIMIT: it is too long to be one of ours. */
WARN_UNUSED int gossipsub_sign_named(struct gossipsub_sign_id *id, struct span named);

/** The id of a signed message as js-libp2p writes it; empty where it would write the same. Borrowed
 * from `id`. */
struct span gossipsub_sign_by_key(const struct gossipsub_sign_id *id);

/** Verify a message that has an id. WAVU_ERR_CRYPTO: its author did not sign it. */
WARN_UNUSED int gossipsub_sign_verify(const struct gossipsub_sign *s,
                                      enum gossipsub_sign_policy policy,
                                      const struct gossipsub_msg_publish *m);

/** Append a message of `self` with `m`'s topic and data to `w` as it is published. `seqno` is of
 * strict ones. */
void gossipsub_sign_write(struct wr *w, const struct gossipsub_sign *s,
                          enum gossipsub_sign_policy policy, const struct peerid *self,
                          uint64_t seqno, const struct gossipsub_msg_publish *m);

static inline struct span gossipsub_sign_id_span(const struct gossipsub_sign_id *id)
{
    return span_of(id->bytes, id->len);
}

#endif
