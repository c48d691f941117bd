/*
 * Disappearing messages: what has an end is let go of at it. A part of chat/history.h.
 *
 * Source: docs/protocol/room.md, "Disappearing messages".
 */
#ifndef CHAT_HISTORY_DUE_H
#define CHAT_HISTORY_DUE_H

#include "chat/history.h"

#define HISTORY_DUE_STEP 256 /* let go of in one call: some milliseconds */

/** Let content, salt and words of what has ended at `now` (lasting time, ns) go, HISTORY_DUE_STEP
 * of them; `*is_more` when others wait: call again in the next turn. Errors of the store. */
WARN_UNUSED int history_due_tick(struct history *h, uint64_t now, bool *is_more);

/** The lasting time in ns of the next end, or UINT64_MAX: asked of the store when ends were written
 * or deleted since. Errors of the store. */
WARN_UNUSED int history_due_next(struct history *h, uint64_t *at);

/** Write and delete the end of an entry, `expiry` seconds after it came. */
void history_due_put(struct history_rows *s, const struct history_room *room,
                     const struct history_row *row, uint64_t expiry);
/** It has ended already: history_due_tick goes on with it. */
void history_due_put_now(struct history_rows *s, const struct history_room *room, uint64_t number);
WARN_UNUSED int history_due_forget(const struct history_room *room, const struct history_row *row);

#endif
