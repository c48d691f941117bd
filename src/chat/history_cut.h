/*
 * Which entries of revoked devices count: those in the past of an entry whose author is not
 * revoked. The others are hidden, not deleted, since the log can say otherwise tomorrow: nobody
 * links to them, and what they say about others is undone. A part of chat/history.h.
 *
 * What is hidden is a set that is closed upwards: an entry is hidden when its author is revoked and
 * all that links to it is hidden. So what comes in changes it only downwards from what it links to,
 * and a revocation only downwards from the ends of that device's chain.
 *
 * Source: docs/protocol/room.md, "Order"; docs/protocol/members.md.
 */
#ifndef CHAT_HISTORY_CUT_H
#define CHAT_HISTORY_CUT_H

#include "chat/history.h"

/** Let the device be revoked, or no more, as members_state_is_device_cut says of it: call for all
 * that this holds of after history_begin, and whenever the log has changed; the same again costs
 * nothing. `member` is whose device it is. AGAIN: more than one commit can take, call again after
 * it. LIMIT; errors of the store. */
WARN_UNUSED int history_cut_set(struct history *h, const uint8_t device[32],
                                const uint8_t member[32], bool is_cut);

/** Before the entry is kept under `number`: note what it links to, and let what it vouches for
 * count. */
WARN_UNUSED int history_cut_link(struct history_room *room, uint64_t number,
                                 const struct history_device *device, const struct entry *entry);

/** Write that the entry does not count. */
void history_cut_put(struct history_rows *s, const struct history_room *room, uint64_t number);

#endif
