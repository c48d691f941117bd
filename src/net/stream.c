/*
 * Streams of a connection: choosing the protocol, delivery with back-pressure, ending in order.
 *
 * Arrives: yamux events through conn.c. Leaves: stream events to the protocol's service; bytes into
 * yamux.
 */
#include "net/stream.h"

#include <string.h>

#include "base/check.h"
#include "base/chunk.h"
#include "base/mem.h"
#include "mux/multistream.h"
#include "net/stream_conn.h"
#include "net/swarm.h"

#define STREAM_LINGER_NS (UINT64_C(30) * 1000000000) /* we closed, the peer has not: then reset */
#define STREAM_SLACK_NS (UINT64_C(1) * 1000000000)
#define STREAM_CHOICE_OUT_MAX (STREAM_NAME_MAX + 64) /* header and one proposal or answer */

/* Choosing the protocol; freed when agreed and sent. */
struct stream_choice {
    struct multistream select;
    const char *own[2];                 /* the name of a lazy stream, as a list */
    bool is_lazy;                       /* the service may send before the peer has agreed */
    uint8_t out[STREAM_CHOICE_OUT_MAX]; /* pulled and not yet taken by the muxer */
    size_t out_len;
    uint8_t preface[STREAM_PREFACE_MAX]; /* behind the choice, before what the service sends */
    size_t preface_len;
};

struct stream {
    struct list link;                       /* in conn->streams */
    struct list resumed;                    /* in conn->resumed */
    struct yamux_stream *mux;               /* NULL once over */
    struct conn *conn;                      /* owner */
    const struct stream_protocol *protocol; /* NULL until an inbound stream's is agreed */
    void *user;                             /* the service's */
    struct stream_choice *choice;           /* NULL once agreed and sent */
    struct chunk_queue held;                /* came and not taken; charged to the peer */
    struct timer timer;                     /* choice, later linger */
    struct turn_dead dead;
    bool is_inbound;
    bool is_agreed;     /* the protocol is chosen */
    bool is_held_back;  /* the service left bytes: wait for stream_resume */
    bool is_orphan;     /* the service closed it: no events */
    bool is_over;       /* out of the connection; waits for reaping */
    bool has_fin_in;    /* the peer's FIN came ... */
    bool fin_delivered; /* ... and the service knows */
    bool wants_fin;     /* ours is wished ... */
    bool fin_sent;      /* ... and taken by the muxer */
    bool wants_write;   /* stream_send took less than given */
};

_Static_assert(STREAM_NAMES_MAX <= MULTISTREAM_TRIES_MAX, "a responder of ours hears every name");

static void stream_flush(struct stream *s);
static bool stream_flush_choice(struct stream *s);

static struct swarm *stream_swarm(const struct stream *s)
{
    return s->conn->swarm;
}

void stream_up(struct stream *stream, struct stream_event *event)
{
    if (stream->is_over || stream->is_orphan || stream->protocol == NULL) {
        event->taken = event->data.len;
        return;
    }
    stream->protocol->up(stream->protocol->service, stream, event);
}

static void stream_reap(struct turn_dead *dead)
{
    mem_free(LIST_OF(dead, struct stream, dead));
}

static void stream_drop_choice(struct stream *s)
{
    if (s->choice != NULL) {
        multistream_clear(&s->choice->select);
        mem_free(s->choice);
        s->choice = NULL;
    }
}

static void stream_drop_held(struct stream *s)
{
    if (s->held.len > 0) {
        budget_give(&s->conn->peer->budget, s->held.len);
        chunk_queue_clear(&s->held);
    }
}

/* Take the stream out of the connection; its memory goes at the turn's end. */
static void stream_end(struct stream *s, int err)
{
    if (s->is_over) {
        return;
    }
    bool is_told = (s->is_agreed || !s->is_inbound) && !s->is_orphan;
    if (is_told && s->protocol != NULL) {
        struct stream_event event = {.kind = STREAM_CLOSED, .err = err};
        s->is_orphan = true; /* what the service does in its handler has no effect any more */
        s->protocol->up(s->protocol->service, s, &event);
    }
    s->is_over = true;
    timers_cancel(&stream_swarm(s)->turn->timers, &s->timer);
    stream_drop_choice(s);
    stream_drop_held(s);
    list_remove(&s->resumed);
    list_remove(&s->link);
    s->mux->user = NULL;
    yamux_release(s->conn->yamux, s->mux);
    s->mux = NULL;
    s->conn->idle_since_ns = stream_swarm(s)->turn->now_ns;
    turn_bury(stream_swarm(s)->turn, &s->dead);
    conn_mark(s->conn);
}

/* Abort on the wire and here. */
static void stream_abort(struct stream *s, int err, uint32_t code)
{
    if (!s->is_over) {
        yamux_reset(s->conn->yamux, s->mux, code);
        stream_end(s, err);
    }
}

/* Both directions done and everything delivered: over, in order. */
static void stream_end_if_done(struct stream *s)
{
    if (!s->is_over && s->fin_sent && s->has_fin_in && (s->fin_delivered || s->is_orphan)) {
        stream_end(s, WAVU_ERR_CLOSED);
    }
}

static void stream_on_timer(struct timer *timer, uint64_t now)
{
    (void)now;
    struct stream *s = LIST_OF(timer, struct stream, timer);
    stream_swarm(s)->metrics.streams_reset.value++;
    stream_abort(s, WAVU_ERR_TIMEOUT, 0);
}

static struct stream *stream_new(struct conn *c, struct yamux_stream *mux, bool is_inbound)
{
    struct stream *s = mem_new(sizeof *s);
    s->conn = c;
    s->mux = mux;
    s->is_inbound = is_inbound;
    s->dead.reap = stream_reap;
    s->choice = mem_new(sizeof *s->choice);
    mux->user = s;
    list_push_back(&c->streams, &s->link);
    timers_prepare(&s->timer, stream_on_timer);
    timers_set(&c->swarm->turn->timers, &s->timer, c->swarm->turn->now_ns + STREAM_NEGOTIATE_NS,
               STREAM_SLACK_NS);
    return s;
}

/* ---- Registering ---- */

int stream_register(struct swarm *swarm, struct stream_protocol *protocol)
{
    if (swarm_protocol(swarm, span_from_text(protocol->name)) != NULL) {
        return WAVU_ERR_EXISTS;
    }
    list_push_back(&swarm->protocols, &protocol->link);
    return 0;
}

/* The first stream of `protocol`; handlers may end others, so nobody keeps a place in the list. */
static struct stream *stream_first_of(const struct conn *c, const struct stream_protocol *protocol)
{
    struct list *node = list_next(&c->streams, &c->streams);
    while (node != NULL && LIST_OF(node, struct stream, link)->protocol != protocol) {
        node = list_next(&c->streams, node);
    }
    return node == NULL ? NULL : LIST_OF(node, struct stream, link);
}

void stream_abort_of(struct conn *conn, const struct stream_protocol *protocol, int err)
{
    struct stream *s = stream_first_of(conn, protocol);
    while (s != NULL) {
        stream_abort(s, err, 0);
        s = stream_first_of(conn, protocol);
    }
}

void stream_unregister(struct swarm *swarm, struct stream_protocol *protocol)
{
    list_remove(&protocol->link);
    struct list *node = list_next(&swarm->conns, &swarm->conns);
    while (node != NULL) {
        struct conn *c = LIST_OF(node, struct conn, link_swarm);
        stream_abort_of(c, protocol, WAVU_ERR_SHUTDOWN);
        /* A service that hears of an end may close the connection, which then is in no list. */
        node = c->state == CONN_CLOSED ? list_next(&swarm->conns, &swarm->conns)
                                       : list_next(&swarm->conns, node);
    }
}

/* ---- Opening and choosing ---- */

void stream_on_open(struct conn *c, struct yamux_stream *mux)
{
    struct stream *s = stream_new(c, mux, true);
    multistream_init_responder(&s->choice->select);
    stream_flush(s);
}

int stream_open(struct conn *conn, const struct stream_protocol *protocol, void *user,
                struct stream **out)
{
    return stream_open_with(conn, protocol, span_empty(), user, out);
}

/* A stream of ours whose choice is to be begun. */
static int stream_begin(struct conn *conn, const struct stream_protocol *protocol, void *user,
                        struct stream **out)
{
    if (!conn_is_open(conn)) {
        return WAVU_ERR_CLOSED;
    }
    struct yamux_stream *mux = NULL;
    int rc = yamux_open(conn->yamux, conn->swarm->turn->now_ns, &mux);
    if (rc < 0) {
        return rc;
    }
    *out = stream_new(conn, mux, false);
    (*out)->protocol = protocol;
    (*out)->user = user;
    return 0;
}

int stream_open_with(struct conn *conn, const struct stream_protocol *protocol, struct span preface,
                     void *user, struct stream **out)
{
    CHECK(preface.len <= STREAM_PREFACE_MAX);
    struct stream *s = NULL;
    int rc = stream_begin(conn, protocol, user, &s);
    if (rc < 0) {
        return rc;
    }
    s->choice->own[0] = protocol->name;
    s->choice->is_lazy = true;
    multistream_init_initiator(&s->choice->select, s->choice->own);
    if (preface.len > 0) {
        memcpy(s->choice->preface, preface.ptr, preface.len);
    }
    s->choice->preface_len = preface.len;
    stream_flush(s);
    *out = s;
    return 0;
}

int stream_open_first(struct conn *conn, const struct stream_protocol *protocol,
                      const char *const *names, void *user, struct stream **out)
{
    struct stream *s = NULL;
    int rc = stream_begin(conn, protocol, user, &s);
    if (rc < 0) {
        return rc;
    }
    multistream_init_initiator(&s->choice->select, names);
    stream_flush(s);
    *out = s;
    return 0;
}

static size_t stream_count_inbound(const struct conn *c, const struct stream_protocol *protocol)
{
    size_t count = 0;
    struct list *node = list_next(&c->streams, &c->streams);
    while (node != NULL) {
        const struct stream *s = LIST_OF(node, struct stream, link);
        count += s->is_inbound && s->protocol == protocol ? 1 : 0;
        node = list_next(&c->streams, node);
    }
    return count;
}

/* Of all connections of the peer: a second connection is no second allowance. */
static size_t stream_count_of_peer(const struct peer *peer, const struct stream_protocol *protocol)
{
    size_t count = 0;
    struct list *node = list_next(&peer->conns, &peer->conns);
    while (node != NULL) {
        count += stream_count_inbound(LIST_OF(node, struct conn, link_peer), protocol);
        node = list_next(&peer->conns, node);
    }
    return count;
}

int stream_hand_over(struct stream *stream, const struct stream_protocol *protocol)
{
    if (stream->is_inbound &&
        stream_count_of_peer(stream->conn->peer, protocol) >= protocol->inbound_max) {
        return WAVU_ERR_LIMIT;
    }
    timers_cancel(&stream_swarm(stream)->turn->timers, &stream->timer);
    stream->protocol = protocol;
    return 0;
}

void stream_expect(struct stream *stream, uint64_t ns)
{
    struct turn *turn = stream_swarm(stream)->turn;
    if (!stream->is_over && !stream->is_orphan) {
        timers_set(&turn->timers, &stream->timer, turn->now_ns + ns, STREAM_SLACK_NS);
    }
}

/* The protocol is chosen: tell the service. */
static void stream_agreed(struct stream *s, size_t index)
{
    s->is_agreed = true;
    stream_flush(s);
    if (!s->is_orphan) {
        timers_cancel(&stream_swarm(s)->turn->timers, &s->timer);
    }
    struct stream_event event = {.kind = STREAM_OPENED, .index = index};
    stream_up(s, &event);
}

/* The peer proposes `name`: serve it if there is such a protocol and the peer is of its audience.
 */
static void stream_on_proposal(struct stream *s, struct span name)
{
    struct swarm *swarm = stream_swarm(s);
    struct stream_protocol *protocol = swarm_protocol(swarm, name);
    if (protocol == NULL ||
        swarm->policy.standing(swarm->policy.context, conn_peer(s->conn)) < protocol->audience) {
        swarm->metrics.streams_refused.value++;
        multistream_refuse(&s->choice->select);
        stream_flush(s);
        return;
    }
    if (stream_count_of_peer(s->conn->peer, protocol) >= protocol->inbound_max) {
        swarm->metrics.streams_refused.value++;
        stream_abort(s, WAVU_ERR_LIMIT, 0);
        return;
    }
    multistream_accept(&s->choice->select, name);
    s->protocol = protocol;
    stream_agreed(s, 0);
}

/* Bytes while choosing; returns how many belonged to the choice. */
static size_t stream_feed_choice(struct stream *s, struct span data)
{
    size_t at = 0;
    while (at < data.len && !s->is_agreed && !s->is_over) {
        size_t used = 0;
        struct multistream_event event = {.kind = MULTISTREAM_NOTHING};
        int rc =
            multistream_feed(&s->choice->select, span_slice(data, at, data.len), &used, &event);
        at += used;
        if (rc < 0) {
            stream_swarm(s)->metrics.streams_reset.value++;
            stream_abort(s, rc, 0);
        } else if (event.kind == MULTISTREAM_PROPOSED) {
            stream_on_proposal(s, event.name);
        } else if (event.kind == MULTISTREAM_REFUSED) {
            stream_flush(s); /* the next name */
        } else if (event.kind == MULTISTREAM_AGREED) {
            stream_agreed(s, event.index);
        } else if (event.kind == MULTISTREAM_NO_MORE) {
            stream_abort(s, WAVU_ERR_UNSUPPORTED, 0);
        }
    }
    return at;
}

/* ---- In ---- */

static void stream_consumed(struct stream *s, size_t len)
{
    if (len > 0 && !s->is_over) {
        yamux_consume(s->conn->yamux, s->mux, stream_swarm(s)->turn->now_ns, (uint32_t)len);
        conn_mark(s->conn);
    }
}

/* Keep what the service does not take now, charged to its peer. */
static void stream_hold(struct stream *s, struct span data)
{
    if (budget_take(&s->conn->peer->budget, data.len) < 0) {
        stream_swarm(s)->metrics.dropped_limit.value++;
        stream_abort(s, WAVU_ERR_LIMIT, 0);
        return;
    }
    chunk_queue_append(&s->held, data);
}

/* Offer `data` to the service; returns what it took. */
static size_t stream_offer(struct stream *s, struct span data)
{
    struct stream_event event = {.kind = STREAM_DATA, .data = data, .taken = data.len};
    stream_up(s, &event);
    if (!s->is_over && event.taken < data.len) {
        s->is_held_back = true;
    }
    return event.taken;
}

void stream_on_data(struct stream *s, struct span data)
{
    if (s == NULL || s->is_over) {
        return;
    }
    if (!s->is_agreed) {
        size_t used = stream_feed_choice(s, data);
        stream_consumed(s, used);
        data = span_slice(data, used, data.len);
    }
    if (data.len == 0 || s->is_over) {
        return;
    }
    if (s->is_orphan) {
        stream_abort(s, WAVU_ERR_CLOSED, 0); /* we closed; who goes on sending is told so */
        return;
    }
    if (s->is_held_back || s->held.len > 0) {
        stream_hold(s, data);
        return;
    }
    size_t taken = stream_offer(s, data);
    stream_consumed(s, taken);
    if (!s->is_over && !s->is_orphan && taken < data.len) {
        stream_hold(s, span_slice(data, taken, data.len));
    }
}

static void stream_deliver_fin(struct stream *s)
{
    if (s->has_fin_in && !s->fin_delivered && s->held.len == 0 && !s->is_held_back) {
        s->fin_delivered = true;
        struct stream_event event = {.kind = STREAM_FIN};
        stream_up(s, &event);
    }
    stream_end_if_done(s);
}

void stream_deliver_held(struct list *node)
{
    struct stream *s = LIST_OF(node, struct stream, resumed);
    while (!s->is_over && !s->is_orphan && !s->is_held_back && s->held.len > 0) {
        struct span front = chunk_queue_front(&s->held);
        size_t taken = stream_offer(s, front);
        if (s->is_over || s->is_orphan) {
            return;
        }
        budget_give(&s->conn->peer->budget, taken);
        chunk_queue_drop(&s->held, taken);
        stream_consumed(s, taken);
    }
    if (!s->is_over) {
        stream_deliver_fin(s);
    }
}

void stream_on_fin(struct stream *s)
{
    if (s == NULL || s->is_over) {
        return;
    }
    s->has_fin_in = true;
    if (!s->is_agreed) {
        stream_swarm(s)->metrics.streams_reset.value++;
        stream_abort(s, WAVU_ERR_RESET, 0);
        return;
    }
    stream_deliver_fin(s);
}

void stream_on_reset(struct stream *s)
{
    if (s != NULL) {
        stream_end(s, WAVU_ERR_RESET);
    }
}

/* ---- Out ---- */

/* Write what the choice still owes; true when nothing is left of it, or what follows may go. */
static bool stream_flush_choice(struct stream *s)
{
    struct stream_choice *choice = s->choice;
    if (choice == NULL) {
        return true;
    }
    while (choice->out_len > 0 || multistream_has_output(&choice->select)) {
        size_t taken = 0;
        if (choice->out_len == 0) {
            choice->out_len =
                multistream_pull(&choice->select, span_mut_of(choice->out, sizeof choice->out));
        }
        struct span piece = span_of(choice->out, choice->out_len);
        if (yamux_write(s->conn->yamux, s->mux, piece, false, &s->conn->out, &taken) < 0) {
            return false;
        }
        choice->out_len -= taken;
        memmove(choice->out, choice->out + taken, choice->out_len);
    }
    while (choice->preface_len > 0) {
        size_t taken = 0;
        struct span piece = span_of(choice->preface, choice->preface_len);
        if (yamux_write(s->conn->yamux, s->mux, piece, false, &s->conn->out, &taken) < 0) {
            return false;
        }
        choice->preface_len -= taken;
        memmove(choice->preface, choice->preface + taken, choice->preface_len);
    }
    const bool may_follow = s->is_agreed || s->is_inbound || choice->is_lazy;
    if (s->is_agreed) {
        stream_drop_choice(s);
    }
    return may_follow;
}

static void stream_flush(struct stream *s)
{
    conn_mark(s->conn);
    if (!stream_flush_choice(s) || !s->wants_fin || s->fin_sent) {
        return;
    }
    size_t taken = 0;
    if (yamux_write(s->conn->yamux, s->mux, span_empty(), true, &s->conn->out, &taken) == 0) {
        s->fin_sent = true;
    }
}

void stream_on_writable(struct stream *s)
{
    if (s == NULL || s->is_over) {
        return;
    }
    stream_flush(s);
    if (s->wants_write && !s->wants_fin) {
        s->wants_write = false;
        struct stream_event event = {.kind = STREAM_WRITABLE};
        stream_up(s, &event);
    }
    stream_end_if_done(s);
}

int stream_send(struct stream *stream, struct span data, size_t *taken)
{
    *taken = 0;
    if (stream->is_over || stream->is_orphan) {
        return WAVU_ERR_RESET;
    }
    if (stream->wants_fin) {
        return WAVU_ERR_CLOSED;
    }
    conn_mark(stream->conn);
    if (!stream_flush_choice(stream)) {
        stream->wants_write = true;
        return 0;
    }
    int rc = yamux_write(stream->conn->yamux, stream->mux, data, false, &stream->conn->out, taken);
    stream->wants_write = *taken < data.len;
    return rc == WAVU_ERR_AGAIN ? 0 : rc;
}

void stream_finish(struct stream *stream)
{
    if (stream->is_over || stream->wants_fin) {
        return;
    }
    stream->wants_fin = true;
    stream_flush(stream);
    stream_end_if_done(stream);
}

void stream_resume(struct stream *stream)
{
    if (stream->is_over || stream->is_orphan || !stream->is_held_back) {
        return;
    }
    stream->is_held_back = false;
    if (!list_is_linked(&stream->resumed)) {
        list_push_back(&stream->conn->resumed, &stream->resumed);
    }
    turn_queue(stream_swarm(stream)->turn, &stream->conn->job);
}

void stream_close(struct stream *stream)
{
    if (stream->is_over || stream->is_orphan) {
        return;
    }
    bool has_unread = stream->held.len > 0;
    stream->is_orphan = true;
    if (has_unread) {
        stream_abort(stream, WAVU_ERR_CLOSED, 0); /* the peer sends what nobody reads any more */
        return;
    }
    struct turn *turn = stream_swarm(stream)->turn;
    timers_set(&turn->timers, &stream->timer, turn->now_ns + STREAM_LINGER_NS, STREAM_SLACK_NS);
    stream_finish(stream);
    stream_end_if_done(stream);
}

void stream_reset(struct stream *stream, uint32_t code)
{
    if (!stream->is_orphan) {
        stream->is_orphan = true;
        stream_abort(stream, WAVU_ERR_RESET, code);
    }
}

void stream_conn_closed(struct conn *c, int err)
{
    struct list *node = list_next(&c->streams, &c->streams);
    while (node != NULL) {
        stream_end(LIST_OF(node, struct stream, link),
                   err == WAVU_ERR_CLOSED ? WAVU_ERR_RESET : err);
        node = list_next(&c->streams, &c->streams);
    }
}

/* ---- Reading ---- */

void stream_set_user(struct stream *stream, void *user)
{
    stream->user = user;
}

void *stream_user(const struct stream *stream)
{
    return stream->user;
}

struct conn *stream_conn(const struct stream *stream)
{
    return stream->conn;
}

const struct peerid *stream_peer(const struct stream *stream)
{
    return conn_peer(stream->conn);
}

const struct stream_protocol *stream_protocol_of(const struct stream *stream)
{
    return stream->protocol;
}

bool stream_is_inbound(const struct stream *stream)
{
    return stream->is_inbound;
}
