/*
 * Networks and rooms, counted again as the library counted them.
 */
#include "apps/rpc/cause.h"

#include <jansson.h>
#include <string.h>

#include "apps/rpc/methods.h"
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

/* The disk's, which takes nothing now; NULL: it is not. */
static const char *of_disk(const struct methods *m, int err)
{
    struct wavu_status status;
    if (err != WAVU_ERR_AGAIN && err != WAVU_ERR_LIMIT && err != WAVU_ERR_NO_SPACE) {
        return NULL;
    }
    wavu_node_status(m->node, &status);
    return status.is_failing ? "the disk takes nothing now, and what is not kept is not said: make "
                               "room on it ('wavu doctor' says more), and try again; the node goes "
                               "on by itself"
                             : NULL;
}

json_t *cause_fail(const struct methods *m, struct jsonrpc_error *error, int err,
                   struct cause_named named, const struct takes_meaning *own)
{
    const char *sentence = of_network(m, err, named.network);
    sentence = sentence != NULL ? sentence : of_room(m, err, &named);
    sentence = sentence != NULL ? sentence : of_disk(m, err);
    (void)takes_fail(error, err, own);
    error->message = sentence != NULL ? sentence : error->message;
    return NULL;
}
