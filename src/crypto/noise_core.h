/*
 * The cryptographic core of a Noise XX handshake: symmetric state, Diffie-Hellman and the three
 * messages with payloads of any content. crypto/noise.h puts libp2p's payload and framing on top.
 * Source: The Noise Protocol Framework rev. 34, sections 5 and 7.5.
 *
 * No buffers of its own, no secrets outside the struct; the owner wipes it.
 */
#ifndef CRYPTO_NOISE_CORE_H
#define CRYPTO_NOISE_CORE_H

#include "base/random.h"
#include "base/wr.h"
#include "crypto/aead.h"
#include "crypto/x25519.h"

#define NOISE_CORE_MESSAGES 3      /* XX: initiator, responder, initiator */
#define NOISE_CORE_OVERHEAD_MAX 96 /* message 2: e 32, s 32 + 16, tag of the payload 16 */

struct noise_core {
    bool is_initiator;
    bool has_key;  /* a key was mixed: from then on static keys and payloads are sealed */
    unsigned step; /* message that comes next: 0, 1, 2; 3 at the end */
    uint8_t chaining_key[32];
    uint8_t hash[32]; /* of the whole handshake so far */
    uint8_t key[AEAD_KEY_SIZE];
    uint64_t nonce;                       /* of the next sealed part under `key` */
    const struct x25519_pair *own_static; /* borrowed */
    struct x25519_pair own_ephemeral;
    bool has_ephemeral; /* own_ephemeral was given, or made */
    uint8_t peer_static[X25519_SIZE];
    uint8_t peer_ephemeral[X25519_SIZE];
};

/** Begin. `own_static` must outlive the core; `prologue` is borrowed for the call. */
void noise_core_init(struct noise_core *c, bool is_initiator, const struct x25519_pair *own_static,
                     struct span prologue);

/** Take `ephemeral`, which nobody used before, instead of making a key. Before the first message.
 */
void noise_core_use(struct noise_core *c, const struct x25519_pair *ephemeral);

/** True when the next message is ours to write, false when it is the peer's or none is left. */
bool noise_core_is_writer(const struct noise_core *c);

bool noise_core_is_done(const struct noise_core *c);

/** Append the next message with `payload` to `w`, which must have room for payload and
 * NOISE_CORE_OVERHEAD_MAX. WAVU_ERR_CRYPTO when the peer's key gives no secret. */
WARN_UNUSED int noise_core_write(struct noise_core *c, struct aead *aead,
                                 const struct random *random, struct wr *w, struct span payload);

/** Read the peer's next message, opening it in place; `*payload` is the part of it that holds the
 * payload. WAVU_ERR_PROTO when too short, WAVU_ERR_CRYPTO for a wrong tag or a key without secret.
 */
WARN_UNUSED int noise_core_read(struct noise_core *c, struct aead *aead, struct span_mut message,
                                struct span *payload);

/** The keys of both directions, once noise_core_is_done. */
void noise_core_split(const struct noise_core *c, uint8_t send_key[AEAD_KEY_SIZE],
                      uint8_t receive_key[AEAD_KEY_SIZE]);

/** The AEAD nonce for counter `n`: 4 zero bytes, then 64 bits little-endian (section 12.3). */
void noise_core_nonce(uint8_t nonce[AEAD_NONCE_SIZE], uint64_t n);

#endif
