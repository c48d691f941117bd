/*
 * Direct chats in the histories: messages that sessions brought, in any order; own ones; gaps, and
 * what is handed on to who has them. A part of chat/history.h.
 *
 * Source: docs/protocol/room.md, "Direct chats".
 */
#ifndef CHAT_HISTORY_DIRECT_H
#define CHAT_HISTORY_DIRECT_H

#include "chat/direct.h"
#include "chat/history.h"

#define HISTORY_DIRECT_JUMP                                                                        \
    (UINT64_C(1) << 20) /* above the greatest: own ones do not follow it                           \
                         */

#define HISTORY_DIRECT_WALK 4096  /* messages that one look for a further gap passes */
#define HISTORY_DIRECT_STEPS 256  /* that count in one go, when what stood before them comes */
#define HISTORY_DIRECT_DEVICES 64 /* of a chat that are looked at in one go */

/* A message that came. */
struct history_direct_said {
    const struct direct *direct; /* read by direct_read, of kind DIRECT_MESSAGE */
    const uint8_t *member;       /* whose device wrote it: direct->device */
    const uint8_t *other;        /* the chat's member who is not this node's owner */
    uint64_t age_s;
};

/** Take a message from the session of a device of one of the chat's two members, at `now`, the
 * lasting time in ns. The caller has checked that: who wrote it is of them, and a message of
 * another device than the session's came from one of the writer's own member, or of this owner's.
 * 0: it is kept. EXISTS; INVALID: its chat is not that of these two; CRYPTO: the device said
 * something else at that sequence (kept is what came first); LIMIT; errors of the store. */
WARN_UNUSED int history_direct_take(struct history *h, uint64_t now,
                                    const struct history_direct_said *said);

/** Begin an own message to `other`: fills in kind, chat, device, sequence, height. The caller adds
 * expiry and content, writes it, and takes what it wrote (direct_read, history_direct_take) in the
 * same turn. Errors of the store. */
WARN_UNUSED int history_direct_draft(struct history *h, const uint8_t other[32],
                                     struct direct *direct);

/** What is missing: the first gap of a device in a chat, of those behind `*device` (a number, 0 at
 * first), as a wish. AGAIN: that was much work; go on with `*device` in another turn. NOT_FOUND:
 * there is none. Errors of the store. */
WARN_UNUSED int history_direct_gap(struct history_room *room, uint32_t *device,
                                   struct direct *want);

/** What is missing of one device (its number): the first gap that ends at `from` or behind it. One
 * that begins before is asked for from there on. NOT_FOUND: there is none, also behind
 * HISTORY_DIRECT_WALK messages that are here. Errors of the store. */
WARN_UNUSED int history_direct_gap_from(const struct history_room *room, uint32_t device,
                                        uint64_t from, struct direct *want);

/** Answer a wish: the next message that is here, from want->sequence on, which moves behind it;
 * `out` is borrowed from `bytes`. NOT_FOUND: there are no more. Errors of the store. */
WARN_UNUSED int history_direct_give(const struct history_room *room, struct direct *want,
                                    struct direct *out, struct buf *bytes);

#endif
