/*
 * One connection: the way of bytes between a link and its streams.
 *
 * In:  link -> conn_up -> conn_feed -> channel_open -> conn_feed_plain -> yamux_feed ->
 * stream_on_*. Out: stream_send -> yamux_write -> frames; in the out phase conn_out seals them in
 * place -> link_send.
 */
#include "net/conn.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "net/stream_conn.h"
#include "net/swarm.h"
#include "net/upgrade.h"

#define CONN_SLACK_NS (UINT64_C(1) * 1000000000) /* timers of idle connections wake together */

static void conn_up(void *context, struct link *link, const struct link_event *event);
static void conn_out(struct turn_dirty *dirty, uint64_t now);
static void conn_run_job(struct turn_job *job, uint64_t now);
static void conn_on_timer(struct timer *timer, uint64_t now);
static void conn_reap(struct turn_dead *dead);
static int conn_feed_frames(struct conn *c, struct span_mut in);
static struct channel_env conn_env(struct conn *c);
static bool conn_send(struct conn *c);
static void conn_end_handshake(struct conn *c);

static void conn_start_pnet(struct conn *c)
{
    uint8_t nonce[PNET_NONCE_SIZE];
    c->pnet = mem_new(sizeof *c->pnet);
    random_fill(&c->swarm->port->random, nonce, sizeof nonce);
    pnet_half_init(&c->pnet->send, c->swarm->psk, nonce);
    CHECK(buf_append(&c->upgrade->out, span_of(nonce, sizeof nonce)) == 0);
}

static void conn_time_handshake(struct conn *c)
{
    timers_set(&c->swarm->turn->timers, &c->timer, c->opened_ns + CONN_HANDSHAKE_NS, CONN_SLACK_NS);
}

struct conn *conn_new_take(struct swarm *swarm, struct link *link, enum conn_kind kind,
                           const struct peerid *expected)
{
    struct conn *c = mem_new(sizeof *c);
    c->swarm = swarm;
    c->link = link;
    c->kind = kind;
    c->is_dialled = link->is_dialled;
    c->state = CONN_WAIT_SECURITY;
    c->opened_ns = swarm->turn->now_ns;
    c->close_err = WAVU_OK;
    list_init(&c->streams);
    list_init(&c->resumed);
    frame_queue_init(&c->out, &swarm->frames, NOISE_HEAD_SIZE, NOISE_PLAIN_MAX, AEAD_TAG_SIZE);
    channel_init(&c->channel);
    c->dirty.out = conn_out;
    c->dead.reap = conn_reap;
    c->job.run = conn_run_job;
    c->job.cost_us = 50;
    c->job.class = TURN_JOB_PLAIN;
    link->user = (struct link_user){.up = conn_up, .context = c};
    c->upgrade = upgrade_new(c, expected);
    if (swarm->has_psk) {
        conn_start_pnet(c);
    }
    timers_prepare(&c->timer, conn_on_timer);
    list_push_back(&swarm->conns, &c->link_swarm);
    swarm->conn_count++;
    if (c->is_dialled) {
        conn_time_handshake(c);
        conn_mark(c);
        return c;
    }
    /* Diallers speak at once: what the listener has to say goes along with its first answer, which
     * saves a packet and a wakeup of both. Who waits for the listener gets it a little later. */
    timers_set(&swarm->turn->timers, &c->timer, c->opened_ns + CONN_LISTENER_NS, CONN_LISTENER_NS);
    c->is_handshaking = true;
    list_push_back(&swarm->handshakes, &c->link_peer);
    swarm->handshake_count++;
    return c;
}

void conn_free(struct conn *c)
{
    timers_cancel(&c->swarm->turn->timers, &c->timer);
    turn_cancel(&c->job);
    turn_unmark(&c->dirty);
    upgrade_free(c->upgrade);
    yamux_free(c->yamux);
    frame_queue_clear(&c->out);
    if (c->pnet != NULL) {
        secret_wipe(c->pnet, sizeof *c->pnet);
        mem_free(c->pnet);
    }
    channel_clear(&c->channel);
    swarm_peer_forget(c);
    mem_free(c);
}

static void conn_reap(struct turn_dead *dead)
{
    conn_free(LIST_OF(dead, struct conn, dead));
}

/* Tell the peer why, if the link takes it at once: go-away, also the one that a broken yamux
 * queued. */
static void conn_last_words(struct conn *c, int err)
{
    if (c->yamux == NULL || c->link == NULL || c->is_blocked || err == WAVU_ERR_RESET) {
        return;
    }
    struct channel_env env = conn_env(c);
    yamux_go_away(c->yamux, err == WAVU_ERR_CLOSED || err == WAVU_ERR_SHUTDOWN
                                ? YAMUX_GOAWAY_NORMAL
                                : YAMUX_GOAWAY_INTERNAL);
    yamux_pull(c->yamux, &c->out);
    if (channel_seal(&c->channel, &env, &c->out) == 0) {
        channel_end(&c->channel);
        (void)conn_send(c);
    }
}

void conn_close(struct conn *c, int err)
{
    if (c->state == CONN_CLOSED) {
        return;
    }
    conn_last_words(c, err);
    conn_end_handshake(c);
    c->state = CONN_CLOSED;
    c->close_err = err;
    timers_cancel(&c->swarm->turn->timers, &c->timer);
    turn_cancel(&c->job);
    turn_unmark(&c->dirty);
    if (c->upgrade != NULL) {
        turn_cancel(&c->upgrade->job);
    }
    stream_conn_closed(c, err);
    struct link *link = c->link;
    c->link = NULL;
    if (link != NULL) {
        link_close(link, err != WAVU_ERR_CLOSED && err != WAVU_ERR_PROTO);
    }
    swarm_conn_closed(c->swarm, c, err);
    turn_bury(c->swarm->turn, &c->dead);
}

void conn_finish(struct conn *c)
{
    if (c->state == CONN_CLOSED) {
        return;
    }
    if (c->state != CONN_OPEN) {
        conn_close(c, WAVU_ERR_CLOSED);
        return;
    }
    if (c->yamux != NULL) {
        yamux_go_away(c->yamux, YAMUX_GOAWAY_NORMAL);
    }
    c->is_finishing = true;
    conn_mark(c);
}

void conn_leave(struct conn *c)
{
    conn_finish(c);
    if (c->state == CONN_CLOSED) {
        return;
    }
    c->is_leaving = true;
    timers_set(&c->swarm->turn->timers, &c->timer,
               c->swarm->turn->now_ns + CONN_FAREWELL_NS + 2 * conn_rtt_ns(c), 0);
}

void conn_mark(struct conn *c)
{
    if (c->state != CONN_CLOSED && !c->is_blocked) {
        turn_mark(c->swarm->turn, &c->dirty);
    }
}

void conn_hold(struct conn *c)
{
    CHECK(c->holds < UINT16_MAX);
    c->holds++;
}

void conn_release(struct conn *c)
{
    CHECK(c->holds > 0);
    c->holds--;
    c->idle_since_ns = c->swarm->turn->now_ns;
}

const struct peerid *conn_peer(const struct conn *c)
{
    CHECK(c->peer != NULL);
    return &c->peer->id;
}

bool conn_is_open(const struct conn *c)
{
    return c->state == CONN_OPEN && !c->is_finishing;
}

bool conn_is_hybrid(const struct conn *c)
{
    return c->channel.rekey != NULL;
}

struct span conn_binding(const struct conn *c)
{
    return span_of(c->binding, sizeof c->binding);
}

uint64_t conn_rtt_ns(const struct conn *c)
{
    return c->yamux != NULL ? yamux_rtt_ns(c->yamux) : 0;
}

void conn_addresses(const struct conn *c, struct multiaddr *local, struct multiaddr *remote)
{
    if (c->link == NULL) {
        *local = (struct multiaddr){.len = 0};
        *remote = *local;
        return;
    }
    link_addresses(c->link, local, remote);
}

/* ---- In ---- */

static void conn_end_handshake(struct conn *c)
{
    if (c->is_handshaking) {
        c->is_handshaking = false;
        list_remove(&c->link_peer);
        c->swarm->handshake_count--;
    }
}

/* The muxer is agreed: become a connection of the peer. */
static int conn_open_mux(struct conn *c)
{
    struct peerid peer = c->upgrade->peer;
    uint64_t now = c->swarm->turn->now_ns;
    c->state = CONN_OPEN;
    conn_end_handshake(c);
    struct budget *budget = NULL;
    int rc = swarm_conn_join(c->swarm, c, &peer, &budget);
    if (rc < 0) {
        return rc;
    }
    struct yamux_config config = {
        .is_client = c->is_dialled,
        .random = &c->swarm->port->random,
        .budget = budget,
        .now = now,
    };
    if (c->kind == CONN_STREAMS) {
        c->yamux = yamux_new(&config);
    }
    budget_bucket_init(&c->opens, CONN_OPENS_RATE, CONN_OPENS_BURST, now);
    c->idle_since_ns = now;
    conn_on_timer(&c->timer, now);
    swarm_conn_opened(c->swarm, c);
    return c->state == CONN_CLOSED ? WAVU_ERR_CLOSED : 0;
}

void conn_secured(struct conn *c, const uint8_t binding[CONN_BINDING_SIZE], const char *muxer,
                  struct span_mut early)
{
    int rc = 0;
    memcpy(c->binding, binding, sizeof c->binding);
    c->state = CONN_WAIT_MUXER;
    if (muxer[0] != '\0') {
        rc = upgrade_kind_of(span_from_text(muxer), &c->kind);
        rc = rc < 0 ? rc : conn_open_mux(c);
    } else {
        upgrade_select_start(c->upgrade);
    }
    if (rc == 0 && (early.len > 0 || c->channel.kind == CHANNEL_TLS)) { /* which may hold some */
        rc = conn_feed_frames(c, early);
    }
    if (rc < 0) {
        conn_close(c, rc);
        return;
    }
    conn_mark(c);
}

/* The peer opened a stream. Whoever opens and ends them without pause costs us more than himself:
 * beyond the rate they are refused unseen, and who goes on is closed. */
static void conn_on_opened_stream(struct conn *c, struct yamux_stream *mux)
{
    uint64_t now = c->swarm->turn->now_ns;
    if (c->opens_excess > 0 && budget_bucket_is_full(&c->opens, now)) {
        c->opens_excess = 0;
    }
    if (budget_bucket_take(&c->opens, 1, now) == 0) {
        stream_on_open(c, mux);
        return;
    }
    c->swarm->metrics.streams_refused_rate.value++;
    yamux_release(c->yamux, mux);
    c->opens_excess++;
    if (c->opens_excess >= CONN_OPENS_EXCESS_MAX) {
        conn_close(c, WAVU_ERR_LIMIT);
    }
}

static void conn_dispatch(struct conn *c, const struct yamux_event *event)
{
    switch (event->kind) {
    case YAMUX_NOTHING:
    case YAMUX_PONG:
        return;
    case YAMUX_OPEN:
        conn_on_opened_stream(c, event->stream);
        return;
    case YAMUX_DATA:
        stream_on_data(event->stream->user, event->data);
        return;
    case YAMUX_WRITABLE:
        stream_on_writable(event->stream->user);
        return;
    case YAMUX_FIN:
        stream_on_fin(event->stream->user);
        return;
    case YAMUX_RESET:
        stream_on_reset(event->stream->user);
        return;
    case YAMUX_GOAWAY:
        if (list_is_empty(&c->streams)) {
            conn_close(c, WAVU_ERR_CLOSED);
        } else {
            c->is_finishing = true;
        }
        return;
    }
}

static void conn_drain_events(struct conn *c)
{
    struct yamux_event event;
    while (c->state == CONN_OPEN && yamux_next_event(c->yamux, &event)) {
        conn_dispatch(c, &event);
    }
}

static int conn_feed_mux(struct conn *c, struct span in)
{
    uint64_t now = c->swarm->turn->now_ns;
    while (in.len > 0 && c->state == CONN_OPEN) {
        size_t used = 0;
        struct yamux_event event = {.kind = YAMUX_NOTHING};
        int rc = yamux_feed(c->yamux, now, in, &used, &event);
        if (rc < 0) {
            return rc;
        }
        in = span_slice(in, used, in.len);
        conn_dispatch(c, &event);
        conn_drain_events(c);
    }
    if (c->state == CONN_OPEN && yamux_has_output(c->yamux)) {
        conn_mark(c);
    }
    return 0;
}

static int conn_feed_plain(struct conn *c, struct span plain)
{
    while (plain.len > 0 && c->state == CONN_WAIT_MUXER) {
        size_t used = 0;
        bool is_agreed = false;
        int rc = upgrade_select_feed(c->upgrade, plain, &used, &is_agreed);
        if (rc == 0 && is_agreed) {
            upgrade_pull(c->upgrade);
            rc = conn_open_mux(c);
        }
        if (rc < 0) {
            return rc;
        }
        plain = span_slice(plain, used, plain.len);
        conn_mark(c);
    }
    if (plain.len == 0 || c->state != CONN_OPEN) {
        return 0;
    }
    if (c->kind == CONN_PACKETS) { /* has no muxer */
        c->idle_since_ns = c->swarm->turn->now_ns;
        return swarm_packets_received(c->swarm, c, plain);
    }
    return conn_feed_mux(c, plain);
}

/* What opening and sealing need. */
static struct channel_env conn_env(struct conn *c)
{
    return (struct channel_env){.aead = c->swarm->aead,
                                .random = &c->swarm->port->random,
                                .pnet = c->pnet != NULL ? &c->pnet->send : NULL,
                                .now = c->swarm->turn->now_ns};
}

static int conn_feed_frames(struct conn *c, struct span_mut in)
{
    uint8_t scratch[CHANNEL_SCRATCH_SIZE];
    struct channel_env env = conn_env(c);
    struct span plain = span_empty();
    in = channel_join(&c->channel, in);
    int rc = channel_open(&c->channel, &env, &in, scratch, &plain);
    while (rc > 0) {
        rc = conn_feed_plain(c, plain);
        if (rc < 0) {
            return rc;
        }
        if (c->state == CONN_CLOSED) {
            return 0;
        }
        rc = channel_open(&c->channel, &env, &in, scratch, &plain);
    }
    return rc < 0 ? rc : channel_keep(&c->channel, in);
}

/* The first 24 bytes of a private link are the nonce; the rest is deciphered in place. */
static struct span_mut conn_feed_pnet(struct conn *c, struct span_mut in)
{
    struct conn_pnet *p = c->pnet;
    while (in.len > 0 && p->nonce_len < PNET_NONCE_SIZE) {
        p->nonce[p->nonce_len++] = in.ptr[0];
        in = span_mut_slice(in, 1, in.len);
        if (p->nonce_len == PNET_NONCE_SIZE) {
            pnet_half_init(&p->receive, c->swarm->psk, p->nonce);
        }
    }
    if (in.len > 0) {
        pnet_apply(&p->receive, in);
    }
    return in;
}

/* True when a step of the exchange of new keys is ours to make. */
static bool conn_wants_rekey(const struct conn *c)
{
    return c->state == CONN_OPEN && channel_wants_renewal(&c->channel, c->swarm->turn->now_ns);
}

static void conn_feed(struct conn *c, struct span_mut in)
{
    c->swarm->metrics.bytes_received.value += in.len;
    if (c->state == CONN_OPEN) {
        turn_moved(c->swarm->turn, in.len);
    }
    if (c->pnet != NULL) {
        in = conn_feed_pnet(c, in);
    }
    int rc = c->state < CONN_WAIT_MUXER ? upgrade_feed(c->upgrade, span_from_mut(in))
                                        : conn_feed_frames(c, in);
    if (rc < 0) {
        conn_close(c, rc);
    } else if (c->state < CONN_OPEN || conn_wants_rekey(c) || c->channel.raw.len > 0) {
        conn_mark(c);
    }
}

static void conn_up(void *context, struct link *link, const struct link_event *event)
{
    struct conn *c = context;
    (void)link;
    switch (event->kind) {
    case LINK_OPENED:
        return;
    case LINK_BYTES:
        conn_feed(c, event->bytes);
        return;
    case LINK_WRITABLE:
        c->is_blocked = false;
        conn_mark(c);
        return;
    case LINK_CLOSED:
        conn_close(c, event->err == WAVU_ERR_CLOSED && channel_is_cut(&c->channel) ? WAVU_ERR_RESET
                                                                                   : event->err);
        return;
    }
}

/* ---- Out ---- */

/* Bring what the queue holds into its way out: sealed, and behind it a step towards new keys when
 * one is ours to make. */
static int conn_seal(struct conn *c)
{
    struct channel_env env = conn_env(c);
    int rc = channel_seal(&c->channel, &env, &c->out);
    if (rc == 0 && conn_wants_rekey(c)) {
        rc = channel_renew(&c->channel, &env, &c->out);
    }
    return rc;
}

static size_t conn_raw_bytes(const struct conn *c)
{
    return (c->upgrade == NULL ? 0 : c->upgrade->out.len) + c->channel.raw.len;
}

/* Describe what can be sent: raw bytes of the handshake, then what has left the queue, then sealed
 * frames. */
static size_t conn_gather(const struct conn *c, struct span pieces[FRAME_GATHER_MAX + 2])
{
    size_t count = 0;
    if (c->upgrade != NULL && c->upgrade->out.len > 0) {
        pieces[count++] = buf_span(&c->upgrade->out);
    }
    if (c->channel.raw.len > 0) {
        pieces[count++] = buf_span(&c->channel.raw);
    }
    return count + frame_gather(&c->out, pieces + count, FRAME_GATHER_MAX);
}

/* Take up to `len` bytes off `b`; returns what is left of `len`. */
static size_t conn_drop(struct buf *b, size_t len)
{
    size_t part = b->len < len ? b->len : len;
    if (part > 0) {
        buf_drop_front(b, part);
    }
    return len - part;
}

static void conn_sent(struct conn *c, size_t len)
{
    c->swarm->metrics.bytes_sent.value += len;
    if (c->upgrade != NULL) {
        len = conn_drop(&c->upgrade->out, len);
    }
    turn_moved(c->swarm->turn, len);
    frame_sent(&c->out, conn_drop(&c->channel.raw, len));
}

/* Send raw bytes and sealed frames; true when all are gone. */
static bool conn_send(struct conn *c)
{
    while (conn_raw_bytes(c) + c->out.sealed_bytes > 0) {
        struct span pieces[FRAME_GATHER_MAX + 2];
        size_t offered = 0;
        size_t taken = 0;
        size_t count = conn_gather(c, pieces);
        for (size_t i = 0; i < count; i++) {
            offered += pieces[i].len;
        }
        if (link_send(c->link, pieces, count, &taken) < 0) {
            return false;
        }
        conn_sent(c, taken);
        if (taken < offered) {
            return false;
        }
    }
    return true;
}

/* The handshake's memory goes once its last bytes are sent. */
static void conn_drop_upgrade(struct conn *c)
{
    if (c->state == CONN_OPEN && c->upgrade != NULL) {
        upgrade_free(c->upgrade);
        c->upgrade = NULL;
    }
}

/* Bring what waits above into the frames. */
static void conn_pull(struct conn *c)
{
    if (c->state != CONN_OPEN) {
        return;
    }
    if (c->kind == CONN_PACKETS) {
        swarm_packets_pull(c->swarm, c);
    } else {
        yamux_pull(c->yamux, &c->out);
    }
}

/* Everything is sent: writers may go on, or the connection may end. */
static void conn_all_sent(struct conn *c)
{
    if (c->is_finishing && list_is_empty(&c->streams)) {
        conn_close(c, WAVU_ERR_CLOSED);
        return;
    }
    if (c->kind == CONN_PACKETS) {
        return;
    }
    yamux_room(c->yamux);
    if (yamux_has_event(c->yamux)) {
        turn_queue(c->swarm->turn, &c->job);
    }
}

static void conn_out(struct turn_dirty *dirty, uint64_t now)
{
    (void)now;
    struct conn *c = LIST_OF(dirty, struct conn, dirty);
    if (c->upgrade != NULL) {
        upgrade_pull(c->upgrade);
    }
    conn_pull(c);
    do { /* more than once where the queue leaves in parts */
        int rc = conn_seal(c);
        if (rc < 0) {
            conn_close(c, rc);
            return;
        }
        if (!conn_send(c)) {
            c->is_blocked = true;
            return;
        }
    } while (c->out.open_bytes > 0);
    conn_drop_upgrade(c);
    if (c->state == CONN_OPEN) {
        conn_all_sent(c);
    }
}

/* Work phase: writers write, and what services left behind is delivered again. */
static void conn_run_job(struct turn_job *job, uint64_t now)
{
    (void)now;
    struct conn *c = LIST_OF(job, struct conn, job);
    if (c->state != CONN_OPEN || c->kind != CONN_STREAMS) {
        return;
    }
    struct list again;
    list_init(&again);
    list_splice_back(&again, &c->resumed);
    struct list *node = list_pop_front(&again);
    while (node != NULL) {
        stream_deliver_held(node);
        node = list_pop_front(&again);
    }
    conn_drain_events(c);
    if (c->state == CONN_OPEN) {
        conn_mark(c);
    }
}

/* ---- Time ---- */

bool conn_is_idle(const struct conn *c)
{
    return c->holds == 0 && list_is_empty(&c->streams);
}

/* We leave, and the peer has had its time: what it does not take blocks, and is all that is waited
 * for. */
static void conn_time_farewell(struct conn *c, uint64_t now)
{
    if (c->is_blocked) {
        timers_set(&c->swarm->turn->timers, &c->timer, now + CONN_FAREWELL_NS, 0);
    } else {
        conn_close(c, WAVU_ERR_CLOSED);
    }
}

static void conn_on_timer(struct timer *timer, uint64_t now)
{
    struct conn *c = LIST_OF(timer, struct conn, timer);
    if (c->is_leaving) {
        conn_time_farewell(c, now);
        return;
    }
    if (c->state != CONN_OPEN && now - c->opened_ns < CONN_HANDSHAKE_NS) {
        conn_mark(c); /* the listener's first words */
        conn_time_handshake(c);
        return;
    }
    if (c->state != CONN_OPEN) {
        conn_close(c, WAVU_ERR_TIMEOUT);
        return;
    }
    if (c->yamux != NULL && yamux_tick(c->yamux, now) < 0) {
        conn_close(c, WAVU_ERR_TIMEOUT);
        return;
    }
    if (!conn_is_idle(c)) {
        c->idle_since_ns = now;
    } else if (now - c->idle_since_ns >= c->swarm->idle_ns) {
        conn_finish(c);
        return;
    }
    uint64_t due = c->yamux != NULL ? yamux_deadline(c->yamux) : TIMERS_NEVER;
    uint64_t idle_due = c->idle_since_ns + c->swarm->idle_ns;
    timers_set(&c->swarm->turn->timers, &c->timer, due < idle_due ? due : idle_due, CONN_SLACK_NS);
    if (conn_wants_rekey(c) || (c->yamux != NULL && yamux_has_output(c->yamux))) {
        conn_mark(c);
    }
}
