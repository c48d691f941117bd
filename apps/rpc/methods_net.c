/*
 * Peers by what was typed of their ids; what takes a while is left to tasks.c.
 */
#include "apps/rpc/methods_net.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/rpc/id_page.h"
#include "apps/rpc/methods.h"
#include "apps/rpc/takes.h"
#include "base/check.h"

#define METHODS_NET_ID_MIN 46 /* characters of the shortest whole id */

/* ---- Who ---- */

/* Whom a part of an id means, among members and connected peers. */
struct methods_net_whom {
    const char *part;
    char id[WAVU_PEER_TEXT_MAX];
    bool is_several;
    bool is_connected;
};

static void methods_net_meet(struct methods_net_whom *whom, const char *id)
{
    if (!peer_at_fits(id, whom->part)) {
        return;
    }
    whom->is_several = whom->is_several || (whom->id[0] != '\0' && strcmp(whom->id, id) != 0);
    (void)snprintf(whom->id, sizeof whom->id, "%s", id);
}

static void methods_net_meet_peer(void *context, const struct wavu_peer *peer)
{
    struct methods_net_whom *whom = context;
    methods_net_meet(whom, peer->id);
    whom->is_connected = whom->is_connected || peer_at_fits(peer->id, whom->part);
}

static void methods_net_meet_member(void *context, const struct wavu_member *member)
{
    if (!member->is_self) {
        methods_net_meet(context, member->id);
    }
}

/* A whole id stands for itself; a part of one for the one that it fits. False with `error`. */
static bool methods_net_find(const struct methods *m, const char *text,
                             struct methods_net_whom *whom, struct jsonrpc_error *error)
{
    size_t len = strlen(text);
    *whom = (struct methods_net_whom){.part = text};
    if (len < PEER_AT_PART_MIN || len >= sizeof whom->id) {
        *error = (struct jsonrpc_error){
            JSONRPC_TOO_LARGE + WAVU_ERR_INVALID,
            "a peer is its id, or at least 6 of its first or last characters"};
        return false;
    }
    wavu_node_peers(m->node, methods_net_meet_peer, whom);
    wavu_mesh_members(m->node, methods_net_meet_member, whom);
    if (whom->is_several) {
        *error = (struct jsonrpc_error){JSONRPC_TOO_LARGE + WAVU_ERR_INVALID,
                                        "several peers' ids begin or end so: type more of the id"};
        return false;
    }
    if (whom->id[0] == '\0' && len >= METHODS_NET_ID_MIN) {
        (void)snprintf(whom->id, sizeof whom->id, "%s", text); /* the node judges it */
    }
    if (whom->id[0] == '\0') {
        *error = (struct jsonrpc_error){JSONRPC_TOO_LARGE + WAVU_ERR_NOT_FOUND,
                                        "no peer's or member's id begins or ends so: 'wavu peers' "
                                        "and 'wavu members --nodes' list them"};
    }
    return whom->id[0] != '\0';
}

static json_t *methods_net_fail(struct jsonrpc_error *error, int err)
{
    *error = (struct jsonrpc_error){JSONRPC_TOO_LARGE + err, tasks_sentence(err)};
    return NULL;
}

/* The one text that a method takes, `key`; NULL with `error`. */
static const char *methods_net_text(const struct methods *m, const json_t *params, const char *key,
                                    const char *sentence, struct jsonrpc_error *error)
{
    const struct takes takes = {.names = {key}, .count = 1, .needed = 1, .sentence = sentence};
    const char *texts[TAKES_MAX];
    return takes_read(&takes, m, params, texts, error) ? texts[0] : NULL;
}

/* The whole number from `min` to `max` at `key`; `*value` stays when there is none. */
static bool methods_net_number(const json_t *params, const char *key, json_int_t max,
                               uint64_t *value)
{
    const json_t *number = json_object_get(params, key);
    if (number == NULL || json_is_null(number)) {
        return true;
    }
    bool is_good = json_is_integer(number) && json_integer_value(number) >= 0 &&
                   json_integer_value(number) <= max;
    *value = is_good ? (uint64_t)json_integer_value(number) : *value;
    return is_good;
}

static json_t *methods_net_begun(uint64_t number)
{
    json_t *result = json_object();
    takes_put(result, "task", takes_count(number));
    return result;
}

/* ---- Connections ---- */

json_t *methods_net_connect(void *context, const json_t *params, struct jsonrpc_error *error)
{
    struct methods *m = context;
    struct peer_at where;
    uint64_t number = 0;
    const char *text = methods_net_text(m, params, "address",
                                        "this method takes {\"address\": a multiaddr, host:port, "
                                        "or PEER@host}",
                                        error);
    if (text == NULL) {
        return NULL;
    }
    int rc = peer_at_parse(text, &where);
    if (rc == WAVU_ERR_PEER_ID) {
        *error = (struct jsonrpc_error){
            JSONRPC_TOO_LARGE + WAVU_ERR_INVALID,
            "before @ stands a peer's id, or at least 6 of its first or last characters"};
        return NULL;
    }
    rc = rc == 0 ? wavu_address_check(where.address) : rc;
    rc = rc == 0 ? tasks_connect(&m->tasks, m->node, &where, &number) : rc;
    return rc == 0 ? methods_net_begun(number) : methods_net_fail(error, rc);
}

json_t *methods_net_disconnect(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    struct methods_net_whom whom;
    const char *text = methods_net_text(
        m, params, "peer", "this method takes {\"peer\": an id, or a part of one}", error);
    if (text == NULL || !methods_net_find(m, text, &whom, error)) {
        return NULL;
    }
    int rc = wavu_disconnect(m->node, whom.id);
    if (rc == WAVU_ERR_NOT_FOUND) {
        *error = (struct jsonrpc_error){JSONRPC_TOO_LARGE + rc,
                                        "this node is not connected to that peer; 'wavu peers' "
                                        "lists those that it is connected to"};
        return NULL;
    }
    return rc == 0 ? json_object() : methods_net_fail(error, rc);
}

/* ---- Round trips ---- */

/* Whom to measure, as read from {"peer"} or {"address"}. */
struct methods_net_target {
    struct methods_net_whom whom;
    struct peer_at where;
};

/* Fill in `wish`, which borrows from `target`; false with `error`. */
static bool methods_net_aim(const struct methods *m, const char *const texts[TAKES_MAX],
                            struct methods_net_target *target, struct tasks_wish *wish,
                            struct jsonrpc_error *error)
{
    if (texts[0] != NULL) {
        wish->peer = target->whom.id;
        return methods_net_find(m, texts[0], &target->whom, error);
    }
    int rc = peer_at_parse(texts[1], &target->where);
    rc = rc == 0 ? wavu_address_check(target->where.address) : rc;
    if (rc == 0 && target->where.part[0] != '\0') {
        rc = WAVU_ERR_INVALID; /* who answers is only known then: net.connect looks at it */
    }
    if (rc < 0) {
        (void)methods_net_fail(error, rc);
    }
    wish->address = target->where.address;
    return rc == 0;
}

json_t *methods_net_ping(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const char sentence[] =
        "this method takes {\"peer\": an id} or {\"address\": a multiaddr or host:port}, and "
        "{\"count\": 1 to 100, \"intervalMs\": 100 to 60000}";
    static const struct takes takes = {
        .names = {"peer", "address"}, .count = 2, .sentence = sentence};
    struct methods *m = context;
    struct tasks_wish wish = {.count = 0};
    struct methods_net_target target;
    const char *texts[TAKES_MAX];
    uint64_t count = 4;
    uint64_t interval_ms = 1000;
    uint64_t number = 0;
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    if ((texts[0] == NULL) == (texts[1] == NULL) ||
        !methods_net_number(params, "count", TASKS_STEPS_MAX, &count) || count == 0 ||
        !methods_net_number(params, "intervalMs", TASKS_INTERVAL_MS_MAX, &interval_ms) ||
        interval_ms < TASKS_INTERVAL_MS_MIN) {
        return takes_refuse(error, sentence);
    }
    if (!methods_net_aim(m, texts, &target, &wish, error)) {
        return NULL;
    }
    wish.is_mesh = wish.peer != NULL && !target.whom.is_connected;
    wish.count = (uint32_t)count;
    wish.interval_ms = interval_ms;
    int rc = tasks_ping(&m->tasks, m->node, &wish, &number);
    return rc == 0 ? methods_net_begun(number) : methods_net_fail(error, rc);
}

json_t *methods_net_trace(void *context, const json_t *params, struct jsonrpc_error *error)
{
    struct methods *m = context;
    struct methods_net_whom whom;
    uint64_t number = 0;
    const char *text = methods_net_text(
        m, params, "peer", "this method takes {\"peer\": an id, or a part of one}", error);
    if (text == NULL || !methods_net_find(m, text, &whom, error)) {
        return NULL;
    }
    int rc = tasks_trace(&m->tasks, m->node, whom.id, &number);
    return rc == 0 ? methods_net_begun(number) : methods_net_fail(error, rc);
}

/* ---- What came of it ---- */

static const struct tasks_one *methods_net_task_of(const struct methods *m, const json_t *params,
                                                   uint64_t *after, struct jsonrpc_error *error)
{
    uint64_t number = 0;
    const struct tasks_one *one = NULL;
    if (methods_net_number(params, "task", INT64_MAX, &number) &&
        methods_net_number(params, "after", TASKS_STEPS_MAX, after)) {
        one = tasks_find(&m->tasks, number);
    }
    if (one == NULL) {
        (void)takes_refuse(error, "this method takes {\"task\": number of a recent one}");
    }
    return one;
}

json_t *methods_net_task(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    uint64_t after = 0;
    const struct tasks_one *one = methods_net_task_of(m, params, &after, error);
    if (one == NULL) {
        return NULL;
    }
    if (json_is_true(json_object_get(params, "wait")) && !one->is_done &&
        one->step_count <= after) {
        error->code = JSONRPC_LATER;
    }
    return tasks_show(one, (size_t)after);
}

json_t *methods_net_task_end(void *context, const json_t *params, struct jsonrpc_error *error)
{
    struct methods *m = context;
    uint64_t after = 0;
    const struct tasks_one *one = methods_net_task_of(m, params, &after, error);
    return one != NULL && tasks_end(&m->tasks, one->number) ? json_object() : NULL;
}

/* ---- Ways ---- */

/* Members to whom ways are looked for. */
static void methods_net_take(void *context, const struct wavu_member *member)
{
    if (!member->is_self && member->is_reachable) {
        id_page_offer(context, member->id);
    }
}

static json_t *methods_net_route(const struct methods *m, const char *id)
{
    struct wavu_hop way[WAVU_WAY_MAX];
    size_t count = 0;
    uint64_t cost_us = 0;
    json_t *hops = json_array();
    json_t *one = json_object();
    (void)!wavu_mesh_way(m->node, id, way, &count); /* without one, no hops */
    for (size_t i = 0; i < count; i++) {
        cost_us += way[i].cost_us;
        CHECK(json_array_append_new(hops, tasks_hop(&way[i])) == 0);
    }
    takes_put(one, "peerId", jsonrpc_text(id));
    takes_put(one, "nextHop", count > 0 ? jsonrpc_text(way[0].id) : json_null());
    takes_put(one, "costMs", count > 0 ? json_real((double)cost_us / 1e3) : json_null());
    takes_put(one, "hops", hops);
    return one;
}

json_t *methods_net_routes(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"peer", "after"},
        .count = 2,
        .sentence = "this method takes {\"peer\": an id} or {\"after\": the last id of the answer "
                    "before}, both optional"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    struct methods_net_whom whom;
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    if (texts[0] != NULL && !methods_net_find(m, texts[0], &whom, error)) {
        return NULL;
    }
    struct id_page page;
    id_page_begin(&page, texts[1]);
    if (texts[0] != NULL) {
        id_page_offer(&page, whom.id);
    } else {
        wavu_mesh_members(m->node, methods_net_take, &page);
    }
    json_t *routes = json_array();
    for (size_t i = 0; i < page.count; i++) {
        CHECK(json_array_append_new(routes, methods_net_route(m, page.ids[i])) == 0);
    }
    json_t *result = json_object();
    takes_put(result, "routes", routes);
    takes_put(result, "isMore", json_boolean(page.is_more));
    return result;
}
