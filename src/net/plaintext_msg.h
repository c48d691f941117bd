/*
 * What both sides of "/plaintext/2.0.0" say first: who they are, with nothing to prove it. For
 * tests alone: swarm.h, SWARM_SECURITY_PLAINTEXT. Source: libp2p plaintext specification.
 */
#ifndef NET_PLAINTEXT_MSG_H
#define NET_PLAINTEXT_MSG_H

#include "base/buf.h"
#include "crypto/identity_key.h"

#define PLAINTEXT_MSG_PROTOCOL "/plaintext/2.0.0"
#define PLAINTEXT_MSG_MAX 1280 /* with its length; an RSA key of 8,192 bits takes 1,120 */

/** Append our Exchange behind its length. WAVU_ERR_LIMIT when it does not fit. */
WARN_UNUSED int plaintext_msg_encode(struct wr *w, const struct identity_key *key);

/** Take bytes of `*in`, up to the end of the peer's Exchange, into `so_far` (of PLAINTEXT_MSG_MAX).
 * 1 when it is whole, else 0. WAVU_ERR_LIMIT when it is too long, WAVU_ERR_PROTO. */
WARN_UNUSED int plaintext_msg_collect(struct buf *so_far, struct span *in);

/** Read a whole one: who it says that it is. WAVU_ERR_PROTO when malformed, or the id is not the
 * key's; WAVU_ERR_UNSUPPORTED as keys_public_decode. */
WARN_UNUSED int plaintext_msg_decode(struct peerid *peer, struct span message);

#endif
