/*
 * Histories of the scripted node of node.h: pages in both directions, of any length.
 */
#ifndef TESTS_APPS_TALK_NODE_LOOK_H
#define TESTS_APPS_TALK_NODE_LOOK_H

#include "tests/apps/talk/node_world.h"

static inline json_t *node_fail(struct jsonrpc_error *error, int err, const char *sentence)
{
    *error = (struct jsonrpc_error){JSONRPC_TOO_LARGE + err, sentence};
    return NULL;
}

static inline struct node_chat *node_chat_of(const json_t *params, size_t *at)
{
    const char *id = json_string_value(json_object_get(params, "room"));
    id = id != NULL ? id : json_string_value(json_object_get(params, "member"));
    for (*at = 0; *at < NODE_CHATS && id != NULL; (*at)++) {
        if (strcmp(node.chats[*at].id, id) == 0) {
            return &node.chats[*at];
        }
    }
    return NULL;
}

static inline json_t *node_message(size_t chat, uint64_t number)
{
    const struct node_chat *c = &node.chats[chat];
    const bool is_own = number % 5 == 0;
    const int size = c->text_size > 0 ? (int)c->text_size : 1;
    char id[NODE_ID];
    char *text = malloc((size_t)size + 64);
    node_id(id, chat, number);
    (void)snprintf(text, (size_t)size + 64, "m%" PRIu64 "%s%*s", number,
                   number == c->changed ? " anew" : "", c->text_size > 0 ? size : 0, "");
    json_t *one = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:b, s:b, s:i}", "id", id, "author",
        is_own ? NODE_SELF : c->id, "nick", is_own ? "Amina" : "Baraka", "shown",
        is_own ? "Amina" : "Baraka", "kind", "text", "text", text, "number", (json_int_t)number,
        "unixMs", (json_int_t)(1700000000000 + (int64_t)number), "isOwn", is_own, "isMentioned",
        number % 7 == 0, "receipts", number == c->changed ? c->revision : 0);
    free(text);
    return one;
}

/* The index of the message `id` in the chat's order; the count when it is not there. */
static inline size_t node_index(const struct node_chat *c, size_t chat, const char *id)
{
    char one[NODE_ID];
    const uint64_t number = strtoull(id + 4, NULL, 16);
    size_t at = number > 0 && number <= c->count ? (size_t)number - 1 : 0;
    if (at < c->count && c->order[at] != number) { /* it came late, or others did */
        for (at = c->count; at > 0 && c->order[at - 1] != number; at--) {
        }
        at = at > 0 ? at - 1 : c->count;
    }
    node_id(one, chat, at < c->count ? c->order[at] : 0);
    return strcmp(one, id) == 0 ? at : c->count;
}

static inline json_t *node_look(void *context, const json_t *params, struct jsonrpc_error *error)
{
    size_t chat = 0;
    struct node_chat *c = node_chat_of(params, &chat);
    const size_t max = (size_t)json_integer_value(json_object_get(params, "max"));
    const char *names[] = {"before", "after", "at"};
    (void)context;
    node.looks++;
    if (c == NULL) {
        return node_fail(error, WAVU_ERR_NOT_FOUND, "there is no such room");
    }
    json_t *messages = json_array();
    size_t from = c->count > max ? c->count - max : 0;
    size_t to = c->count;
    for (size_t i = 0; i < 3; i++) {
        const char *id = json_string_value(json_object_get(params, names[i]));
        const size_t at = id != NULL ? node_index(c, chat, id) : 0;
        if (id != NULL && at == c->count) {
            json_decref(messages);
            return node_fail(error, WAVU_ERR_NOT_FOUND, "there is no such message");
        }
        if (id != NULL) {
            from = i == 0 ? (at > max ? at - max : 0) : i == 1 ? at + 1 : at;
            to = i == 0   ? at
                 : i == 1 ? (at + 1 + max < c->count ? at + 1 + max : c->count)
                          : at + 1;
        }
    }
    for (size_t i = from; i < to; i++) {
        (void)json_array_append_new(messages, node_message(chat, c->order[i]));
    }
    return json_pack("{s:b, s:o}", "isMore", json_array_size(messages) == max && max > 0,
                     "messages", messages);
}

#endif
