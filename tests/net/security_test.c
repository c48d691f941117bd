/*
 * Which security protocol two nodes arrive at, and a third party on the way who would like it to be
 * another one.
 */
#include "tests/base/unit.h"
#include "net/key_share_msg.h"
#include "net/upgrade.h"
#include "tests/support/net_ear.h"
#include "tests/support/net_foe.h"

static struct net_world w;

#define HEADER "\x13/multistream/1.0.0\n"
#define HYBRID "\x15/wavu/noise-hybrid/1\n"

/* Dial node 1 from node 0; how long it took. The two speak what they are told to. */
static uint64_t meet(bool is_first_classic, bool is_second_classic, struct conn **conn)
{
    int err = 0;
    net_world_start(&w, 21, 2);
    w.nodes[0].swarm.is_classic = is_first_classic;
    w.nodes[1].swarm.is_classic = is_second_classic;
    const uint64_t start = w.nodes[0].port->turn.now_ns;
    *conn = net_world_dial(&w, 0, 1, &err);
    assert_int_equal(err, 0);
    return w.nodes[0].port->turn.now_ns - start;
}

/* Node 1's end of the connection. */
static struct conn *other_end(void)
{
    sim_run_for(w.sim, TIMERS_SECOND);
    struct peer *peer = swarm_peer(&w.nodes[1].swarm, &w.nodes[0].swarm.self);
    assert_non_null(peer);
    return LIST_OF(list_next(&peer->conns, &peer->conns), struct conn, link_peer);
}

static void talk(struct conn *conn)
{
    static struct net_ear ear;
    net_ear_init(&ear, ECHO_NAME);
    net_ear_open(&ear, conn);
    net_ear_say(&ear, "hello");
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(ear.received, 5);
    assert_memory_equal(ear.bytes, "hello", 5);
}

static void we_meet_on_the_hybrid(void **state)
{
    struct conn *conn = NULL;
    (void)state;
    (void)meet(false, false, &conn);
    assert_true(conn_is_hybrid(conn));
    assert_true(conn_is_hybrid(other_end()));
    talk(conn);
    net_world_stop(&w);
}

static void others_get_what_they_speak(void **state)
{
    struct conn *conn = NULL;
    (void)state;
    for (int i = 1; i < 4; i++) {
        (void)meet((i & 1) != 0, (i & 2) != 0, &conn);
        assert_false(conn_is_hybrid(conn));
        assert_false(conn_is_hybrid(other_end()));
        talk(conn);
        net_world_stop(&w);
    }
}

/* Among us the hybrid takes no round trip more than the other; who does not speak it is asked one
 * more question when we dial, and none when he does. */
static void it_costs_no_round_trip(void **state)
{
    struct conn *conn = NULL;
    uint64_t took[2][2];
    (void)state;
    for (int i = 0; i < 4; i++) {
        took[i & 1][i >> 1] = meet((i & 1) != 0, (i >> 1) != 0, &conn);
        net_world_stop(&w);
    }
    const uint64_t classic = took[1][1];
    const uint64_t round_trip = classic / 3; /* TCP, Noise's first two messages: two of them */
    assert_true(took[0][0] < classic + round_trip / 2);
    assert_true(took[1][0] < classic + round_trip / 2);
    assert_true(took[0][1] > classic + round_trip / 2);
    assert_true(took[0][1] < classic + 3 * round_trip);
}

/* ---- Somebody on the way ---- */

enum deed {
    PASS_ON,      /* and change nothing */
    SPOIL_NAME,   /* the listener does not know what is proposed */
    ANSWER_NA,    /* refuse in the listener's name, and show him what follows only */
    SPOIL_MESSAGE /* a bit of what is carried */
};

/* Two sockets, and what he does with the dialler's first bytes. */
static struct {
    struct port *port;
    struct port_listener *listener;
    struct port_tcp *sockets[2]; /* the dialler's, the listener's */
    struct buf held[2];          /* what came from each, to be sent to the other */
    enum deed deed;
    bool has_done; /* his deed */
    bool has_dialled;
    bool is_up;
    size_t skip;     /* of the listener's bytes that the dialler must not see */
    size_t sizes[2]; /* of the handshake: the listener's hello and message 2, the dialler's last */
} third;

static void third_send(size_t to, struct span bytes)
{
    size_t taken = 0;
    if (bytes.len > 0 && third.sockets[to] != NULL) {
        assert_int_equal(third.port->net->tcp_send(third.sockets[to], &bytes, 1, &taken), 0);
        assert_int_equal(taken, bytes.len);
    }
}

static void third_pass(size_t from)
{
    struct buf *held = &third.held[from];
    if (from == 1 && third.skip > 0) {
        const size_t skip = third.skip < held->len ? third.skip : held->len;
        buf_drop_front(held, skip);
        third.skip -= skip;
    }
    third_send(1 - from, buf_span(held));
    buf_drop_front(held, held->len);
}

/* The dialler's hello is whole. */
static void third_do(void)
{
    struct buf *held = &third.held[0];
    const size_t hello = sizeof HEADER - 1 + sizeof HYBRID - 1 + KEY_SHARE_MSG_SIZE;
    if (held->len < hello) {
        return;
    }
    assert_int_equal(held->len, hello); /* he sends no more before an answer */
    third.has_done = true;
    switch (third.deed) {
    case PASS_ON:
        break;
    case SPOIL_NAME:
        held->ptr[sizeof HEADER - 1 + 5] ^= 1;
        break;
    case SPOIL_MESSAGE:
        held->ptr[hello - 500] = held->ptr[hello - 500] == 'A' ? 'B' : 'A';
        break;
    case ANSWER_NA:
        buf_drop_front(held, hello);
        third_send(0, UNIT_TEXT(HEADER "\x03na\n\x03na\n\x03na\n"));
        assert_int_equal(buf_append(held, UNIT_TEXT(HEADER)), 0);
        third.skip = sizeof HEADER - 1;
        break;
    }
}

/* The first bytes after the dialler's hello: what of them is the handshake's. */
static void third_measure(size_t from, struct span in)
{
    const size_t hello = from == 1 ? sizeof HEADER - 1 + sizeof HYBRID - 1 : 0;
    if (third.sizes[from] == 0 && third.has_done && in.len > hello + NOISE_HEAD_SIZE) {
        third.sizes[from] =
            hello + NOISE_HEAD_SIZE + ((size_t)in.ptr[hello] << 8) + in.ptr[hello + 1];
    }
}

static void third_came(size_t from, struct span_mut in)
{
    third_measure(from, span_from_mut(in));
    assert_int_equal(buf_append(&third.held[from], span_from_mut(in)), 0);
    if (from == 0 && !third.has_done) {
        third_do();
    }
    if (third.has_done && third.is_up) {
        third_pass(0);
        third_pass(1);
    }
}

static void third_from_dialler(void *context, struct span_mut in)
{
    (void)context;
    third_came(0, in);
}

static void third_from_listener(void *context, struct span_mut in)
{
    (void)context;
    third_came(1, in);
}

static void third_opened(void *context, int err)
{
    (void)context;
    assert_int_equal(err, 0);
    third.is_up = true;
    third_came(0, span_mut_of(NULL, 0));
}

static void third_writable(void *context)
{
    (void)context;
}

static void third_close(size_t i)
{
    if (third.sockets[i] != NULL) {
        third.port->net->tcp_close(third.sockets[i], false);
        third.sockets[i] = NULL;
    }
}

static void third_closed(void *context, int err)
{
    (void)context;
    (void)err;
    third_close(0);
    third_close(1);
}

static const struct port_tcp_user third_users[] = {
    {.opened = third_opened,
     .bytes = third_from_dialler,
     .writable = third_writable,
     .closed = third_closed},
    {.opened = third_opened,
     .bytes = third_from_listener,
     .writable = third_writable,
     .closed = third_closed},
};

static void third_accepted(void *context, struct port_tcp *tcp)
{
    struct multiaddr address = net_world_address(1);
    struct multiaddr_ip to;
    (void)context;
    assert_null(third.sockets[0]);
    third.sockets[0] = tcp;
    third.port->net->tcp_attach(tcp, &third_users[0], NULL);
    assert_int_equal(multiaddr_to_ip(&address, MULTIADDR_TCP, &to), 0);
    assert_int_equal(
        third.port->net->tcp_dial(third.port, &to, &third_users[1], NULL, &third.sockets[1]), 0);
}

static void third_failed(void *context, int err)
{
    (void)context;
    fail_msg("the third party's listener failed: %d", err);
}

static const struct port_listener_user third_listener = {.accepted = third_accepted,
                                                         .failed = third_failed};

/* Dial node 1 from node 0 through somebody; what comes of it. */
static int meet_through(enum deed deed)
{
    const struct multiaddr_ip at = {.ip = {10, 9, 9, 9}, .ip_len = 4, .port = 4001};
    struct multiaddr address;
    int err = 0;
    net_world_start(&w, 22, 2);
    memset(&third, 0, sizeof third);
    third.deed = deed;
    third.port = sim_host_port(sim_host_new(w.sim, "10.9.9.9"));
    buf_init(&third.held[0], 65536);
    buf_init(&third.held[1], 65536);
    assert_int_equal(
        third.port->net->tcp_listen(third.port, &at, &third_listener, NULL, &third.listener), 0);
    assert_int_equal(multiaddr_parse_any(&address, UNIT_TEXT("10.9.9.9:4001")), 0);
    struct conn *conn = net_world_dial_at(&w, 0, &w.nodes[1].swarm.self, &address, &err);
    sim_run_for(w.sim, 2 * TIMERS_SECOND);
    assert_true(third.has_done);
    if (err == 0) {
        assert_true(conn_is_hybrid(conn) && conn_is_hybrid(other_end()));
        talk(conn);
    } else {
        assert_null(conn);
        assert_null(swarm_peer(&w.nodes[0].swarm, &w.nodes[1].swarm.self));
        assert_null(swarm_peer(&w.nodes[1].swarm, &w.nodes[0].swarm.self));
        assert_int_equal(w.nodes[0].swarm.metrics.conns_opened.value, 0);
        assert_int_equal(w.nodes[1].swarm.metrics.conns_opened.value, 0);
    }
    const uint64_t seen = w.nodes[0].swarm.metrics.dropped_downgrade.value;
    assert_int_equal(seen, err == WAVU_ERR_DOWNGRADE);
    third_closed(NULL, 0);
    third.port->net->listener_close(third.listener);
    net_world_stop(&w);
    buf_clear(&third.held[0]);
    buf_clear(&third.held[1]);
    return err;
}

static void who_only_passes_on_is_not_noticed(void **state)
{
    (void)state;
    assert_int_equal(meet_through(PASS_ON), 0);
}

/* What docs/protocol/hybrid.md says. */
static void sizes_are_the_pages(void **state)
{
    const size_t hello = sizeof HEADER - 1 + sizeof HYBRID - 1 + KEY_SHARE_MSG_SIZE;
    (void)state;
    assert_int_equal(meet_through(PASS_ON), 0);
    assert_int_equal(hello, 1672);
    assert_int_equal(third.sizes[1], 1414);
    assert_int_equal(third.sizes[0], 218);
}

/* Property `downgrade` of docs/protocol/hybrid.md. */
static void test_downgrade(void **state)
{
    (void)state;
    assert_int_equal(meet_through(SPOIL_NAME), WAVU_ERR_DOWNGRADE);
    assert_int_equal(meet_through(ANSWER_NA), WAVU_ERR_DOWNGRADE);
}

static void what_is_carried_cannot_be_changed(void **state)
{
    (void)state;
    assert_true(meet_through(SPOIL_MESSAGE) < 0);
}

/* The listener looks, too: here at a dialler that likes "/noise" better, though it speaks both. */
static void test_downgrade_of_a_listener(void **state)
{
    static const char *const backwards[] = {NOISE_CLASSIC, NOISE_HYBRID, NULL};
    static const char *const foreign[] = {NOISE_CLASSIC, "/tls/1.0.0", NULL};
    static const char *const *const lists[] = {NULL, foreign, backwards};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        static struct net_foe foe;
        net_world_start(&w, 23, 1);
        net_foe_start(&foe, &w, sim_host_new(w.sim, "10.9.9.9"), 0, 1);
        foe.security = lists[i];
        assert_true(net_foe_secure(&foe) == (lists[i] != backwards));
        assert_int_equal(w.nodes[0].swarm.metrics.dropped_downgrade.value, lists[i] == backwards);
        assert_int_equal(w.nodes[0].swarm.metrics.conns_opened.value, lists[i] != backwards);
        net_foe_stop(&foe);
        net_world_stop(&w);
    }
}

/* ---- Somebody who does not mean it ---- */

/* Say a hello to node 0; the error that it closes with, or 0 when it waits for more. */
static void say(struct span hello, struct span more, size_t step, bool is_closed)
{
    static struct net_foe foe;
    static uint8_t all[8192];
    struct wr b;
    net_world_start(&w, 24, 1);
    net_foe_start(&foe, &w, sim_host_new(w.sim, "10.9.9.9"), 0, 1);
    wr_init(&b, span_mut_of(all, sizeof all));
    wr_bytes(&b, hello);
    wr_bytes(&b, more);
    for (size_t at = 0; at < b.len && !foe.is_closed; at += step) {
        net_foe_say_raw(&foe, span_slice(wr_span(&b), at, step), TIMERS_SECOND);
    }
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_true(foe.is_closed == is_closed);
    if (is_closed) {
        assert_int_equal(w.nodes[0].swarm.metrics.dropped_proto.value +
                             w.nodes[0].swarm.metrics.dropped_crypto.value,
                         1);
    }
    net_foe_stop(&foe);
    net_world_stop(&w);
}

static void what_carries_nothing_is_dropped(void **state)
{
    static uint8_t tokens[KEY_SHARE_MSG_SIZE];
    static uint8_t first[NOISE_HYBRID_FIRST];
    const struct span hello = UNIT_TEXT(HEADER HYBRID);
    (void)state;
    memset(tokens, 'x', sizeof tokens);
    say(hello, span_of(tokens, sizeof tokens), 5000, true);
    say(hello, span_of(tokens, sizeof tokens - 1), 5000, false); /* waits, until time ends it */
    first[0] = 9;
    key_share_msg_encode(tokens, first); /* an ML-KEM key of zeros is one; nobody could answer it */
    say(hello, span_of(tokens, sizeof tokens), 5000, false);
    say(hello, span_of(tokens, sizeof tokens), 331, false);
    first[0] = 0; /* a point of small order */
    key_share_msg_encode(tokens, first);
    say(hello, span_of(tokens, sizeof tokens), 5000, true);
    first[0] = 9;
    memset(first + X25519_SIZE, 0xff, 3); /* not below the modulus */
    key_share_msg_encode(tokens, first);
    say(hello, span_of(tokens, sizeof tokens), 5000, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(we_meet_on_the_hybrid),
        UNIT(others_get_what_they_speak),
        UNIT(it_costs_no_round_trip),
        UNIT(who_only_passes_on_is_not_noticed),
        UNIT(sizes_are_the_pages),
        UNIT(test_downgrade),
        UNIT(what_is_carried_cannot_be_changed),
        UNIT(test_downgrade_of_a_listener),
        UNIT(what_carries_nothing_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
