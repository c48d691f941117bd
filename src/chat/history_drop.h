/*
 * Letting go of what was said in a room or direct chat: content, salt and words go, an entry's
 * place in the chain stays. A part of chat/history.h.
 *
 * What goes takes its author's edits with it. What is gone is found by no word, is unread no more,
 * and gets no content any more (HISTORY_ROW_ENDED).
 *
 * Source: docs/protocol/room.md, "Content".
 */
#ifndef CHAT_HISTORY_DROP_H
#define CHAT_HISTORY_DROP_H

#include "chat/history.h"

#define HISTORY_DROP_EDITS 256 /* of one message, let go of with it in one call */

/** Let go of one entry, which is at hand; what it edited is found by other words then. 0 also when
 * it is gone. Errors of the store. */
WARN_UNUSED int history_drop_row(struct history_room *room, const struct history_row *row);

/** Let go of an entry and its author's edits of it. Of more than HISTORY_DROP_EDITS edits the rest
 * has ended then, too: history_due_tick goes on. Errors of the store. */
WARN_UNUSED int history_drop_all(struct history_room *room, const struct history_row *row);

/** The same of entry `number`, whose time is over, and tell. An edit takes what it was in place of
 * with it. 0 also when all are gone; NOT_FOUND. */
WARN_UNUSED int history_drop_end(struct history_room *room, uint64_t number);

/** It was counted as unread, and is nothing to be read any more. */
void history_drop_unread(struct history_room *room, const struct history_row *row);

#endif
