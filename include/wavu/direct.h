/*
 * Direct chats: what two members of a network say to each other, and what became of it.
 *
 * What one says to a member is sealed for each of that person's devices and kept here until each
 * has it, over restarts and weeks; when both are never there together, others hold it meanwhile.
 * One's own other devices get it, too. Nothing is signed: the other knows who said it, and cannot
 * prove it to anybody. Everything happens on the node's thread; callbacks may call everything here
 * except wavu_node_free. It needs a network (wavu/members.h).
 */
#ifndef WAVU_DIRECT_H
#define WAVU_DIRECT_H

#include "wavu/chat.h"

WAVU_BEGIN

enum wavu_direct_kind {
    WAVU_DIRECT_MESSAGE, /* something new is in the chat with `member` */
    WAVU_DIRECT_CHANGED, /* a message was edited, deleted, has ended, or somebody reacted to it */
    WAVU_DIRECT_STATE    /* one knows more of our message `id`: `state` */
};

/* Borrowed until return. */
struct wavu_direct_event {
    enum wavu_direct_kind kind;
    const char *network;                /* its id */
    const char *member;                 /* the other's id */
    const struct wavu_message *message; /* MESSAGE, CHANGED; else NULL */
    const char *id;                     /* of the message */
    const char *state;                  /* STATE: as struct wavu_message has it; else "" */
    const char *holder;                 /* STATE, "stored": the member who holds it; else "" */
};

/** Be told of events, but not of what blocked people say; one listener, NULL for none.
 * WAVU_ERR_UNSUPPORTED without a mesh. */
WAVU_API WARN_UNUSED int
wavu_direct_listen(struct wavu_node *node,
                   void (*up)(void *context, const struct wavu_direct_event *event), void *context);

/* What is to be said. */
struct wavu_direct {
    const char *network; /* id or name; NULL: that of the member */
    const char *member;  /* the other's id (wavu_network_members) */
    const char *kind;    /* "text" (NULL), "me", "edit", "delete", "reaction" */
    const char *text;    /* UTF-8; of a reaction one emoji, of a deletion nothing */
    size_t len;          /* bytes of it, WAVU_TEXT_MAX at most */
    const char *about;   /* a message's id: what is edited, deleted, reacted or replied to; NULL */
    uint64_t seconds;    /* it disappears on each device so long after it got there; 0: never */
};

/** Say it. `id`, if not NULL, gets the message's. It leaves when it is on this node's disk; events
 * and wavu_message.state tell what becomes of it.
 * WAVU_ERR_NOT_FOUND: no such network or member, none of its devices belongs, or what it is about
 * is not here; _DENIED: the member left or was put out, or we did or were, or what is to be edited
 * or deleted is the other's; _INVALID: oneself, no such kind, no id, or several networks: say
 * which; _PROTO: not UTF-8, with a NUL, or nothing said; _LIMIT: too long, or too much waits to be
 * brought; _AGAIN: the disk is behind. */
WAVU_API WARN_UNUSED int wavu_direct_say(struct wavu_node *node, const struct wavu_direct *what,
                                         char id[WAVU_KEY_TEXT_MAX]);

/* A direct chat. Valid until the callback returns. */
struct wavu_direct_chat {
    const char *network; /* the network's id, and what that is called */
    const char *network_name;
    char member[WAVU_KEY_TEXT_MAX]; /* the other's id */
    char nick[WAVU_NAME_MAX];       /* as that person says; "" while unknown */
    uint64_t messages;              /* that came or were said, edits and reactions among them */
    uint32_t unread;                /* of the other; 1,000 stand for more */
    uint64_t read;                  /* wavu_message.number up to which all was read */
    bool is_open;                   /* something can be said: a device of the other belongs */
    bool is_blocked; /* by us (wavu/contacts.h): no events tell what comes, nothing is unread */
};

/** Call `each` for every direct chat in which something was said, the last one first, of `network`
 * (also one that this node was in), or (NULL) of all that it is in; where it is in none, of all
 * that it was in. WAVU_ERR_NOT_FOUND, _INVALID, _AGAIN (its chats are not open); what the store
 * says. */
WAVU_API WARN_UNUSED int
wavu_direct_chats(const struct wavu_node *node, const char *network,
                  void (*each)(void *context, const struct wavu_direct_chat *chat), void *context);

/** What came in the chat with `member` up to the message `id` (NULL: all) was read; `network` may
 * be NULL. The other is told, when wavu_direct_receipts is switched on and we belong. Errors as of
 * wavu_direct_chats. */
WAVU_API WARN_UNUSED int wavu_direct_read(struct wavu_node *node, const char *network,
                                          const char *member, const char *id);

/** Tell others of `network` (NULL: the only one) what we have read of theirs, or not (as at first).
 * Kept. WAVU_ERR_NOT_FOUND, _INVALID, _DENIED (we belong no more), _AGAIN (its chats are not open);
 * what the store says. */
WAVU_API WARN_UNUSED int wavu_direct_receipts(struct wavu_node *node, const char *network,
                                              bool is_told);

WAVU_END

#endif
