/*
 * RPCs on two streams with one peer. A part of pubsub/gossipsub_service.h.
 */
#include "pubsub/gossipsub_way.h"

#include "base/mem.h"
#include "base/varint.h"

#define GOSSIPSUB_WAY_GROUP4 (UINT64_C(1) << 32) /* so that no IPv4 address is group 0 */

struct gossipsub_way *gossipsub_way_of(const struct gossipsub_service *s, const struct peerid *peer)
{
    return map_get(&s->ways, peerid_span(peer));
}

/* ---- The machine's view ---- */

/* Whose addresses count together: one host of IPv4, one /64 of IPv6; 0: nobody's. */
static uint64_t gossipsub_way_group(const struct conn *conn)
{
    struct multiaddr local;
    struct multiaddr remote;
    struct multiaddr_ip ip;
    uint64_t group = 0;
    conn_addresses(conn, &local, &remote);
    if (multiaddr_to_ip(&remote, MULTIADDR_TCP, &ip) < 0 || multiaddr_ip_is_loopback(&ip) ||
        multiaddr_ip_is_private(&ip)) {
        return 0;
    }
    for (size_t i = 0; i < ip.ip_len && i < sizeof group; i++) {
        group = group << 8 | ip.ip[i];
    }
    return ip.ip_len == 4 ? GOSSIPSUB_WAY_GROUP4 | group : group;
}

static void gossipsub_way_set_down(struct gossipsub_way *w)
{
    if (w->is_up) {
        w->is_up = false;
        gossipsub_peer_down(w->service->machine, w->service->swarm->turn->now_ns, &w->id);
    }
}

static void gossipsub_way_on_timer(struct timer *timer, uint64_t now)
{
    (void)now;
    struct gossipsub_way *w = LIST_OF(timer, struct gossipsub_way, again);
    struct gossipsub_service *s = w->service;
    struct conn *conn = swarm_conn(s->swarm, &w->id);
    if (conn != NULL) {
        (void)gossipsub_way_open(s, conn, w->version);
        gossipsub_service_pump(s);
    }
}

static void gossipsub_way_reap(struct turn_dead *dead)
{
    struct gossipsub_way *w = LIST_OF(dead, struct gossipsub_way, dead);
    buf_clear(&w->wait);
    buf_clear(&w->part);
    mem_free(w);
}

static struct gossipsub_way *gossipsub_way_make(struct gossipsub_service *s,
                                                const struct peerid *peer)
{
    struct gossipsub_way *w = gossipsub_way_of(s, peer);
    if (w != NULL) {
        return w;
    }
    w = mem_new(sizeof *w);
    w->service = s;
    w->id = *peer;
    w->dead.reap = gossipsub_way_reap;
    buf_init(&w->wait, GOSSIPSUB_MSG_SIZE_MAX + VARINT_SIZE_MAX);
    buf_init(&w->part, GOSSIPSUB_MSG_SIZE_MAX + VARINT_SIZE_MAX);
    timers_prepare(&w->again, gossipsub_way_on_timer);
    map_put(&s->ways, peerid_span(&w->id), w);
    return w;
}

/* ---- Being there ---- */

/* Forget the beginning of an RPC. */
static void gossipsub_way_drop_part(struct gossipsub_way *w, const struct conn *conn)
{
    budget_give(&conn->peer->budget, w->part.len);
    buf_clear(&w->part);
}

/* The peer's stream is to be read no more. */
static void gossipsub_way_reset_in(struct gossipsub_way *w)
{
    struct stream *in = w->in;
    w->in = NULL;
    if (in != NULL) {
        gossipsub_way_drop_part(w, stream_conn(in));
        stream_reset(in, 0);
    }
}

static void gossipsub_way_reset_out(struct gossipsub_way *w)
{
    struct stream *out = w->out;
    w->out = NULL;
    buf_clear(&w->wait);
    if (out != NULL) {
        stream_reset(out, 0);
    }
}

struct gossipsub_way *gossipsub_way_open(struct gossipsub_service *s, struct conn *conn,
                                         enum gossipsub_version version)
{
    struct gossipsub_way *w = gossipsub_way_make(s, conn_peer(conn));
    struct gossipsub_link link = {
        .version = version, .is_dialled = conn->is_dialled, .group = gossipsub_way_group(conn)};
    if (w->is_condemned) {
        return NULL;
    }
    if (w->out != NULL) {
        return w;
    }
    w->version = version;
    if (stream_open(conn, &s->protocols[version], w, &w->out) < 0) {
        w->out = NULL;
        return NULL;
    }
    timers_cancel(&s->swarm->turn->timers, &w->again);
    w->is_up = gossipsub_peer_up(s->machine, s->swarm->turn->now_ns, &w->id, &link) == 0;
    if (!w->is_up) { /* as many peers as the machine has room for are there */
        gossipsub_way_reset_out(w);
        return NULL;
    }
    return w;
}

void gossipsub_way_take(struct gossipsub_service *s, struct stream *stream,
                        enum gossipsub_version version)
{
    struct gossipsub_way *w = gossipsub_way_open(s, stream_conn(stream), version);
    if (w == NULL) {
        stream_set_user(stream, NULL);
        stream_reset(stream, 0);
        return;
    }
    gossipsub_way_reset_in(w);
    w->in = stream;
    stream_set_user(stream, w);
}

void gossipsub_way_condemn(struct gossipsub_way *w)
{
    w->is_condemned = true;
    gossipsub_way_set_down(w);
    gossipsub_way_reset_in(w);
    gossipsub_way_reset_out(w);
    timers_cancel(&w->service->swarm->turn->timers, &w->again);
}

void gossipsub_way_end(struct gossipsub_way *w)
{
    struct gossipsub_service *s = w->service;
    gossipsub_way_condemn(w);
    map_remove(&s->ways, peerid_span(&w->id));
    turn_bury(s->swarm->turn, &w->dead);
}

/* Our stream broke: the peer's goes, too, so that it says its topics again on another one. */
static void gossipsub_way_broke(struct gossipsub_way *w)
{
    struct turn *turn = w->service->swarm->turn;
    w->out = NULL;
    buf_clear(&w->wait);
    gossipsub_way_set_down(w);
    gossipsub_way_reset_in(w);
    if (!w->is_condemned && w->reopens < GOSSIPSUB_SERVICE_REOPENS_MAX) {
        w->reopens++;
        timers_set(&turn->timers, &w->again, turn->now_ns + GOSSIPSUB_SERVICE_REOPEN_NS,
                   TIMERS_SECOND);
    }
}

/* ---- Out ---- */

/* Send what waits; false: some of it still does. */
static bool gossipsub_way_flush(struct gossipsub_way *w)
{
    size_t taken = 0;
    if (w->wait.len > 0 && stream_send(w->out, buf_span(&w->wait), &taken) == 0) {
        buf_drop_front(&w->wait, taken);
    }
    return w->wait.len == 0;
}

void gossipsub_way_send(struct gossipsub_way *w)
{
    struct gossipsub_service *s = w->service;
    uint64_t now = s->swarm->turn->now_ns;
    while (w->out != NULL && w->is_up && gossipsub_way_flush(w) &&
           gossipsub_pull(s->machine, now, &w->id, &s->rpc)) {
        uint8_t head[VARINT_SIZE_MAX];
        int rc = buf_append(&w->wait, span_of(head, varint_encode(s->rpc.len, head)));
        rc = rc < 0 ? rc : buf_append(&w->wait, buf_span(&s->rpc));
        buf_clear(&s->rpc);
        if (rc < 0) { /* no memory of ours: the machine makes none as long as that */
            gossipsub_way_condemn(w);
        }
    }
}

/* ---- In ---- */

/* One RPC. An error ends the stream. */
static int gossipsub_way_feed(struct gossipsub_way *w, struct span rpc)
{
    struct gossipsub_service *s = w->service;
    int rc = gossipsub_feed(s->machine, s->swarm->turn->now_ns, &w->id, rpc);
    s->received.value++;
    gossipsub_service_pump(s);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc; /* it went down meanwhile: nobody hears it */
}

/* Take the whole RPCs at the front of `in`; `*used`: how many bytes they were. */
static int gossipsub_way_cut(struct gossipsub_way *w, struct span in, size_t *used)
{
    int rc = 0;
    *used = 0;
    while (rc == 0 && w->in != NULL) {
        struct span rest = span_slice(in, *used, in.len);
        uint64_t len = 0;
        size_t head = 0;
        rc = varint_decode(rest, &len, &head);
        if (rc < 0) {
            return rc == WAVU_ERR_AGAIN ? 0 : rc;
        }
        if (len > GOSSIPSUB_MSG_SIZE_MAX) {
            return WAVU_ERR_LIMIT;
        }
        if (rest.len - head < len) {
            return 0;
        }
        *used += head + (size_t)len;
        rc = gossipsub_way_feed(w, span_slice(rest, head, head + (size_t)len));
    }
    return rc;
}

/* Keep the beginning of an RPC. */
static int gossipsub_way_keep(struct gossipsub_way *w, struct span data)
{
    struct budget *budget = &stream_conn(w->in)->peer->budget;
    int rc = budget_take(budget, data.len);
    if (rc == 0) {
        rc = buf_append(&w->part, data);
        if (rc < 0) {
            budget_give(budget, data.len);
        }
    }
    return rc;
}

static int gossipsub_way_read(struct gossipsub_way *w, struct span data)
{
    size_t used = 0;
    int rc = 0;
    if (w->part.len == 0) {
        rc = gossipsub_way_cut(w, data, &used);
        data = span_slice(data, used, data.len);
        return rc < 0 || w->in == NULL || data.len == 0 ? rc : gossipsub_way_keep(w, data);
    }
    rc = gossipsub_way_keep(w, data);
    rc = rc < 0 ? rc : gossipsub_way_cut(w, buf_span(&w->part), &used);
    if (rc == 0 && w->in != NULL) {
        budget_give(&stream_conn(w->in)->peer->budget, used);
        buf_drop_front(&w->part, used);
    }
    return rc;
}

static void gossipsub_way_on_data(struct gossipsub_way *w, struct span data)
{
    int rc = gossipsub_way_read(w, data);
    if (rc == 0 || w->in == NULL) {
        return;
    }
    w->service->bad.value++;
    if (++w->strikes >= GOSSIPSUB_SERVICE_STRIKES_MAX) {
        gossipsub_way_condemn(w);
    } else {
        gossipsub_way_reset_in(w);
    }
}

/* ---- Events ---- */

static void gossipsub_way_in_up(struct gossipsub_way *w, struct stream_event *event)
{
    switch (event->kind) {
    case STREAM_DATA:
        gossipsub_way_on_data(w, event->data);
        return;
    case STREAM_FIN: /* it says no more; it may open another */
        gossipsub_way_reset_in(w);
        return;
    case STREAM_CLOSED:
        gossipsub_way_drop_part(w, stream_conn(w->in));
        w->in = NULL;
        return;
    case STREAM_OPENED:
    case STREAM_WRITABLE:
        return;
    }
}

void gossipsub_way_up(struct gossipsub_way *w, struct stream *stream, struct stream_event *event)
{
    if (stream == w->in) {
        gossipsub_way_in_up(w, event);
        return;
    }
    if (stream != w->out) {
        return;
    }
    if (event->kind == STREAM_CLOSED) {
        gossipsub_way_broke(w);
    } else if (event->kind == STREAM_OPENED || event->kind == STREAM_WRITABLE) {
        gossipsub_way_send(w);
    }
}
