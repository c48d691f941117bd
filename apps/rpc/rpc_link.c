/*
 * The lasting asking end. Questions wait in a ring, the oldest first: the node answers in order, so
 * an answer that bears another number than the oldest is nonsense, and the end.
 */
#include "apps/rpc/rpc_link.h"

#include <jansson.h>

#include "apps/rpc/jsonrpc.h"
#include "base/check.h"
#include "base/mem.h"
#include "base/ring.h"
#include "os/ipc_link.h"

/* Greater than any event's number: asked for what comes behind it a node says where it is. */
#define RPC_LINK_NEWEST INT64_C(9007199254740991)

/* A question under way. */
struct rpc_link_asked {
    uint64_t number;
    uint64_t since_ms;
    rpc_link_done *done; /* or NULL */
    void *context;
};

struct rpc_link {
    const struct rpc_link_user *user;
    void *context;
    struct ipc_link *asks;
    struct ipc_link *hears; /* NULL: no events are wanted */
    struct ring asked;      /* of struct rpc_link_asked */
    uint64_t number;        /* of the last question */
    uint64_t after;         /* of the last event that came */
    uint64_t now_ms;        /* of the last pump */
    uint64_t retry_ms;      /* when to ask for events again, unless */
    bool is_hearing;        /* that is under way */
    bool is_ready;          /* `after` is known */
    int err;
};

int rpc_link_open(const char *path, const struct rpc_link_user *user, void *context,
                  struct rpc_link **out)
{
    struct rpc_link *l = mem_new(sizeof *l);

    *l = (struct rpc_link){.user = user, .context = context};
    ring_init(&l->asked, sizeof(struct rpc_link_asked), RPC_LINK_ASKED_MAX);
    int rc = ipc_link_open(path, JSONRPC_ANSWER_MAX, &l->asks);

    if (rc == 0 && user->ready != NULL) {
        rc = ipc_link_open(path, JSONRPC_ANSWER_MAX, &l->hears);
    }
    if (rc < 0) {
        ipc_link_close(l->asks);
        mem_free(l);
        return rc;
    }
    *out = l;
    return 0;
}

/* All that is under way ends so. */
static void rpc_link_end_asked(struct rpc_link *l, int err)
{
    const struct rpc_link_answer answer = {.err = err, .sentence = wavu_err_sentence(err)};
    struct rpc_link_asked asked;

    while (ring_pop(&l->asked, &asked)) {
        if (asked.done != NULL) {
            asked.done(asked.context, &answer);
        }
    }
}

void rpc_link_close(struct rpc_link *l)
{
    if (l == NULL) {
        return;
    }
    l->err = l->err == 0 ? WAVU_ERR_CLOSED : l->err; /* who asks on now is told */
    rpc_link_end_asked(l, WAVU_ERR_CLOSED);
    ring_clear(&l->asked);
    ipc_link_close(l->asks);
    ipc_link_close(l->hears);
    mem_free(l);
}

/* ---- Waiting ---- */

static void rpc_link_wait_for(const struct ipc_link *ipc, struct rpc_link_wait *wait)
{
    *wait = (struct rpc_link_wait){ipc_link_fd(ipc), ipc_link_has_more(ipc)};
}

size_t rpc_link_waits(const struct rpc_link *l, struct rpc_link_wait waits[RPC_LINK_FDS])
{
    if (l->err < 0) {
        return 0;
    }
    rpc_link_wait_for(l->asks, &waits[0]);
    if (l->hears != NULL) {
        rpc_link_wait_for(l->hears, &waits[1]);
    }
    return l->hears != NULL ? 2 : 1;
}

int rpc_link_wait_ms(const struct rpc_link *l, uint64_t now_ms)
{
    if (l->err < 0 || l->hears == NULL || l->is_hearing) {
        return -1;
    }
    return l->retry_ms > now_ms ? (int)(l->retry_ms - now_ms) : 0;
}

size_t rpc_link_asked(const struct rpc_link *l)
{
    return l->asked.count;
}

uint64_t rpc_link_asked_ms(const struct rpc_link *l, uint64_t now_ms)
{
    const struct rpc_link_asked *oldest = ring_at(&l->asked, 0);

    return oldest != NULL && now_ms > oldest->since_ms ? now_ms - oldest->since_ms : 0;
}

/* ---- Asking ---- */

static int rpc_link_say(struct ipc_link *to, uint64_t number, const char *method, json_t *params)
{
    struct buf line;
    buf_init(&line, JSONRPC_LINE_MAX);
    /* It may hold what a person keeps secret: all of its room at once, so that no copy is left. */
    int rc = buf_reserve(&line, JSONRPC_LINE_MAX);

    rc = rc < 0 ? rc : jsonrpc_request_numbered(number, method, params, &line);
    if (rc == 0) { /* the socket adds the newline */
        rc = ipc_link_send(to, span_slice(buf_span(&line), 0, line.len - 1));
    }
    buf_wipe(&line);
    return rc;
}

int rpc_link_ask_take(struct rpc_link *l, const char *method, json_t *params, rpc_link_done *done,
                      void *context)
{
    const struct rpc_link_asked asked = {
        .number = l->number + 1, .since_ms = l->now_ms, .done = done, .context = context};
    int rc = l->err < 0 ? WAVU_ERR_NO_NODE : 0;

    if (rc == 0 && l->asked.count >= RPC_LINK_ASKED_MAX) {
        rc = WAVU_ERR_LIMIT;
    }
    rc = rc < 0 ? rc : rpc_link_say(l->asks, asked.number, method, params);
    if (rc == 0) {
        l->number = asked.number;
        rc = ring_push(&l->asked, &asked);
        CHECK(rc == 0); /* there was room */
    }
    json_decref(params);
    return rc == WAVU_ERR_CLOSED || rc == WAVU_ERR_NO_NODE ? WAVU_ERR_NO_NODE : rc;
}

/* ---- Answers ---- */

static int rpc_link_take_answer(struct rpc_link *l, struct span line)
{
    struct rpc_link_asked asked;
    uint64_t number = 0;
    json_t *result = NULL;
    int rc = jsonrpc_result_numbered(line, &number, &result);
    const struct rpc_link_asked *oldest = ring_at(&l->asked, 0);

    if (oldest == NULL || number != oldest->number) {
        json_decref(result);
        return WAVU_ERR_PROTO;
    }
    const char *sentence = rc < 0 ? json_string_value(result) : NULL;
    const struct rpc_link_answer answer = {.err = rc,
                                           .result = rc == 0 ? result : NULL,
                                           .is_done = rc < 0 && jsonrpc_is_done(line),
                                           .sentence = sentence != NULL ? sentence
                                                       : rc == 0        ? ""
                                                                        : wavu_err_sentence(rc)};

    CHECK(ring_pop(&l->asked, &asked));
    if (asked.done != NULL) {
        asked.done(asked.context, &answer);
    }
    json_decref(result);
    return 0;
}

/* ---- Events ---- */

static int rpc_link_hear(struct rpc_link *l)
{
    json_t *params = l->is_ready
                         ? json_pack("{s:I, s:b}", "after", (json_int_t)l->after, "wait", true)
                         : json_pack("{s:I}", "after", (json_int_t)RPC_LINK_NEWEST);

    CHECK(params != NULL);
    int rc = rpc_link_say(l->hears, 1, "mesh.events", params);

    json_decref(params);
    l->is_hearing = true;
    return rc;
}

static void rpc_link_tell_events(struct rpc_link *l, const json_t *result)
{
    const json_t *events = json_object_get(result, "events");
    const json_int_t next = json_integer_value(json_object_get(result, "next"));
    const bool is_new = !l->is_ready || json_integer_value(json_object_get(result, "lost")) > 0;

    l->after = next > 0 ? (uint64_t)next - 1 : l->after;
    l->is_ready = true;
    if (is_new) {
        l->user->ready(l->context);
    }
    for (size_t i = 0; l->user->event != NULL && i < json_array_size(events); i++) {
        l->user->event(l->context, json_array_get(events, i));
    }
}

static int rpc_link_take_events(struct rpc_link *l, struct span line)
{
    uint64_t number = 0;
    json_t *result = NULL;
    int rc = jsonrpc_result_numbered(line, &number, &result);

    if (number != 1 || !l->is_hearing) {
        json_decref(result);
        return WAVU_ERR_PROTO;
    }
    l->is_hearing = false;
    if (rc < 0) { /* it starts still, or is locked */
        l->is_ready = false;
        l->retry_ms = l->now_ms + RPC_LINK_RETRY_MS;
        rc = 0;
    } else {
        rpc_link_tell_events(l, result);
        rc = rpc_link_hear(l);
    }
    json_decref(result);
    return rc;
}

/* ---- The pump ---- */

static int rpc_link_drain(struct rpc_link *l, struct ipc_link *from,
                          int (*take)(struct rpc_link *l, struct span line))
{
    struct span line;
    int rc = ipc_link_pump(from);
    int taken = 0;

    while (taken == 0 && ipc_link_next(from, &line)) {
        taken = take(l, line);
    }
    return taken < 0 ? taken : rc;
}

/* Queued answers to who was asked in callbacks leave in the same pump. */
static int rpc_link_go(struct rpc_link *l)
{
    int rc = 0;

    if (l->hears != NULL) {
        if (!l->is_hearing && l->now_ms >= l->retry_ms) {
            rc = rpc_link_hear(l);
        }
        rc = rc < 0 ? rc : rpc_link_drain(l, l->hears, rpc_link_take_events);
    }
    rc = rc < 0 ? rc : rpc_link_drain(l, l->asks, rpc_link_take_answer);
    if (rc == 0 && ipc_link_has_more(l->asks)) {
        rc = rpc_link_drain(l, l->asks, rpc_link_take_answer);
    }
    if (rc == 0 && l->hears != NULL && ipc_link_has_more(l->hears)) {
        rc = rpc_link_drain(l, l->hears, rpc_link_take_events);
    }
    return rc;
}

int rpc_link_pump(struct rpc_link *l, uint64_t now_ms)
{
    if (l->err < 0) {
        return l->err;
    }
    l->now_ms = now_ms;
    int rc = rpc_link_go(l);

    if (rc < 0) {
        l->err = rc == WAVU_ERR_LIMIT ? WAVU_ERR_PROTO : rc;
        rpc_link_end_asked(l, l->err);
        l->user->down(l->context, l->err);
    }
    return l->err;
}
