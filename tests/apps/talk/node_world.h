/*
 * What the scripted node of node.h knows: its chats, its messages and its events.
 */
#ifndef TESTS_APPS_TALK_NODE_WORLD_H
#define TESTS_APPS_TALK_NODE_WORLD_H

#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/rpc/jsonrpc.h"

#define NODE_NETWORK "aa00000000000000000000000000000000000000000000000000000000000001"
#define NODE_MAIN "bb00000000000000000000000000000000000000000000000000000000000001"
#define NODE_SAFARI "bb00000000000000000000000000000000000000000000000000000000000002"
#define NODE_SELF "cc00000000000000000000000000000000000000000000000000000000000001"
#define NODE_BARAKA "cc00000000000000000000000000000000000000000000000000000000000002"
#define NODE_CHUI "cc00000000000000000000000000000000000000000000000000000000000003"
#define NODE_KEY "dd00000000000000000000000000000000000000000000000000000000000001"
#define NODE_CHATS 4
#define NODE_ID 65

/* A room or direct chat: messages 1 to `count` in the order in which they came; `order` has their
 * numbers as people read them. */
struct node_chat {
    const char *id;
    const char *name; /* NULL: a direct chat */
    uint32_t *order;
    size_t count;
    uint64_t read;
    uint32_t unread;
    uint64_t changed; /* this message looks different from before, `revision` times */
    int revision;
    size_t text_size; /* of each message; 0: short ones */
};

static struct {
    struct node_chat chats[NODE_CHATS];
    json_t *events;
    size_t looks;      /* history.look was asked so often */
    size_t lists;      /* network.list */
    size_t members;    /* network.members */
    bool is_empty;     /* no network yet */
    json_t *said;      /* parameters of the last room.say or direct.say */
    json_t *read;      /* of the last room.read or direct.read */
    const char *fails; /* why nothing is said, or NULL */
    int lost;          /* events that are kept no more, told once */
    int waits;         /* so often keys are on their way first */
    bool is_denied;    /* others say that it is not in its network any more */
    int parted;        /* 1: its one neighbour has gone */
    int clock_others;  /* who say that its clock is a day ahead; 0: nobody */
    char heard[256];   /* texts that were said, one after the other */
} node;

static inline void node_id(char out[NODE_ID], size_t chat, uint64_t number)
{
    (void)snprintf(out, NODE_ID, "ee%02zx%060" PRIx64, chat, number);
}

/* `count` messages, none of them late. */
static inline void node_fill(size_t chat, size_t count)
{
    struct node_chat *c = &node.chats[chat];
    free(c->order);
    c->order = calloc(count + 4096, sizeof *c->order);
    c->count = count;
    for (size_t i = 0; i < count; i++) {
        c->order[i] = (uint32_t)i + 1;
    }
}

static inline void node_world_make(void)
{
    memset(&node, 0, sizeof node);
    node.chats[0] = (struct node_chat){.id = NODE_MAIN, .name = ""};
    node.chats[1] = (struct node_chat){.id = NODE_SAFARI, .name = "safari"};
    node.chats[2] = (struct node_chat){.id = NODE_BARAKA};
    node.chats[3] = (struct node_chat){.id = NODE_CHUI};
    for (size_t i = 0; i < NODE_CHATS; i++) {
        node_fill(i, i == 3 ? 0 : 10);
    }
    node.events = json_array();
}

static inline void node_world_clear(void)
{
    for (size_t i = 0; i < NODE_CHATS; i++) {
        free(node.chats[i].order);
    }
    json_decref(node.events);
    json_decref(node.said);
    json_decref(node.read);
}

static inline void node_world_event_take(json_t *event)
{
    const json_int_t number = (json_int_t)json_array_size(node.events) + 1;
    (void)json_object_set_new(event, "number", json_integer(number));
    (void)json_array_append_new(node.events, event);
}

/* A new message is in the chat, `up` places above the end; its number. */
static inline uint64_t node_add(size_t chat, size_t up)
{
    struct node_chat *c = &node.chats[chat];
    memmove(&c->order[c->count - up + 1], &c->order[c->count - up], up * sizeof *c->order);
    c->order[c->count - up] = (uint32_t)c->count + 1;
    c->count++;
    c->unread++;
    return c->count;
}

/* The event that tells of it. */
static inline json_t *node_said_event(size_t chat, uint64_t number, bool is_own)
{
    char id[NODE_ID];
    char text[32];
    node_id(id, chat, number);
    (void)snprintf(text, sizeof text, "m%" PRIu64, number);
    if (node.chats[chat].name == NULL) {
        return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:i}", "event", "direct", "network",
                         NODE_NETWORK, "member", node.chats[chat].id, "id", id, "kind", "text",
                         "isOwn", is_own, "text", text, "unixMs", 1700000000);
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:s, s:i}", "event",
                     "said", "network", NODE_NETWORK, "room", node.chats[chat].id, "id", id,
                     "author", is_own ? NODE_SELF : NODE_BARAKA, "shown",
                     is_own ? "Amina" : "Baraka", "kind", "text", "isOwn", is_own, "isBlocked",
                     false, "isMentioned", number % 7 == 0, "text", text, "unixMs", 1700000000);
}

#endif
