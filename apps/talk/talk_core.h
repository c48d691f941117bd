/*
 * What the parts of the talk share. For apps/talk/ alone; faces include talk.h.
 */
#ifndef APPS_TALK_TALK_CORE_H
#define APPS_TALK_TALK_CORE_H

#include "apps/talk/talk.h"
#include "apps/talk/talk_calls.h"
#include "apps/talk/talk_window.h"

struct talk_load;    /* talk_load.h */
struct talk_say_ask; /* talk_say.c */

#define TALK_STRAYS_MAX 256  /* messages of chats that are not known yet */
#define TALK_SAY_WAIT_MAX 64 /* as many as a link asks at once */
#define TALK_OFFERS_MAX 32   /* files that were offered, for Tab */
#define TALK_OFFER_DIGITS 8  /* of their ids, as they are told */
#define TALK_CORE_PATH 108   /* of a unix socket, with NUL */

/* A chat, and what is nobody else's business. Owned by talk.chats, never freed before it. */
struct talk_core_chat {
    struct talk_chat chat; /* first: the same pointer */
    bool is_kept;          /* a direct chat that was opened here: listed, also with nothing said */
    bool is_glanced;       /* when something was said last, and who is mentioned, is known */
    uint32_t generation;   /* of the window: answers to another one are nothing */
    uint64_t read_asked;   /* the node was told that it is read up to this number */
};

struct talk {
    char path[TALK_CORE_PATH];
    const struct talk_user *user;
    void *context;
    struct rpc_link *link; /* NULL: down */
    bool is_up;
    bool was_ready; /* this link told once where events begin */
    uint64_t now_ms;
    unsigned news;
    struct talk_self self;
    struct talk_status status;
    uint64_t status_ms; /* when it was asked for last */
    bool is_asking_status;
    bool wants_status;
    struct talk_calls calls;
    bool is_asking_calls;
    bool wants_calls; /* once more, when that has come */
    bool has_calls;   /* they came once */

    struct talk_network networks[TALK_NETWORKS_MAX];
    size_t network_count;
    struct talk_core_chat **chats; /* owned, all that ever were */
    size_t chat_count;
    struct talk_chat **order; /* those that are listed */
    size_t order_count;
    uint64_t list_ms; /* when the lists were asked for last */
    size_t listing;   /* answers of that which are still to come */
    bool wants_list;
    bool is_listed;        /* they came once */
    struct json_t *strays; /* owned, or NULL: events of chats that the next lists bring */
    bool is_glancing;      /* one chat's last messages are asked for */
    size_t glance_at;      /* the next of `chats` to glance at */

    struct talk_say_ask *says[TALK_SAY_WAIT_MAX]; /* owned: what waits to be said again, in order */
    size_t say_count;
    uint64_t say_number;
    uint64_t say_ms; /* when the first of them is said again */
    bool is_saying;  /* that is under way */

    struct talk_chat *shown;
    struct talk_load *loads[TALK_WINDOWS_MAX]; /* owned; NULL at the end */
    size_t load_count;
    char offers[TALK_OFFERS_MAX][TALK_OFFER_DIGITS + 1]; /* the newest in place of the oldest */
    size_t offer_count;                                  /* that ever were */
    uint64_t code_after; /* events up to this number are about a code that ours withdrew */
    uint32_t revision;   /* the last one that was given */
    uint64_t show_count; /* for who was shown longest ago */
};

/** Say again what waits (talk_say.c); when that is due, as of talk_core_sooner; let go of it. */
void talk_say_step(struct talk *talk);
int talk_say_wait_ms(const struct talk *talk, int before, uint64_t now_ms);
void talk_say_clear(struct talk *talk);

/** Another revision than ever before. */
uint32_t talk_core_revision(struct talk *talk);

/** Look up who the person is. */
void talk_look_self(struct talk *talk);

/** Something is due at `due_ms`: 0 when it is now, else what to wait, at most `before` (-1: for
 * ever). */
int talk_core_sooner(int before, uint64_t due_ms, uint64_t now_ms);

#endif
