/*
 * A device's agreement keys: one for itself and prekeys that are made anew each week, and what it
 * signs about them. Time and randomness come in; the bundle leaves to the shared state, keys to
 * courier/session_start.c.
 *
 * Store, then publish. The owner stores the state (prekeys_save) before a bundle that was made
 * leaves the device, and publishes the one that is there at every beginning, so that it does not
 * matter where between the two a crash falls. The other way round a bundle is outside whose secrets
 * nobody has: starts made from it are lost, and its number is given a second time. (prekeys_met
 * mends that as soon as the bundle is seen again.) And before it publishes at a beginning it looks
 * for what the shared state has under its own key, and shows that to prekeys_met.
 *
 * Source: docs/protocol/session.md, "Keys of a device".
 */
#ifndef COURIER_PREKEYS_H
#define COURIER_PREKEYS_H

#include "courier/prekeys_msg.h"

#define PREKEYS_ROTATE_NS (7 * UINT64_C(86400000000000))
#define PREKEYS_KEEP_NS (30 * UINT64_C(86400000000000)) /* the longest time in a mailbox */
#define PREKEYS_KEPT_MAX 8 /* the current one, five replaced within 30 days, two out of turn */
/* Numbers begin at so many for each day since 2025, so that prekeys made anew are above those that
 * were lost: they rise by one a week, and by 7 in a month out of turn. */
#define PREKEYS_NUMBERS_PER_DAY 32
#define PREKEYS_NUMBER_END (UINT32_MAX - 65536) /* above it there is no place for another life */
#define PREKEYS_OUTDO_NS UINT64_C(86400000000000)
#define PREKEYS_OUTDO_MAX 2 /* then there are two of this device */

struct prekeys_config {
    uint8_t network[PREKEYS_MSG_NETWORK_SIZE];
    const struct ed25519_pair *device; /* borrowed; signs */
    const struct signer *signer;       /* borrowed */
    const struct random *random;       /* borrowed */
    uint32_t day; /* since 2025-01-01 UTC by the wall clock, which may be wrong; 0: unknown */
};

/* What a bundle under our own name says that turned up outside. */
enum prekeys_verdict {
    PREKEYS_MET_NOTHING, /* we made it, or it is not ours, or it is old */
    PREKEYS_MET_OUTDONE, /* we went back, or a copy of us is alive; ours is above it now */
    PREKEYS_MET_AGAIN,   /* the same within a day after that: nothing was made; show it later */
    PREKEYS_MET_TWIN     /* once too often, or beyond all numbers: become a new device */
};

struct prekeys_key {
    uint32_t number;
    struct x25519_pair x25519;
    uint8_t seed[MLKEM_SEED_SIZE];         /* of the ML-KEM pair */
    uint8_t bundle_hash[HASH_SHA256_SIZE]; /* of the bundle's body */
    uint64_t ends;                         /* ns; UINT64_MAX: the current one */
};

struct prekeys {
    struct prekeys_config config;
    struct x25519_pair agreement;
    uint8_t card[PREKEYS_MSG_CARD_MAX];
    size_t card_len;
    uint8_t bundle[PREKEYS_MSG_BUNDLE_MAX]; /* the current one */
    size_t bundle_len;
    struct prekeys_key keys[PREKEYS_KEPT_MAX]; /* the oldest first */
    size_t count;
    uint32_t next; /* number of the next prekey: above all before */
    uint64_t rotates;
    uint32_t outdone;     /* bundles of our own that were outdone, ever */
    uint64_t outdo_after; /* ns: when the next one may be */
};

/** Make the keys of a new device. */
void prekeys_init(struct prekeys *p, const struct prekeys_config *config, uint64_t now);
void prekeys_clear(struct prekeys *p);

/** The signed card and bundle; borrowed until the next call that changes `p`. The bundle changes
 * with prekeys_tick, prekeys_rotate and prekeys_met, the card never. Store before it leaves. */
struct span prekeys_card(const struct prekeys *p);
struct span prekeys_bundle(const struct prekeys *p);

/** The prekey `number`, or NULL when there is none any more. Borrowed likewise. */
const struct prekeys_key *prekeys_find(const struct prekeys *p, uint32_t number);

/** Read a bundle of `device` in the network of `own`. WAVU_ERR_CRYPTO when it is not signed by it
 * for this network or its keys are no good, WAVU_ERR_UNSUPPORTED when it is newer. */
WARN_UNUSED int prekeys_read_bundle(struct prekeys_msg *m, const struct prekeys *own,
                                    const uint8_t device[ED25519_PUBLIC_SIZE], struct span bundle);

/** Look at a bundle under our own name that turned up outside. OUTDONE when it is one that this
 * state does not know to have been made: it went back to an old copy, or was not stored in time, or
 * two devices live from one disk. Then a prekey is made with a number above that one's (else nobody
 * who saw it would take ours), for which the oldest goes when there are as many as may be; and the
 * owner calls session_restored for all. At most once in PREKEYS_OUTDO_NS and PREKEYS_OUTDO_MAX
 * times: after TWIN the owner stops signing with this device key and becomes a new device. */
WARN_UNUSED enum prekeys_verdict prekeys_met(struct prekeys *p, struct span bundle, uint64_t now);

/** Make a new prekey out of turn. WAVU_ERR_LIMIT when as many as may be are alive. */
WARN_UNUSED int prekeys_rotate(struct prekeys *p, uint64_t now);

/** When prekeys_tick has something to do. */
uint64_t prekeys_deadline(const struct prekeys *p);

/** Wipe what ended and rotate what is due. True when the state is another one: the owner stores it,
 * so that what was wiped is gone there, too, and then publishes the bundle that is there. */
bool prekeys_tick(struct prekeys *p, uint64_t now);

/** Append the stored form, all of it secret. Over an empty span `w` measures. */
void prekeys_save(struct wr *w, const struct prekeys *p, uint64_t now);

/** Load what prekeys_save wrote; `away` ns are believed to have gone by since then, by the clock
 * that `now` goes by: the node's lasting time (courier/lasting.h), of which the owner stores the
 * moment beside the state. Each start counts from the save, not from the start before.
 * WAVU_ERR_CORRUPT when it is not that, or of another network or device; WAVU_ERR_UNSUPPORTED when
 * it is newer. `p` then holds nothing. */
WARN_UNUSED int prekeys_load(struct prekeys *p, const struct prekeys_config *config,
                             struct span bytes, uint64_t now, uint64_t away);

void prekeys_check(const struct prekeys *p);

#endif
