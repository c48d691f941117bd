/*
 * ping, both sides. The answering side keeps at most one message that is not yet whole; the asking
 * side one run per stream.
 */
#include "net/ping.h"

#include <string.h>

#include "base/mem.h"

/* What an answering stream keeps: bytes to echo that the stream did not take at once. */
struct ping_echo {
    uint8_t bytes[PING_SIZE];
    size_t len;
    struct stream *stream;
};

struct ping_run {
    struct ping *ping;
    struct stream *stream; /* NULL once over */
    struct ping_user user;
    struct timer timer; /* next ping, or the time-out of the one under way */
    struct turn_dead dead;
    uint64_t interval_ns;
    uint64_t sent_ns;
    uint32_t count; /* 0: without end */
    uint32_t done;
    uint8_t sent[PING_SIZE];
    size_t sent_len;     /* of `sent`, taken by the stream */
    size_t received_len; /* echoed so far */
    bool is_waiting;     /* one is under way */
    bool is_over;
};

/* ---- Answering ---- */

static void ping_echo_data(struct ping_echo *echo, struct stream_event *event)
{
    size_t taken = 0;
    if (echo->len > 0) {
        event->taken = 0; /* the last one is not on its way yet */
        return;
    }
    if (stream_send(echo->stream, event->data, &taken) < 0) {
        return;
    }
    size_t rest = event->data.len - taken;
    echo->len = rest < PING_SIZE ? rest : PING_SIZE;
    memcpy(echo->bytes, event->data.ptr + taken, echo->len);
    event->taken = taken + echo->len;
}

static void ping_echo_flush(struct ping_echo *echo)
{
    size_t taken = 0;
    if (stream_send(echo->stream, span_of(echo->bytes, echo->len), &taken) == 0) {
        echo->len -= taken;
        memmove(echo->bytes, echo->bytes + taken, echo->len);
    }
    if (echo->len == 0) {
        stream_resume(echo->stream);
    }
}

static void ping_answer_up(void *service, struct stream *stream, struct stream_event *event)
{
    (void)service;
    struct ping_echo *echo = stream_user(stream);
    switch (event->kind) {
    case STREAM_OPENED:
        echo = mem_new(sizeof *echo);
        echo->stream = stream;
        stream_set_user(stream, echo);
        return;
    case STREAM_DATA:
        ping_echo_data(echo, event);
        return;
    case STREAM_WRITABLE:
        ping_echo_flush(echo);
        return;
    case STREAM_FIN:
        stream_finish(stream);
        return;
    case STREAM_CLOSED:
        mem_free(echo);
        return;
    }
}

/* ---- Asking ---- */

static void ping_reap(struct turn_dead *dead)
{
    struct ping_run *run = LIST_OF(dead, struct ping_run, dead);
    mem_free(run);
}

static void ping_stop(struct ping_run *run)
{
    struct turn *turn = run->ping->swarm->turn;
    run->is_over = true;
    timers_cancel(&turn->timers, &run->timer);
    turn_bury(turn, &run->dead);
}

static void ping_end(struct ping_run *run, int err)
{
    if (run->is_over) {
        return;
    }
    ping_stop(run);
    if (run->stream != NULL) {
        if (err == WAVU_ERR_CLOSED) {
            stream_close(run->stream);
        } else {
            stream_reset(run->stream, 0);
        }
        run->stream = NULL;
    }
    run->user.done(run->user.context, err, 0);
}

static void ping_write(struct ping_run *run)
{
    size_t taken = 0;
    int rc = stream_send(run->stream, span_of(run->sent + run->sent_len, PING_SIZE - run->sent_len),
                         &taken);
    run->sent_len += taken;
    if (rc < 0) {
        ping_end(run, rc);
    }
}

static void ping_send(struct ping_run *run, uint64_t now)
{
    random_fill(&run->ping->swarm->port->random, run->sent, sizeof run->sent);
    run->is_waiting = true;
    run->sent_len = 0;
    run->received_len = 0;
    run->sent_ns = run->ping->swarm->port->precise_ns(run->ping->swarm->port);
    timers_set(&run->ping->swarm->turn->timers, &run->timer, now + PING_TIMEOUT_NS, TIMERS_SECOND);
    ping_write(run);
}

static void ping_on_timer(struct timer *timer, uint64_t now)
{
    struct ping_run *run = LIST_OF(timer, struct ping_run, timer);
    if (run->is_waiting) {
        ping_end(run, WAVU_ERR_TIMEOUT);
    } else {
        ping_send(run, now);
    }
}

/* All 32 bytes are back: report, and go on. */
static void ping_returned(struct ping_run *run)
{
    struct swarm *s = run->ping->swarm;
    uint64_t rtt_ns = s->port->precise_ns(s->port) - run->sent_ns;
    run->is_waiting = false;
    run->done++;
    timers_cancel(&s->turn->timers, &run->timer);
    run->user.done(run->user.context, 0, rtt_ns);
    if (run->is_over) {
        return;
    }
    if (run->count > 0 && run->done >= run->count) {
        ping_end(run, WAVU_ERR_CLOSED);
    } else if (run->interval_ns == 0) {
        ping_send(run, s->turn->now_ns);
    } else {
        timers_set(&s->turn->timers, &run->timer, s->turn->now_ns + run->interval_ns, TIMERS_MS);
    }
}

static void ping_received(struct ping_run *run, struct span data)
{
    if (!run->is_waiting || run->received_len + data.len > PING_SIZE ||
        memcmp(run->sent + run->received_len, data.ptr, data.len) != 0) {
        ping_end(run, WAVU_ERR_PROTO);
        return;
    }
    run->received_len += data.len;
    if (run->received_len == PING_SIZE) {
        ping_returned(run);
    }
}

static void ping_ask_up(void *service, struct stream *stream, struct stream_event *event)
{
    (void)service;
    struct ping_run *run = stream_user(stream);
    switch (event->kind) {
    case STREAM_OPENED:
        return;
    case STREAM_DATA:
        ping_received(run, event->data);
        return;
    case STREAM_WRITABLE:
        ping_write(run);
        return;
    case STREAM_FIN:
        ping_end(run, WAVU_ERR_RESET);
        return;
    case STREAM_CLOSED:
        run->stream = NULL;
        ping_end(run, event->err == WAVU_ERR_CLOSED ? WAVU_ERR_RESET : event->err);
        return;
    }
}

int ping_start(struct ping *p, struct conn *conn, uint32_t count, uint64_t interval_ns,
               struct ping_user user, struct ping_run **out)
{
    struct ping_run *run = mem_new(sizeof *run);
    run->ping = p;
    run->user = user;
    run->count = count;
    run->interval_ns = interval_ns;
    run->dead.reap = ping_reap;
    timers_prepare(&run->timer, ping_on_timer);
    int rc = stream_open(conn, &p->asking, run, &run->stream);
    if (rc < 0) {
        mem_free(run);
        return rc;
    }
    /* The first ping leaves in the time phase, so that no callback comes from inside this call. */
    timers_set(&p->swarm->turn->timers, &run->timer, p->swarm->turn->now_ns, 0);
    *out = run;
    return 0;
}

void ping_cancel(struct ping_run *run)
{
    if (run == NULL || run->is_over) {
        return;
    }
    ping_stop(run);
    if (run->stream != NULL) {
        stream_reset(run->stream, 0);
        run->stream = NULL;
    }
}

int ping_init(struct ping *p, struct swarm *swarm)
{
    p->swarm = swarm;
    p->protocol = (struct stream_protocol){
        .name = PING_NAME,
        .audience = STREAM_ANY,
        .inbound_max = PING_INBOUND_MAX,
        .up = ping_answer_up,
        .service = p,
    };
    p->asking = p->protocol;
    p->asking.up = ping_ask_up;
    return stream_register(swarm, &p->protocol);
}

void ping_clear(struct ping *p)
{
    stream_unregister(p->swarm, &p->protocol);
}
