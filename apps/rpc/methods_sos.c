/*
 * Calls for help over the control socket: parameters in, wavu/sos.h asked, one JSON value or one
 * sentence out. What comes of a call, later, is in the feed.
 */
#include "apps/rpc/methods_sos.h"

#include <jansson.h>

#include "apps/rpc/cause.h"
#include "apps/rpc/methods.h"
#include "apps/rpc/methods_contacts.h"
#include "apps/rpc/takes.h"
#include "base/check.h"
#include "wavu/sos.h"

#define METHODS_SOS_TO_MAX 64 /* people named in one call; more are all */

static const struct takes_meaning meanings[] = {
    {WAVU_ERR_NOT_FOUND, "there is no such call for help; 'wavu sos status' lists them"},
    {WAVU_ERR_INVALID, "several calls for help fit; name one by its id, or its first 8 digits"},
    {WAVU_ERR_AGAIN, "that cannot be said yet; try again in a moment"},
    {0, NULL}};

/* Of own calls, none of which was named. */
static const struct takes_meaning own_meanings[] = {
    {WAVU_ERR_NOT_FOUND, "no call for help of yours is open; 'wavu sos status' lists all"},
    {WAVU_ERR_INVALID, "several calls of yours are open: name one by its id, which 'wavu sos "
                       "status' shows, or its first 8 digits"},
    {WAVU_ERR_AGAIN, "that cannot be said yet; try again in a moment"},
    {0, NULL}};

static const struct takes_meaning call_meanings[] = {
    {WAVU_ERR_NOT_FOUND, "somebody who is named is no member of a network of this node"},
    {WAVU_ERR_INVALID, "there is nobody else in the networks of this node to be called; 'wavu "
                       "invite' lets people in"},
    {WAVU_ERR_PROTO, "a text is UTF-8, and a position has -90 to 90 degrees of latitude and -180 "
                     "to 180 of longitude"},
    {WAVU_ERR_LIMIT, "a text has at most 1000 bytes, and at most 4 calls are open at a time; 'wavu "
                     "sos cancel' ends one"},
    {0, NULL}};

/* ---- Calling ---- */

/* {"latitudeE7", "longitudeE7", "altitudeM", "accuracyM"}. */
static bool read_position(const json_t *position, struct wavu_position *out)
{
    const json_t *latitude = json_object_get(position, "latitudeE7");
    const json_t *longitude = json_object_get(position, "longitudeE7");
    const json_t *altitude = json_object_get(position, "altitudeM");
    json_int_t accuracy = json_integer_value(json_object_get(position, "accuracyM"));
    if (!json_is_integer(latitude) || !json_is_integer(longitude) || accuracy < 0 ||
        accuracy > UINT32_MAX) {
        return false;
    }
    *out = (struct wavu_position){.latitude_e7 = json_integer_value(latitude),
                                  .longitude_e7 = json_integer_value(longitude),
                                  .accuracy_m = (uint32_t)accuracy,
                                  .has_altitude = json_is_integer(altitude),
                                  .altitude_m = json_integer_value(altitude)};
    return true;
}

/* The keys of those who are named. False with `error`. */
static bool read_to(struct methods *m, const json_t *to, const char *network,
                    char keys[METHODS_SOS_TO_MAX][WAVU_KEY_TEXT_MAX], struct jsonrpc_error *error)
{
    for (size_t i = 0; i < json_array_size(to); i++) {
        const char *who = json_string_value(json_array_get(to, i));
        if (who == NULL) {
            *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS, "\"to\" has texts"};
            return false;
        }
        if (!methods_contacts_who(m, who, network, keys[i], error)) {
            return false;
        }
    }
    return true;
}

static json_t *call(struct methods *m, const struct wavu_sos_wish *wish,
                    struct jsonrpc_error *error)
{
    char id[WAVU_SOS_ID_MAX];
    int rc = wavu_sos(m->node, wish, id);
    if (rc == WAVU_ERR_NOT_FOUND || (rc < 0 && wish->network != NULL)) {
        return cause_fail(m, error, rc, (struct cause_named){wish->network, NULL}, call_meanings);
    }
    if (rc < 0) { /* of all networks nobody has to say which */
        return takes_fail(error, rc, call_meanings);
    }
    json_t *result = json_object();
    takes_put(result, "after", json_integer((json_int_t)m->feed.next - 1));
    takes_put(result, "id", json_string(id));
    takes_put(result, "notice", json_string(WAVU_SOS_NOTICE));
    return result;
}

json_t *methods_sos_call(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"network", "text"},
        .count = 2,
        .sentence = "this method takes {\"to\": [names, ids or keys, 64 at most] or \"all\": true, "
                    "and \"network\", \"text\", \"position\", all optional}"};
    struct methods *m = context;
    const json_t *to = json_object_get(params, "to");
    const json_t *position = json_object_get(params, "position");
    char keys[METHODS_SOS_TO_MAX][WAVU_KEY_TEXT_MAX];
    const char *named[METHODS_SOS_TO_MAX];
    const char *texts[TAKES_MAX];
    struct wavu_position at;
    bool is_all = json_is_true(json_object_get(params, "all"));
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    if (is_all == (to != NULL) || (to != NULL && !json_is_array(to)) ||
        json_array_size(to) > METHODS_SOS_TO_MAX ||
        (position != NULL && !json_is_null(position) && !read_position(position, &at))) {
        *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS, takes.sentence};
        return NULL;
    }
    if (!read_to(m, to, texts[0], keys, error)) {
        return NULL;
    }
    for (size_t i = 0; i < json_array_size(to); i++) {
        named[i] = keys[i];
    }
    const struct wavu_sos_wish wish = {.network = texts[0],
                                       .to = named,
                                       .to_count = json_array_size(to),
                                       .is_all = is_all,
                                       .text = texts[1],
                                       .position = json_is_object(position) ? &at : NULL};
    return call(m, &wish, error);
}

/* ---- Looking ---- */

static void add_target(void *context, const struct wavu_sos_target *target)
{
    json_t *targets = context;
    json_t *one = json_object();
    takes_put(one, "member", json_string(target->member));
    takes_put(one, "shown", jsonrpc_text(target->shown));
    takes_put(one, "state", json_string(target->state));
    CHECK(json_array_append_new(targets, one) == 0);
}

struct listing {
    const struct methods *m;
    json_t *all;
};

static void add_one(void *context, const struct wavu_sos_one *one)
{
    const struct listing *l = context;
    json_t *added = feed_sos(one);
    if (one->is_own) {
        json_t *targets = json_array();
        (void)!wavu_sos_targets(l->m->node, one->id, add_target, targets);
        takes_put(added, "to", targets);
    }
    CHECK(json_array_append_new(l->all, added) == 0);
}

json_t *methods_sos_list(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {.sentence = "this method takes no parameters"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    struct listing l = {.m = m, .all = json_array()};
    wavu_sos_list(m->node, add_one, &l);
    json_t *result = json_object();
    takes_put(result, "calls", l.all);
    takes_put(result, "notice", json_string(WAVU_SOS_NOTICE));
    return result;
}

/* ---- Ending and answering ---- */

json_t *methods_sos_cancel(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"id"},
        .count = 1,
        .sentence = "this method takes {\"id\": of an own call, or its first 8 digits}; it may be "
                    "left out where only one is open"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    int rc = wavu_sos_cancel(m->node, texts[0]);
    return rc < 0 ? takes_fail(error, rc, texts[0] == NULL ? own_meanings : meanings)
                  : json_object();
}

json_t *methods_sos_ack(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"id"},
        .count = 1,
        .needed = 1,
        .sentence = "this method takes {\"id\": of somebody's call, or its first 8 digits}"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    int rc = wavu_sos_ack(m->node, texts[0]);
    return rc < 0 ? takes_fail(error, rc, meanings) : json_object();
}
