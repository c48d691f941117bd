/*
 * What is missing in the rooms of a network, and who came in: when which neighbour is asked, what
 * comes in talks, and the entries that say since when a device may read. A part of chat/rooms.h.
 *
 * Source: docs/protocol/room.md, "Repair".
 */
#ifndef CHAT_ROOMS_REPAIR_H
#define CHAT_ROOMS_REPAIR_H

#include "chat/frontier.h"
#include "chat/rooms.h"

struct rooms_talk; /* opaque */

/** A neighbour has come, or gone. */
void rooms_repair_near(struct rooms *r, const uint8_t device[32], bool is_near);

/** A talk with a member's device begins: ours, when rooms_user.talk asked for it, or its own (`ask`
 * NULL). NULL: it does not belong. Frames are carried as repair.h says; rooms_repair_end frees it.
 * All talks end before rooms_free. */
struct rooms_talk *rooms_repair_talk(struct rooms *r, const uint8_t device[32],
                                     const struct repair_ask *ask);
WARN_UNUSED int rooms_repair_feed(struct rooms_talk *talk, struct span frame);
WARN_UNUSED int rooms_repair_pull(struct rooms_talk *talk, struct buf *out);
void rooms_repair_end(struct rooms_talk *talk, bool in_order);

/* ---- For rooms.c ---- */

void rooms_repair_init(struct rooms *r);

/** All talks have ended. */
void rooms_repair_clear(struct rooms *r);

/** As history_config.sponsor; `context` is the rooms. */
bool rooms_repair_sponsor(void *context, const uint8_t device[32], uint8_t sponsor[32]);

/** Something may have changed: set the timer. */
void rooms_repair_plan(struct rooms *r);

/** The frontier of a device of `member`, which is verified: does it name what is not here? */
void rooms_repair_frontier(struct rooms *r, const struct frontier *f, const uint8_t member[32]);

/** An entry came and could not be kept. */
void rooms_repair_lost(struct rooms *r, const struct entry *entry);

/** An entry of that device's came, of an epoch that cannot be read: others can give it. */
void rooms_repair_unread(struct rooms *r, const uint8_t author[32]);

/** Who belongs has changed, or was loaded: of whom is it not said that they came in? */
void rooms_repair_members(struct rooms *r);

/** A device got its keys from us. */
void rooms_repair_welcomed(struct rooms *r, const uint8_t device[32]);

/** One's owner has something to say: what it says is for those whom we have let in, so of those it
 * is said first that they came in, when that waits for a save alone. */
void rooms_repair_first(struct rooms *r);

/** Say of those who came in that they did, as far as that is due and one may write. */
void rooms_repair_joined(struct rooms *r);

#endif
