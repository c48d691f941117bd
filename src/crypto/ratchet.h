/*
 * The double ratchet with sealed headers over a root that is renewed with X25519 at each turn of
 * the conversation and with ML-KEM-768 at intervals. Content comes from the session above and
 * leaves as a message of bytes that show nothing; messages of the peer come back, in any order,
 * some never.
 *
 * Source: docs/protocol/session.md; the Double Ratchet specification, sections 3 to 5.
 */
#ifndef CRYPTO_RATCHET_H
#define CRYPTO_RATCHET_H

#include "base/budget.h"
#include "crypto/aead.h"
#include "crypto/ratchet_pq.h"
#include "crypto/ratchet_skipped.h"
#include "crypto/ratchet_walk.h"
#include "crypto/x25519.h"

#define RATCHET_KEY_SIZE 32
#define RATCHET_HEADER_SIZE 41 /* key 32, previous 4, index 4, exchanges 1 */
#define RATCHET_OVERHEAD                                                                           \
    (2 + AEAD_NONCE_SIZE + RATCHET_HEADER_SIZE + AEAD_TAG_SIZE + 1 + AEAD_TAG_SIZE) /* 88 */
#define RATCHET_CONTENT_MAX ((size_t)72 * 1024) /* bytes: a text of 64 KiB in its envelope */
#define RATCHET_CHAIN_MAX (UINT32_C(1) << 20)   /* messages of one turn: header nonces of 96 bits */
#define RATCHET_GAP_MAX 1024   /* steps for one message, as many as keys are kept */
#define RATCHET_OPENED_MAX 64  /* opened messages whose nonce is remembered */
#define RATCHET_OPENED_NONCE 8 /* bytes of it */
#define RATCHET_KIND_MESSAGE 1 /* first byte of a message */

struct ratchet_chain {
    bool is_set;
    uint8_t key[RATCHET_KEY_SIZE];
    uint8_t header[RATCHET_KEY_SIZE];
    uint32_t next; /* index of the message that comes next */
};

struct ratchet_opened {
    uint32_t serial; /* 0: none */
    uint32_t index;
    uint8_t nonce[RATCHET_OPENED_NONCE];
};

struct ratchet {
    uint8_t session[32]; /* its name: associated data of everything */
    bool is_initiator;
    bool has_peer;  /* `peer` is known */
    bool must_step; /* the peer's key is younger than ours: turn before the next message */
    uint8_t root[RATCHET_KEY_SIZE];
    struct x25519_pair own; /* zero while must_step */
    uint8_t peer[X25519_SIZE];
    struct ratchet_chain send;
    struct ratchet_chain receive;
    uint8_t send_header_next[RATCHET_KEY_SIZE];
    uint8_t receive_header_next[RATCHET_KEY_SIZE];
    uint32_t previous;                                /* messages of our chain before */
    uint32_t serial;                                  /* of the receiving chain: 1 is the first */
    struct ratchet_opened opened[RATCHET_OPENED_MAX]; /* the last ones, round about */
    uint32_t opened_next;                             /* place of the next */
    struct ratchet_pq pq;
    struct ratchet_skipped skipped;
    /* Of refused messages, not stored: ways along the receiving chain and along that of the peer's
     * next turn, as it is named with `walk_peer` and `walk_mixes`. */
    struct ratchet_walk walk;
    struct ratchet_walk walk_next;
    uint8_t walk_peer[X25519_SIZE];
    bool walk_mixes;
};

/* What the world gives to each call. */
struct ratchet_env {
    struct aead *aead;
    enum aead_kind kind; /* to seal with */
    const struct random *random;
    uint64_t now;                /* ns */
    struct budget_bucket *steps; /* to pay for messages passed over, each once; NULL: no matter */
};

/* What the start agreed upon. */
struct ratchet_keys {
    uint8_t session[32];
    uint8_t root[RATCHET_KEY_SIZE];
    uint8_t initiator_header[RATCHET_KEY_SIZE];
    uint8_t responder_header[RATCHET_KEY_SIZE];
};

/* What a refused message says: for certain where its header was sealed by the peer. */
enum ratchet_news {
    RATCHET_NEWS_NONE,     /* its header is ours; it came before, or breaks the rules */
    RATCHET_NEWS_UNSURE,   /* its header is ours, its body does not open or has no key any more:
                              it was changed, came long ago, or one side went back */
    RATCHET_NEWS_NOT_OURS, /* no header key opens it: anybody may have made it */
    RATCHET_NEWS_PEER_WENT_BACK, /* it used an index, or a turn, for the second time, or forgot one
                                  */
    RATCHET_NEWS_SELF_WENT_BACK, /* it answers a turn, or an exchange, that we do not remember */
    RATCHET_NEWS_TOO_FAR         /* more messages were lost than RATCHET_GAP_MAX */
};

/** Begin as the one who started. `peer` is the prekey that the start used. */
void ratchet_init_initiator(struct ratchet *r, const struct ratchet_keys *keys,
                            const uint8_t peer[X25519_SIZE], uint64_t now);

/** Begin as the one whose prekey `own` was used. */
void ratchet_init_responder(struct ratchet *r, const struct ratchet_keys *keys,
                            const struct x25519_pair *own, uint64_t now);

/** Wipe everything and free what is owned. */
void ratchet_clear(struct ratchet *r);

/** Append to `w` a message with `content`, of at most `room` bytes; what the content leaves of it
 * may be used for a post-quantum exchange. WAVU_ERR_LIMIT when the content does not fit into
 * `room`, RATCHET_CONTENT_MAX or `w`; WAVU_ERR_AGAIN before the first message of the peer;
 * WAVU_ERR_EXHAUSTED after RATCHET_CHAIN_MAX without an answer. Nothing is written then. */
WARN_UNUSED int ratchet_seal(struct ratchet *r, const struct ratchet_env *env, struct span content,
                             size_t room, struct wr *w);

/** Open `message` in place; `*content` is the part of it that the peer gave. WAVU_ERR_CRYPTO when
 * this ratchet cannot: its state is then as before, the message may be zeroed, and `*news` says
 * what is certain all the same. WAVU_ERR_LIMIT when env->steps does not pay for what lies between:
 * nothing was computed then, and `message` is as it was. */
WARN_UNUSED int ratchet_open(struct ratchet *r, const struct ratchet_env *env,
                             struct span_mut message, struct span *content,
                             enum ratchet_news *news);

/** True once a message of the peer was opened. */
bool ratchet_has_heard(const struct ratchet *r);

/** Drop skipped keys that are due. */
void ratchet_tick(struct ratchet *r, uint64_t now);
uint64_t ratchet_deadline(const struct ratchet *r);

void ratchet_check(const struct ratchet *r);

#endif
