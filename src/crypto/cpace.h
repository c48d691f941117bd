/*
 * CPace, a balanced password-authenticated key exchange: CPACE-RISTR255-SHA512 in the mode with an
 * initiator and a responder. A short secret and what both sides know come in; a share for the other
 * side leaves, and with the other's share a key, equal only when secret, channel, session and both
 * associated data were equal. One run is one guess of the secret; nothing that is sent lets anybody
 * test further ones.
 *
 * Source: draft-irtf-cfrg-cpace (of 2026-04), sections 6.2, 7.3 and 9.4. The group is libsodium's
 * ristretto255 (RFC 9496), in constant time.
 */
#ifndef CRYPTO_CPACE_H
#define CRYPTO_CPACE_H

#include "base/random.h"
#include "base/span.h"
#include "wavu/err.h"

#define CPACE_SHARE_SIZE 32
#define CPACE_KEY_SIZE 64
#define CPACE_TAG_SIZE 32
#define CPACE_INPUT_MAX 1024 /* bytes of all that enters one hash, with lengths and padding */

enum cpace_role { CPACE_INITIATOR, CPACE_RESPONDER };

struct cpace_inputs {
    struct span password; /* the secret */
    struct span channel;  /* CI: who speaks with whom, equal on both sides, not sent */
    struct span session;  /* sid: public, unique to this run */
};

struct cpace {
    enum cpace_role role;
    uint8_t secret[32]; /* the scalar; wiped by cpace_finish */
    uint8_t share[CPACE_SHARE_SIZE];
    uint8_t key[CPACE_KEY_SIZE];       /* ISK, after cpace_finish */
    uint8_t our_tag[CPACE_TAG_SIZE];   /* to send: proves that we have the key */
    uint8_t their_tag[CPACE_TAG_SIZE]; /* to expect */
};

/** Draw a scalar and compute the share for the other side. The owner ends with cpace_clear. */
void cpace_start(struct cpace *c, enum cpace_role role, const struct cpace_inputs *inputs,
                 const struct random *random);

struct cpace_theirs {
    struct span session;    /* as given to cpace_start */
    struct span share;      /* what the other side sent */
    struct span our_data;   /* AD of ours: public, equal on both sides, not the other's */
    struct span their_data; /* AD of the other's */
};

/** Take the other side's share: `key` and both tags are there then. WAVU_ERR_CRYPTO when the share
 * is none (not canonical, the identity, another length) or our own come back; `c` is cleared. */
WARN_UNUSED int cpace_finish(struct cpace *c, const struct cpace_theirs *theirs);

/** Whether the other side has the same key, in constant time: 0, or WAVU_ERR_CRYPTO. */
WARN_UNUSED int cpace_confirm(const struct cpace *c, struct span tag);

/** Wipe everything. */
void cpace_clear(struct cpace *c);

#endif
