/*
 * The post-quantum half of a ratchet: one ML-KEM-768 exchange after another, in units of 32 bytes
 * that travel inside sealed messages, and lead to a secret which the ratchet mixes into its root.
 *
 *   offerer:  REST -> OFFERING -> TAKING_ANSWER -> ANSWERED -> REST (mixed at its next turn)
 *   other:    REST -> TAKING_OFFER -> OFFERED -> ANSWERING -> REST (mixed when it hears that turn)
 *
 * Messages may be lost, doubled or come in any order; a unit of another exchange is passed over.
 * Source: docs/protocol/session.md, "Post-quantum exchanges".
 */
#ifndef CRYPTO_RATCHET_PQ_H
#define CRYPTO_RATCHET_PQ_H

#include "base/random.h"
#include "base/wr.h"
#include "crypto/mlkem.h"

#define RATCHET_PQ_MESSAGES 50                          /* of both sides, until one is due */
#define RATCHET_PQ_INTERVAL_NS UINT64_C(86400000000000) /* or a day */
#define RATCHET_PQ_UNIT 32                              /* bytes */
#define RATCHET_PQ_OFFER_UNITS (MLKEM_PUBLIC_SIZE / RATCHET_PQ_UNIT)      /* 37 */
#define RATCHET_PQ_ANSWER_UNITS (MLKEM_CIPHERTEXT_SIZE / RATCHET_PQ_UNIT) /* 34 */
#define RATCHET_PQ_PAUSE 16 /* messages of one's own turn between two passes over the units */
#define RATCHET_PQ_HEAD 7   /* parts 1, exchange 4, first 1, count 1; "no parts" is 1 byte */

_Static_assert(MLKEM_PUBLIC_SIZE % RATCHET_PQ_UNIT == 0, "a key is whole units");
_Static_assert(MLKEM_CIPHERTEXT_SIZE % RATCHET_PQ_UNIT == 0, "a ciphertext is whole units");

enum ratchet_pq_step {
    RATCHET_PQ_REST,
    RATCHET_PQ_OFFERING,
    RATCHET_PQ_TAKING_ANSWER,
    RATCHET_PQ_ANSWERED,
    RATCHET_PQ_TAKING_OFFER,
    RATCHET_PQ_OFFERED,
    RATCHET_PQ_ANSWERING
};

struct ratchet_pq {
    enum ratchet_pq_step step;
    bool is_offerer;
    uint32_t mixed;                    /* exchanges in the root */
    uint32_t since;                    /* messages since the last one */
    uint64_t due;                      /* ns: when the next one is due by age */
    uint8_t seed[MLKEM_SEED_SIZE];     /* of the offered pair; zero at rest */
    uint8_t secret[MLKEM_SHARED_SIZE]; /* of the answer under way; zero at rest */
    uint8_t *bytes;  /* owned, MLKEM_PUBLIC_SIZE: what is sent or taken; NULL at rest */
    uint64_t have;   /* units that were taken, by bit */
    uint32_t cursor; /* unit that is sent next */
    uint32_t pause;  /* messages until the next pass */
};

/* What a body carries; the units are borrowed. */
struct ratchet_pq_part {
    uint8_t kind; /* 0 none, 1 of an offer, 2 of an answer */
    uint32_t exchange;
    uint32_t first;
    struct span units;
};

void ratchet_pq_init(struct ratchet_pq *pq, bool is_offerer, uint64_t now);

/** Wipe and free. */
void ratchet_pq_clear(struct ratchet_pq *pq);

/** Write parts with as many units as go into `room` bytes beside the one byte that says "none".
 * Begins an exchange when one is due. */
void ratchet_pq_write(struct ratchet_pq *pq, uint64_t now, const struct random *random, size_t room,
                      struct wr *w);

/** Divide an opened body. WAVU_ERR_CRYPTO when its parts are malformed or unknown. */
WARN_UNUSED int ratchet_pq_split(struct span body, struct ratchet_pq_part *part,
                                 struct span *content);

/** Take what an opened message carried. */
void ratchet_pq_take(struct ratchet_pq *pq, const struct ratchet_pq_part *part);

/** The peer turned: a pass that was complete may be repeated. */
void ratchet_pq_turned(struct ratchet_pq *pq);

/** The offerer is about to turn: true when a secret is ready, then in `secret`. The caller then
 * calls ratchet_pq_mixed and wipes it. */
bool ratchet_pq_ready(const struct ratchet_pq *pq, uint8_t secret[MLKEM_SHARED_SIZE]);

/** The secret is in the root: forget it, and count the next interval from `now`. */
void ratchet_pq_mixed(struct ratchet_pq *pq, uint64_t now);

/** Count a message, sealed or opened. */
void ratchet_pq_count(struct ratchet_pq *pq);

void ratchet_pq_check(const struct ratchet_pq *pq);

#endif
