/*
 * The messages of a chat: a window over its whole history that moves as somebody scrolls, and that
 * follows what is said while it stands at the end. Holds TALK_WINDOW_MAX messages at most, of
 * whatever length the history is; those of the chats that were shown last stay loaded.
 */
#ifndef APPS_TALK_TALK_WINDOW_H
#define APPS_TALK_TALK_WINDOW_H

#include "apps/talk/talk.h"
#include "wavu/module.h"

#define TALK_WINDOW_MAX 600                         /* messages in memory of one chat */
#define TALK_WINDOW_BYTES ((size_t)2 * 1024 * 1024) /* of their texts; then fewer */
#define TALK_WINDOW_PAGE 100                        /* messages of one question */
#define TALK_WINDOWS_MAX                                                                           \
    4 /* chats that are loaded; of a further one the one shown longest ago goes */

struct talk_reaction {
    char emoji[WAVU_EMOJI_MAX];
    uint32_t count;
    bool is_own;
};

/* A message as it looks now. */
struct talk_message {
    char id[WAVU_KEY_TEXT_MAX];
    char author[WAVU_KEY_TEXT_MAX]; /* a member's id */
    char name[WAVU_SHOWN_MAX];      /* shown: what to call the author; "you" of an own one without a
                                       nick */
    char kind[12];                  /* text, me, file, room, joined, sos, sos over, unknown */
    char *text;                     /* owned; as its author wrote it */
    size_t text_len;
    char about[WAVU_KEY_TEXT_MAX];   /* the message that it answers, or "" */
    uint64_t number;                 /* in the order in which they came here */
    uint64_t unix_ms;                /* by its author's clock; 0: not said */
    char state[12];                  /* of own direct ones: queued, sent, stored, delivered, read,
                                        expired, refused; else "" */
    char holder[WAVU_KEY_TEXT_MAX];  /* of a stored one: the member who has it */
    uint32_t receipts;               /* of own ones in rooms: so many members have it */
    struct talk_reaction *reactions; /* owned */
    size_t reaction_count;
    uint32_t revision; /* another one: it looks different from before; never the same for two
                          messages or two looks of one */
    bool is_own;
    bool is_edited;
    bool is_gone;
    bool is_late;
    bool is_hidden;
    bool is_blocked;
    bool is_filtered; /* a filter of the node hides it: `filter` */
    bool is_mentioned;
    char filter[WAVU_MODULE_NAME_MAX + 1]; /* the module that hides or marks it, or "" */
};

struct talk_window {
    struct talk_message **messages; /* oldest first; the pointers hold until the next talk_pump or
                                       talk_window_* */
    size_t count;
    bool is_first;     /* nothing is above the first */
    bool is_last;      /* nothing is below the last: what is said is added there */
    bool is_loading;   /* something is asked for */
    uint32_t revision; /* another one: something in here changed */
};

/**
 * The person looks at this chat now: it is loaded, kept up to date, and its rule "new" is set where
 * it is read up to. NULL: none is looked at.
 */
void talk_window_show(struct talk *talk, struct talk_chat *chat);

/** Load further up (`is_up`) or down; nothing when there is no more, or it is under way. The window
 * grows on that side, and at its greatest shrinks on the other. Ask well before the edge is
 * reached: a page takes some milliseconds. */
void talk_window_more(struct talk *talk, struct talk_chat *chat, bool is_up);

/** Stand where the message `id` is, with what is around it; TALK_NEWS_MESSAGES tells when. A line
 * tells when there is no such message. */
void talk_window_go(struct talk *talk, struct talk_chat *chat, const char *id);

/** Stand at the newest. Nothing to be loaded when is_last. */
void talk_window_end(struct talk *talk, struct talk_chat *chat);

/** Where `id` is in the window; SIZE_MAX: nowhere. */
size_t talk_window_find(const struct talk_chat *chat, const char *id);

/** The index of the message above which the rule "new" stands; SIZE_MAX: none in the window. */
size_t talk_window_rule(const struct talk_chat *chat);

/** Everything in the window was seen by the person: it is read up to the last one (the chat, when
 * that is the newest), here at once and at the node. The rule stays until the chat is shown again.
 */
void talk_window_read(struct talk *talk, struct talk_chat *chat);

#endif
