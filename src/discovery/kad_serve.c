/*
 * One request is read, answered and written before the next is looked at, so a stream holds one
 * request and one answer at most.
 */
#include "discovery/kad_serve.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/varint.h"

#define FRAMED_MAX (KAD_MSG_SIZE_MAX + VARINT_SIZE_MAX)

/* A peer that asked. */
struct kad_serve_guest {
    struct peerid id;
    struct budget_bucket gets;
    struct budget_bucket puts;
};

struct kad_serve_talk {
    struct list link;
    struct kad_serve *serve;
    struct stream *stream;
    struct buf in;  /* charged to the peer */
    struct buf out; /* of the answer, not yet taken */
    struct timer timer;
    unsigned requests;
    bool is_finished; /* the peer says no more */
};

/* ---- Guests ---- */

static struct kad_serve_guest *kad_serve_guest(struct kad_serve *s, const struct peerid *peer)
{
    struct kad_serve_guest *g = map_get(&s->guests, peerid_span(peer));
    uint64_t now = s->config.answer.swarm->turn->now_ns;
    if (g == NULL) {
        g = mem_new(sizeof *g);
        g->id = *peer;
        budget_bucket_init(&g->gets, KAD_SERVE_GET_RATE, KAD_SERVE_GET_BURST, now);
        budget_bucket_init(&g->puts, KAD_SERVE_PUT_RATE, KAD_SERVE_PUT_BURST, now);
        (void)map_put(&s->guests, peerid_span(&g->id), g);
    }
    return g;
}

static int kad_serve_allow(struct kad_serve *s, const struct peerid *peer, enum kad_msg_type type)
{
    struct kad_serve_guest *g = kad_serve_guest(s, peer);
    bool is_put = type == KAD_MSG_PUT_VALUE || type == KAD_MSG_ADD_PROVIDER;
    return budget_bucket_take(is_put ? &g->puts : &g->gets, 1,
                              s->config.answer.swarm->turn->now_ns);
}

/* ---- Streams ---- */

static void kad_serve_drop(struct kad_serve_talk *t, size_t count)
{
    buf_drop_front(&t->in, count);
    budget_give(&stream_conn(t->stream)->peer->budget, count);
}

static void kad_serve_free(struct kad_serve_talk *t)
{
    kad_serve_drop(t, t->in.len);
    timers_cancel(&t->serve->config.answer.swarm->turn->timers, &t->timer);
    list_remove(&t->link);
    buf_clear(&t->in);
    buf_clear(&t->out);
    mem_free(t);
}

/* Reset the stream; who broke the protocol is told of. */
static void kad_serve_end(struct kad_serve_talk *t, bool is_broken)
{
    struct kad_serve *s = t->serve;
    struct stream *stream = t->stream;
    struct peerid peer = *stream_peer(stream);
    s->refused.value++;
    kad_serve_free(t);
    stream_reset(stream, 0);
    if (is_broken) {
        s->config.user.broke(s->config.user.context, &peer);
    }
}

static void kad_serve_rest(struct kad_serve_talk *t)
{
    struct turn *turn = t->serve->config.answer.swarm->turn;
    timers_set(&turn->timers, &t->timer, turn->now_ns + KAD_SERVE_SILENCE_NS, TIMERS_SECOND / 4);
}

static void kad_serve_on_timer(struct timer *timer, uint64_t now)
{
    struct kad_serve_talk *t = LIST_OF(timer, struct kad_serve_talk, timer);
    struct stream *stream = t->stream;
    (void)now;
    if (t->in.len > 0 || t->out.len > 0) {
        kad_serve_end(t, false); /* in the middle of something */
        return;
    }
    kad_serve_free(t);
    stream_close(stream);
}

/* Send what is left of the answer; false: the stream is over. */
static bool kad_serve_write(struct kad_serve_talk *t)
{
    size_t taken = 0;
    if (t->out.len == 0) {
        return true;
    }
    if (stream_send(t->stream, buf_span(&t->out), &taken) < 0) {
        kad_serve_end(t, false);
        return false;
    }
    buf_drop_front(&t->out, taken);
    return true;
}

static int kad_serve_answer(struct kad_serve_talk *t, const struct kad_msg *m)
{
    uint8_t bytes[KAD_ANSWER_ROOM];
    uint8_t head[VARINT_SIZE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    int rc = kad_answer_write(&t->serve->config.answer, stream_conn(t->stream), m, &w);
    if (rc == 0 && w.len > 0) {
        rc = buf_append(&t->out, span_of(head, varint_encode(w.len, head)));
        rc = rc < 0 ? rc : buf_append(&t->out, wr_span(&w));
    }
    return rc;
}

/* One whole request; false: the stream is over. */
static bool kad_serve_request(struct kad_serve_talk *t, struct span bytes)
{
    struct kad_serve *s = t->serve;
    struct kad_msg m;
    int rc = ++t->requests > KAD_SERVE_REQUESTS_MAX ? WAVU_ERR_LIMIT : kad_msg_decode(&m, bytes);
    bool is_broken = rc < 0;
    if (rc == 0) {
        rc = kad_serve_allow(s, stream_peer(t->stream), m.type);
    }
    if (rc == 0) {
        rc = kad_serve_answer(t, &m);
        is_broken = rc == WAVU_ERR_PROTO || rc == WAVU_ERR_CRYPTO;
    }
    if (rc < 0) {
        kad_serve_end(t, is_broken);
        return false;
    }
    s->answered.value++;
    kad_serve_rest(t);
    return true;
}

/* Answer what is whole, as long as answers are taken; false: the stream is over. */
static bool kad_serve_step(struct kad_serve_talk *t)
{
    while (t->in.len > 0 && t->out.len == 0) {
        uint64_t len = 0;
        size_t used = 0;
        struct conn *conn = stream_conn(t->stream);
        int rc = varint_decode(buf_span(&t->in), &len, &used);
        if (rc == WAVU_ERR_AGAIN ||
            (rc == 0 && len <= KAD_MSG_SIZE_MAX && t->in.len < used + len)) {
            return true;
        }
        if (rc < 0 || len > KAD_MSG_SIZE_MAX) {
            kad_serve_end(t, true);
            return false;
        }
        if (!kad_serve_request(t, span_slice(buf_span(&t->in), used, len))) {
            return false;
        }
        kad_serve_drop(t, used + len);
        if (!kad_serve_write(t)) {
            return false;
        }
        t->serve->config.user.asked(t->serve->config.user.context, conn);
    }
    return true;
}

/* Nothing is left to be said: end our direction, too. */
static void kad_serve_settle(struct kad_serve_talk *t)
{
    struct stream *stream = t->stream;
    if (t->is_finished && t->out.len == 0) {
        kad_serve_free(t);
        stream_close(stream);
    }
}

static void kad_serve_data(struct kad_serve_talk *t, struct stream_event *event)
{
    struct budget *budget = &stream_conn(t->stream)->peer->budget;
    struct span left = event->data;
    while (left.len > 0 && t->out.len == 0) {
        size_t room = FRAMED_MAX - t->in.len;
        size_t some = left.len < room ? left.len : room;
        if (budget_take(budget, some) < 0) {
            kad_serve_end(t, false);
            return;
        }
        int rc = buf_append(&t->in, span_slice(left, 0, some));
        CHECK(rc == 0);
        left = span_slice(left, some, left.len);
        if (!kad_serve_step(t)) {
            return;
        }
    }
    event->taken = event->data.len - left.len;
}

static void kad_serve_open(struct kad_serve *s, struct stream *stream)
{
    struct kad_serve_talk *t = mem_new(sizeof *t);
    t->serve = s;
    t->stream = stream;
    buf_init(&t->in, FRAMED_MAX);
    buf_init(&t->out, FRAMED_MAX);
    timers_prepare(&t->timer, kad_serve_on_timer);
    list_push_back(&s->talks, &t->link);
    stream_set_user(stream, t);
    kad_serve_rest(t);
}

static void kad_serve_up(void *service, struct stream *stream, struct stream_event *event)
{
    struct kad_serve_talk *t = stream_user(stream);
    switch (event->kind) {
    case STREAM_OPENED:
        kad_serve_open(service, stream);
        return;
    case STREAM_DATA:
        kad_serve_data(t, event);
        return;
    case STREAM_WRITABLE:
        if (kad_serve_write(t) && kad_serve_step(t)) {
            if (t->out.len == 0) {
                stream_resume(stream);
            }
            kad_serve_settle(t);
        }
        return;
    case STREAM_FIN:
        t->is_finished = true;
        kad_serve_settle(t);
        return;
    case STREAM_CLOSED:
        kad_serve_free(t);
        return;
    }
}

/* ---- The service ---- */

static void kad_serve_conn_up(void *context, struct conn *conn)
{
    (void)context;
    (void)conn;
}

static void kad_serve_conn_down(void *context, struct conn *conn, int err)
{
    struct kad_serve *s = context;
    (void)err;
    if (swarm_conn(s->config.answer.swarm, conn_peer(conn)) == NULL) {
        mem_free(map_remove(&s->guests, peerid_span(conn_peer(conn))));
    }
}

void kad_serve_init(struct kad_serve *s, const struct kad_serve_config *config)
{
    struct swarm *swarm = config->answer.swarm;
    *s = (struct kad_serve){.config = *config};
    s->protocol = (struct stream_protocol){.name = config->name,
                                           .audience = config->audience,
                                           .inbound_max = KAD_SERVE_STREAMS_MAX,
                                           .up = kad_serve_up,
                                           .service = s};
    s->observe = (struct observe){
        .context = s, .conn_up = kad_serve_conn_up, .conn_down = kad_serve_conn_down};
    list_init(&s->talks);
    map_init(&s->guests, &swarm->port->random);
    metric_add(config->metrics, &s->answered, "kad_answered_total");
    metric_add(config->metrics, &s->refused, "kad_refused_total");
    swarm_observe(swarm, &s->observe);
}

void kad_serve_clear(struct kad_serve *s)
{
    size_t at = 0;
    void *guest;
    kad_serve_set_on(s, false);
    swarm_unobserve(&s->observe);
    while ((guest = map_next(&s->guests, &at)) != NULL) {
        mem_free(guest);
    }
    map_clear(&s->guests);
}

void kad_serve_set_on(struct kad_serve *s, bool is_on)
{
    struct swarm *swarm = s->config.answer.swarm;
    if (is_on && !s->is_on) {
        s->is_on = stream_register(swarm, &s->protocol) == 0;
    } else if (!is_on && s->is_on) {
        s->is_on = false;
        stream_unregister(swarm, &s->protocol);
        CHECK(list_is_empty(&s->talks));
    }
}
