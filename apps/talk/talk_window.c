/*
 * What faces see of windows, and ask of them.
 */
#include "apps/talk/talk_window.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/talk/talk_chats.h"
#include "apps/talk/talk_load.h"

void talk_window_show(struct talk *t, struct talk_chat *chat)
{
    t->shown = chat;
    t->news |= TALK_NEWS_MESSAGES;
    if (chat == NULL) {
        return;
    }
    struct talk_load *l = talk_load_of(t, chat);

    l->shown_at = ++t->show_count;
    l->wants_again = true;
    chat->rule = chat->unread > 0 ? chat->read : UINT64_MAX;
}

void talk_window_more(struct talk *t, struct talk_chat *chat, bool is_up)
{
    struct talk_load *l = talk_load_of(t, chat);

    if (is_up && !l->window.is_first) {
        l->wants_up = true;
        l->is_held = true;
    } else if (!is_up && !l->window.is_last) {
        l->wants_down = true;
    }
    l->window.is_loading = l->is_asking || l->wants_up || l->wants_down || l->wants_end;
}

void talk_window_go(struct talk *t, struct talk_chat *chat, const char *id)
{
    struct talk_load *l = talk_load_of(t, chat);

    (void)snprintf(l->wants_at, sizeof l->wants_at, "%s", id);
    l->wants_end = false;
    l->window.is_loading = true;
}

void talk_window_end(struct talk *t, struct talk_chat *chat)
{
    struct talk_load *l = talk_load_of(t, chat);

    l->is_held = false;
    if (!l->window.is_last) {
        l->wants_end = true;
        l->window.is_loading = true;
    }
}

size_t talk_window_find(const struct talk_chat *chat, const char *id)
{
    const struct talk_window *w = chat->window;

    for (size_t i = w != NULL ? w->count : 0; i > 0; i--) {
        if (strcmp(w->messages[i - 1]->id, id) == 0) {
            return i - 1;
        }
    }
    return SIZE_MAX;
}

size_t talk_window_rule(const struct talk_chat *chat)
{
    const struct talk_window *w = chat->window;

    for (size_t i = 0; w != NULL && chat->rule != UINT64_MAX && i < w->count; i++) {
        if (w->messages[i]->number > chat->rule && !w->messages[i]->is_own) {
            return i;
        }
    }
    return SIZE_MAX;
}

void talk_window_read(struct talk *t, struct talk_chat *chat)
{
    struct talk_core_chat *c = (struct talk_core_chat *)chat;
    const struct talk_load *l = (const struct talk_load *)chat->window;
    const struct talk_message *last = NULL;

    for (size_t i = 0; l != NULL && i < l->window.count; i++) {
        const struct talk_message *m = l->window.messages[i];

        last = last == NULL || m->number > last->number ? m : last;
    }
    if (last == NULL || chat->unread == 0) {
        return;
    }
    if (l->window.is_last && !l->wants_tail && !l->is_asking) {
        chat->unread = 0;
        chat->mentions = 0;
        t->news |= TALK_NEWS_CHATS;
    } else if (!l->window.is_last) {
        talk_chats_want(t); /* the node says how many are left */
    }
    if (last->number <= chat->read || last->number <= c->read_asked) {
        return;
    }
    const bool is_direct = chat->kind == TALK_CHAT_DIRECT;
    json_t *params =
        json_pack("{s:s, s:s, s:s}", "network", chat->network->id, is_direct ? "member" : "room",
                  chat->id, is_direct ? "id" : "upTo", last->id);

    if (talk_ask_take(t, is_direct ? "direct.read" : "room.read", params, NULL, NULL) == 0) {
        c->read_asked = last->number;
        chat->read = last->number;
    }
}
