/*
 * Fuzzes a connection as a whole: before its handshake, as anybody could, and from behind its
 * authentication, as a member of the network could.
 *
 * The first byte picks a bare link, streams or packets; then come frames, each a length byte and
 * that many bytes. On a bare link they are sent as they are; otherwise each is the plaintext of one
 * Noise message, sealed with the honest keys of a simulated peer and put on its link. Whatever they
 * say, the node that hears them stays whole and gives back all it took.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "tests/support/net_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define FRAME_MAX 256

static struct net_world w;

static void note(void *context, int err, struct conn *conn)
{
    struct conn **out = context;
    *out = err == 0 ? conn : NULL;
}

static void receive(void *service, const struct peerid *peer, struct span packet)
{
    (void)service;
    (void)peer;
    CHECK(packet.len <= DATAGRAM_SIZE_MAX);
}

static const struct datagram_protocol packets = {
    .name = "/fuzz/packets/1", .audience = STREAM_MEMBER, .receive = receive};

static struct conn *meet(bool is_packets)
{
    struct conn *c = NULL;
    struct dial *d = NULL;
    int err = 0;
    net_world_start(&w, 1, 2);
    CHECK(datagram_register(w.nodes[1].datagram, &packets) == 0);
    struct conn *first = net_world_dial(&w, 0, 1, &err);
    CHECK(first != NULL);
    sim_run_for(w.sim, TIMERS_SECOND);
    if (!is_packets) {
        return first;
    }
    struct dial_user user = {.done = note, .context = &c};
    CHECK(dial_start_packets(&w.nodes[0].swarm, &w.nodes[1].swarm.self, user, &d) == 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    CHECK(c != NULL && c->kind == CONN_PACKETS);
    return c;
}

/* A closed connection is reaped with its turn: it is only to be found in the swarm. */
static bool can_say(const struct conn *c)
{
    struct list *head = &w.nodes[0].swarm.conns;
    struct list *at = list_next(head, head);
    while (at != NULL && LIST_OF(at, struct conn, link_swarm) != c) {
        at = list_next(head, at);
    }
    return at != NULL && c->state == CONN_OPEN;
}

/* Seal and send one frame as `c` would. */
static void say(struct conn *c, struct span plain)
{
    uint8_t frame[NOISE_HEAD_SIZE + FRAME_MAX + AEAD_TAG_SIZE];
    size_t taken = 0;
    if (plain.len > 0) {
        memcpy(frame + NOISE_HEAD_SIZE, plain.ptr, plain.len);
    }
    CHECK(noise_seal(&c->channel.noise, w.nodes[0].swarm.aead,
                     span_mut_of(frame + NOISE_HEAD_SIZE, plain.len)) == 0);
    struct span piece = span_of(frame, NOISE_HEAD_SIZE + plain.len + AEAD_TAG_SIZE);
    while (piece.len > 0 && can_say(c) && link_send(c->link, &piece, 1, &taken) == 0) {
        piece = span_slice(piece, taken, piece.len); /* a send may take less than it could */
        sim_run_for(w.sim, 50 * TIMERS_MS);
    }
}

static void check_listener(void)
{
    struct swarm *s = &w.nodes[1].swarm;
    CHECK(s->handshake_budget.used == 0);
    CHECK(s->budget.used <= SWARM_PEER_BYTES);
    peerbook_check(&s->peerbook);
}

/* The next frame of the input, shortened to what there is. */
static struct span next_frame(struct span *in)
{
    struct span frame = span_slice(*in, 1, in->ptr[0]);
    *in = span_slice(*in, 1 + frame.len, in->len);
    return frame;
}

static void speak_secured(struct span in, bool is_packets)
{
    struct conn *c = meet(is_packets);
    while (in.len > 0 && can_say(c)) {
        say(c, next_frame(&in));
        check_listener();
    }
}

/* Somebody's socket. */
struct bare {
    bool is_closed;
};

static void bare_opened(void *context, int err)
{
    ((struct bare *)context)->is_closed = err < 0;
}

static void bare_bytes(void *context, struct span_mut in)
{
    (void)context;
    (void)in;
}

static void bare_closed(void *context, int err)
{
    (void)err;
    ((struct bare *)context)->is_closed = true;
}

static void bare_writable(void *context)
{
    (void)context;
}

static void speak_bare(struct span in)
{
    static const struct port_tcp_user user = {.opened = bare_opened,
                                              .bytes = bare_bytes,
                                              .writable = bare_writable,
                                              .closed = bare_closed};
    struct bare b = {.is_closed = false};
    struct multiaddr address = net_world_address(0);
    struct multiaddr_ip to;
    struct port_tcp *tcp = NULL;
    net_world_start(&w, 1, 1);
    struct port *port = sim_host_port(sim_host_new(w.sim, "10.9.9.9"));
    CHECK(multiaddr_to_ip(&address, MULTIADDR_TCP, &to) == 0);
    CHECK(port->net->tcp_dial(port, &to, &user, &b, &tcp) == 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    while (in.len > 0 && !b.is_closed) {
        struct span frame = next_frame(&in);
        size_t taken = 0;
        (void)!port->net->tcp_send(tcp, &frame, 1, &taken);
        sim_run_for(w.sim, 100 * TIMERS_MS);
    }
    port->net->tcp_close(tcp, true);
    sim_run_for(w.sim, TIMERS_SECOND);
    CHECK(w.nodes[0].swarm.conn_count == 0);
    CHECK(w.nodes[0].swarm.handshake_budget.used == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t before = mem_live_count();
    if (len == 0) {
        return 0;
    }
    struct span in = span_of(data + 1, len - 1);
    if ((data[0] & 3) == 2) {
        speak_bare(in);
    } else {
        speak_secured(in, (data[0] & 1) != 0);
    }
    net_world_stop(&w);
    CHECK(mem_live_count() == before);
    return 0;
}
