/*
 * How windows are filled: one question at a time for each, the answers put where they belong. A
 * part of the talk; talk_window.h is what faces see.
 */
#ifndef APPS_TALK_TALK_LOAD_H
#define APPS_TALK_TALK_LOAD_H

#include "apps/talk/talk_core.h"

#define TALK_LOAD_EXPECTED_MAX 128 /* messages that events told of, and that are not in it yet */

/* A window, what it wants, and what is under way. Owned by talk.loads. */
struct talk_load {
    struct talk_window window; /* first: the same pointer */
    struct talk_core_chat *chat;
    size_t cap;        /* of window.messages */
    size_t bytes;      /* of all messages */
    uint64_t shown_at; /* the greater, the later */
    uint64_t retry_ms; /* nothing is asked before */
    uint64_t again_ms; /* when it was looked at anew last */
    bool is_asking;
    bool is_held;   /* somebody reads further up: what is new pushes nothing out */
    bool wants_end; /* the newest page, instead of all that is there */
    bool wants_up;
    bool wants_down;
    bool wants_tail;                   /* something new was said */
    bool wants_again;                  /* the newest page anew: receipts */
    bool wants_all;                    /* everything anew: something came in between */
    char wants_at[WAVU_KEY_TEXT_MAX];  /* that message, instead of all that is there */
    char wants_one[WAVU_KEY_TEXT_MAX]; /* that message anew */
    char expected[TALK_LOAD_EXPECTED_MAX][WAVU_KEY_TEXT_MAX];
    size_t expected_count;
    size_t expected_asked; /* so many of them were there when the question under way was asked */
};

/** The chat's window, made when it has none; the one shown longest ago may go for it. */
struct talk_load *talk_load_of(struct talk *talk, struct talk_chat *chat);

/** Ask for what is wanted. */
void talk_load_step(struct talk *talk);
int talk_load_wait_ms(const struct talk *talk, int before, uint64_t now_ms);

/** Events were lost: all windows are looked at anew. */
void talk_load_again(struct talk *talk);

/** Something new in `chat` has that id; the message looks different; what became of it; others
 * have more of what is ours. */
void talk_load_said(struct talk *talk, struct talk_chat *chat, const char *id);
void talk_load_changed(struct talk *talk, struct talk_chat *chat, const char *id);
void talk_load_state(struct talk *talk, struct talk_chat *chat, const struct json_t *event);
void talk_load_receipts(struct talk *talk, struct talk_chat *chat);

void talk_load_clear(struct talk *talk);

#endif
