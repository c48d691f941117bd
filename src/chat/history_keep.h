/*
 * Keeping what came into a room or direct chat: its rows, and what it does to others. A part of
 * chat/history.h, on history_about.h and history_drop.h.
 *
 * Source: docs/protocol/room.md, "Content".
 */
#ifndef CHAT_HISTORY_KEEP_H
#define CHAT_HISTORY_KEEP_H

#include "chat/history.h"

/* Something that is placed now. */
struct history_new {
    const uint8_t *id;
    uint32_t device;
    uint64_t sequence;
    uint64_t height;
    uint64_t expiry;     /* seconds; 0: for ever */
    struct span stored;  /* as it will lie */
    struct span content; /* only with has_content */
    bool has_content;
    bool is_hidden;
    bool is_late;
};

/** What struct room asks and tells. */
void history_keep_ops(struct room_ops *ops, struct history_room *room);

/** Whose `device` is, as room_ops.author says it. */
uint64_t history_keep_author(const struct history_room *room, uint32_t device);

/** Keep it under the next number of its room: rows, search, unread, what it does to others, news.
 * The room's own row is the caller's to save. Errors of the store. */
WARN_UNUSED int history_keep_new(struct history_room *room, const struct history_new *n);

/** Write an entry's row, its place in the order, what it is about, and whether its content is
 * missing. */
void history_keep_put(struct history_rows *s, const struct history_room *room,
                      const struct history_row *row, const struct content *c);

/** An entry counts, or counts no more: let what it says about others follow, and tell. */
WARN_UNUSED int history_keep_apply(struct history_room *room, const struct history_row *row);
WARN_UNUSED int history_keep_undo(struct history_room *room, const struct history_row *row);

#endif
