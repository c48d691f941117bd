/*
 * What a peer without manners can do to a node, on the virtual clock: after each attack the peer is
 * gone or held to its share, a counter says why, all budgets are back at zero, and an honest peer's
 * transfer, which began before, comes through.
 *
 * Node 0 is attacked, node 1 is honest; attackers sit on hosts of their own, each in its own /24.
 */
#include "tests/base/unit.h"
#include "base/varint.h"
#include "mux/multistream.h"
#include "tests/support/net_ear.h"
#include "tests/support/net_foe.h"

#define HONEST_BYTES 400000          /* each way, at 100 kB/s: four seconds and more */
#define SETTLE (200 * TIMERS_SECOND) /* longer than keepalive, negotiation and linger */
#define EAR_NAME "/test/ear/1"

static struct net_world w;
static struct swarm *s;
static struct swarm_metrics *seen;
static size_t foe_hosts;

/* ---- The honest one ---- */

static struct {
    struct conn *conn;
    struct perf_run *run;
    bool is_done;
    int err;
} honest;

static void honest_done(void *context, int err)
{
    (void)context;
    honest.is_done = true;
    honest.err = err;
}

static bool honest_is_done(void *context)
{
    (void)context;
    return honest.is_done;
}

static void honest_begin(void)
{
    struct perf_user user = {.done = honest_done};
    honest.is_done = false;
    assert_int_equal(
        perf_start(&w.nodes[1].perf, honest.conn, HONEST_BYTES, HONEST_BYTES, user, &honest.run),
        0);
}

static void honest_comes_through(void)
{
    assert_true(sim_run_until(w.sim, honest_is_done, NULL, 60 * TIMERS_SECOND));
    assert_int_equal(honest.err, 0);
}

/* ---- The place ---- */

static void meet(uint64_t seed)
{
    struct sim_cable_settings slow = {
        .latency_ns = 5 * TIMERS_MS, .bytes_per_second = 100000, .loss_whole = 1, .mtu = 1500};
    int err = 0;
    foe_hosts = 0;
    net_world_start(&w, seed, 2);
    s = &w.nodes[0].swarm;
    seen = &s->metrics;
    sim_cable_set(w.hosts[0], w.hosts[1], &slow);
    honest.conn = net_world_dial(&w, 1, 0, &err);
    assert_non_null(honest.conn);
    sim_run_for(w.sim, TIMERS_SECOND);
    honest_begin();
}

static struct sim_host *foe_host(void)
{
    char name[32];
    foe_hosts++;
    (void)snprintf(name, sizeof name, "10.9.%zu.1", foe_hosts);
    return sim_host_new(w.sim, name);
}

static void foe_start(struct net_foe *f, uint64_t number)
{
    net_foe_start(f, &w, foe_host(), 0, number);
    assert_true(f->is_connected);
}

static void foe_secure(struct net_foe *f, uint64_t number)
{
    foe_start(f, number);
    assert_true(net_foe_secure(f));
}

/* Node 0 got rid of it, and soon. */
static void assert_dropped(struct net_foe *f, uint64_t within_ns)
{
    assert_true(sim_run_until(w.sim, net_foe_is_closed, f, within_ns));
}

/* Nothing is left of anybody but the honest one, who is served. */
static void assert_calm(void)
{
    honest_comes_through();
    sim_run_for(w.sim, SETTLE);
    assert_int_equal(s->conn_count, 1);
    assert_int_equal(s->handshake_count, 0);
    assert_int_equal(s->budget.used, 0);
    assert_int_equal(s->handshake_budget.used, 0);
    peerbook_check(&s->peerbook);
    honest_begin();
    honest_comes_through();
}

static void leave(struct net_foe *f)
{
    net_foe_stop(f);
    assert_calm();
    net_world_stop(&w);
}

/* ---- Before the handshake ---- */

static void garbage_is_dropped_at_once(void **state)
{
    (void)state;
    struct net_foe f;
    uint8_t garbage[4096];
    meet(1);
    for (uint64_t kind = 0; kind < 32; kind++) {
        uint64_t before = seen->dropped_proto.value + seen->dropped_limit.value;
        random_fill(sim_random(w.sim, SIM_SCENARIO), garbage, sizeof garbage);
        foe_start(&f, kind);
        net_foe_say_raw(&f, span_of(garbage, sizeof garbage), TIMERS_SECOND);
        assert_dropped(&f, TIMERS_SECOND);
        assert_int_equal(seen->dropped_proto.value + seen->dropped_limit.value, before + 1);
        net_foe_stop(&f);
    }
    assert_calm();
    net_world_stop(&w);
}

#define LORIS 32

static void slow_handshakes_end_in_time(void **state)
{
    (void)state;
    static struct net_foe foes[LORIS];
    static const char hello[] = "\x13/multistream/1.0.0\n\x07/noise\n";
    meet(2);
    for (size_t i = 0; i < LORIS; i++) {
        foe_start(&foes[i], i);
    }
    for (size_t at = 0; at < 15; at++) {
        for (size_t i = 0; i < LORIS; i++) {
            net_foe_say_raw(&foes[i], span_of(hello + at, 1), TIMERS_MS);
        }
        sim_run_for(w.sim, TIMERS_SECOND);
    }
    assert_int_equal(seen->dropped_timeout.value, LORIS);
    for (size_t i = 0; i < LORIS; i++) {
        assert_true(foes[i].is_closed);
        net_foe_stop(&foes[i]);
    }
    assert_calm();
    net_world_stop(&w);
}

/* ---- Frames ---- */

static void broken_frames_end_the_connection(void **state)
{
    (void)state;
    struct net_foe f;
    static const uint8_t short_frame[] = {0, 15, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const uint8_t forged[] = {0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    meet(3);
    foe_secure(&f, 1);
    net_foe_say_raw(&f, span_of(short_frame, sizeof short_frame), TIMERS_SECOND);
    assert_dropped(&f, TIMERS_SECOND);
    assert_int_equal(seen->dropped_proto.value, 1);
    net_foe_stop(&f);
    foe_secure(&f, 2);
    net_foe_say_raw(&f, span_of(forged, sizeof forged), TIMERS_SECOND);
    assert_dropped(&f, TIMERS_SECOND);
    assert_int_equal(seen->dropped_crypto.value, 1);
    leave(&f);
}

static void who_never_ends_a_frame_keeps_nothing(void **state)
{
    (void)state;
    struct net_foe f;
    static const uint8_t begun[60000] = {0xff, 0xff};
    meet(4);
    foe_secure(&f, 1);
    net_foe_say_raw(&f, span_of(begun, sizeof begun), 5 * TIMERS_SECOND);
    assert_dropped(&f, 130 * TIMERS_SECOND); /* no frame is whole: keepalive hears no answer */
    assert_int_equal(seen->dropped_timeout.value, 1);
    leave(&f);
}

static void who_vanishes_is_missed(void **state)
{
    (void)state;
    struct net_foe f;
    meet(5);
    struct sim_host *host = foe_host();
    net_foe_start(&f, &w, host, 0, 1);
    assert_true(net_foe_secure(&f));
    (void)net_foe_open(&f, ECHO_NAME);
    sim_run_for(w.sim, TIMERS_SECOND);
    sim_host_crash(host, true);
    sim_run_for(w.sim, 100 * TIMERS_SECOND);
    assert_int_equal(seen->dropped_timeout.value, 1);
    assert_null(swarm_peer(s, &f.id));
    leave(&f);
}

/* ---- Streams ---- */

static void a_flood_of_streams_is_refused_then_ended(void **state)
{
    (void)state;
    struct net_foe f;
    meet(6);
    foe_secure(&f, 1);
    for (size_t i = 0; i < 2 * YAMUX_STREAMS_IN_MAX; i++) {
        (void)net_foe_open(&f, ECHO_NAME);
    }
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_false(f.is_closed);
    struct peer *peer = swarm_peer(s, &f.id);
    assert_non_null(peer);
    assert_true(peer->budget.used >= (uint64_t)YAMUX_STREAMS_IN_MAX * YAMUX_STREAM_COST);
    assert_true(net_foe_count(&f, YAMUX_MSG_WINDOW, YAMUX_MSG_RST) >= YAMUX_STREAMS_IN_MAX);
    for (size_t i = 0; i < YAMUX_REFUSED_MAX && !f.is_closed; i++) {
        (void)net_foe_open(&f, NULL);
    }
    assert_dropped(&f, 5 * TIMERS_SECOND);
    assert_int_equal(seen->dropped_limit.value, 1);
    leave(&f);
}

static void more_than_the_window_ends_the_connection(void **state)
{
    (void)state;
    struct net_foe f;
    meet(7);
    foe_secure(&f, 1);
    uint32_t stream = net_foe_open(&f, PERF_NAME);
    struct yamux_msg msg = {
        .type = YAMUX_MSG_DATA, .stream = stream, .length = YAMUX_WINDOW_INITIAL + 1};
    net_foe_frame(&f, msg, span_empty());
    assert_dropped(&f, TIMERS_SECOND);
    assert_int_equal(seen->dropped_proto.value, 1);
    leave(&f);
}

static void credit_beyond_measure_ends_the_connection(void **state)
{
    (void)state;
    struct net_foe f;
    meet(8);
    foe_secure(&f, 1);
    uint32_t stream = net_foe_open(&f, PERF_NAME);
    struct yamux_msg msg = {.type = YAMUX_MSG_WINDOW, .stream = stream, .length = UINT32_MAX};
    net_foe_frame(&f, msg, span_empty());
    assert_dropped(&f, TIMERS_SECOND);
    assert_int_equal(seen->dropped_proto.value, 1);
    leave(&f);
}

/* Ask for as much as can be asked for, then read nothing. */
static void ask_for_everything(struct net_foe *f)
{
    static const uint8_t without_end[8] = {0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct yamux_msg credit = {.type = YAMUX_MSG_WINDOW, .length = 1u << 30};
    net_foe_deafen(f, true);
    credit.stream = net_foe_open(f, PERF_NAME);
    net_foe_frame(f, credit, span_empty());
    net_foe_data(f, credit.stream, span_of(without_end, sizeof without_end), YAMUX_MSG_FIN);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
}

static void who_never_reads_is_dropped(void **state)
{
    (void)state;
    struct net_foe f;
    meet(9);
    foe_secure(&f, 1);
    ask_for_everything(&f);
    struct peer *peer = swarm_peer(s, &f.id);
    assert_non_null(peer);
    struct conn *c = LIST_OF(list_next(&peer->conns, &peer->conns), struct conn, link_peer);
    assert_true(c->is_blocked);
    assert_in_range(frame_queue_bytes(&c->out), 1, YAMUX_QUEUE_MAX + NOISE_FRAME_MAX);
    sim_run_for(w.sim, 130 * TIMERS_SECOND);
    assert_int_equal(seen->dropped_timeout.value, 1);
    assert_null(swarm_peer(s, &f.id));
    leave(&f);
}

static void choosing_for_ever_ends(void **state)
{
    (void)state;
    struct net_foe f;
    static const char *const unknown = "\x0c/nobody/1.0\n";
    meet(10);
    foe_secure(&f, 1);
    uint32_t stream = net_foe_open(&f, "/nobody/1.0");
    for (size_t i = 0; i < MULTISTREAM_TRIES_MAX; i++) {
        net_foe_data(&f, stream, span_from_text(unknown), 0);
    }
    (void)net_foe_open(&f, NULL); /* says nothing at all */
    sim_run_for(w.sim, 2 * TIMERS_SECOND);
    assert_int_equal(seen->streams_reset.value, 1);
    sim_run_for(w.sim, 2 * STREAM_NEGOTIATE_NS);
    assert_int_equal(seen->streams_reset.value, 2);
    /* Both were reset, and our own, whose question who it is was not answered. */
    assert_int_equal(net_foe_count(&f, YAMUX_MSG_WINDOW, YAMUX_MSG_RST), 3);
    assert_true(seen->streams_refused.value >= MULTISTREAM_TRIES_MAX);
    leave(&f);
}

/* ---- Sessions ---- */

static void a_flood_of_pings_ends_the_connection(void **state)
{
    (void)state;
    struct net_foe f;
    uint8_t flood[100 * YAMUX_MSG_SIZE];
    const struct yamux_msg ping = {.type = YAMUX_MSG_PING, .flags = YAMUX_MSG_SYN, .length = 7};
    for (size_t i = 0; i < sizeof flood; i += YAMUX_MSG_SIZE) {
        yamux_msg_encode(&ping, flood + i);
    }
    meet(11);
    foe_secure(&f, 1);
    net_foe_queue(&f, span_of(flood, (size_t)YAMUX_PINGS_QUEUED_MAX * YAMUX_MSG_SIZE));
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_false(f.is_closed);
    net_foe_queue(&f, span_of(flood, sizeof flood));
    assert_dropped(&f, TIMERS_SECOND);
    assert_int_equal(seen->dropped_limit.value, 1);
    leave(&f);
}

static void leaving_again_and_again_changes_nothing(void **state)
{
    (void)state;
    struct net_foe f;
    uint8_t byes[500 * YAMUX_MSG_SIZE];
    const struct yamux_msg bye = {.type = YAMUX_MSG_GOAWAY, .length = YAMUX_GOAWAY_INTERNAL};
    for (size_t i = 0; i < sizeof byes; i += YAMUX_MSG_SIZE) {
        yamux_msg_encode(&bye, byes + i);
    }
    meet(12);
    foe_secure(&f, 1);
    (void)net_foe_open(&f, ECHO_NAME);
    net_foe_queue(&f, span_of(byes, sizeof byes));
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_false(f.is_closed);         /* its stream is still open */
    assert_null(swarm_conn(s, &f.id)); /* but nobody is sent there any more */
    assert_non_null(swarm_peer(s, &f.id));
    net_foe_stop(&f);
    foe_secure(&f, 2);
    sim_run_for(w.sim, 15 * TIMERS_SECOND); /* our question who it is has run out */
    net_foe_queue(&f, span_of(byes, sizeof byes));
    assert_dropped(&f, TIMERS_SECOND);
    leave(&f);
}

/* A connection of the foe's, as node 0 sees it. */
static struct conn *conn_of(const struct net_foe *f)
{
    struct conn *c = swarm_conn(s, &f->id);
    assert_non_null(c);
    return c;
}

static void who_acknowledges_no_stream_holds_few(void **state)
{
    (void)state;
    static struct net_ear ear;
    struct net_foe f;
    size_t opened = 0;
    int rc = 0;
    meet(13);
    foe_secure(&f, 1);
    net_ear_init(&ear, EAR_NAME);
    while (rc == 0) {
        struct stream *stream = NULL;
        rc = stream_open(conn_of(&f), &ear.protocol, NULL, &stream);
        opened += rc == 0 ? 1 : 0;
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    assert_int_equal(opened, YAMUX_UNACKED_MAX - 1); /* and ours that asks who it is */
    sim_run_for(w.sim, 2 * STREAM_NEGOTIATE_NS);
    assert_int_equal(ear.closed, opened);
    assert_int_equal(ear.err, WAVU_ERR_TIMEOUT);
    assert_int_equal(yamux_stream_count(conn_of(&f)->yamux), 0);
    leave(&f);
}

/* ---- Lies ---- */

static struct multiaddr address_of(size_t i)
{
    char text[64];
    struct multiaddr out;
    (void)snprintf(text, sizeof text, "/ip4/192.0.2.%zu/tcp/%zu", i % 250 + 1, 1000 + i);
    assert_int_equal(multiaddr_parse(&out, span_from_text(text)), 0);
    return out;
}

/* A record of `count` addresses, signed by `pair`. */
static struct span make_record(uint8_t out[SIGNED_RECORD_SIZE_MAX], const struct ed25519_pair *pair,
                               size_t count)
{
    struct multiaddr addresses[SIGNED_RECORD_ADDRESSES_MAX];
    struct span spans[SIGNED_RECORD_ADDRESSES_MAX];
    struct wr wr;
    for (size_t i = 0; i < count; i++) {
        addresses[i] = address_of(i);
        spans[i] = multiaddr_span(&addresses[i]);
    }
    wr_init(&wr, span_mut_of(out, SIGNED_RECORD_SIZE_MAX));
    assert_int_equal(signed_record_seal_peer(&wr, pair, 1, spans, count), 0);
    return wr_span(&wr);
}

/* Push `m` and end the stream. */
static void push(struct net_foe *f, const struct identify_msg *m)
{
    uint8_t body[IDENTIFY_MSG_SIZE_MAX];
    uint8_t whole[IDENTIFY_MSG_SIZE_MAX + VARINT_SIZE_MAX];
    struct wr wr;
    uint32_t stream = net_foe_open(f, IDENTIFY_PUSH_NAME);
    wr_init(&wr, span_mut_of(body, sizeof body));
    identify_msg_encode(&wr, m);
    struct span said = wr_span(&wr);
    assert_int_equal(wr_finish(&wr), 0);
    wr_init(&wr, span_mut_of(whole, sizeof whole));
    wr_prefixed(&wr, said);
    net_foe_data(f, stream, wr_span(&wr), YAMUX_MSG_FIN);
    sim_run_for(w.sim, TIMERS_SECOND);
}

static size_t addresses_known_of(const struct peerid *id)
{
    struct peerbook_address known[PEERBOOK_ADDRESSES_MAX];
    return peerbook_addresses(&s->peerbook, id, known, PEERBOOK_ADDRESSES_MAX);
}

static void nobody_speaks_for_another(void **state)
{
    (void)state;
    struct net_foe f;
    struct ed25519_pair other;
    uint8_t record[SIGNED_RECORD_SIZE_MAX];
    struct identify_msg m = {.agent = UNIT_TEXT("somebody")};
    meet(14);
    foe_secure(&f, 1);
    const struct peerid *honest_id = &w.nodes[1].swarm.self;
    size_t before = addresses_known_of(honest_id);
    uint64_t bad = w.nodes[0].identify.bad.value;
    /* The record of one who is not there, of one who is, and our own. */
    ed25519_make(&other, &w.nodes[0].port->random);
    const struct ed25519_pair *whose[] = {&other, &w.nodes[1].key, &w.nodes[0].key};
    for (size_t i = 0; i < 3; i++) {
        m.record = make_record(record, whose[i], 3);
        push(&f, &m);
        assert_int_equal(w.nodes[0].identify.bad.value, bad + i + 1);
    }
    /* Its own, tampered with. */
    m.record = make_record(record, &f.key, 3);
    record[m.record.len - 1] ^= 1;
    push(&f, &m);
    assert_int_equal(w.nodes[0].identify.bad.value, bad + 4);
    /* Another's key beside it. */
    m.record = span_empty();
    m.public_key = noise_identity_key(&w.nodes[1].swarm.identity);
    push(&f, &m);
    assert_int_equal(w.nodes[0].identify.bad.value, bad + 5);
    assert_int_equal(addresses_known_of(&f.id), 0);
    assert_int_equal(addresses_known_of(honest_id), before);
    assert_int_equal(addresses_known_of(&s->self), 0);
    leave(&f);
}

static void thousands_of_addresses_are_a_few(void **state)
{
    (void)state;
    struct net_foe f;
    uint8_t record[SIGNED_RECORD_SIZE_MAX];
    struct multiaddr addresses[IDENTIFY_MSG_ADDRESSES_MAX];
    static uint8_t many[40000];
    struct wr wr;
    meet(15);
    foe_secure(&f, 1);
    /* Five messages on one stream, four hundred addresses each. */
    uint32_t stream = net_foe_open(&f, IDENTIFY_PUSH_NAME);
    wr_init(&wr, span_mut_of(many, sizeof many));
    for (size_t part = 0; part < 5; part++) {
        uint8_t body[IDENTIFY_MSG_SIZE_MAX];
        struct wr one;
        wr_init(&one, span_mut_of(body, sizeof body));
        for (size_t i = 0; i < 400; i++) {
            struct multiaddr address = address_of(part * 400 + i);
            pb_write_bytes(&one, 2, multiaddr_span(&address));
        }
        wr_prefixed(&wr, wr_span(&one));
    }
    assert_int_equal(wr_finish(&wr), 0);
    net_foe_data(&f, stream, wr_span(&wr), YAMUX_MSG_FIN);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(addresses_known_of(&f.id), PEERBOOK_ADDRESSES_MAX);
    /* As many as are read, unsigned and signed: the signed ones are better known. */
    struct identify_msg m = {.address_count = IDENTIFY_MSG_ADDRESSES_MAX};
    for (size_t i = 0; i < IDENTIFY_MSG_ADDRESSES_MAX; i++) {
        addresses[i] = address_of(5000 + i);
        m.addresses[i] = multiaddr_span(&addresses[i]);
    }
    m.record = make_record(record, &f.key, SIGNED_RECORD_ADDRESSES_MAX);
    push(&f, &m);
    assert_int_equal(addresses_known_of(&f.id), PEERBOOK_ADDRESSES_MAX);
    leave(&f);
}

static void a_huge_self_portrait_is_refused(void **state)
{
    (void)state;
    struct net_foe f;
    static const uint8_t piece[IDENTIFY_MSG_SIZE_MAX];
    meet(16);
    foe_secure(&f, 1);
    sim_run_for(w.sim, 15 * TIMERS_SECOND); /* our own question has run out */
    uint64_t bad = w.nodes[0].identify.bad.value;
    uint32_t stream = net_foe_open(&f, IDENTIFY_PUSH_NAME);
    for (size_t sent = 0; sent <= IDENTIFY_READ_MAX; sent += sizeof piece) {
        net_foe_data(&f, stream, span_of(piece, sizeof piece), 0);
    }
    sim_run_for(w.sim, 2 * TIMERS_SECOND);
    assert_int_equal(w.nodes[0].identify.bad.value, bad + 1);
    assert_int_equal(swarm_peer(s, &f.id)->budget.used, 0);
    leave(&f);
}

/* ---- Many at once ---- */

#define RICH 4
#define RICH_STREAMS 4
#define RICH_FOES 3
#define RICH_BYTES (2u * 1024 * 1024) /* of all peers together, here */

/* Each of a few peers, whose keys cost nothing, makes the node grow windows for it as far as they
 * go. Who comes after them is served all the same. */
static void a_few_greedy_peers_starve_nobody(void **state)
{
    (void)state;
    static struct net_foe foes[RICH_FOES];
    struct perf_user nobody = {.done = honest_done};
    int err = 0;
    foe_hosts = 0;
    net_world_start(&w, 17, 2 + RICH);
    s = &w.nodes[0].swarm;
    seen = &s->metrics;
    s->budget.max = RICH_BYTES;
    for (size_t i = 2; i < w.count; i++) {
        struct conn *c = net_world_dial(&w, i, 0, &err);
        assert_non_null(c);
        for (size_t k = 0; k < RICH_STREAMS; k++) {
            struct perf_run *run = NULL;
            assert_int_equal(perf_start(&w.nodes[i].perf, c, 1u << 30, 0, nobody, &run), 0);
        }
    }
    sim_run_for(w.sim, TIMERS_SECOND);
    for (size_t i = 0; i < RICH_FOES; i++) { /* and what is too little for a window, in streams */
        foe_secure(&foes[i], i);
        for (size_t k = 0; k < YAMUX_STREAMS_IN_MAX; k++) {
            (void)net_foe_open(&foes[i], ECHO_NAME);
        }
    }
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_true(budget_left(&s->budget) < YAMUX_STREAM_COST); /* nothing is left to share */
    honest.conn = net_world_dial(&w, 1, 0, &err);
    assert_non_null(honest.conn);
    honest_begin();
    honest_comes_through();
    for (size_t i = 0; i < RICH_FOES; i++) {
        net_foe_stop(&foes[i]);
    }
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(garbage_is_dropped_at_once),
        UNIT(slow_handshakes_end_in_time),
        UNIT(broken_frames_end_the_connection),
        UNIT(who_never_ends_a_frame_keeps_nothing),
        UNIT(who_vanishes_is_missed),
        UNIT(a_flood_of_streams_is_refused_then_ended),
        UNIT(more_than_the_window_ends_the_connection),
        UNIT(credit_beyond_measure_ends_the_connection),
        UNIT(who_never_reads_is_dropped),
        UNIT(choosing_for_ever_ends),
        UNIT(a_flood_of_pings_ends_the_connection),
        UNIT(leaving_again_and_again_changes_nothing),
        UNIT(who_acknowledges_no_stream_holds_few),
        UNIT(nobody_speaks_for_another),
        UNIT(thousands_of_addresses_are_a_few),
        UNIT(a_huge_self_portrait_is_refused),
        UNIT(a_few_greedy_peers_starve_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
