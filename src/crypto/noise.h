/*
 * Noise_XX_25519_ChaChaPoly_SHA256, or Noise_XXhfs_25519+MLKEM768_ChaChaPoly_SHA256, with the
 * libp2p payload: a machine for the handshake, and the channel that it leaves. Source: The Noise
 * Protocol Framework rev. 34; libp2p noise specification; docs/protocol/hybrid.md.
 *
 * Bytes from the link come in through noise_feed, bytes for it leave through noise_pull. The costly
 * step (Diffie-Hellman, signature) is noise_work, which the owner runs in the turn's work phase
 * while noise_wants_work says so. After an error the machine is dead.
 */
#ifndef CRYPTO_NOISE_H
#define CRYPTO_NOISE_H

#include "base/random.h"
#include "crypto/aead.h"
#include "crypto/identity_key.h"
#include "crypto/x25519.h"

#define NOISE_CLASSIC "/noise"              /* libp2p's */
#define NOISE_HYBRID "/wavu/noise-hybrid/1" /* ours */
#define NOISE_HYBRID_FIRST 1216 /* its first message without length: e, e1, and no payload */

#define NOISE_FRAME_MAX 65535 /* ciphertext of one message: its length has 16 bits */
#define NOISE_PLAIN_MAX (NOISE_FRAME_MAX - AEAD_TAG_SIZE) /* 65519 */
#define NOISE_HEAD_SIZE 2 /* big-endian length before each message */

/* One handshake message. An RSA key of 8192 bits and its signature take 2,097 bytes with their
 * fields, keys and tags 96, in the hybrid a ciphertext 1,104 more; the rest is for certificate
 * hashes and names of multiplexers. */
#define NOISE_HANDSHAKE_MAX 4096
#define NOISE_IDENTITY_KEY_MAX                                                                     \
    600                    /* our own PublicKey, serialised; RSA of 4,096 bits takes 554           \
                            */
#define NOISE_MUXER_MAX 32 /* characters of a muxer's name with NUL */

/* Given once per node: the static key and its proof, signed once. */
struct noise_identity {
    struct x25519_pair static_pair; /* fresh per process */
    uint16_t key_len;
    uint16_t signature_len;
    uint8_t key[NOISE_IDENTITY_KEY_MAX];
    uint8_t signature[IDENTITY_KEY_SIGNATURE_MAX]; /* noise_payload_sign of the static key */
};

/** Make a static key and sign it. Wipe with secret_wipe. As identity_key_sign; WAVU_ERR_LIMIT when
 * the public key is longer than NOISE_IDENTITY_KEY_MAX. */
WARN_UNUSED int noise_identity_make_of(struct noise_identity *identity,
                                       const struct identity_key *key, const struct random *random);

/** The same of an Ed25519 pair. */
void noise_identity_make(struct noise_identity *identity, const struct ed25519_pair *pair,
                         const struct random *random);

static inline struct span noise_identity_key(const struct noise_identity *identity)
{
    return span_of(identity->key, identity->key_len);
}

enum noise_role { NOISE_INITIATOR, NOISE_RESPONDER };

struct noise_config {
    enum noise_role role;
    const struct noise_identity *identity; /* borrowed for the machine's life */
    const char *const *muxers;             /* by preference, NULL at the end; or NULL: none */
    const char *const *security;   /* protocols we speak, as muxers; borrowed for its life, too */
    bool is_hybrid;                /* NOISE_HYBRID is spoken, not NOISE_CLASSIC */
    const struct peerid *expected; /* initiator: the peer dialled, or NULL for anyone; copied */
    struct span prologue;          /* empty for TCP; borrowed until noise_new returns */
    const char *other; /* an experiment's protocol: the channel's frames are under AEAD_OTHER, and
                          this name is the prologue; borrowed for its life. NULL: none */
    const struct x25519_pair *ephemeral; /* a key never used before, copied; NULL: make one */
};

/* One direction's cipher state. */
struct noise_half {
    uint8_t key[AEAD_KEY_SIZE];
    uint64_t nonce; /* next; 2^64-1 is never used */
};

/* What a finished handshake leaves: 88 bytes and no buffers. The owner wipes it. */
struct noise_channel {
    struct noise_half send;
    struct noise_half receive;
    enum aead_kind cipher; /* of its frames */
};

struct noise_result {
    struct noise_channel channel;
    uint8_t hash[32]; /* handshake hash: channel binding */
    struct peerid peer;
    uint8_t key[KEYS_PUBLIC_SIZE_MAX]; /* serialised PublicKey of the peer */
    size_t key_len;
    char muxer[NOISE_MUXER_MAX]; /* agreed early, or "" : negotiate in the channel */
};

/* Opaque: 1.8 KiB, and the bytes of one message as they come; in the hybrid 3.5 KiB more, for the
 * initiator between its messages, for the responder while it works. */
struct noise;

WARN_UNUSED struct noise *noise_new(const struct noise_config *config);

/** Wipe and free; NULL is fine. */
void noise_free(struct noise *n);

/** Give bytes from the link; `*used` says how many belong to the handshake (never over-reads).
 * WAVU_ERR_PROTO or WAVU_ERR_LIMIT kill the machine. Takes nothing while work is wanted. */
WARN_UNUSED int noise_feed(struct noise *n, struct span in, size_t *used);

/** True when noise_work has something to do. */
bool noise_wants_work(const struct noise *n);

/** Compute the next step. WAVU_ERR_CRYPTO, _PROTO, _PEER_ID, _UNSUPPORTED (no common muxer) or
 * _DOWNGRADE (the peer speaks what we like better, too) kill the machine. */
WARN_UNUSED int noise_work(struct noise *n, struct aead *aead, const struct random *random);

/** Copy up to out.len bytes for the link; returns how many. */
size_t noise_pull(struct noise *n, struct span_mut out);

bool noise_is_done(const struct noise *n);

/** Move the result out once noise_is_done and everything was pulled. */
void noise_finish(struct noise *n, struct noise_result *result);

/* The channel. Frames are [2-byte length][ciphertext][16-byte tag]. */

/** Seal `body` in place and write head and tag around it: body.ptr[-2..-1] and
 * body.ptr[len..len+15] must be writable. body.len <= NOISE_PLAIN_MAX. WAVU_ERR_EXHAUSTED at the
 * end of the nonces. */
WARN_UNUSED int noise_seal(struct noise_channel *c, struct aead *aead, struct span_mut body);

/** As noise_seal, but the head says `kind`, which is below any length, and is authenticated: a
 * frame that is no data. For noise_rekey. */
WARN_UNUSED int noise_seal_kind(struct noise_channel *c, struct aead *aead, uint8_t kind,
                                struct span_mut body);

/** Open one frame (without its length) in place; the plaintext is its first `*plain_len` bytes.
 * WAVU_ERR_PROTO when shorter than a tag, WAVU_ERR_CRYPTO, WAVU_ERR_EXHAUSTED. */
WARN_UNUSED int noise_open(struct noise_channel *c, struct aead *aead, struct span_mut frame,
                           size_t *plain_len);

/** As noise_open for a frame whose head says `kind`. */
WARN_UNUSED int noise_open_kind(struct noise_channel *c, struct aead *aead, uint8_t kind,
                                struct span_mut frame, size_t *plain_len);

#endif
