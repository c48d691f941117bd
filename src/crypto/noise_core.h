/*
 * The cryptographic core of a Noise XX or XXhfs handshake: symmetric state, Diffie-Hellman, key
 * encapsulation and the three messages with payloads of any content. crypto/noise.h puts libp2p's
 * payload and framing on top. Source: The Noise Protocol Framework rev. 34, sections 5 and 7.5;
 * KEM-based Hybrid Forward Secrecy for Noise rev. 1, sections 4 and 5.
 *
 * No buffers of its own, no secrets outside the struct and what it was lent; the owner wipes both.
 */
#ifndef CRYPTO_NOISE_CORE_H
#define CRYPTO_NOISE_CORE_H

#include "base/random.h"
#include "base/wr.h"
#include "crypto/aead.h"
#include "crypto/mlkem.h"
#include "crypto/x25519.h"

#define NOISE_CORE_MESSAGES 3      /* XX: initiator, responder, initiator */
#define NOISE_CORE_OVERHEAD_MAX 96 /* XX, message 2: e 32, s 32 + 16, tag of the payload 16 */
#define NOISE_CORE_HYBRID_FIRST (X25519_SIZE + MLKEM_PUBLIC_SIZE) /* XXhfs, message 1: e, e1 */
#define NOISE_CORE_HYBRID_OVERHEAD_MAX                                                             \
    (NOISE_CORE_OVERHEAD_MAX + MLKEM_PUBLIC_SIZE) /* message 1 is longer than message 2 */

/* What XXhfs needs from its first message to the end of its second. */
struct noise_core_kem {
    union {
        struct mlkem_pair own;           /* the initiator's */
        uint8_t peer[MLKEM_PUBLIC_SIZE]; /* the initiator's public key, at the responder */
    };
};

struct noise_core {
    bool is_initiator;
    bool is_hybrid; /* XXhfs */
    bool has_key;   /* a key was mixed: from then on static keys and payloads are sealed */
    unsigned step;  /* message that comes next: 0, 1, 2; 3 at the end */
    uint8_t chaining_key[32];
    uint8_t hash[32]; /* of the whole handshake so far */
    uint8_t key[AEAD_KEY_SIZE];
    uint64_t nonce;                       /* of the next sealed part under `key` */
    const struct x25519_pair *own_static; /* borrowed */
    struct noise_core_kem *kem;           /* borrowed; XXhfs only */
    struct x25519_pair own_ephemeral;
    bool has_ephemeral; /* own_ephemeral was given, or made */
    uint8_t peer_static[X25519_SIZE];
    uint8_t peer_ephemeral[X25519_SIZE];
};

/** Begin. `own_static` must outlive the core; `prologue` is borrowed for the call. */
void noise_core_init(struct noise_core *c, bool is_initiator, const struct x25519_pair *own_static,
                     struct span prologue);

/** As noise_core_init for XXhfs. The core must be lent room before its first message. */
void noise_core_init_hybrid(struct noise_core *c, bool is_initiator,
                            const struct x25519_pair *own_static, struct span prologue);

/** Lend room, which the core needs until noise_core_needs_kem says no more. The lender wipes it. */
void noise_core_lend(struct noise_core *c, struct noise_core_kem *kem);

/** True for XXhfs from the beginning to the end of the second message. */
bool noise_core_needs_kem(const struct noise_core *c);

/** Take `ephemeral`, which nobody used before, instead of making a key. Before the first message.
 */
void noise_core_use(struct noise_core *c, const struct x25519_pair *ephemeral);

/** True when the next message is ours to write, false when it is the peer's or none is left. */
bool noise_core_is_writer(const struct noise_core *c);

bool noise_core_is_done(const struct noise_core *c);

/** Append the next message with `payload` to `w`, which must have room for payload and
 * NOISE_CORE_OVERHEAD_MAX, or NOISE_CORE_HYBRID_OVERHEAD_MAX. WAVU_ERR_CRYPTO when a key of the
 * peer's gives no secret. */
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
