/*
 * Questions over the control socket, without a word about their failing.
 */
#include "apps/doctor/doctor_ask.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/rpc/rpc_client.h"

#define DOCTOR_ASK_ROOMS_MAX 32 /* whose newest messages are looked at */
#define DOCTOR_ASK_FEEDS 5      /* pages of events: all that a node keeps */
#define DOCTOR_ASK_MESSAGES 20  /* of each */

/* NULL when there is no answer; `*rc` says why. */
static json_t *doctor_ask_one(const struct doctor_world *w, const char *method, json_t *params,
                              int *rc)
{
    char path[HOME_PATH_MAX + 32];
    json_t *result = NULL;
    (void)snprintf(path, sizeof path, "%s/" HOME_CONTROL, w->home);
    *rc = rpc_client_ask(path, method, params, RPC_CLIENT_TIMEOUT_MS, &result);
    json_decref(params);
    if (*rc == 0 && !json_is_object(result)) {
        *rc = WAVU_ERR_PROTO;
    }
    if (*rc != 0) {
        json_decref(result);
        return NULL;
    }
    return result;
}

json_t *doctor_ask_method(const struct doctor_world *w, const char *method)
{
    int rc = 0;
    return doctor_ask_one(w, method, NULL, &rc);
}

static enum doctor_node doctor_ask_kind(int rc)
{
    switch (rc) {
    case 0:
        return DOCTOR_NODE_UP;
    case WAVU_ERR_NO_NODE:
    case WAVU_ERR_INVALID: /* the path is too long for any */
        return DOCTOR_NODE_NONE;
    case WAVU_ERR_DENIED:
        return DOCTOR_NODE_FOREIGN;
    case WAVU_ERR_TIMEOUT:
        return DOCTOR_NODE_SILENT;
    default:
        return DOCTOR_NODE_ODD;
    }
}

static void doctor_ask_note(struct doctor_ask_clock *a, const char *id, int64_t ahead_s)
{
    size_t i = 0;
    while (i < a->count && strcmp(a->list[i].id, id) != 0) {
        i++;
    }
    if (i == DOCTOR_ASK_AUTHORS_MAX) {
        return;
    }
    if (i == a->count) {
        a->count++;
        (void)snprintf(a->list[i].id, sizeof a->list[i].id, "%s", id);
        a->list[i].ahead_s = ahead_s;
    }
    a->list[i].ahead_s = ahead_s > a->list[i].ahead_s ? ahead_s : a->list[i].ahead_s;
}

/* A message that was written at `at_ms`, and may have come lately. */
static void doctor_ask_late(struct doctor_ask_clock *a, const char *id, json_int_t at_ms)
{
    json_int_t came_ms = json_integer_value(json_object_get(a->arrivals, id != NULL ? id : ""));
    int64_t late_s = (int64_t)(came_ms - at_ms) / 1000;
    if (came_ms > 0 && at_ms > 0) {
        a->late_s = a->arrived == 0 || late_s < a->late_s ? late_s : a->late_s;
        a->arrived++;
    }
}

void doctor_ask_page(struct doctor_ask_clock *a, int64_t now_s, const json_t *page)
{
    const json_t *messages = json_object_get(page, "messages");
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const json_t *one = json_array_get(messages, i);
        const char *author = json_string_value(json_object_get(one, "author"));
        json_int_t at_ms = json_integer_value(json_object_get(one, "unixMs"));
        int64_t ahead_s = (int64_t)(at_ms / 1000) - now_s;
        if (author == NULL || json_is_true(json_object_get(one, "isOwn"))) {
            continue;
        }
        if (ahead_s > DOCTOR_CLOCK_SLACK_S) {
            doctor_ask_note(a, author, ahead_s);
        }
        doctor_ask_late(a, json_string_value(json_object_get(one, "id")), at_ms);
    }
}

void doctor_ask_sum(const struct doctor_ask_clock *a, struct doctor_world *w)
{
    int64_t first_s = 0;
    int64_t second_s = 0;
    for (size_t i = 0; i < a->count; i++) {
        int64_t ahead_s = a->list[i].ahead_s;
        if (ahead_s > first_s) {
            second_s = first_s;
            first_s = ahead_s;
        } else if (ahead_s > second_s) {
            second_s = ahead_s;
        }
    }
    w->authors_ahead = (unsigned)a->count;
    w->ahead_s = a->count > 1 ? second_s : first_s;
    w->arrived = a->arrived;
    w->late_s = a->late_s;
}

/* The newest messages of each of the `list` (chats or rooms), which `key` names. */
static void doctor_ask_pages(const struct doctor_world *w, const json_t *list, const char *key,
                             struct doctor_ask_clock *authors)
{
    int rc = 0;
    bool is_room = strcmp(key, "id") == 0;
    for (size_t i = 0; i < json_array_size(list) && i < DOCTOR_ASK_ROOMS_MAX && rc == 0; i++) {
        const json_t *one = json_array_get(list, i);
        json_t *params =
            json_pack("{s:O,s:O,s:i}", is_room ? "room" : key, json_object_get(one, key), "network",
                      json_object_get(one, "network"), "max", DOCTOR_ASK_MESSAGES);
        json_t *page = doctor_ask_one(w, "history.look", params, &rc);
        doctor_ask_page(authors, w->now_s, page);
        json_decref(page);
    }
}

/* Which messages came since the node started, and when. */
static json_t *doctor_ask_arrivals(const struct doctor_world *w)
{
    json_t *arrivals = json_object();
    json_int_t after = 0;
    int rc = 0;
    for (int i = 0; i < DOCTOR_ASK_FEEDS && rc == 0; i++) {
        json_t *page = doctor_ask_one(w, "mesh.events", json_pack("{s:I}", "after", after), &rc);
        const json_t *events = json_object_get(page, "events");
        for (size_t at = 0; at < json_array_size(events); at++) {
            const json_t *one = json_array_get(events, at);
            const char *kind = json_string_value(json_object_get(one, "event"));
            const char *id = json_string_value(json_object_get(one, "id"));
            if (kind != NULL && id != NULL &&
                (strcmp(kind, "said") == 0 || strcmp(kind, "direct") == 0)) {
                (void)json_object_set(arrivals, id, json_object_get(one, "unixMs"));
            }
        }
        json_int_t next = json_integer_value(json_object_get(page, "next"));
        rc = json_array_size(events) == 0 || next <= after + 1 ? WAVU_ERR_CLOSED : rc; /* all */
        after = next - 1;
        json_decref(page);
    }
    return arrivals;
}

static void doctor_ask_hints(struct doctor_world *w)
{
    int rc = 0;
    json_t *arrivals = doctor_ask_arrivals(w);
    struct doctor_ask_clock authors = {.arrivals = arrivals};
    json_t *chats = doctor_ask_one(w, "direct.chats", NULL, &rc);
    json_t *rooms = doctor_ask_one(w, "room.list", NULL, &rc);
    doctor_ask_pages(w, json_object_get(chats, "chats"), "member", &authors);
    doctor_ask_pages(w, json_object_get(rooms, "rooms"), "id", &authors);
    doctor_ask_sum(&authors, w);
    json_decref(chats);
    json_decref(rooms);
    json_decref(arrivals);
}

void doctor_ask(struct doctor_world *w)
{
    int rc = 0;
    w->vault = doctor_ask_one(w, "vault.state", NULL, &rc);
    w->node = doctor_ask_kind(rc);
    if (w->node != DOCTOR_NODE_UP) {
        return;
    }
    if (json_is_true(json_object_get(w->vault, "isLocked"))) {
        w->node = DOCTOR_NODE_LOCKED;
        return;
    }
    w->status = doctor_ask_one(w, "node.status", NULL, &rc);
    w->networks = doctor_ask_one(w, "network.list", NULL, &rc);
    doctor_ask_hints(w);
}

void doctor_ask_clear(struct doctor_world *w)
{
    json_decref(w->status);
    json_decref(w->networks);
    json_decref(w->vault);
    w->status = NULL;
    w->networks = NULL;
    w->vault = NULL;
}
