/*
 * What libp2p puts into Noise messages 2 and 3: who one is, the proof that the static key is one's
 * own, and the multiplexers one speaks. Source: libp2p noise specification, NoiseHandshakePayload.
 */
#ifndef CRYPTO_NOISE_PAYLOAD_H
#define CRYPTO_NOISE_PAYLOAD_H

#include "base/wr.h"
#include "crypto/keys.h"

/* All borrowed from the message. */
struct noise_payload {
    struct span key;       /* serialised PublicKey */
    struct span signature; /* over NOISE_PAYLOAD_PREFIX and the static key */
    struct span message;   /* the whole payload: the multiplexers are read from it on demand */
};

/** Sign the X25519 static key. */
void noise_payload_sign(uint8_t signature[ED25519_SIGNATURE_SIZE], const struct ed25519_pair *pair,
                        const uint8_t static_key[32]);

/** Append a payload. `muxers` is NULL-terminated, or NULL for none. Check the writer afterwards. */
void noise_payload_encode(struct wr *w, struct span key, struct span signature,
                          const char *const *muxers);

/** Read a payload; unknown fields are skipped. WAVU_ERR_PROTO when malformed, or key or signature
 * is missing. */
WARN_UNUSED int noise_payload_decode(struct noise_payload *p, struct span message);

/** 0 when the signature binds `static_key` to the payload's key. As keys_public_decode and
 * keys_verify. */
WARN_UNUSED int noise_payload_verify(const struct noise_payload *p, const uint8_t static_key[32]);

/** The multiplexer that both sides arrive at: the first of the initiator's list that the responder
 * has. `*muxer` is one of `ours`, or NULL when either list is absent or empty. WAVU_ERR_UNSUPPORTED
 * when both have a list and nothing in common. */
WARN_UNUSED int noise_payload_muxer(const struct noise_payload *theirs, const char *const *ours,
                                    bool we_are_initiator, const char **muxer);

#endif
