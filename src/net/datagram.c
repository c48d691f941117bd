/*
 * Packets to peers over connections of their own (kind PACKETS): in one Noise message any number of
 * [2-byte length of the rest][1-byte length of the name][name][payload].
 *
 * Arrives: plaintext through the swarm, packets from services. Leaves: packets to services; frames
 * when the link has room. What does not fit while the link is busy pushes out the oldest.
 */
#include "net/datagram.h"

#include <string.h>

#include "base/chunk.h"
#include "base/mem.h"
#include "base/rd.h"
#include "base/ring.h"
#include "base/wr.h"
#include "net/dial.h"

#define DATAGRAM_HEAD_SIZE 3 /* length, name's length */
#define DATAGRAM_PEERS_MAX 1024
#define DATAGRAM_BATCH_MAX 65536  /* bytes written in one turn to one peer */
#define DATAGRAM_PACKETS_MAX 4096 /* waiting for one peer, whatever their size */

/* A peer to which packets go or from which they come. */
struct datagram_peer {
    struct peerid id;
    struct datagram *datagram;
    struct conn *conn; /* of kind PACKETS, open; or NULL */
    struct dial *dial; /* under way, or NULL */
    struct ring queue; /* of struct chunk *: each a packet with its head */
    size_t queued;     /* bytes in `queue` */
};

struct datagram {
    struct swarm *swarm;
    const struct datagram_protocol *protocols[DATAGRAM_PROTOCOLS_MAX];
    size_t protocol_count;
    struct map peers; /* id -> struct datagram_peer */
    struct metric sent;
    struct metric received;
    struct metric dropped;
};

static const struct datagram_protocol *datagram_find(const struct datagram *d, struct span name)
{
    for (size_t i = 0; i < d->protocol_count; i++) {
        if (span_is_equal(span_from_text(d->protocols[i]->name), name)) {
            return d->protocols[i];
        }
    }
    return NULL;
}

/* ---- Peers ---- */

static struct datagram_peer *datagram_peer_make(struct datagram *d, const struct peerid *id)
{
    struct datagram_peer *p = map_get(&d->peers, peerid_span(id));
    if (p == NULL && d->peers.count < DATAGRAM_PEERS_MAX) {
        p = mem_new(sizeof *p);
        p->id = *id;
        p->datagram = d;
        ring_init(&p->queue, sizeof(struct chunk *), DATAGRAM_PACKETS_MAX);
        (void)map_put(&d->peers, peerid_span(&p->id), p);
    }
    return p;
}

static bool datagram_drop_oldest(struct datagram_peer *p)
{
    struct chunk *packet = NULL;
    if (!ring_pop(&p->queue, &packet)) {
        return false;
    }
    p->queued -= chunk_bytes(packet).len;
    chunk_unref(packet);
    return true;
}

static void datagram_peer_free(struct datagram_peer *p)
{
    while (datagram_drop_oldest(p)) {
    }
    dial_cancel(p->dial);
    ring_clear(&p->queue);
    (void)map_remove(&p->datagram->peers, peerid_span(&p->id));
    mem_free(p);
}

static void datagram_on_dialled(void *context, int err, struct conn *conn)
{
    struct datagram_peer *p = context;
    (void)conn; /* datagram_opened has it already */
    p->dial = NULL;
    if (err < 0 && p->conn != NULL) {
        conn_mark(p->conn); /* the peer came by itself meanwhile: what waits goes there */
    } else if (err < 0) {
        while (datagram_drop_oldest(p)) {
            p->datagram->dropped.value++;
        }
        datagram_peer_free(p);
    }
}

/* ---- Connections ---- */

static void datagram_opened(void *context, struct conn *c)
{
    struct datagram_peer *p = datagram_peer_make(context, conn_peer(c));
    if (p == NULL) {
        conn_close(c, WAVU_ERR_LIMIT);
        return;
    }
    if (p->conn == NULL) {
        p->conn = c; /* of two, both are read and the older is written */
    }
    conn_mark(c);
}

static void datagram_closed(void *context, struct conn *c)
{
    struct datagram *d = context;
    struct datagram_peer *p = map_get(&d->peers, peerid_span(conn_peer(c)));
    if (p != NULL && p->conn == c) {
        p->conn = NULL;
        if (p->dial == NULL) {
            datagram_peer_free(p);
        }
    }
}

static void datagram_deliver(struct datagram *d, struct conn *c, struct span name,
                             struct span payload)
{
    struct policy *policy = &d->swarm->policy;
    const struct datagram_protocol *protocol = datagram_find(d, name);
    if (protocol == NULL || policy->standing(policy->context, conn_peer(c)) < protocol->audience) {
        d->dropped.value++;
        return;
    }
    d->received.value++;
    protocol->receive(protocol->service, conn_peer(c), payload);
}

static int datagram_received(void *context, struct conn *c, struct span plain)
{
    struct rd r;
    rd_init(&r, plain);
    while (rd_left(&r) > 0) {
        struct rd one;
        rd_init(&one, rd_bytes(&r, rd_u16be(&r)));
        struct span name = rd_bytes(&one, rd_u8(&one));
        struct span payload = rd_bytes(&one, rd_left(&one));
        if (r.failed || one.failed) {
            return WAVU_ERR_PROTO;
        }
        datagram_deliver(context, c, name, payload);
    }
    return 0;
}

/* The link has room: write the oldest packets into frames, each whole within one. */
static void datagram_pull(void *context, struct conn *c)
{
    struct datagram *d = context;
    struct datagram_peer *p = map_get(&d->peers, peerid_span(conn_peer(c)));
    size_t written = 0;
    struct chunk *packet = NULL;
    if (p == NULL || p->conn != c) {
        return;
    }
    while (written < DATAGRAM_BATCH_MAX && ring_pop(&p->queue, &packet)) {
        struct span_mut bytes = chunk_bytes(packet);
        struct span_mut room = frame_reserve(&c->out, bytes.len, bytes.len);
        memcpy(room.ptr, bytes.ptr, bytes.len);
        frame_commit(&c->out, bytes.len);
        written += bytes.len;
        p->queued -= bytes.len;
        d->sent.value++;
        c->idle_since_ns = d->swarm->turn->now_ns;
        chunk_unref(packet);
    }
    if (p->queue.count > 0) {
        conn_mark(c);
    }
}

/* ---- From outside ---- */

struct datagram *datagram_new(struct swarm *swarm, struct metric_set *metrics)
{
    struct datagram *d = mem_new(sizeof *d);
    d->swarm = swarm;
    map_init(&d->peers, &swarm->port->random);
    metric_add(metrics, &d->sent, "datagrams_sent_total");
    metric_add(metrics, &d->received, "datagrams_received_total");
    metric_add(metrics, &d->dropped, "datagrams_dropped_total");
    swarm->packets = (struct swarm_packets){
        .opened = datagram_opened,
        .closed = datagram_closed,
        .received = datagram_received,
        .pull = datagram_pull,
        .context = d,
    };
    return d;
}

/* Of two connections of one peer only the older stands in `peers`: the swarm knows all. Those that
 * are not yet joined find `opened` gone and are refused. */
static void datagram_close_all(struct swarm *s)
{
    struct list *node = list_next(&s->conns, &s->conns);
    while (node != NULL) {
        struct conn *c = LIST_OF(node, struct conn, link_swarm);
        node = list_next(&s->conns, node);
        if (c->kind == CONN_PACKETS && c->is_joined) {
            conn_close(c, WAVU_ERR_SHUTDOWN);
        }
    }
}

void datagram_free(struct datagram *d)
{
    if (d == NULL) {
        return;
    }
    datagram_close_all(d->swarm);
    size_t at = 0;
    struct datagram_peer *p = map_next(&d->peers, &at);
    while (p != NULL) {
        struct conn *c = p->conn;
        p->conn = NULL;
        datagram_peer_free(p);
        if (c != NULL) {
            conn_close(c, WAVU_ERR_SHUTDOWN);
        }
        at = 0;
        p = map_next(&d->peers, &at);
    }
    map_clear(&d->peers);
    d->swarm->packets = (struct swarm_packets){.context = NULL};
    mem_free(d);
}

int datagram_register(struct datagram *d, const struct datagram_protocol *protocol)
{
    if (datagram_find(d, span_from_text(protocol->name)) != NULL) {
        return WAVU_ERR_EXISTS;
    }
    if (d->protocol_count >= DATAGRAM_PROTOCOLS_MAX || strlen(protocol->name) > UINT8_MAX) {
        return WAVU_ERR_LIMIT;
    }
    d->protocols[d->protocol_count++] = protocol;
    return 0;
}

static struct chunk *datagram_pack(const char *name, struct span packet)
{
    struct wr w;
    struct span text = span_from_text(name);
    struct chunk *out = chunk_new_raw(DATAGRAM_HEAD_SIZE + text.len + packet.len);
    wr_init(&w, chunk_bytes(out));
    wr_u16be(&w, (uint16_t)(1 + text.len + packet.len));
    wr_u8(&w, (uint8_t)text.len);
    wr_bytes(&w, text);
    wr_bytes(&w, packet);
    return out;
}

/* Queue behind the others; the oldest go when there are too many bytes or packets. */
static void datagram_queue(struct datagram_peer *p, struct chunk *packet)
{
    size_t len = chunk_bytes(packet).len;
    while (p->queued + len > DATAGRAM_QUEUE_BYTES_MAX || p->queue.count >= DATAGRAM_PACKETS_MAX) {
        p->datagram->dropped.value++;
        if (!datagram_drop_oldest(p)) {
            break;
        }
    }
    if (ring_push(&p->queue, &packet) < 0) {
        chunk_unref(packet);
        return;
    }
    p->queued += len;
}

int datagram_send(struct datagram *d, const struct peerid *peer, const char *protocol,
                  struct span packet)
{
    _Static_assert(DATAGRAM_SIZE_MAX + DATAGRAM_HEAD_SIZE + UINT8_MAX <= NOISE_PLAIN_MAX,
                   "a packet fits one Noise message");
    if (packet.len > DATAGRAM_SIZE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct datagram_peer *p = map_get(&d->peers, peerid_span(peer));
    if (datagram_find(d, span_from_text(protocol)) == NULL ||
        (p == NULL && swarm_peer(d->swarm, peer) == NULL)) {
        return WAVU_ERR_NOT_FOUND;
    }
    p = datagram_peer_make(d, peer);
    if (p == NULL) {
        return WAVU_ERR_LIMIT;
    }
    if (p->conn == NULL && p->dial == NULL) {
        struct dial_user user = {.done = datagram_on_dialled, .context = p};
        int rc = dial_start_packets(d->swarm, peer, user, &p->dial);
        if (rc < 0) {
            datagram_peer_free(p);
            return rc == WAVU_ERR_INVALID ? WAVU_ERR_UNREACHABLE : rc;
        }
    }
    datagram_queue(p, datagram_pack(protocol, packet));
    if (p->conn != NULL) {
        conn_mark(p->conn);
    }
    return 0;
}
