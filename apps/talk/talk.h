/*
 * A person's conversations as the running node has them, without a screen: networks, chats with
 * their unread counts, who the person is, how the node is; and what changes, as it changes.
 *
 * How a face uses it:
 *
 *     rc = talk_new(path, &user, context, &talk);        // path of the control socket
 *     for (;;) {
 *         count = talk_waits(talk, waits);               // poll(2) for those beside one's own,
 *         poll(..., talk_wait_ms(talk, now_ms));         // no longer than that (-1: for ever)
 *         rc = talk_pump(talk, now_ms);                  // what is told comes from in here alone
 *         news = talk_news(talk);                        // what to draw anew
 *     }
 *
 * A chat is opened with talk_window_show (talk_window.h), which loads its newest messages; they are
 * read when the face says so (talk_window_read). Everything is asked without waiting: a call that
 * asks returns at once, and what came of it shows as news, as a line of `told`, or in its own
 * callback. Callbacks may call everything here but talk_free and talk_pump.
 *
 * All texts that hold what a peer wrote are as it wrote them unless it says "shown": whoever puts
 * them on a terminal takes control characters out first (say_clean in apps/term/say.h, or
 * talk_line.h). "Shown" ones are safe and one line.
 *
 * Parts: talk_window.h (messages of a chat), talk_people.h (members), talk_say.h (saying),
 * talk_calls.h (calls for help that are open), talk_words.h (what /words do), talk_line.h (a
 * message as text).
 */
#ifndef APPS_TALK_TALK_H
#define APPS_TALK_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/rpc/rpc_link.h"
#include "wavu/members.h"
#include "wavu/rooms.h"

#define TALK_NETWORKS_MAX 16 /* as many as a node has (NETWORKS_MAX) */
#define TALK_CHATS_MAX                                                                             \
    4096                   /* rooms and direct chats of all networks; further ones are not shown   \
                            */
#define TALK_SEEDS_MAX 16  /* of the node's status */
#define TALK_LINE_MAX 1024 /* bytes of a line that is told, with NUL */
#define TALK_FRESH_MS 1000 /* between two look-ups of what changes all the time */

struct json_t;
struct talk;        /* opaque; freed by talk_free */
struct talk_window; /* talk_window.h */
struct talk_people; /* talk_people.h */

/* What changed since talk_news was asked last: bits. */
enum talk_news {
    TALK_NEWS_CHATS = 1,    /* which chats there are, their names, unread counts, networks */
    TALK_NEWS_MESSAGES = 2, /* in a window that is shown */
    TALK_NEWS_PEOPLE = 4,   /* members of a network that were wanted */
    TALK_NEWS_STATUS = 8,   /* of the node */
    TALK_NEWS_SELF = 16,    /* nick, key */
    TALK_NEWS_CALLS = 32    /* for help, that are open: talk_calls.h */
};

struct talk_network {
    char id[WAVU_KEY_TEXT_MAX];
    char name[WAVU_NAME_MAX]; /* shown */
    char policy[16];
    bool is_member; /* this node belongs; else what was said there can be read, and nothing be said
                     */
    bool has_left;
    bool is_denied; /* it belongs, and others say that it does not any more */
    bool is_frozen; /* somebody there uses what only a newer wavu understands */
    uint32_t members;
    uint32_t neighbours;
    struct talk_people *people; /* see talk_people.h */
};

enum talk_chat_kind {
    TALK_CHAT_MAIN, /* a network's main room */
    TALK_CHAT_ROOM, /* another room of it */
    TALK_CHAT_DIRECT
};

/* A room or a direct chat. The pointer holds until talk_free; the fields are the talk's to change.
 */
struct talk_chat {
    const struct talk_network *network;
    enum talk_chat_kind kind;
    char id[WAVU_KEY_TEXT_MAX];          /* the room's, or the other member's */
    char name[WAVU_SHOWN_MAX];           /* shown; a main room without a name has its network's */
    char topic[3 * WAVU_ROOM_TOPIC_MAX]; /* shown, or "" */
    uint32_t unread;                     /* 1,000 stands for more */
    uint32_t mentions;                   /* unread ones that mention this person, of the last 100;
                                            in direct chats all that is unread */
    uint64_t last_unix_ms;      /* when something was said last, by its author's clock; 0 */
    uint64_t read;              /* messages with greater numbers were not read */
    uint64_t rule;              /* where the rule "new" stands: above the first message
                                   of others with a greater number; UINT64_MAX: nowhere */
    bool is_open;               /* something can be said there */
    bool is_blocked;            /* the other is, by this person */
    bool is_listed;             /* false: it is not there any more, and not counted */
    struct talk_window *window; /* NULL: not loaded */
};

struct talk_self {
    char key[WAVU_KEY_TEXT_MAX]; /* the person's; "" while unknown */
    char nick[WAVU_NAME_MAX];    /* "" : none yet */
    char peer_id[128];           /* the node's */
};

struct talk_seed {
    char seed[256]; /* shown, both */
    char state[128];
};

struct talk_status {
    bool is_known; /* the rest is valid */
    char version[32];
    char disk[16]; /* good, failing, damaged */
    uint64_t uptime_ms;
    uint32_t peers;
    uint32_t members; /* of the mesh: nodes, this one among them */
    uint32_t reachable;
    uint32_t neighbours;
    bool is_offline;
    int64_t clock_ahead_ms; /* before that of most members, negative: behind */
    uint32_t clock_others;  /* who say so; 0: it is not said to be wrong */
    struct talk_seed seeds[TALK_SEEDS_MAX];
    size_t seed_count;
};

enum talk_tone {
    TALK_PLAIN,   /* somebody joined, a file is here */
    TALK_PROBLEM, /* something the person wanted did not work */
    TALK_ALERT    /* a call for help, a key that changed: not to be missed */
};

/* Somebody said something new. */
struct talk_said {
    struct talk_chat *chat;
    const char *id;     /* of the message */
    const char *author; /* a member's id */
    const char *name;   /* shown: what to call the author */
    const char *text;
    const char *kind; /* as of history.look */
    bool is_own;      /* from another device or program of this person, or from this one */
    bool is_mentioned;
    bool is_blocked;
};

/* How a face is told, from inside talk_pump. Each may be NULL. */
struct talk_user {
    /* A message, in whatever chat: for a bell, a notification, a plain chat. */
    void (*said)(void *context, const struct talk_said *said);
    /* A sentence for the person, shown. `chat`: where it belongs, or NULL. */
    void (*told)(void *context, enum talk_tone tone, struct talk_chat *chat, const char *line);
    /* Somebody calls for help, for the first time or again: for a face that shows open calls
     * (talk_calls.h) by itself; to others it is told. */
    void (*called)(void *context);
    /* An event of mesh.events as it came; borrowed. The talk has taken it already. */
    void (*event)(void *context, const struct json_t *event);
    /* Networks and chats are known for the first time. */
    void (*ready)(void *context);
    /* The node is gone (WAVU_ERR_NO_NODE), or is none (_PROTO). Once; all stays as it was, to be
     * looked at; talk_again connects anew. */
    void (*down)(void *context, int err);
};

/** Connect to the node behind the socket `path` (copied) and begin to look everything up. `user`
 * and `context` outlive the talk. Errors as of rpc_link_open. */
WARN_UNUSED int talk_new(const char *path, const struct talk_user *user, void *context,
                         struct talk **out);

/** Questions under way end with WAVU_ERR_CLOSED. NULL is fine. */
void talk_free(struct talk *talk);

/** After `down`: connect again; chats and windows stay and are brought up to date. Errors as of
 * talk_new; it can be tried again then. */
WARN_UNUSED int talk_again(struct talk *talk);

size_t talk_waits(const struct talk *talk, struct rpc_link_wait waits[RPC_LINK_FDS]);
int talk_wait_ms(const struct talk *talk, uint64_t now_ms);
WARN_UNUSED int talk_pump(struct talk *talk, uint64_t now_ms);

/** What changed since the last call (enum talk_news), and forget it. */
unsigned talk_news(struct talk *talk);

/** False while the node is gone. */
bool talk_is_up(const struct talk *talk);

/** For how long the node has left a question without an answer; for "the node does not answer". */
uint64_t talk_silent_ms(const struct talk *talk, uint64_t now_ms);

/** Ask whatever the control socket knows; as rpc_link_ask_take. */
WARN_UNUSED int talk_ask_take(struct talk *talk, const char *method, struct json_t *params,
                              rpc_link_done *done, void *context);

/** Tell the face a line, cleaned, as the talk itself does. */
void talk_tell(struct talk *talk, enum talk_tone tone, struct talk_chat *chat, const char *format,
               ...) PRINTF_LIKE(4, 5);

/** A path as the node names it, which may be one in the home: whole, so that it can be opened. */
void talk_path(const struct talk *talk, const char *path, char *out, size_t size);

/* ---- What there is ---- */

const struct talk_self *talk_self(const struct talk *talk);
const struct talk_status *talk_status(const struct talk *talk);

/** Look the node's status up, when it was not a moment ago: for a face that shows it. */
void talk_want_status(struct talk *talk);

size_t talk_network_count(const struct talk *talk);
const struct talk_network *talk_network_at(const struct talk *talk, size_t i);
const struct talk_network *talk_network_find(const struct talk *talk, const char *id_or_name);

/** Chats in a stable order: network by network, as they were entered; of each the main room, rooms
 * by name, direct chats by name. NULL behind the last. */
size_t talk_chat_count(const struct talk *talk);
struct talk_chat *talk_chat_at(const struct talk *talk, size_t i);

/** Where `chat` stands in that order; SIZE_MAX: nowhere. */
size_t talk_chat_index(const struct talk *talk, const struct talk_chat *chat);

/** By network's id and room's or member's id; NULL: none. */
struct talk_chat *talk_chat_find(const struct talk *talk, const char *network, const char *id);

/** The direct chat with `member` of `network`, made when nothing was said there yet; `name` (shown)
 * is what it is called then. NULL: there are too many. */
struct talk_chat *talk_chat_direct(struct talk *talk, const struct talk_network *network,
                                   const char *member, const char *name);

/** The next chat behind `from` (NULL: from the first) with something unread, those that mention the
 * person before others; NULL: none. */
struct talk_chat *talk_chat_active(const struct talk *talk, const struct talk_chat *from);

/** The beginnings of the ids of files that were offered to us lately, for Tab; NULL: no more. */
void talk_offer_add(struct talk *talk, const char *id);
const char *talk_offer(const struct talk *talk, size_t i);

/** A code was opened here, and events of it are above the number `after`; is this event one of a
 * code before it? */
void talk_code_opened(struct talk *talk, uint64_t after);
bool talk_code_is_older(const struct talk *talk, const struct json_t *event);

#endif
