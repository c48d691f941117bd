/*
 * What is known about an entry of a room or direct chat: what its row says, whether it counts, what
 * others say about it, and by what words it is found. A part of chat/history.h.
 *
 * What others say about an entry lies under its id in chat.a, whichever came first. An edit or
 * deletion counts when it is of the same member; what is revoked does not count (history_cut.h). A
 * message is found by the words that it shows, and by no others.
 *
 * Source: docs/protocol/room.md, "Content".
 */
#ifndef CHAT_HISTORY_ABOUT_H
#define CHAT_HISTORY_ABOUT_H

#include "chat/history.h"

/* What an entry says about another one, as it lies in chat.a. */
enum history_about_class {
    HISTORY_ABOUT_OWN = 0,      /* edits and deletions, by member */
    HISTORY_ABOUT_REACTION = 1, /* of all members, in the room's order */
    HISTORY_ABOUT_ROOM = 2,     /* settings of the room that is called so, likewise */
    HISTORY_ABOUT_JOINED = 3,   /* that the device of that key came in, by member */
};

/** Whose the device of that number is; zeros: nobody's. */
const uint8_t *history_about_member(const struct history_room *room, uint32_t device);

/** Is it a message of its own, rather than something about another one? */
bool history_about_is_shown(uint8_t kind);

/** Is it a message that others said, that is here and was not read, while such are counted? */
bool history_about_is_unread(const struct history_room *room, const struct history_row *row);

/** What was said, from a row. WAVU_ERR_NOT_FOUND when it is gone, as content_read otherwise. Spans
 * are borrowed from row->stored. */
WARN_UNUSED int history_about_content(const struct history_room *room,
                                      const struct history_row *row, struct content *content);

/** Until when it is kept: seconds, 0: for ever. WAVU_ERR_CORRUPT. */
WARN_UNUSED int history_about_expiry(const struct history_room *room, const struct history_row *row,
                                     uint64_t *expiry);

/** Does the entry not count (history_cut.h)? 1, 0, or an error of the store. */
WARN_UNUSED int history_about_is_hidden(const struct history_room *room, uint64_t number,
                                        uint32_t device);

/** Begin the key of what is said about `target`, up to the class and member. */
void history_about_key(struct history_key *k, const struct history_room *room,
                       const uint8_t target[32], enum history_about_class class,
                       const uint8_t member[32]);

/** Write what, or whom, the entry is about, when that is looked for. */
void history_about_put(struct history_rows *s, const struct history_room *room,
                       const struct history_row *row, const struct content *c);

/** Delete what history_about_put wrote of an edit of `target`: it counts no more. */
void history_about_forget(struct history_rows *s, const struct history_room *room,
                          const struct history_row *row, const uint8_t target[32]);

/** The row of what is called `id` (NULL: nothing), which something by `member` may edit or delete;
 * its bytes lie in `bytes`. WAVU_ERR_NOT_FOUND: not here, or of another member. Errors of the
 * store. */
WARN_UNUSED int history_about_target(const struct history_room *room, const uint8_t *id,
                                     const uint8_t *member, struct history_row *row,
                                     struct buf *bytes);

/** The last edit, or deletion, by `member` of what is called `target` that counts, or 0. Errors of
 * the store. */
WARN_UNUSED int history_about_edit(const struct history_room *room, const uint8_t target[32],
                                   const uint8_t member[32], uint64_t *number);
WARN_UNUSED int history_about_deletion(const struct history_room *room, const uint8_t target[32],
                                       const uint8_t member[32], uint64_t *number);

/** Has its member deleted it? 1, 0, or an error of the store. */
WARN_UNUSED int history_about_is_deleted(const struct history_room *room,
                                         const struct history_row *row);

/** The name of a room's index of words. */
void history_about_index(char name[STORE_NAME_MAX + 1], const struct history_room *room);

/** Let a message be found by the words of `said`: its own row, or an edit's. Errors of the store.
 */
WARN_UNUSED int history_about_words(struct history_room *room, const struct history_row *row,
                                    const struct history_row *said);

/** The same, by the words that it shows now. */
WARN_UNUSED int history_about_words_again(struct history_room *room, const struct history_row *row);

/** Tell that a message looks different; NULL: nothing does. */
void history_about_tell(struct history_room *room, const uint8_t *id);

#endif
