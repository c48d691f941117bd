/*
 * Keeping what came into a room or direct chat: its rows, and what it does to others: edits,
 * deletions, words to be found. A part of chat/history.h.
 *
 * Source: docs/protocol/room.md, "Content".
 */
#ifndef CHAT_HISTORY_KEEP_H
#define CHAT_HISTORY_KEEP_H

#include "chat/history.h"

#define HISTORY_KEEP_EDITS 256 /* of one message, let go of with it in one call */

/* What an entry says about another one, as it lies in chat.a. */
enum history_keep_class {
    HISTORY_KEEP_OWN = 0,      /* edits and deletions, by member */
    HISTORY_KEEP_REACTION = 1, /* of all members, in the room's order */
    HISTORY_KEEP_ROOM = 2,     /* settings of the room that is called so, likewise */
    HISTORY_KEEP_JOINED = 3,   /* that the device of that key came in, by member */
};

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

/** Tell that a message looks different; NULL: nothing does. */
void history_keep_tell(struct history_room *room, const uint8_t *id);

/** Is it a message of its own, rather than something about another one? */
bool history_keep_is_shown(uint8_t kind);

/** Is it a message that others said, that is here and was not read, while such are counted? */
bool history_keep_is_unread(const struct history_room *room, const struct history_row *row);

/** An entry counts, or counts no more: let what it says about others follow, and tell. */
WARN_UNUSED int history_keep_apply(struct history_room *room, const struct history_row *row);
WARN_UNUSED int history_keep_undo(struct history_room *room, const struct history_row *row);

/** Let go of the content, salt and words of an entry and of its author's edits of it; its place
 * stays. Of more than HISTORY_KEEP_EDITS edits the rest has ended then, too: history_due_tick goes
 * on. 0 also when all are gone; NOT_FOUND; errors of the store. */
WARN_UNUSED int history_keep_end(struct history_room *room, uint64_t number);

/** Has its member deleted it? 1, 0, or an error of the store. */
WARN_UNUSED int history_keep_is_deleted(const struct history_room *room,
                                        const struct history_row *row);

/** What was said, from a row. WAVU_ERR_NOT_FOUND when it is gone, as content_read otherwise;
 * `expiry` may be NULL. Spans are borrowed from row->stored. */
WARN_UNUSED int history_keep_content(const struct history_room *room, const struct history_row *row,
                                     struct content *content);
WARN_UNUSED int history_keep_expiry(const struct history_room *room, const struct history_row *row,
                                    uint64_t *expiry);

/** Does the entry not count (history_cut.h)? 1, 0, or an error of the store. */
WARN_UNUSED int history_keep_is_hidden(const struct history_room *room, uint64_t number,
                                       uint32_t device);

/** Begin the key of what is said about `target`, up to the class and member. */
void history_keep_about(struct history_key *k, const struct history_room *room,
                        const uint8_t target[32], enum history_keep_class class,
                        const uint8_t member[32]);

/** The last edit by `member` of what is called `target` that counts, or 0. Errors of the store. */
WARN_UNUSED int history_keep_edit(const struct history_room *room, const uint8_t target[32],
                                  const uint8_t member[32], uint64_t *number);

/** The name of a room's index of words. */
void history_keep_index(char name[STORE_NAME_MAX + 1], const struct history_room *room);

#endif
