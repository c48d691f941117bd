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

void rooms_repair_init(struct rooms *r);

/** All talks have ended. */
void rooms_repair_clear(struct rooms *r);

/** Something may have changed: set the timer. */
void rooms_repair_plan(struct rooms *r);

/** Another device's frontier, which is verified: does it name what is not here? */
void rooms_repair_frontier(struct rooms *r, const struct frontier *f);

/** An entry came and could not be kept. */
void rooms_repair_lost(struct rooms *r, const struct entry *entry);

/** Who belongs has changed, or was loaded: of whom is it not said that they came in? */
void rooms_repair_members(struct rooms *r);

/** A device got its keys from us. */
void rooms_repair_welcomed(struct rooms *r, const uint8_t device[32]);

/** Say of those who came in that they did, as far as that is due and one may write. */
void rooms_repair_joined(struct rooms *r);

#endif
