/*
 * Networks and rooms, counted again as the library counted them.
 */
#include "apps/rpc/cause.h"

#include <jansson.h>
#include <string.h>

#include "apps/rpc/methods.h"
#include "wavu/chat.h"
#include "wavu/rooms.h"

struct counting {
    const char *named; /* NULL: all */
    size_t count;
    size_t past; /* networks that this node was in; they count where it is in none of these */
};

static bool is_named(const char *named, const char *id, const char *name)
{
    return named == NULL || strcmp(named, id) == 0 || strcmp(named, name) == 0;
}

static void count_network(void *context, const struct wavu_network *network)
{
    struct counting *c = context;
    size_t *count = network->is_member ? &c->count : &c->past;
    *count += is_named(c->named, network->id, network->name) ? 1 : 0;
}

static void count_room(void *context, const struct wavu_room *room)
{
    struct counting *c = context;
    c->count += is_named(c->named, room->id, room->name) ? 1 : 0;
}

bool cause_is_id(const char *text)
{
    return text == NULL || (strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64);
}

/* The network's fault; NULL: it is not. */
static const char *of_network(const struct methods *m, int err, const char *named)
{
    struct counting c = {.named = named};
    wavu_networks(m->node, count_network, &c);
    const size_t count = c.count > 0 ? c.count : c.past;
    if (err == WAVU_ERR_NOT_FOUND && count == 0) {
        return named == NULL ? "this node is in no network yet: 'wavu create NAME' makes one, and "
                               "'wavu join CODE' joins one"
                             : "this node is in no network of that name or id: 'wavu networks' "
                               "lists its own";
    }
    if (err == WAVU_ERR_INVALID && count > 1) {
        return named == NULL ? "this node is in several networks: say which one, by its name or id "
                               "(--network N); 'wavu networks' lists them"
                             : "several networks are called so: say which one, by its id "
                               "(--network ID); 'wavu networks' lists them";
    }
    return NULL;
}

/* The room's; NULL: it is not. */
static const char *of_room(const struct methods *m, int err, const struct cause_named *named)
{
    struct counting c = {.named = named->room};
    if (named->room == NULL || wavu_rooms(m->node, named->network, count_room, &c) < 0) {
        return NULL;
    }
    if (err == WAVU_ERR_NOT_FOUND && c.count == 0) {
        return "that network has no room of that name or id: 'wavu rooms' lists them";
    }
    if (err == WAVU_ERR_INVALID && c.count > 1) {
        return "several rooms are called so: say which one, by its id; 'wavu rooms' lists them";
    }
    return NULL;
}

const char cause_waits[] = "that cannot be said yet; try again in a moment";

struct near {
    const char *named;
    uint32_t members;
    uint32_t neighbours;
};

static void add_near(void *context, const struct wavu_network *network)
{
    struct near *near = context;
    if (network->is_member && is_named(near->named, network->id, network->name)) {
        near->members += network->members;
        near->neighbours += network->neighbours;
    }
}

/* What is waited for, by whoever may not write now. Who is alone makes the keys; that they are used
 * waits for the disk. */
static const char *of_wait(const struct methods *m, const char *named)
{
    struct near near = {.named = named};
    struct wavu_status status;
    wavu_node_status(m->node, &status);
    wavu_networks(m->node, add_near, &near);
    if (status.is_failing) {
        return "the disk of the node takes nothing now, so nothing more can be said; make room, "
               "and see the node's log for why";
    }
    if (wavu_chat_is_ready(m->node, named)) {
        return "more was said than the disk of the node has taken yet; try again in a moment";
    }
    return near.members > 1 && near.neighbours > 0
               ? "the newest keys of this network are on their way from its other members; try "
                 "again in a moment"
               : "the keys of this network are being written to the disk of the node; try again in "
                 "a moment";
}

json_t *cause_fail(const struct methods *m, struct jsonrpc_error *error, int err,
                   struct cause_named named, const struct takes_meaning *own)
{
    const char *sentence = of_network(m, err, named.network);
    sentence = sentence != NULL ? sentence : of_room(m, err, &named);
    (void)takes_fail(error, err, own);
    error->message = sentence != NULL ? sentence : error->message;
    error->message = error->message == cause_waits ? of_wait(m, named.network) : error->message;
    return NULL;
}
