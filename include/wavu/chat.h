/*
 * Chat: what members of a network say to each other, and all of it again.
 *
 * Each network has a main room that all its members are in. What one says is signed, sealed once
 * for all members, kept here, and reaches the others by the mesh. Everything happens on the node's
 * thread; callbacks may call everything here except wavu_node_free. It needs a network
 * (wavu/members.h).
 */
#ifndef WAVU_CHAT_H
#define WAVU_CHAT_H

#include "wavu/members.h"

WAVU_BEGIN

#define WAVU_TEXT_MAX 65000 /* bytes of what is said; longer texts go as files */
#define WAVU_EMOJI_MAX 33   /* bytes of a reaction, with NUL */

enum wavu_chat_kind {
    WAVU_CHAT_MESSAGE, /* something new is in a room */
    WAVU_CHAT_CHANGED, /* a message was edited, deleted, has ended, or somebody reacted to it */
    WAVU_CHAT_HAS,     /* `author` has all of ours up to the message `id` */
    WAVU_CHAT_READY,   /* one may say something in `network` */
    WAVU_CHAT_WAITS    /* one may not: keys are on their way */
};

/* An emoji on a message. */
struct wavu_reaction {
    char emoji[WAVU_EMOJI_MAX];
    uint32_t count; /* members */
    bool is_own;    /* we are one of them */
};

/* One message as it looks now. Texts are borrowed until return, and hold what their author put
 * there: a program that shows them on a terminal takes control characters out first. */
struct wavu_message {
    char id[WAVU_KEY_TEXT_MAX];
    char author[WAVU_KEY_TEXT_MAX]; /* a member's id */
    const char *nick;               /* as that person says; "" while unknown */
    const char *shown;              /* what to call that member, as wavu_network_member.shown */
    const char *text;               /* UTF-8; "" when it is gone, or of a newer wavu */
    size_t text_len;
    const char *kind;  /* "text", "me", "file", "sos", ..., "unknown"; static */
    uint64_t number;   /* in the order in which they came here, from 1 */
    uint64_t unix_ms;  /* by its author's clock: a hint; 0: not said */
    uint32_t receipts; /* of ours: how many other members have it */
    /* Ours, in direct chats: "queued", "sent" (it left), "stored" (`holder` has it for the other),
       "delivered", "read" (when the other tells), or "expired", "refused" (nobody is there any
       more); else "". Static. */
    const char *state;
    char holder[WAVU_KEY_TEXT_MAX];        /* "stored": a member's id; else "" */
    char about[WAVU_KEY_TEXT_MAX];         /* a message that it answers; "" for none */
    const struct wavu_reaction *reactions; /* in the order in which they came; borrowed */
    size_t reaction_count;
    const char (*mentions)[WAVU_KEY_TEXT_MAX]; /* members' ids, by its author, each once; they may
                                                  be anybody's, or nobody's; borrowed */
    size_t mention_count;                      /* WAVU_MENTIONS_MAX (wavu/rooms.h) at most */
    bool is_mentioned;                         /* this node's person is one of them */
    bool is_own;
    bool is_edited;
    bool is_gone;       /* deleted, or it has ended */
    bool is_late;       /* it belongs further up than people have read */
    bool is_hidden;     /* its author was put out, and nobody vouches for it */
    bool is_blocked;    /* its author is, by us (wavu/contacts.h): programs fold it */
    bool is_filtered;   /* the filter says that it is to be hidden: programs fold it likewise */
    const char *filter; /* the module (wavu/module.h) that hides or marks it; "" : none */
};

/* Borrowed until return. */
struct wavu_chat_event {
    enum wavu_chat_kind kind;
    const char *network;                /* its id */
    const char *room;                   /* MESSAGE, CHANGED, HAS: its id; else "" */
    const struct wavu_message *message; /* MESSAGE, CHANGED; else NULL */
    const char *author;                 /* HAS: a member's id; else "" */
    const char *id;                     /* HAS: of a message; else "" */
};

/** Be told of events; one listener, NULL for none. WAVU_ERR_UNSUPPORTED without a mesh. */
WAVU_API WARN_UNUSED int
wavu_chat_listen(struct wavu_node *node,
                 void (*up)(void *context, const struct wavu_chat_event *event), void *context);

/** Say `text` (UTF-8, `len` bytes) in the main room of `network` (its id or name; NULL: the only
 * one). `id`, if not NULL, gets the message's. It leaves when it is on
 * this node's disk.
 * WAVU_ERR_AGAIN: keys are on their way, or the disk is behind: WAVU_CHAT_READY tells when;
 * WAVU_ERR_PROTO: not UTF-8, or with a NUL; WAVU_ERR_LIMIT; WAVU_ERR_NOT_FOUND, _INVALID (no such
 * network, or several: say which), _DENIED (we do not belong). */
WAVU_API WARN_UNUSED int wavu_say(struct wavu_node *node, const char *network, const char *text,
                                  size_t len, char id[WAVU_KEY_TEXT_MAX]);

/** Call `each` for the last `max` messages of the main room, oldest first, in the room's one order;
 * also of a network that this node was in (wavu_history_of).
 * WAVU_ERR_NOT_FOUND, _INVALID as above; what the store says. */
WAVU_API WARN_UNUSED int
wavu_history(const struct wavu_node *node, const char *network, size_t max,
             void (*each)(void *context, const struct wavu_message *message), void *context);

/** May one say something in `network` now? */
WAVU_API bool wavu_chat_is_ready(const struct wavu_node *node, const char *network);

WAVU_END

#endif
