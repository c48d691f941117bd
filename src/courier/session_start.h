/*
 * The start of a session, made from the bundle of somebody who is away (PQXDH-shaped): the prelude
 * that goes ahead of the first messages, and the keys that both sides get from it. A codec with
 * keys: it keeps nothing.
 *
 * Source: docs/protocol/session.md, "Start".
 */
#ifndef COURIER_SESSION_START_H
#define COURIER_SESSION_START_H

#include "courier/prekeys.h"
#include "crypto/ratchet.h"

#define SESSION_START_KIND 2 /* first byte */
/* kind 1, aead 1, ephemeral key 32, hidden number 4, ciphertext 1,088, length 2 */
#define SESSION_START_OPEN_SIZE (2 + X25519_SIZE + 4 + MLKEM_CIPHERTEXT_SIZE + 2)
#define SESSION_START_HEAD_SIZE 8 /* of what is sealed: round 4, number 4 */
#define SESSION_START_SEALED_MAX (SESSION_START_HEAD_SIZE + PREKEYS_MSG_CARD_MAX + AEAD_TAG_SIZE)
#define SESSION_START_PRELUDE_MAX (SESSION_START_OPEN_SIZE + SESSION_START_SEALED_MAX)

/* What a start gives to either side. All of it is secret; wipe it. */
struct session_start {
    struct ratchet_keys keys;
    uint32_t round;
    uint32_t number;                     /* of the current prekey of the one who started */
    uint8_t device[ED25519_PUBLIC_SIZE]; /* of the one who started; when read, as the card says */
    const struct prekeys_key *prekey;    /* of the one who was away: what it used; borrowed */
    uint8_t prekey_public[X25519_SIZE];
};

/** Start with the owner of `bundle`, which was verified. Appends the prelude to `w`, which has room
 * for SESSION_START_PRELUDE_MAX. WAVU_ERR_CRYPTO when the bundle's keys give no secret. */
WARN_UNUSED int session_start_write(struct session_start *s, const struct prekeys *own,
                                    const struct prekeys_msg *bundle, const struct ratchet_env *env,
                                    struct wr *w);

/** Read a start for `own` from the beginning of `message`, which may go on behind it: `*used` says
 * how much it was. WAVU_ERR_CRYPTO when it is none for us, or its card is not signed by the device
 * that it names. That this device made it, and not somebody who has its card, is sure only when a
 * message opens with the keys. Whether it is welcome is for the caller to say. */
WARN_UNUSED int session_start_read(struct session_start *s, const struct prekeys *own,
                                   const struct ratchet_env *env, struct span message,
                                   size_t *used);

/** Length of the prelude at the beginning of `message`; 0 when there is none. Nothing is opened. */
size_t session_start_len(struct span message);

#endif
