/*
 * What the scripted node of node.h can be asked.
 */
#ifndef TESTS_APPS_TALK_NODE_METHODS_H
#define TESTS_APPS_TALK_NODE_METHODS_H

#include "tests/apps/talk/node_look.h"
#include "tests/apps/talk/node_world.h"

#ifndef NODE_MORE_METHODS /* of one test: rows of the table */
#define NODE_MORE_METHODS
#endif

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
    return json_pack("{s:[{s:s, s:s, s:s, s:b, s:b, s:b, s:i, s:i, s:b}]}", "networks", "id",
                     NODE_NETWORK, "name", "nyumbani", "policy", "inviter", "isMember", true,
                     "hasLeft", false, "isDenied", node.is_denied, "members", 3, "neighbours",
                     1 - node.parted, "isFrozen", false);
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

static inline json_t *node_events(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const json_int_t after = json_integer_value(json_object_get(params, "after"));
    const json_int_t count = (json_int_t)json_array_size(node.events);
    json_t *events = json_array();
    (void)context;
    if (json_is_true(json_object_get(params, "wait")) && after >= count) {
        error->code = JSONRPC_LATER;
    }
    const int lost = count > after && after >= 0 ? node.lost : 0;
    node.lost = lost > 0 ? 0 : node.lost;
    for (json_int_t i = after; i < count && after >= 0; i++) {
        (void)json_array_append(events, json_array_get(node.events, (size_t)i));
    }
    return json_pack("{s:o, s:I, s:i}", "events", events, "next", count + 1, "lost", lost);
}

static inline json_t *node_read(void *context, const json_t *params, struct jsonrpc_error *error)
{
    size_t chat = 0;
    struct node_chat *c = node_chat_of(params, &chat);
    (void)context;
    if (c == NULL) {
        return node_fail(error, WAVU_ERR_NOT_FOUND, "there is no such room");
    }
    const char *id = json_string_value(json_object_get(params, c->name != NULL ? "upTo" : "id"));
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
    if (node.waits > 0) {
        node.waits--;
        return node_fail(error, WAVU_ERR_AGAIN, "keys are on their way");
    }
    const char *text = json_string_value(json_object_get(params, "text"));
    const size_t used = strlen(node.heard);
    (void)snprintf(node.heard + used, sizeof node.heard - used, "%.20s ", text ? text : "");
    return json_pack("{s:s}", "message", NODE_KEY);
}

static inline json_t *node_status(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    (void)error;
    json_t *clock = node.clock_others > 0
                        ? json_pack("{s:i, s:i}", "aheadMs", 86400000, "others", node.clock_others)
                        : json_null();
    return json_pack("{s:s, s:s, s:s, s:i, s:o, s:{s:i, s:i, s:i, s:i, s:b, s:[{s:s, s:s}]}}",
                     "peerId", "12D3KooWtest", "version", "0.1.0", "disk", "good", "peers", 2,
                     "clock", clock, "mesh", "members", 3, "reachable", 2, "neighbours", 1,
                     "linked", 1, "isOffline", false, "seeds", "seed", "/dns/seed", "state",
                     "in \x1b[31mreach");
}

static inline json_t *node_file(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const char *id = json_string_value(json_object_get(params, "id"));
    (void)context;
    (void)error;
    return json_pack("{s:{s:s, s:s, s:s, s:s, s:i}}", "file", "id", id, "name", "ramani\x1b.png",
                     "nick", "Chui", "state", id[0] == 'a' ? "own" : "offered", "size", 2048);
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
    {"person.nick", node_nick},       {"file.look", node_file},     NODE_MORE_METHODS};

#endif
