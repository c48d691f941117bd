/*
 * What a message looks like after all that was said about it: edits, its deletion, reactions. The
 * message and, in the room's order, what has it as target come in; text, marks and reactions leave.
 *
 * Source: docs/protocol/room.md, "Content".
 */
#ifndef CHAT_FOLD_H
#define CHAT_FOLD_H

#include "chat/content.h"

#define FOLD_EMOJI_MAX 64       /* different ones on one message */
#define FOLD_REACTIONS_MAX 1024 /* of all members together */

struct fold_reaction {
    uint8_t member[CONTENT_ID_SIZE];
    uint16_t emoji; /* place in `emoji` */
};

struct fold_emoji {
    uint8_t bytes[CONTENT_EMOJI_MAX];
    size_t len;
    size_t count; /* members who have it on the message now; 0: nobody any more */
};

struct fold {
    uint8_t author[CONTENT_ID_SIZE]; /* the message's member */
    struct content content;          /* as it counts now; spans borrowed from what was fed */
    bool is_edited;
    bool is_deleted;                         /* the content is empty then */
    struct fold_emoji emoji[FOLD_EMOJI_MAX]; /* as they came first */
    size_t emoji_count;
    struct fold_reaction reactions[FOLD_REACTIONS_MAX];
    size_t reaction_count;
};

/** `author` is the member who said `content`, which is copied; what it points to is borrowed. */
void fold_init(struct fold *f, const uint8_t author[CONTENT_ID_SIZE],
               const struct content *content);

/** Let `member` have said `content` about the message; feed in the room's order. Edits and
 * deletions of others, and what is no effect, change nothing; nor do reactions beyond the limits.
 */
void fold_feed(struct fold *f, const uint8_t member[CONTENT_ID_SIZE],
               const struct content *content);

/** Has the member that emoji on the message? */
bool fold_has_reacted(const struct fold *f, const uint8_t member[CONTENT_ID_SIZE],
                      struct span emoji);

#endif
