/*
 * Content that comes behind its entry: verified entries that are here without theirs take it. A
 * part of chat/history.h.
 *
 * Source: docs/protocol/room.md, "Content".
 */
#ifndef CHAT_HISTORY_FILL_H
#define CHAT_HISTORY_FILL_H

#include "chat/history.h"

/** Keep the content of an entry, as if it had come with it. WAVU_ERR_EXISTS: it is here, or was let
 * go of, or has ended, or the entry still waits as it came; errors of the store. The caller has
 * asked history_has_room. */
WARN_UNUSED int history_fill_entry(struct history_room *room, const struct entry *entry);

#endif
