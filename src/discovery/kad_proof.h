/*
 * An answer signed by who gives it, and the puzzle that a key may have to solve: of our own prefix.
 * docs/protocol/kad.md, "Signed answers" and "Roles".
 */
#ifndef DISCOVERY_KAD_PROOF_H
#define DISCOVERY_KAD_PROOF_H

#include "crypto/keys.h"
#include "discovery/kad_msg.h"

#define KAD_PROOF_PUZZLE_MAX 24 /* bits */

/* A question, as the proof of its answer names it. */
struct kad_proof {
    struct peerid asker;
    uint8_t nonce[KAD_MSG_NONCE_SIZE];
    enum kad_msg_type type;
    struct span key; /* borrowed */
};

/** Sign the answer to `p`: `before` are its bytes up to the proof. */
void kad_proof_make(uint8_t out[KAD_MSG_PROOF_SIZE], const struct ed25519_pair *pair,
                    const struct kad_proof *p, struct span before);

/** Is the answer `m`, made of `bytes`, to `p`, by `answerer`? 0, WAVU_ERR_PROTO: it has no proof;
 * WAVU_ERR_CRYPTO: not, or `answerer` is no Ed25519 key. */
WARN_UNUSED int kad_proof_check(const struct kad_proof *p, const struct peerid *answerer,
                                const struct kad_msg *m, struct span bytes);

/** Leading zero bits of the SHA-256 of the SHA-256 of the id's serialised public key. */
unsigned kad_proof_puzzle(const struct peerid *id);

#endif
