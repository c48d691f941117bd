/*
 * What is signed: a label, the asker's id, the nonce, type, key, and the SHA-256 of the answer
 * before the proof, each with its length.
 */
#include "discovery/kad_proof.h"

#include <string.h>

#include "crypto/hash.h"

#define LABEL "wavu-kad-answer:"
#define SIGNED_MAX                                                                                 \
    (sizeof LABEL + PEERID_SIZE_MAX + KAD_MSG_NONCE_SIZE + KAD_MSG_KEY_MAX + HASH_SHA256_SIZE + 16)

static struct span kad_proof_text(struct wr *w, const struct kad_proof *p, struct span before)
{
    uint8_t digest[HASH_SHA256_SIZE];
    uint8_t kind = (uint8_t)p->type;
    hash_sha256(digest, before);
    wr_text(w, LABEL);
    wr_prefixed(w, peerid_span(&p->asker));
    wr_prefixed(w, span_of(p->nonce, sizeof p->nonce));
    wr_prefixed(w, span_of(&kind, 1));
    wr_prefixed(w, p->key);
    wr_prefixed(w, span_of(digest, sizeof digest));
    return wr_span(w);
}

void kad_proof_make(uint8_t out[KAD_MSG_PROOF_SIZE], const struct ed25519_pair *pair,
                    const struct kad_proof *p, struct span before)
{
    uint8_t text[SIGNED_MAX];
    struct wr w;
    _Static_assert(KAD_MSG_PROOF_SIZE == ED25519_SIGNATURE_SIZE, "a proof is a signature");
    wr_init(&w, span_mut_of(text, sizeof text));
    ed25519_sign(out, pair, kad_proof_text(&w, p, before));
}

/* The serialised key of an id that holds it, or an empty span. */
static struct span kad_proof_key(const struct peerid *id)
{
    return id->len == 2 + KEYS_ED25519_PUBLIC_SIZE && id->bytes[0] == 0
               ? span_of(id->bytes + 2, KEYS_ED25519_PUBLIC_SIZE)
               : span_empty();
}

int kad_proof_check(const struct kad_proof *p, const struct peerid *answerer,
                    const struct kad_msg *m, struct span bytes)
{
    uint8_t text[SIGNED_MAX];
    struct wr w;
    struct keys_public key;
    if (m->proof.ptr == NULL) {
        return WAVU_ERR_PROTO;
    }
    if (keys_public_decode(&key, kad_proof_key(answerer)) < 0 || key.type != KEYS_ED25519) {
        return WAVU_ERR_CRYPTO;
    }
    wr_init(&w, span_mut_of(text, sizeof text));
    return keys_verify(&key, kad_proof_text(&w, p, span_slice(bytes, 0, m->proven)), m->proof);
}

unsigned kad_proof_puzzle(const struct peerid *id)
{
    uint8_t digest[HASH_SHA256_SIZE];
    unsigned bits = 0;
    if (id->len == 2 + HASH_SHA256_SIZE && id->bytes[0] == 0x12) {
        memcpy(digest, id->bytes + 2, sizeof digest); /* the id is the key's SHA-256 */
    } else {
        hash_sha256(digest, span_slice(peerid_span(id), 2, PEERID_SIZE_MAX));
    }
    hash_sha256(digest, span_of(digest, sizeof digest));
    while (bits < 8 * sizeof digest && (digest[bits / 8] & (0x80u >> bits % 8)) == 0) {
        bits++;
    }
    return bits;
}
