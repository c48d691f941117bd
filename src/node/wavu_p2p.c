/*
 * Streams of a program's own protocols: opened to peers by id, answered by handlers.
 *
 * Arrives: calls of wavu/p2p.h; stream events of door 2. Leaves: events to the program.
 *
 *   DIALLING -> ASKING -> OPEN -> OVER       a stream of ours
 *                         OPEN -> OVER       one that a peer opened
 *
 * Every stream here is that of one protocol at door 2 (`any`), which nobody is offered: a handler's
 * stream is handed over to it when it is opened. So streams outlive their handlers, and one
 * allowance for each peer counts them all.
 */
#include "node/wavu_p2p.h"

#include <string.h>

#include "base/mem.h"
#include "net/dial.h"
#include "node/wavu_node.h"

#define WAVU_P2P_OPENING_MAX                                                                       \
    8 /* inbound streams of a handler, from one peer, being handed over                            \
       */

_Static_assert(WAVU_STREAM_PROTOCOL_MAX == STREAM_NAME_MAX, "one limit of names");
_Static_assert(WAVU_STREAM_PROTOCOLS_MAX <= STREAM_NAMES_MAX, "all of them can be asked for");

enum wavu_stream_state {
    WAVU_STREAM_DIALLING, /* for a connection */
    WAVU_STREAM_ASKING,   /* for a protocol */
    WAVU_STREAM_OPEN,
    WAVU_STREAM_OVER /* waits for reaping */
};

/* A stream. Owned by p->streams until it is over, by the turn's dead after that. */
struct wavu_stream {
    struct list link; /* in p->streams */
    struct wavu_p2p *p;
    enum wavu_stream_state state;
    struct dial *dial;     /* DIALLING */
    struct stream *stream; /* ASKING, OPEN */
    struct timer timer;    /* until OPEN */
    struct turn_dead dead;
    void (*up)(void *context, struct wavu_stream *stream, struct wavu_stream_event *event);
    void *context;
    char *names;                                     /* owned; what `wish` points to; until OPEN */
    const char *wish[WAVU_STREAM_PROTOCOLS_MAX + 1]; /* ends with NULL */
    char protocol[WAVU_STREAM_PROTOCOL_MAX];
    char peer[WAVU_PEER_TEXT_MAX];
};

/* Who answers a protocol. */
struct wavu_p2p_handler {
    struct list link; /* in p->handlers */
    struct wavu_p2p *p;
    struct stream_protocol protocol; /* registered; its name is `name` */
    char name[WAVU_STREAM_PROTOCOL_MAX];
    void (*up)(void *context, struct wavu_stream *stream, struct wavu_stream_event *event);
    void *context;
};

static struct turn *wavu_p2p_turn(const struct wavu_p2p *p)
{
    return &p->node->port->turn;
}

/* ---- Ends ---- */

static void wavu_stream_reap(struct turn_dead *dead)
{
    struct wavu_stream *s = LIST_OF(dead, struct wavu_stream, dead);
    mem_free(s->names);
    mem_free(s);
}

/* Nothing is told any more, and nothing comes. */
static void wavu_stream_bury(struct wavu_stream *s)
{
    s->state = WAVU_STREAM_OVER;
    s->stream = NULL;
    s->dial = NULL;
    timers_cancel(&wavu_p2p_turn(s->p)->timers, &s->timer);
    list_remove(&s->link);
    turn_bury(wavu_p2p_turn(s->p), &s->dead);
}

/* It ended by itself: the program is told. */
static void wavu_stream_end(struct wavu_stream *s, int err)
{
    struct wavu_stream_event event = {.kind = WAVU_STREAM_CLOSED, .err = err};
    wavu_stream_bury(s);
    s->up(s->context, s, &event);
}

static void wavu_stream_on_timer(struct timer *timer, uint64_t now)
{
    struct wavu_stream *s = LIST_OF(timer, struct wavu_stream, timer);
    (void)now;
    if (s->dial != NULL) {
        dial_cancel(s->dial);
    }
    if (s->stream != NULL) {
        stream_reset(s->stream, 0);
    }
    wavu_stream_end(s, WAVU_ERR_TIMEOUT);
}

/* ---- Events of door 2 ---- */

static void wavu_stream_on_opened(struct wavu_stream *s, size_t index)
{
    struct wavu_stream_event event = {.kind = WAVU_STREAM_OPENED};
    s->state = WAVU_STREAM_OPEN;
    timers_cancel(&wavu_p2p_turn(s->p)->timers, &s->timer);
    memcpy(s->protocol, s->wish[index], strlen(s->wish[index]) + 1);
    mem_free(s->names);
    s->names = NULL;
    s->up(s->context, s, &event);
}

static void wavu_p2p_up(void *service, struct stream *stream, struct stream_event *event)
{
    struct wavu_stream *s = stream_user(stream);
    struct wavu_stream_event told = {
        .data = event->data.ptr, .len = event->data.len, .taken = event->data.len};
    (void)service;
    switch (event->kind) {
    case STREAM_OPENED:
        wavu_stream_on_opened(s, event->index);
        return;
    case STREAM_DATA:
        told.kind = WAVU_STREAM_DATA;
        s->up(s->context, s, &told);
        event->taken = told.taken < told.len ? told.taken : told.len;
        return;
    case STREAM_WRITABLE:
        told.kind = WAVU_STREAM_WRITABLE;
        s->up(s->context, s, &told);
        return;
    case STREAM_FIN:
        told.kind = WAVU_STREAM_FIN;
        s->up(s->context, s, &told);
        return;
    case STREAM_CLOSED:
        wavu_stream_end(s, event->err);
        return;
    }
}

/* ---- Streams of ours ---- */

static struct wavu_stream *wavu_stream_new(struct wavu_p2p *p)
{
    struct wavu_stream *s = mem_new(sizeof *s);
    s->p = p;
    s->dead.reap = wavu_stream_reap;
    timers_prepare(&s->timer, wavu_stream_on_timer);
    list_push_back(&p->streams, &s->link);
    return s;
}

static void wavu_stream_on_dial(void *context, int err, struct conn *conn)
{
    struct wavu_stream *s = context;
    s->dial = NULL;
    if (err == 0) {
        err = stream_open_first(conn, &s->p->any, s->wish, s, &s->stream);
    }
    if (err < 0) {
        wavu_stream_end(s, err == WAVU_ERR_CLOSED ? WAVU_ERR_RESET : err);
        return;
    }
    s->state = WAVU_STREAM_ASKING;
}

static bool wavu_stream_is_name(const char *name)
{
    return name != NULL && name[0] != '\0' && strlen(name) < WAVU_STREAM_PROTOCOL_MAX &&
           strchr(name, '\n') == NULL;
}

static int wavu_stream_take_names(struct wavu_stream *s, const struct wavu_stream_wish *wish)
{
    if (wish->protocol_count == 0 || wish->protocol_count > WAVU_STREAM_PROTOCOLS_MAX) {
        return WAVU_ERR_INVALID;
    }
    s->names = mem_new(wish->protocol_count * WAVU_STREAM_PROTOCOL_MAX);
    for (size_t i = 0; i < wish->protocol_count; i++) {
        if (!wavu_stream_is_name(wish->protocols[i])) {
            return WAVU_ERR_INVALID;
        }
        char *name = s->names + i * WAVU_STREAM_PROTOCOL_MAX;
        memcpy(name, wish->protocols[i], strlen(wish->protocols[i]) + 1);
        s->wish[i] = name;
    }
    return 0;
}

int wavu_stream_open(struct wavu_node *node, const struct wavu_stream_wish *wish,
                     void (*up)(void *context, struct wavu_stream *stream,
                                struct wavu_stream_event *event),
                     void *context, struct wavu_stream **out)
{
    struct peerid id;
    if (peerid_parse(&id, span_from_text(wish->peer)) < 0) {
        return WAVU_ERR_INVALID;
    }
    struct wavu_stream *s = wavu_stream_new(wavu_p2p_of(node));
    struct dial_user user = {.done = wavu_stream_on_dial, .context = s};
    uint64_t wait_ms = wish->timeout_ms > 0 ? wish->timeout_ms : WAVU_STREAM_TIMEOUT_MS;
    s->up = up;
    s->context = context;
    peerid_format(&id, s->peer);
    int rc = wavu_stream_take_names(s, wish);
    if (rc == 0) {
        rc = dial_start(&node->swarm, &id, NULL, 0, user, &s->dial);
        rc = rc == WAVU_ERR_INVALID ? WAVU_ERR_NOT_FOUND : rc;
    }
    if (rc < 0) {
        wavu_stream_bury(s);
        return rc;
    }
    timers_set(&node->port->turn.timers, &s->timer, node->port->turn.now_ns + wait_ms * TIMERS_MS,
               TIMERS_MS);
    *out = s;
    return 0;
}

/* ---- Streams of others ---- */

static struct wavu_p2p_handler *wavu_p2p_find(const struct wavu_p2p *p, const char *name)
{
    struct list *at = list_next(&p->handlers, &p->handlers);
    while (at != NULL && strcmp(LIST_OF(at, struct wavu_p2p_handler, link)->name, name) != 0) {
        at = list_next(&p->handlers, at);
    }
    return at == NULL ? NULL : LIST_OF(at, struct wavu_p2p_handler, link);
}

/* A peer opened a stream of a handler's protocol. */
static void wavu_p2p_on_inbound(void *service, struct stream *stream, struct stream_event *event)
{
    struct wavu_p2p_handler *h = service;
    struct wavu_stream_event opened = {.kind = WAVU_STREAM_OPENED};
    if (event->kind != STREAM_OPENED) {
        return; /* a handler has streams at this one moment only */
    }
    if (stream_hand_over(stream, &h->p->any) < 0) {
        stream_reset(stream, 0);
        return;
    }
    struct wavu_stream *s = wavu_stream_new(h->p);
    s->state = WAVU_STREAM_OPEN;
    s->stream = stream;
    s->up = h->up;
    s->context = h->context;
    memcpy(s->protocol, h->name, sizeof s->protocol);
    peerid_format(stream_peer(stream), s->peer);
    stream_set_user(stream, s);
    s->up(s->context, s, &opened);
}

int wavu_stream_handle(struct wavu_node *node, const struct wavu_stream_handler *handler)
{
    struct wavu_p2p *p = wavu_p2p_of(node);
    enum stream_audience audience = handler->is_for_members ? STREAM_MEMBER : STREAM_ANY;
    if (!wavu_stream_is_name(handler->protocol)) {
        return WAVU_ERR_INVALID;
    }
    struct wavu_p2p_handler *h = wavu_p2p_find(p, handler->protocol);
    if (h == NULL) {
        if (list_count(&p->handlers) >= WAVU_STREAM_HANDLERS_MAX) {
            return WAVU_ERR_LIMIT;
        }
        h = mem_new(sizeof *h);
        h->p = p;
        memcpy(h->name, handler->protocol, strlen(handler->protocol) + 1);
        h->protocol = (struct stream_protocol){.name = h->name,
                                               .inbound_max = WAVU_P2P_OPENING_MAX,
                                               .up = wavu_p2p_on_inbound,
                                               .service = h};
        int rc = stream_register(&node->swarm, &h->protocol);
        if (rc < 0) {
            mem_free(h);
            return rc;
        }
        list_push_back(&p->handlers, &h->link);
        identify_push_all(&node->identify);
    }
    h->protocol.audience = audience;
    h->up = handler->up;
    h->context = handler->context;
    return 0;
}

static void wavu_p2p_drop_handler(struct wavu_p2p_handler *h)
{
    stream_unregister(&h->p->node->swarm, &h->protocol);
    list_remove(&h->link);
    mem_free(h);
}

int wavu_stream_unhandle(struct wavu_node *node, const char *protocol)
{
    struct wavu_p2p_handler *h = wavu_p2p_find(wavu_p2p_of(node), protocol);
    if (h == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    wavu_p2p_drop_handler(h);
    identify_push_all(&node->identify);
    return 0;
}

/* ---- What programs do with a stream ---- */

int wavu_stream_send(struct wavu_stream *stream, const void *data, size_t len, size_t *taken)
{
    *taken = 0;
    if (stream->state == WAVU_STREAM_OVER) {
        return WAVU_ERR_RESET;
    }
    return stream->state == WAVU_STREAM_OPEN
               ? stream_send(stream->stream, span_of(data, len), taken)
               : 0;
}

void wavu_stream_resume(struct wavu_stream *stream)
{
    if (stream->state == WAVU_STREAM_OPEN) {
        stream_resume(stream->stream);
    }
}

void wavu_stream_finish(struct wavu_stream *stream)
{
    if (stream->state == WAVU_STREAM_OPEN) {
        stream_finish(stream->stream);
    }
}

/* End it without a word to the program. */
static void wavu_stream_leave(struct wavu_stream *s, void (*leave)(struct stream *stream))
{
    struct stream *stream = s->stream;
    if (s->state == WAVU_STREAM_OVER) {
        return;
    }
    if (s->dial != NULL) {
        dial_cancel(s->dial);
    }
    wavu_stream_bury(s);
    if (stream != NULL) {
        leave(stream);
    }
}

static void wavu_stream_abort(struct stream *stream)
{
    stream_reset(stream, 0);
}

void wavu_stream_close(struct wavu_stream *stream)
{
    wavu_stream_leave(stream, stream->state == WAVU_STREAM_OPEN ? stream_close : wavu_stream_abort);
}

void wavu_stream_reset(struct wavu_stream *stream)
{
    wavu_stream_leave(stream, wavu_stream_abort);
}

void wavu_stream_set_context(struct wavu_stream *stream, void *context)
{
    stream->context = context;
}

const char *wavu_stream_protocol(const struct wavu_stream *stream)
{
    return stream->protocol;
}

const char *wavu_stream_peer(const struct wavu_stream *stream)
{
    return stream->peer;
}

void wavu_stream_address(const struct wavu_stream *stream, char out[WAVU_ADDRESS_TEXT_MAX])
{
    struct multiaddr local;
    struct multiaddr remote = {.len = 0};
    if (stream->state == WAVU_STREAM_OPEN) {
        conn_addresses(stream_conn(stream->stream), &local, &remote);
    }
    if (remote.len == 0 || multiaddr_format(&remote, out, WAVU_ADDRESS_TEXT_MAX) < 0) {
        out[0] = '\0';
    }
}

/* ---- The whole ---- */

struct wavu_p2p *wavu_p2p_of(struct wavu_node *node)
{
    if (node->p2p == NULL) {
        struct wavu_p2p *p = mem_new(sizeof *p);
        p->node = node;
        p->any = (struct stream_protocol){
            .name = "", .inbound_max = WAVU_STREAM_INBOUND_MAX, .up = wavu_p2p_up, .service = p};
        list_init(&p->handlers);
        list_init(&p->streams);
        wavu_p2p_tags_init(&p->tags, node);
        node->p2p = p;
    }
    return node->p2p;
}

void wavu_p2p_free(struct wavu_p2p *p)
{
    struct list *at = NULL;
    if (p == NULL) {
        return;
    }
    while ((at = list_next(&p->handlers, &p->handlers)) != NULL) {
        wavu_p2p_drop_handler(LIST_OF(at, struct wavu_p2p_handler, link));
    }
    while ((at = list_next(&p->streams, &p->streams)) != NULL) {
        struct wavu_stream *s = LIST_OF(at, struct wavu_stream, link);
        struct stream *stream = s->stream;
        if (s->dial != NULL) {
            dial_cancel(s->dial);
        }
        if (stream != NULL) {
            stream_reset(stream, 0);
        }
        wavu_stream_end(s, WAVU_ERR_SHUTDOWN);
    }
    wavu_p2p_tags_clear(&p->tags);
    mem_free(p);
}
