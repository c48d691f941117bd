/*
 * What the server of talk.h can be asked: a method that greets, one that never comes back, one
 * whose answer waits, and one that brings it; one that writes, and two that say what the disk does;
 * events, and what makes them.
 */
#ifndef TESTS_APPS_RPC_TALK_METHODS_H
#define TESTS_APPS_RPC_TALK_METHODS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "apps/rpc/rpc_server.h"

static inline json_t *talk_hello(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    (void)error;
    return json_string("hello");
}

static inline json_t *talk_hang(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)params;
    (void)error;
    for (;;) {
        (void)pause();
    }
    return context;
}

static struct rpc_server *talk_server; /* in the child */
static bool talk_has_news;

/* "old" for who would wait for "new". */
static inline json_t *talk_later(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    error->code = talk_has_news ? 0 : JSONRPC_LATER;
    return json_string(talk_has_news ? "new" : "old");
}

static inline json_t *talk_news(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)params;
    (void)error;
    (void)context;
    talk_has_news = true;
    rpc_server_wake(talk_server);
    talk_has_news = false;
    return json_string("told");
}

/* A disk that is behind until somebody says "disk", or "full". */
static uint64_t talk_written;
static uint64_t talk_kept;
static int talk_err;

static inline uint64_t talk_on_written(void *context)
{
    (void)context;
    return talk_written;
}

static inline int talk_on_kept(void *context, uint64_t written)
{
    (void)context;
    return written <= talk_kept ? 0 : talk_err != 0 ? talk_err : WAVU_ERR_AGAIN;
}

static inline json_t *talk_write(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    (void)error;
    talk_written++;
    return json_string("done");
}

static inline json_t *talk_disk(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    (void)error;
    talk_kept = talk_written;
    rpc_server_kept(talk_server);
    return json_string("kept");
}

static inline json_t *talk_full(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    (void)error;
    talk_err = WAVU_ERR_NO_SPACE;
    rpc_server_kept(talk_server);
    talk_err = 0;
    return json_string("full");
}

/* From now on the disk takes nothing, and is not tried again. */
static inline json_t *talk_broken(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    (void)params;
    (void)error;
    talk_err = WAVU_ERR_NO_SPACE;
    return json_string("broken");
}

#define TALK_EVENTS_KEPT 4

static int talk_event_count;
static bool talk_has_no_events;

/* As the feed does, with the newest TALK_EVENTS_KEPT. */
static inline json_t *talk_events(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const json_int_t after = json_integer_value(json_object_get(params, "after"));
    json_int_t first = talk_event_count - TALK_EVENTS_KEPT + 1;
    json_t *events = json_array();
    (void)context;
    first = first > 1 ? first : 1;
    if (talk_has_no_events) {
        json_decref(events);
        error->code = JSONRPC_TOO_LARGE + WAVU_ERR_AGAIN;
        error->message = "not yet";
        return NULL;
    }
    if (json_is_true(json_object_get(params, "wait")) && after >= talk_event_count) {
        error->code = JSONRPC_LATER;
    }
    for (json_int_t i = after + 1 > first ? after + 1 : first; i <= talk_event_count; i++) {
        (void)json_array_append_new(events, json_pack("{s:I, s:s}", "number", i, "event", "x"));
    }
    return json_pack("{s:o, s:i, s:I}", "events", events, "next", talk_event_count + 1, "lost",
                     after + 1 < first ? first - after - 1 : 0);
}

/* `params`: [how many events happen]. */
static inline json_t *talk_happen(void *context, const json_t *params, struct jsonrpc_error *error)
{
    (void)context;
    (void)error;
    talk_event_count += (int)json_integer_value(json_object_get(params, "count"));
    talk_has_no_events = json_is_true(json_object_get(params, "none"));
    rpc_server_wake(talk_server);
    return json_integer(talk_event_count);
}

static const struct jsonrpc_method talk_methods[] = {
    {"hello", talk_hello},  {"hang", talk_hang},     {"later", talk_later},
    {"news", talk_news},    {"write", talk_write},   {"disk", talk_disk},
    {"full", talk_full},    {"broken", talk_broken}, {"mesh.events", talk_events},
    {"happen", talk_happen}};

#endif
