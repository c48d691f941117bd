/*
 * Each request has a stream of its own: opening one costs no round trip.
 */
#include "discovery/kad_asks.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/varint.h"
#include "discovery/kad_proof.h"

#define FRAMED_MAX (KAD_MSG_SIZE_MAX + VARINT_SIZE_MAX)

struct kad_asks_one {
    struct list link;
    struct kad_asks *asks;
    struct kad_ask ask; /* its key is that below */
    uint8_t key[KAD_MSG_KEY_MAX];
    uint8_t nonce[KAD_MSG_NONCE_SIZE];
    struct dial *dial;     /* or */
    struct stream *stream; /* this one is there */
    struct buf out;        /* of the request, not yet taken */
    struct buf in;         /* charged to the peer */
    struct timer timer;
};

/* ---- Ends ---- */

static void kad_asks_free(struct kad_asks_one *o)
{
    if (o->stream != NULL) {
        budget_give(&stream_conn(o->stream)->peer->budget, o->in.len);
    }
    timers_cancel(&o->asks->config.swarm->turn->timers, &o->timer);
    list_remove(&o->link);
    o->asks->count--;
    buf_clear(&o->out);
    buf_clear(&o->in);
    mem_free(o);
}

/* `stream` is still open, or NULL. */
static void kad_asks_fail(struct kad_asks_one *o, struct stream *stream, int err)
{
    struct kad_asks *a = o->asks;
    struct kad_ask ask = o->ask;
    uint8_t key[KAD_MSG_KEY_MAX];
    memcpy(key, o->key, sizeof key);
    ask.key.ptr = key;
    kad_asks_free(o);
    if (stream != NULL) {
        stream_reset(stream, 0);
    }
    a->config.user.failed(a->config.user.context, &ask, err);
}

static void kad_asks_succeed(struct kad_asks_one *o, const struct kad_msg *m)
{
    struct kad_asks *a = o->asks;
    struct stream *stream = o->stream;
    struct conn *conn = stream_conn(stream);
    a->config.user.answered(a->config.user.context, &o->ask, conn, m);
    kad_asks_free(o);
    stream_close(stream);
}

static void kad_asks_on_timer(struct timer *timer, uint64_t now)
{
    struct kad_asks_one *o = LIST_OF(timer, struct kad_asks_one, timer);
    (void)now;
    kad_asks_fail(o, o->stream, WAVU_ERR_TIMEOUT);
}

/* ---- On the stream ---- */

/* An answer may leave out the key, as others do; it may name no other. */
static int kad_asks_judge(const struct kad_asks_one *o, const struct kad_msg *m, struct span bytes)
{
    if (m->type != o->ask.type || (m->key.len > 0 && !span_is_equal(m->key, o->ask.key))) {
        return WAVU_ERR_PROTO;
    }
    struct kad_proof p = {
        .asker = o->asks->config.swarm->self, .type = o->ask.type, .key = o->ask.key};
    memcpy(p.nonce, o->nonce, sizeof p.nonce);
    return o->asks->config.is_signed ? kad_proof_check(&p, &o->ask.peer, m, bytes) : 0;
}

/* What came is whole, or not yet. */
static void kad_asks_read(struct kad_asks_one *o)
{
    uint64_t len = 0;
    size_t used = 0;
    struct kad_msg m;
    int rc = varint_decode(buf_span(&o->in), &len, &used);
    rc = rc == 0 && len > KAD_MSG_SIZE_MAX ? WAVU_ERR_PROTO : rc;
    if (rc == WAVU_ERR_AGAIN || (rc == 0 && o->in.len < used + len)) {
        return;
    }
    struct span bytes = span_slice(buf_span(&o->in), used, len);
    rc = rc < 0 ? rc : kad_msg_decode(&m, bytes);
    rc = rc < 0 ? WAVU_ERR_PROTO : kad_asks_judge(o, &m, bytes);
    if (rc < 0) {
        kad_asks_fail(o, o->stream, rc);
        return;
    }
    kad_asks_succeed(o, &m);
}

static void kad_asks_data(struct kad_asks_one *o, struct span data)
{
    struct budget *budget = &stream_conn(o->stream)->peer->budget;
    int rc = budget_take(budget, data.len);
    if (rc == 0) {
        rc = buf_append(&o->in, data);
        if (rc < 0) {
            budget_give(budget, data.len);
            rc = WAVU_ERR_PROTO; /* more than one whole answer */
        }
    }
    if (rc < 0) {
        kad_asks_fail(o, o->stream, rc);
        return;
    }
    kad_asks_read(o);
}

static void kad_asks_write(struct kad_asks_one *o)
{
    size_t taken = 0;
    if (o->out.len == 0) {
        return;
    }
    int rc = stream_send(o->stream, buf_span(&o->out), &taken);
    if (rc < 0) {
        kad_asks_fail(o, o->stream, rc);
        return;
    }
    buf_drop_front(&o->out, taken);
    if (o->out.len == 0 && o->ask.type == KAD_MSG_ADD_PROVIDER) {
        kad_asks_succeed(o, NULL);
    } else if (o->out.len == 0) {
        stream_finish(o->stream);
    }
}

static void kad_asks_up(void *service, struct stream *stream, struct stream_event *event)
{
    struct kad_asks_one *o = stream_user(stream);
    (void)service;
    switch (event->kind) {
    case STREAM_OPENED:
        return;
    case STREAM_DATA:
        kad_asks_data(o, event->data);
        return;
    case STREAM_WRITABLE:
        kad_asks_write(o);
        return;
    case STREAM_FIN:
        kad_asks_fail(o, stream, WAVU_ERR_RESET); /* without an answer */
        return;
    case STREAM_CLOSED:
        kad_asks_fail(o, NULL, event->err == WAVU_ERR_CLOSED ? WAVU_ERR_RESET : event->err);
        return;
    }
}

/* ---- Beginning ---- */

static void kad_asks_open(struct kad_asks_one *o, struct conn *conn)
{
    struct turn *turn = o->asks->config.swarm->turn;
    int rc = stream_open(conn, &o->asks->protocol, o, &o->stream);
    if (rc < 0) {
        kad_asks_fail(o, NULL, rc);
        return;
    }
    timers_set(&turn->timers, &o->timer, turn->now_ns + KAD_ASKS_ANSWER_NS, TIMERS_SECOND / 4);
    kad_asks_write(o);
}

static void kad_asks_on_dialled(void *context, int err, struct conn *conn)
{
    struct kad_asks_one *o = context;
    o->dial = NULL;
    if (err < 0) {
        kad_asks_fail(o, NULL, err);
    } else {
        kad_asks_open(o, conn);
    }
}

static struct kad_asks_one *kad_asks_new(struct kad_asks *a, const struct kad_ask *ask)
{
    struct kad_asks_one *o = mem_new(sizeof *o);
    o->asks = a;
    o->ask = *ask;
    CHECK(ask->key.len <= sizeof o->key);
    memcpy(o->key, ask->key.ptr, ask->key.len);
    o->ask.key = span_of(o->key, ask->key.len);
    buf_init(&o->out, FRAMED_MAX);
    buf_init(&o->in, FRAMED_MAX);
    timers_prepare(&o->timer, kad_asks_on_timer);
    list_push_back(&a->asks, &o->link);
    a->count++;
    return o;
}

/* Type and key, the request's own part, a nonce. */
static int kad_asks_compose(struct kad_asks_one *o, struct span request)
{
    uint8_t start[KAD_MSG_KEY_MAX + 16];
    uint8_t end[KAD_MSG_NONCE_SIZE + 16];
    uint8_t head[VARINT_SIZE_MAX];
    struct wr front;
    struct wr back;
    wr_init(&front, span_mut_of(start, sizeof start));
    wr_init(&back, span_mut_of(end, sizeof end));
    kad_msg_write_head(&front, o->ask.type, o->ask.key);
    if (o->asks->config.is_signed) {
        random_fill(&o->asks->config.swarm->port->random, o->nonce, sizeof o->nonce);
        kad_msg_write_nonce(&back, o->nonce);
    }
    size_t len = wr_span(&front).len + request.len + wr_span(&back).len;
    if (len > KAD_MSG_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    int rc = buf_append(&o->out, span_of(head, varint_encode(len, head)));
    rc = rc < 0 ? rc : buf_append(&o->out, wr_span(&front));
    rc = rc < 0 || request.len == 0 ? rc : buf_append(&o->out, request);
    return rc < 0 || wr_span(&back).len == 0 ? rc : buf_append(&o->out, wr_span(&back));
}

int kad_asks_start(struct kad_asks *a, const struct kad_ask *ask, struct span request)
{
    if (a->count >= KAD_ASKS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct kad_asks_one *o = kad_asks_new(a, ask);
    struct dial_user user = {.done = kad_asks_on_dialled, .context = o};
    int rc = kad_asks_compose(o, request);
    if (rc == 0) {
        rc = dial_start_own(a->config.swarm, &ask->peer, user, &o->dial);
    }
    if (rc < 0) {
        kad_asks_free(o);
    }
    return rc;
}

void kad_asks_init(struct kad_asks *a, const struct kad_asks_config *config)
{
    *a = (struct kad_asks){.config = *config};
    a->protocol = (struct stream_protocol){
        .name = config->name, .audience = STREAM_ANY, .up = kad_asks_up, .service = a};
    list_init(&a->asks);
}

void kad_asks_clear(struct kad_asks *a)
{
    for (struct list *l; (l = list_next(&a->asks, &a->asks)) != NULL;) {
        struct kad_asks_one *o = LIST_OF(l, struct kad_asks_one, link);
        struct stream *stream = o->stream;
        dial_cancel(o->dial);
        kad_asks_free(o);
        if (stream != NULL) {
            stream_reset(stream, 0);
        }
    }
}
