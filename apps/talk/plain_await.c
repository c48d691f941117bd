/*
 * One message is looked at after the other, the oldest first, until others have it.
 */
#include "apps/talk/plain_await.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/talk/talk_json.h"
#include "base/mem.h"

#define PLAIN_AWAIT_PLACE_MS 1000 /* after so long without a place it is no message of its own */

void plain_await_init(struct plain_await *a, struct talk *talk)
{
    *a = (struct plain_await){.talk = talk};
    a->said = mem_new_array(PLAIN_AWAIT_MAX, sizeof *a->said);
}

void plain_await_clear(struct plain_await *a)
{
    mem_free(a->said);
    a->said = NULL;
    a->count = 0;
}

static void plain_await_drop(struct plain_await *a, size_t at)
{
    memmove(&a->said[at], &a->said[at + 1], (a->count - at - 1) * sizeof *a->said);
    a->count--;
}

static struct plain_awaited *plain_await_of(struct plain_await *a, const char *id)
{
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->said[i].id, id) == 0) {
            return &a->said[i];
        }
    }
    if (a->count == PLAIN_AWAIT_MAX) {
        plain_await_drop(a, 0);
    }
    struct plain_awaited *one = &a->said[a->count++];

    *one = (struct plain_awaited){.chat = NULL};
    (void)snprintf(one->id, sizeof one->id, "%s", id);
    return one;
}

void plain_await_said(struct plain_await *a, struct talk_chat *chat, const char *id)
{
    plain_await_of(a, id)->chat = chat;
}

void plain_await_typed(struct plain_await *a, const char *id, uint64_t now_ms)
{
    struct plain_awaited *one = plain_await_of(a, id);

    one->is_typed = true;
    one->since_ms = now_ms;
}

/* Is it as far as it gets? In a room when another member has it, or nobody else is there. */
static bool plain_await_is_over(const struct plain_awaited *one, const json_t *message,
                                bool *is_bad)
{
    const char *state = talk_json_text(message, "state");

    *is_bad = strcmp(state, "refused") == 0 || strcmp(state, "expired") == 0;
    if (one->chat->kind != TALK_CHAT_DIRECT) {
        return one->chat->network->members <= 1 || talk_json_count(message, "receipts") > 0;
    }
    return *is_bad || strcmp(state, "delivered") == 0 || strcmp(state, "read") == 0;
}

static void plain_await_on_look(void *context, const struct rpc_link_answer *answer)
{
    struct plain_await *a = context;
    const json_t *message = json_array_get(json_object_get(answer->result, "messages"), 0);
    bool is_bad = false;

    a->is_asking = false;
    for (size_t i = 0; i < a->count; i++) {
        const bool is_it = strcmp(a->said[i].id, talk_json_text(message, "id")) == 0;

        if (is_it && plain_await_is_over(&a->said[i], message, &is_bad)) {
            a->failed += is_bad ? 1 : 0;
            a->look_ms = 0; /* the next one at once */
            plain_await_drop(a, i);
            return;
        }
    }
}

static void plain_await_look(struct plain_await *a, const struct plain_awaited *one)
{
    const struct talk_chat *chat = one->chat;

    if (talk_ask_take(a->talk, "history.look",
                      json_pack("{s:s, s:s, s:s, s:i}", "network", chat->network->id,
                                chat->kind == TALK_CHAT_DIRECT ? "member" : "room", chat->id, "at",
                                one->id, "max", 1),
                      plain_await_on_look, a) == 0) {
        a->is_asking = true;
    }
}

size_t plain_await_step(struct plain_await *a, uint64_t now_ms)
{
    for (size_t i = 0; i < a->count;) {
        const struct plain_awaited *one = &a->said[i];
        const bool is_no_message =
            one->is_typed && one->chat == NULL && now_ms >= one->since_ms + PLAIN_AWAIT_PLACE_MS;

        if (is_no_message || !one->is_typed) { /* an edit, a reaction; said elsewhere */
            plain_await_drop(a, i);
        } else {
            i++;
        }
    }
    for (size_t i = 0; i < a->count && !a->is_asking && now_ms >= a->look_ms; i++) {
        if (a->said[i].chat != NULL) {
            a->look_ms = now_ms + PLAIN_AWAIT_LOOK_MS;
            plain_await_look(a, &a->said[i]);
        }
    }
    return a->count;
}
