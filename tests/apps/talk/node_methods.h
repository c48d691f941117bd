/*
 * What the scripted node of node.h can be asked.
 */
#ifndef TESTS_APPS_TALK_NODE_METHODS_H
#define TESTS_APPS_TALK_NODE_METHODS_H

#include "tests/apps/talk/node_world.h"

static inline json_t *node_fail(struct jsonrpc_error *error, int err, const char *sentence)
{
    *error = (struct jsonrpc_error){JSONRPC_TOO_LARGE + err, sentence};
    return NULL;
}

static inline json_t *node_networks(void *context, const json_t *params,
                                    struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    (void)error;
    node.lists++;
    if (node.is_empty) {
        return json_pack("{s:[]}", "networks");
    }
    return json_pack("{s:[{s:s, s:s, s:s, s:b, s:b, s:i, s:i, s:b}]}", "networks", "id",
                     NODE_NETWORK, "name", "nyumbani", "policy", "inviter", "isMember", true,
                     "hasLeft", false, "members", 3, "neighbours", 1, "isFrozen", false);
}

static inline json_t *node_rooms(void *context, const json_t *params, struct jsonrpc_error *error)
{
    json_t *rooms = json_array();
    (void)context;
    (void)params;
    (void)error;
    for (size_t i = 0; i < NODE_CHATS; i++) {
        const struct node_chat *c = &node.chats[i];
        if (c->name != NULL) {
            (void)json_array_append_new(
                rooms, json_pack("{s:s, s:s, s:b, s:I, s:I}", "id", c->id, "name", c->name,
                                 "isMain", c->name[0] == '\0', "unread", (json_int_t)c->unread,
                                 "read", (json_int_t)c->read));
        }
    }
    return json_pack("{s:o}", "rooms", rooms);
}

static inline json_t *node_directs(void *context, const json_t *params, struct jsonrpc_error *error)
{
    json_t *chats = json_array();
    (void)context;
    (void)params;
    (void)error;
    for (size_t i = 0; i < NODE_CHATS; i++) {
        const struct node_chat *c = &node.chats[i];
        if (c->name == NULL && c->count > 0) {
            (void)json_array_append_new(
                chats, json_pack("{s:s, s:s, s:I, s:I, s:b, s:b}", "member", c->id, "nick",
                                 "Baraka", "unread", (json_int_t)c->unread, "read",
                                 (json_int_t)c->read, "isOpen", true, "isBlocked", false));
        }
    }
    return json_pack("{s:o}", "chats", chats);
}

static inline json_t *node_member(const char *id, const char *shown, const char *standing)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:b, s:b}", "id", id, "key", NODE_KEY,
                     "shown", shown, "nick", shown, "standing", standing, "mark", "unverified",
                     "devices", 1, "isSelf", strcmp(id, NODE_SELF) == 0, "isOnline", true);
}

static inline json_t *node_people(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    (void)error;
    node.members++;
    return json_pack("{s:[o, o, o]}", "members", node_member(NODE_CHUI, "Chui", "put out"),
                     node_member(NODE_SELF, "Amina", "member"),
                     node_member(NODE_BARAKA, "Baraka wa Kwanza", "member"));
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
    abort(); /* the talk asks for what it was told of */
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
    json_t *messages = json_array();
    (void)context;
    node.looks++;
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

static inline json_t *node_events(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const json_int_t after = json_integer_value(json_object_get(params, "after"));
    const json_int_t count = (json_int_t)json_array_size(node.events);
    json_t *events = json_array();
    (void)context;
    if (json_is_true(json_object_get(params, "wait")) && after >= count) {
        error->code = JSONRPC_LATER;
    }
    for (json_int_t i = after; i < count && after >= 0; i++) {
        (void)json_array_append(events, json_array_get(node.events, (size_t)i));
    }
    return json_pack("{s:o, s:I, s:i}", "events", events, "next", count + 1, "lost", 0);
}

static inline json_t *node_read(void *context, const json_t *params, struct jsonrpc_error *error)
{
    size_t chat = 0;
    struct node_chat *c = node_chat_of(params, &chat);
    const char *id = json_string_value(json_object_get(params, c->name != NULL ? "upTo" : "id"));
    (void)context;
    (void)error;
    c->read = strtoull(id + 4, NULL, 16);
    c->unread = (uint32_t)(c->count - c->read);
    json_decref(node.read);
    node.read = json_deep_copy(params);
    return json_object();
}

static inline json_t *node_say(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    json_decref(node.said);
    node.said = json_deep_copy(params);
    if (node.fails != NULL) {
        return node_fail(error, WAVU_ERR_DENIED, node.fails);
    }
    return json_pack("{s:s}", "message", NODE_KEY);
}

static inline json_t *node_status(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    (void)error;
    return json_pack("{s:s, s:s, s:s, s:i, s:{s:i, s:i, s:i, s:b, s:[{s:s, s:s}]}}", "peerId",
                     "12D3KooWtest", "version", "0.1.0", "disk", "good", "peers", 2, "mesh",
                     "members", 3, "reachable", 2, "neighbours", 1, "isOffline", false, "seeds",
                     "seed", "/dns/seed", "state", "in \x1b[31mreach");
}

static inline json_t *node_key(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    (void)error;
    return json_pack("{s:s}", "key", NODE_KEY);
}

static inline json_t *node_nick(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    (void)error;
    return json_pack("{s:s}", "nick", "Amina");
}

static const struct jsonrpc_method node_methods[] = {
    {"network.list", node_networks},  {"room.list", node_rooms},    {"direct.chats", node_directs},
    {"network.members", node_people}, {"history.look", node_look},  {"mesh.events", node_events},
    {"room.read", node_read},         {"direct.read", node_read},   {"room.say", node_say},
    {"direct.say", node_say},         {"node.status", node_status}, {"person.key", node_key},
    {"person.nick", node_nick}};

#endif
