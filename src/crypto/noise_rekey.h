/*
 * New keys for a channel that lives long: an exchange of fresh X25519 keys inside it, after ten
 * minutes or a gibibyte. For channels of the hybrid handshake. Source: docs/protocol/hybrid.md.
 *
 * A machine of three frames, which the dialler alone begins: OFFER, ANSWER, SWITCH. Its owner asks
 * whether it wants to write, gives it a record to seal, and hands it the frames of its kinds; each
 * direction changes its key with the frame that says so, so that nothing is lost or opened twice.
 */
#ifndef CRYPTO_NOISE_REKEY_H
#define CRYPTO_NOISE_REKEY_H

#include "base/budget.h"
#include "crypto/noise.h"

#define NOISE_REKEY_NS (UINT64_C(600) * 1000000000)      /* a key's age when the next is offered */
#define NOISE_REKEY_BYTES (UINT64_C(1024) * 1024 * 1024) /* or what it sealed, either direction */
#define NOISE_REKEY_BODY                                                                           \
    32 /* of each of the frames: a key, or the proof of having the new ones                        \
        */
#define NOISE_REKEY_FRAME (NOISE_REKEY_BODY + AEAD_TAG_SIZE) /* behind the head */

/* Offers that a peer may make, long-term and at once: a gibibyte takes longer than a second up to 8
 * Gbit/s, and an offer costs us two multiplications. Beyond it the connection is closed. */
#define NOISE_REKEY_RATE 1
#define NOISE_REKEY_BURST 16

enum noise_rekey_state {
    NOISE_REKEY_IDLE,
    NOISE_REKEY_WAIT_ANSWER,  /* dialler: offered */
    NOISE_REKEY_WANTS_SWITCH, /* dialler: answered, must say that it changes its key */
    NOISE_REKEY_WANTS_ANSWER, /* listener: was offered */
    NOISE_REKEY_WAIT_SWITCH   /* listener: answered, and has changed its own key */
};

/* 128 bytes: a connection keeps it as long as it lives. */
struct noise_rekey {
    enum noise_rekey_state state;
    bool is_dialler;
    uint32_t count;    /* exchanges done */
    uint64_t since_ns; /* when the keys were made */
    uint64_t sealed;   /* plaintext bytes under our key */
    uint64_t opened;   /* and under theirs */
    union {
        struct x25519_pair own;    /* dialler: from its offer to the answer */
        uint8_t peer[X25519_SIZE]; /* listener: what was offered, until it answers */
        struct {
            uint8_t key[AEAD_KEY_SIZE];             /* the dialler's next, until it switches */
            uint8_t confirmation[NOISE_REKEY_BODY]; /* what its switch says */
        } next;
    };
    struct budget_bucket offers; /* listener: what the peer may still offer */
};

/** Begin with keys that the handshake made at `now`. Wipe with secret_wipe. */
void noise_rekey_init(struct noise_rekey *r, bool is_dialler, uint64_t now);

/** `len` plaintext bytes were sealed, or opened. */
void noise_rekey_count_sealed(struct noise_rekey *r, size_t len);
void noise_rekey_count_opened(struct noise_rekey *r, size_t len);

/** True when noise_rekey_write has something to say. */
bool noise_rekey_wants(const struct noise_rekey *r, uint64_t now);

/** Seal the frame that is due into `body`, which has room as noise_seal wants it and
 * NOISE_REKEY_BODY bytes. What is sealed before it must be sent before it; what is sealed after it
 * may have a new key. WAVU_ERR_CRYPTO when the peer's key gives no secret, WAVU_ERR_EXHAUSTED. */
WARN_UNUSED int noise_rekey_write(struct noise_rekey *r, struct noise_channel *c, struct aead *aead,
                                  const struct random *random, uint64_t now, struct span_mut body);

/** True when the head of a frame says that it is one of ours: NOISE_REKEY_FRAME bytes follow. */
bool noise_rekey_is_head(const uint8_t head[NOISE_HEAD_SIZE]);

/** Read such a frame, which is opened in place. WAVU_ERR_CRYPTO; WAVU_ERR_PROTO when it is not its
 * turn; WAVU_ERR_LIMIT when the peer offers too often. */
WARN_UNUSED int noise_rekey_read(struct noise_rekey *r, struct noise_channel *c, struct aead *aead,
                                 uint64_t now, const uint8_t head[NOISE_HEAD_SIZE],
                                 struct span_mut frame);

#endif
