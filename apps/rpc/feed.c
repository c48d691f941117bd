/*
 * Events come from the node as structs and leave as JSON; text that is no UTF-8 is shown as such.
 */
#include "apps/rpc/feed.h"

#include <jansson.h>
#include <string.h>

#include "apps/rpc/jsonrpc.h"
#include "apps/rpc/takes.h"
#include "base/check.h"
#include "base/mem.h"

#define FEED_ANSWER_MAX 256 /* events in one answer */

static const char *feed_name(enum wavu_mesh_kind kind)
{
    static const char *const names[] = {
        [WAVU_MESH_NEIGHBOUR] = "neighbour", [WAVU_MESH_PARTED] = "parted",
        [WAVU_MESH_SUSPECTED] = "suspected", [WAVU_MESH_TRUSTED] = "trusted",
        [WAVU_MESH_DOWN] = "down",           [WAVU_MESH_HEALED] = "healed",
        [WAVU_MESH_MESSAGE] = "message",     [WAVU_MESH_CHANGED] = "changed",
        [WAVU_MESH_FORGOTTEN] = "forgotten", [WAVU_MESH_SEED] = "seed",
        [WAVU_MESH_UNICAST] = "unicast",     [WAVU_MESH_BARRED] = "barred",
        [WAVU_MESH_CLOCK] = "clock"};
    return names[kind];
}

static const char *feed_members_name(enum wavu_members_kind kind)
{
    static const char *const names[] = {
        [WAVU_MEMBERS_ENTERED] = "entered",   [WAVU_MEMBERS_LEFT] = "left",
        [WAVU_MEMBERS_CHANGED] = "members",   [WAVU_MEMBERS_DENIED] = "denied",
        [WAVU_MEMBERS_LET_IN] = "letIn",      [WAVU_MEMBERS_STOPPED] = "stopped",
        [WAVU_MEMBERS_NEWCOMER] = "newcomer", [WAVU_MEMBERS_TRY] = "codeTry",
        [WAVU_MEMBERS_BUSY] = "codeBusy",     [WAVU_MEMBERS_CODE_CLOSED] = "codeClosed",
        [WAVU_MEMBERS_JOINING] = "joining",   [WAVU_MEMBERS_JOIN_FAILED] = "joinFailed"};
    return names[kind];
}

static const char *feed_files_name(enum wavu_files_kind kind)
{
    static const char *const names[] = {
        [WAVU_FILES_HASHED] = "fileHashed",   [WAVU_FILES_SENT] = "fileSent",
        [WAVU_FILES_REFUSED] = "fileRefused", [WAVU_FILES_OFFER] = "fileOffer",
        [WAVU_FILES_MOVED] = "fileMoved",     [WAVU_FILES_DONE] = "fileDone",
        [WAVU_FILES_STOPPED] = "fileStopped", [WAVU_FILES_GONE] = "fileGone"};
    return names[kind];
}

static void feed_put(json_t *object, const char *key, json_t *value)
{
    CHECK(value != NULL && json_object_set_new(object, key, value) == 0);
}

static size_t feed_size(const json_t *event)
{
    return json_string_length(json_object_get(event, "text")) +
           json_array_size(json_object_get(event, "mentions")) * WAVU_KEY_TEXT_MAX;
}

static void feed_drop_oldest(struct feed *f)
{
    json_t **slot = &f->events[f->first % FEED_EVENTS_MAX];
    f->bytes -= feed_size(*slot);
    json_decref(*slot);
    *slot = NULL;
    f->first++;
}

void feed_init(struct feed *f)
{
    *f = (struct feed){.first = 1, .next = 1};
}

void feed_clear(struct feed *f)
{
    while (f->first < f->next) {
        feed_drop_oldest(f);
    }
}

/* A payload as text, without NULs. */
static json_t *feed_text(const uint8_t *data, size_t len)
{
    char *text = mem_new(len + 1);
    for (size_t i = 0; i < len; i++) {
        text[i] = data[i] == '\0' ? ' ' : (char)data[i];
    }
    json_t *value = jsonrpc_long_text(text, 3 * WAVU_BROADCAST_MAX);
    mem_free(text);
    return value;
}

static json_t *feed_begin(const struct feed *f, const char *name, uint64_t unix_ms)
{
    json_t *one = json_object();
    feed_put(one, "number", json_integer((json_int_t)f->next));
    feed_put(one, "unixMs", json_integer((json_int_t)unix_ms));
    feed_put(one, "event", json_string(name));
    return one;
}

static void feed_keep_take(struct feed *f, json_t *one)
{
    while (f->first < f->next &&
           (f->next - f->first == FEED_EVENTS_MAX || f->bytes + feed_size(one) > FEED_BYTES_MAX)) {
        feed_drop_oldest(f);
    }
    f->events[f->next % FEED_EVENTS_MAX] = one;
    f->bytes += feed_size(one);
    f->next++;
}

void feed_add_members(struct feed *f, const struct wavu_members_event *event, uint64_t unix_ms)
{
    json_t *one = feed_begin(f, feed_members_name(event->kind), unix_ms);
    if (event->network[0] != '\0') {
        feed_put(one, "network", jsonrpc_text(event->network));
    }
    if (event->name[0] != '\0') {
        feed_put(one, "name", jsonrpc_text(event->name));
    }
    if (event->kind == WAVU_MEMBERS_NEWCOMER && event->member[0] != '\0') {
        feed_put(one, "member", jsonrpc_text(event->member));
    }
    if (event->kind == WAVU_MEMBERS_CODE_CLOSED) {
        feed_put(one, "reason", jsonrpc_text(event->word));
    }
    if (event->kind == WAVU_MEMBERS_TRY || event->kind == WAVU_MEMBERS_JOIN_FAILED) {
        feed_put(one, "left", json_integer(event->left));
    }
    if (event->kind == WAVU_MEMBERS_JOIN_FAILED) {
        feed_put(one, "error", json_string(wavu_err_name(event->err)));
    }
    feed_keep_take(f, one);
}

void feed_add_contacts(struct feed *f, const struct wavu_contacts_event *event, uint64_t unix_ms)
{
    json_t *one = feed_begin(f, "keyChanged", unix_ms);
    feed_put(one, "network", jsonrpc_text(event->network));
    feed_put(one, "before", jsonrpc_text(event->before));
    feed_put(one, "key", jsonrpc_text(event->key));
    if (event->name[0] != '\0') {
        feed_put(one, "name", jsonrpc_text(event->name));
    }
    feed_put(one, "wasVerified", json_boolean(event->was_verified));
    feed_keep_take(f, one);
}

void feed_add_files(struct feed *f, const struct wavu_files_event *event, uint64_t unix_ms)
{
    json_t *one = feed_begin(f, feed_files_name(event->kind), unix_ms);
    feed_put(one, "network", jsonrpc_text(event->network));
    if (event->id[0] != '\0') {
        feed_put(one, "id", jsonrpc_text(event->id));
    }
    if (event->number > 0) {
        feed_put(one, "send", json_integer((json_int_t)event->number));
    }
    if (event->path[0] != '\0') {
        feed_put(one, "path", jsonrpc_text(event->path));
    }
    if (event->err < 0) {
        feed_put(one, "error", json_string(wavu_err_name(event->err)));
    }
    feed_keep_take(f, one);
}

static const char *feed_chat_name(enum wavu_chat_kind kind)
{
    static const char *const names[] = {[WAVU_CHAT_MESSAGE] = "said",
                                        [WAVU_CHAT_CHANGED] = "saidChanged",
                                        [WAVU_CHAT_HAS] = "has",
                                        [WAVU_CHAT_READY] = NULL,
                                        [WAVU_CHAT_WAITS] = NULL};
    return names[kind];
}

/* What a module says of it; nothing where none does. */
static void feed_put_filter(json_t *one, const char *filter, bool is_filtered)
{
    if (filter != NULL && filter[0] != '\0') {
        feed_put(one, "filter", json_string(filter));
        feed_put(one, "isFiltered", json_boolean(is_filtered));
    }
}

static void feed_put_message(json_t *one, const struct wavu_message *m)
{
    feed_put(one, "id", jsonrpc_text(m->id));
    feed_put(one, "author", jsonrpc_text(m->author));
    feed_put(one, "nick", m->nick[0] != '\0' ? jsonrpc_text(m->nick) : json_null());
    feed_put(one, "shown", jsonrpc_text(m->shown));
    feed_put(one, "kind", jsonrpc_text(m->kind));
    feed_put(one, "isOwn", json_boolean(m->is_own));
    feed_put(one, "isGone", json_boolean(m->is_gone));
    feed_put(one, "isHidden", json_boolean(m->is_hidden));
    feed_put(one, "isBlocked", json_boolean(m->is_blocked));
    feed_put_filter(one, m->filter, m->is_filtered);
    feed_put(one, "about", m->about[0] != '\0' ? jsonrpc_text(m->about) : json_null());
    feed_put(one, "text", feed_text((const uint8_t *)m->text, m->text_len));
    feed_put(one, "mentions", takes_mentions(m));
    feed_put(one, "isMentioned", json_boolean(m->is_mentioned));
}

void feed_add_chat(struct feed *f, const struct wavu_chat_event *event, uint64_t unix_ms)
{
    const char *name = feed_chat_name(event->kind);
    if (name == NULL) {
        return;
    }
    json_t *one = feed_begin(f, name, unix_ms);
    feed_put(one, "network", jsonrpc_text(event->network));
    feed_put(one, "room", jsonrpc_text(event->room));
    if (event->message != NULL) {
        feed_put_message(one, event->message);
    } else {
        feed_put(one, "author", jsonrpc_text(event->author));
        feed_put(one, "id", jsonrpc_text(event->id));
    }
    feed_keep_take(f, one);
}

static const char *feed_direct_name(enum wavu_direct_kind kind)
{
    static const char *const names[] = {[WAVU_DIRECT_MESSAGE] = "direct",
                                        [WAVU_DIRECT_CHANGED] = "directChanged",
                                        [WAVU_DIRECT_STATE] = "directState"};
    return names[kind];
}

void feed_add_direct(struct feed *f, const struct wavu_direct_event *event, uint64_t unix_ms)
{
    json_t *one = feed_begin(f, feed_direct_name(event->kind), unix_ms);
    feed_put(one, "network", jsonrpc_text(event->network));
    feed_put(one, "member", jsonrpc_text(event->member));
    feed_put(one, "id", jsonrpc_text(event->id));
    if (event->kind == WAVU_DIRECT_STATE) {
        feed_put(one, "state", jsonrpc_text(event->state));
    }
    if (event->holder[0] != '\0') {
        feed_put(one, "holder", jsonrpc_text(event->holder));
    }
    if (event->message != NULL) {
        const struct wavu_message *m = event->message;
        feed_put(one, "kind", jsonrpc_text(m->kind));
        feed_put(one, "isOwn", json_boolean(m->is_own));
        feed_put_filter(one, m->filter, m->is_filtered);
        feed_put(one, "text", feed_text((const uint8_t *)m->text, m->text_len));
    }
    feed_keep_take(f, one);
}

static json_t *feed_position(const struct wavu_position *at)
{
    json_t *position = json_object();
    feed_put(position, "latitudeE7", json_integer((json_int_t)at->latitude_e7));
    feed_put(position, "longitudeE7", json_integer((json_int_t)at->longitude_e7));
    feed_put(position, "accuracyM",
             at->accuracy_m > 0 ? json_integer(at->accuracy_m) : json_null());
    feed_put(position, "altitudeM",
             at->has_altitude ? json_integer((json_int_t)at->altitude_m) : json_null());
    return position;
}

json_t *feed_sos(const struct wavu_sos_one *one)
{
    json_t *out = json_object();
    char text[WAVU_SOS_TEXT_MAX + 1];
    size_t len = one->text_len < WAVU_SOS_TEXT_MAX ? one->text_len : WAVU_SOS_TEXT_MAX;
    memcpy(text, one->text, len);
    text[len] = '\0';
    feed_put(out, "id", json_string(one->id));
    feed_put(out, "isOwn", json_boolean(one->is_own));
    if (!one->is_own) {
        feed_put(out, "network", json_string(one->network));
        feed_put(out, "from", json_string(one->from));
        feed_put(out, "shown", jsonrpc_text(one->shown));
        feed_put(out, "isSeen", json_boolean(one->is_seen));
    } else {
        feed_put(out, "called", json_integer(one->called));
        feed_put(out, "reached", json_integer(one->reached));
        feed_put(out, "seen", json_integer(one->seen));
    }
    feed_put(out, "text", len > 0 ? jsonrpc_long_text(text, 3 * WAVU_SOS_TEXT_MAX) : json_null());
    feed_put(out, "position", one->has_position ? feed_position(&one->position) : json_null());
    feed_put(out, "beganUnixMs", json_integer((json_int_t)one->unix_ms));
    feed_put(out, "number", json_integer(one->number));
    feed_put(out, "isOver", json_boolean(one->is_over));
    return out;
}

void feed_add_sos(struct feed *f, const struct wavu_sos_event *event, uint64_t unix_ms)
{
    static const char *const names[] = {[WAVU_SOS_CALLED] = "sosCalled",
                                        [WAVU_SOS_OVER] = "sosOver",
                                        [WAVU_SOS_REACHED] = "sosReached"};
    json_t *one = feed_begin(f, names[event->kind], unix_ms);
    feed_put(one, "call", feed_sos(event->one));
    if (event->target != NULL) {
        feed_put(one, "member", json_string(event->target->member));
        feed_put(one, "shown", jsonrpc_text(event->target->shown));
        feed_put(one, "state", json_string(event->target->state));
    }
    feed_keep_take(f, one);
}

void feed_add_topic(struct feed *f, const struct wavu_topic_message *message, uint64_t unix_ms)
{
    json_t *one = feed_begin(f, "topic", unix_ms);
    size_t len = message->len < WAVU_BROADCAST_MAX ? message->len : WAVU_BROADCAST_MAX;
    feed_put(one, "topic", jsonrpc_long_text(message->topic, WAVU_TOPIC_NAME_MAX));
    feed_put(one, "from", message->from[0] != '\0' ? jsonrpc_text(message->from) : json_null());
    feed_put(one, "text", feed_text(message->data, len));
    feed_put(one, "isOwn", json_boolean(message->is_own));
    feed_keep_take(f, one);
}

void feed_add(struct feed *f, const struct wavu_mesh_event *event, uint64_t unix_ms)
{
    json_t *one = feed_begin(f, feed_name(event->kind), unix_ms);
    if (event->peer[0] != '\0') {
        feed_put(one, "peer", jsonrpc_text(event->peer));
    }
    if (event->kind == WAVU_MESH_MESSAGE || event->kind == WAVU_MESH_UNICAST) {
        feed_put(one, "text", feed_text(event->data, event->len));
        feed_put(one, "hops", json_integer(event->hops));
        feed_put_filter(one, event->filter, event->is_filtered);
    }
    if (event->kind == WAVU_MESH_CHANGED) {
        feed_put(one, "key", jsonrpc_text(event->key));
        feed_put(one, "isDeleted", json_boolean(event->data == NULL));
    }
    if (event->kind == WAVU_MESH_BARRED) {
        feed_put(one, "forMs", json_integer((json_int_t)event->wait_ms));
    }
    if (event->kind == WAVU_MESH_SEED) {
        feed_put(one, "seed", jsonrpc_text(event->text));
        feed_put(one, "state", jsonrpc_text(event->word));
    }
    feed_keep_take(f, one);
}

json_t *feed_since(const struct feed *f, uint64_t after)
{
    json_t *result = json_object();
    json_t *events = json_array();
    uint64_t from = after + 1 > f->first ? after + 1 : f->first;
    uint64_t lost = after + 1 < f->first ? f->first - after - 1 : 0;
    uint64_t at = from;
    while (at < f->next && at - from < FEED_ANSWER_MAX) {
        CHECK(json_array_append(events, f->events[at % FEED_EVENTS_MAX]) == 0);
        at++;
    }
    feed_put(result, "events", events);
    feed_put(result, "next", json_integer((json_int_t)(at < f->next ? at : f->next)));
    feed_put(result, "lost", json_integer((json_int_t)lost));
    return result;
}
