/*
 * What libp2p puts into Noise messages 2 and 3: who one is, the proof that the static key is one's
 * own, and the multiplexers one speaks; and, of our own, the security protocols one speaks. Source:
 * libp2p noise specification, NoiseHandshakePayload; docs/protocol/hybrid.md.
 */
#ifndef CRYPTO_NOISE_PAYLOAD_H
#define CRYPTO_NOISE_PAYLOAD_H

#include "base/wr.h"
#include "crypto/identity_key.h"

/* Our extension: repeated string, the sender's security protocols. Numbers above 1024 are for
 * experiments (libp2p noise specification, "Noise Extensions"), below 2048 the key has two bytes;
 * within these it was drawn, so that no other experiment has it but by chance. */
#define NOISE_PAYLOAD_SECURITY 1565

/* All borrowed from the message. */
struct noise_payload {
    struct span key;       /* serialised PublicKey */
    struct span signature; /* over NOISE_PAYLOAD_PREFIX and the static key */
    struct span message;   /* the whole payload: the lists are read from it on demand */
};

/** Sign the X25519 static key. As identity_key_sign. */
WARN_UNUSED int noise_payload_sign(uint8_t signature[IDENTITY_KEY_SIGNATURE_MAX], size_t *len,
                                   const struct identity_key *key, const uint8_t static_key[32]);

/** Append a payload. The lists of multiplexers and security protocols are NULL-terminated, or NULL
 * for none. Check the writer afterwards. */
void noise_payload_encode(struct wr *w, struct span key, struct span signature,
                          const char *const *muxers, const char *const *security);

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

/** True when both sides speak a security protocol that stands before `used` in our list, which has
 * `used`: somebody on the way has suppressed it. */
bool noise_payload_is_downgraded(const struct noise_payload *theirs, const char *const *ours,
                                 const char *used);

#endif
