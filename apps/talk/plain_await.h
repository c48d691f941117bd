/*
 * What was said here, and whether others have it: for a chat that ends when its input does.
 */
#ifndef APPS_TALK_PLAIN_AWAIT_H
#define APPS_TALK_PLAIN_AWAIT_H

#include "apps/talk/talk.h"

#define PLAIN_AWAIT_MAX 256     /* messages that are followed; of more the newest */
#define PLAIN_AWAIT_LOOK_MS 200 /* between two looks at one */

struct plain_awaited {
    char id[WAVU_KEY_TEXT_MAX];
    struct talk_chat *chat; /* NULL: not told yet where it stands */
    uint64_t since_ms;      /* the node has it */
    bool is_typed;          /* it was said here */
};

struct plain_await {
    struct talk *talk;
    struct plain_awaited *said; /* owned; oldest first */
    size_t count;
    size_t failed; /* will never be delivered */
    uint64_t look_ms;
    bool is_asking;
};

/** Nothing is followed. `await` outlives `talk`, whose answers come to it: clear it behind
 * talk_free. */
void plain_await_init(struct plain_await *await, struct talk *talk);
void plain_await_clear(struct plain_await *await);

/** A message of this person stands in `chat` now. */
void plain_await_said(struct plain_await *await, struct talk_chat *chat, const char *id);

/** What was typed here is that message. */
void plain_await_typed(struct plain_await *await, const char *id, uint64_t now_ms);

/** Look for what is not delivered yet; how many are left. */
size_t plain_await_step(struct plain_await *await, uint64_t now_ms);

#endif
