/*
 * The way along a chain of the ratchet that was walked already: the chain's keys behind messages
 * that have not come yet. A message behind a gap makes crypto/ratchet.c walk; so do copies of it
 * with another body, which whoever carries it can make, and those find what the first one found.
 *
 * Nothing in it is more than the chain's own next key gives, which lies in the state; it is not
 * stored. Source: docs/protocol/session.md, "Ratchet".
 */
#ifndef CRYPTO_RATCHET_WALK_H
#define CRYPTO_RATCHET_WALK_H

#include <stddef.h>
#include <stdint.h>

#define RATCHET_WALK_KEY_SIZE 32

/* What one step along a chain gives. */
struct ratchet_walk_step {
    uint8_t chain[RATCHET_WALK_KEY_SIZE]; /* the next one */
    uint8_t key[RATCHET_WALK_KEY_SIZE];   /* of the message */
    uint8_t salt[32];
};

/* Zeroed memory is empty: nothing was walked. */
struct ratchet_walk {
    uint8_t *chains; /* owned; of the indices from + 1, from + 2, ...; NULL: none */
    uint32_t count;
    uint32_t cap;
};

/** One step from `chain`; `out->chain` may be `chain`. */
void ratchet_walk_step(struct ratchet_walk_step *out, const uint8_t chain[RATCHET_WALK_KEY_SIZE]);

/** Steps that ratchet_walk_to would have to take to a place that is `ahead` of the chain's next
 * message. */
uint32_t ratchet_walk_missing(const struct ratchet_walk *w, uint32_t ahead);

/** The chain's key `ahead` messages from `base`, the key of its next message, which is the same
 * each time until ratchet_walk_pass. Borrowed until the next call; `base` itself for 0. */
const uint8_t *ratchet_walk_to(struct ratchet_walk *w, const uint8_t base[RATCHET_WALK_KEY_SIZE],
                               uint32_t ahead);

/** The chain went on by `count` messages: forget what lies behind. */
void ratchet_walk_pass(struct ratchet_walk *w, uint32_t count);

/** Wipe and free; empty and usable again. */
void ratchet_walk_clear(struct ratchet_walk *w);

#endif
