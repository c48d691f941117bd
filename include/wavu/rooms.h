/*
 * Rooms of a network, and all that can be said in them: beside texts, actions, answers, edits,
 * deletions and reactions.
 *
 * The main room is there from the beginning; members make more, and all members can read all of
 * them. Who made a room, and who founded the network, can change its name and its rules. A part of
 * wavu/chat.h, whose events tell of everything said here; everything on the node's thread.
 */
#ifndef WAVU_ROOMS_H
#define WAVU_ROOMS_H

#include "wavu/chat.h"

WAVU_BEGIN

#define WAVU_ROOM_NAME_MAX 65                  /* bytes of a room's name, with NUL */
#define WAVU_ROOM_TOPIC_MAX 513                /* of its topic, with NUL */
#define WAVU_ROOM_SHARE_MAX 10000              /* messages that newcomers may be given */
#define WAVU_MENTIONS_MAX 64                   /* members whom one message names */
#define WAVU_EXPIRY_S_MAX INT64_C(34359738367) /* longest life of a message, s */

enum wavu_words_kind {
    WAVU_WORDS_TEXT,
    WAVU_WORDS_ACTION,  /* shown as "* nick text" */
    WAVU_WORDS_EDIT,    /* `text` in place of one's own message `target` */
    WAVU_WORDS_DELETE,  /* one's own message `target`, on all nodes that keep to the rules */
    WAVU_WORDS_REACTION /* the emoji `text` on `target`; the same again takes it back */
};

/* What is to be said. Zeroed memory plus a text says it in the main room of the only network. All
 * is borrowed for the call. */
struct wavu_words {
    enum wavu_words_kind kind;
    const char *network; /* its id or name; NULL: the only one */
    const char *room;    /* its id or name; NULL: the main room */
    const char *text;    /* UTF-8; NULL for DELETE */
    size_t text_len;
    const char *target;          /* EDIT, DELETE, REACTION: a message's id */
    const char *reply;           /* TEXT, ACTION: the message that is answered; or NULL */
    const char *const *mentions; /* TEXT, ACTION, EDIT: members' ids */
    size_t mention_count;        /* WAVU_MENTIONS_MAX at most */
    uint64_t expiry_s;           /* it ends so long after it came to somebody; 0: as the room's
                                    rules say */
};

/** Say it; as wavu_say otherwise, whose errors it has. Also WAVU_ERR_INVALID for ids that are none,
 * and _NOT_FOUND, _INVALID for a room that is not there or whose name several have; _NOT_FOUND for
 * a target or a message to answer that is not here, _DENIED for an edit or a deletion of somebody
 * else's. */
WAVU_API WARN_UNUSED int wavu_say_words(struct wavu_node *node, const struct wavu_words *words,
                                        char id[WAVU_KEY_TEXT_MAX]);

/* A room. Valid until the callback returns. */
struct wavu_room {
    char id[WAVU_KEY_TEXT_MAX];
    char network[WAVU_KEY_TEXT_MAX];
    char network_name[WAVU_NAME_MAX];
    char name[WAVU_ROOM_NAME_MAX]; /* of the main room "" until somebody gave it one. As its author
                                      wrote it: control characters are the reader's to take out */
    char topic[WAVU_ROOM_TOPIC_MAX];
    char maker[WAVU_KEY_TEXT_MAX]; /* a member's id */
    bool is_main;
    uint32_t share;    /* last messages that a newcomer is given */
    uint64_t expiry_s; /* what is said there ends after; 0: never */
    uint64_t entries;  /* all that was ever said there, edits and reactions included */
    uint32_t unread;   /* messages; at most 1,000 are counted */
    uint64_t read;     /* wavu_message.number up to which all was read */
};

/** Call `each` for every room of `network` (as of wavu_history_of: also of one that this node was
 * in), the main room first, the others by name. NULL: of all networks that this node is in, one
 * after the other, or else of those that it was in. WAVU_ERR_NOT_FOUND, _INVALID, _AGAIN (its rooms
 * are not open); what the store says. */
WAVU_API WARN_UNUSED int wavu_rooms(const struct wavu_node *node, const char *network,
                                    void (*each)(void *context, const struct wavu_room *room),
                                    void *context);

/* How a room is made, or to be changed. */
struct wavu_room_wish {
    const char *name;  /* 1 to 64 bytes of UTF-8 */
    const char *topic; /* or NULL */
    uint32_t share;    /* WAVU_ROOM_SHARE_MAX at most; 0: newcomers read nothing from before */
    uint64_t expiry_s; /* 0: what is said there stays */
};

/** Make a room; `id` gets its. Errors as of wavu_say_words. Two rooms may get the same name. */
WAVU_API WARN_UNUSED int wavu_room_make(struct wavu_node *node, const char *network,
                                        const struct wavu_room_wish *wish,
                                        char id[WAVU_KEY_TEXT_MAX]);

/** Change `room` (its id or name; NULL: the main room) to `wish`, whole. Errors as of
 * wavu_say_words; WAVU_ERR_DENIED also: we are neither its maker nor the network's founder. */
WAVU_API WARN_UNUSED int wavu_room_set(struct wavu_node *node, const char *network,
                                       const char *room, const struct wavu_room_wish *wish);

/** What came in a room (as above) is read: all of it, or up to the message `id`. Errors as of
 * wavu_rooms. */
WAVU_API WARN_UNUSED int wavu_room_read(struct wavu_node *node, const char *network,
                                        const char *room, const char *id);

/** Call `each` for every emoji on the message `id` of a room, as they came. Errors as of
 * wavu_rooms. */
WAVU_API WARN_UNUSED int
wavu_reactions(const struct wavu_node *node, const char *network, const char *room, const char *id,
               void (*each)(void *context, const struct wavu_reaction *reaction), void *context);

WAVU_END

#endif
