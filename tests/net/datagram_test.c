/*
 * Datagrams: whole packets, oldest dropped on a slow link, never behind a stream.
 */
#include "tests/base/unit.h"
#include "tests/support/net_ear.h"

#define NAME "/test/packets/1"

static struct net_world w;
static size_t received;
static uint32_t last;
static size_t last_len;

static void receive(void *service, const struct peerid *peer, struct span packet)
{
    (void)service;
    (void)peer;
    received++;
    last_len = packet.len;
    if (packet.len >= sizeof last) {
        memcpy(&last, packet.ptr, sizeof last);
    }
}

static const struct datagram_protocol packets = {
    .name = NAME, .audience = STREAM_MEMBER, .receive = receive};

static struct conn *start(uint64_t seed)
{
    int err = 0;
    received = 0;
    net_world_start(&w, seed, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(datagram_register(w.nodes[i].datagram, &packets), 0);
    }
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    assert_non_null(c);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    return c;
}

static int send(uint32_t number, size_t len)
{
    static uint8_t bytes[DATAGRAM_SIZE_MAX + 1];
    memcpy(bytes, &number, sizeof number);
    return datagram_send(w.nodes[0].datagram, &w.nodes[1].swarm.self, NAME, span_of(bytes, len));
}

static void packets_arrive_whole_over_a_connection_of_their_own(void **state)
{
    (void)state;
    (void)start(1);
    assert_int_equal(send(1, 4), 0);
    assert_int_equal(send(2, 1200), 0);
    assert_int_equal(send(3, DATAGRAM_SIZE_MAX), 0);
    sim_run_for(w.sim, 10 * TIMERS_SECOND);
    assert_int_equal(received, 3);
    assert_int_equal(last, 3);
    assert_int_equal(last_len, DATAGRAM_SIZE_MAX);
    struct peer *peer = swarm_peer(&w.nodes[0].swarm, &w.nodes[1].swarm.self);
    assert_int_equal(peer->conn_count, 2);
    assert_int_equal(swarm_conn(&w.nodes[0].swarm, &peer->id)->kind, CONN_STREAMS);
    net_world_stop(&w);
}

static void what_cannot_be_sent_says_why(void **state)
{
    (void)state;
    struct net_node *n = &w.nodes[0];
    struct peerid nobody = {.len = 38};
    (void)start(2);
    assert_int_equal(send(1, DATAGRAM_SIZE_MAX + 1), WAVU_ERR_LIMIT);
    assert_int_equal(datagram_send(n->datagram, &nobody, NAME, UNIT_TEXT("x")), WAVU_ERR_NOT_FOUND);
    assert_int_equal(
        datagram_send(n->datagram, &w.nodes[1].swarm.self, "/test/other/1", UNIT_TEXT("x")),
        WAVU_ERR_NOT_FOUND);
    assert_int_equal(datagram_register(n->datagram, &packets), WAVU_ERR_EXISTS);
    net_world_stop(&w);
}

static void so_many_protocols_and_no_more(void **state)
{
    (void)state;
    static char names[DATAGRAM_PROTOCOLS_MAX][32];
    static struct datagram_protocol protocols[DATAGRAM_PROTOCOLS_MAX];
    (void)start(9); /* with one of them */
    for (size_t i = 0; i < DATAGRAM_PROTOCOLS_MAX; i++) {
        (void)snprintf(names[i], sizeof names[i], "/test/number/%zu", i);
        protocols[i] = (struct datagram_protocol){
            .name = names[i], .audience = STREAM_MEMBER, .receive = receive};
        assert_int_equal(datagram_register(w.nodes[1].datagram, &protocols[i]),
                         i + 1 < DATAGRAM_PROTOCOLS_MAX ? 0 : WAVU_ERR_LIMIT);
    }
    assert_int_equal(send(1, 4), 0); /* those that are there go on */
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(received, 1);
    net_world_stop(&w);
}

static void a_slow_link_drops_the_oldest(void **state)
{
    (void)state;
    struct sim_cable_settings slow = {
        .latency_ns = TIMERS_MS, .bytes_per_second = 20000, .loss_whole = 1, .mtu = 1500};
    (void)start(3);
    assert_int_equal(send(0, 4), 0);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    sim_cable_set(w.hosts[0], w.hosts[1], &slow);
    for (uint32_t i = 1; i <= 2000; i++) {
        assert_int_equal(send(i, 1000), 0);
        sim_run_for(w.sim, TIMERS_MS);
    }
    assert_true(w.nodes[0].datagram != NULL);
    const struct metric *dropped = metric_find(&w.nodes[0].metrics, "datagrams_dropped_total");
    assert_true(dropped->value > 500);
    sim_run_for(w.sim, 120 * TIMERS_SECOND);
    assert_int_equal(last, 2000); /* the newest came */
    assert_int_equal(received + dropped->value, 2001);
    net_world_stop(&w);
}

static void an_unknown_protocol_is_dropped_and_counted(void **state)
{
    (void)state;
    static const struct datagram_protocol other = {
        .name = "/test/other/1", .audience = STREAM_MEMBER, .receive = receive};
    (void)start(4);
    assert_int_equal(datagram_register(w.nodes[0].datagram, &other), 0);
    assert_int_equal(
        datagram_send(w.nodes[0].datagram, &w.nodes[1].swarm.self, "/test/other/1", UNIT_TEXT("x")),
        0);
    sim_run_for(w.sim, 10 * TIMERS_SECOND);
    assert_int_equal(received, 0);
    assert_int_equal(metric_find(&w.nodes[1].metrics, "datagrams_dropped_total")->value, 1);
    net_world_stop(&w);
}

static enum stream_audience only_a_guest(void *context, const struct peerid *peer)
{
    (void)context;
    (void)peer;
    return STREAM_GUEST;
}

static void a_guests_packets_do_not_reach_members_protocols(void **state)
{
    (void)state;
    (void)start(6);
    assert_int_equal(send(1, 4), 0);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(received, 1);
    w.nodes[1].swarm.policy.standing = only_a_guest;
    assert_int_equal(send(2, 4), 0);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(received, 1);
    assert_int_equal(metric_find(&w.nodes[1].metrics, "datagrams_dropped_total")->value, 1);
    net_world_stop(&w);
}

static void a_packet_does_not_wait_behind_a_stream(void **state)
{
    (void)state;
    static struct net_ear ear;
    static const uint8_t block[200000];
    struct sim_cable_settings slow = {
        .latency_ns = TIMERS_MS, .bytes_per_second = 100000, .loss_whole = 1, .mtu = 1500};
    size_t taken = 0;
    struct conn *c = start(5);
    assert_int_equal(send(1, 4), 0);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    net_ear_init(&ear, ECHO_NAME);
    net_ear_open(&ear, c);
    sim_run_for(w.sim, TIMERS_SECOND);
    sim_cable_set(w.hosts[0], w.hosts[1], &slow);
    assert_int_equal(stream_send(ear.stream, span_of(block, sizeof block), &taken), 0);
    sim_run_for(w.sim, 10 * TIMERS_MS);
    assert_int_equal(send(2, 100), 0);
    assert_int_equal(last, 1);
    sim_run_for(w.sim, 4 * TIMERS_SECOND);
    assert_int_equal(last, 2);
    net_world_stop(&w);
}

static void the_connection_goes_when_idle_and_comes_again(void **state)
{
    (void)state;
    struct conn *c = start(6);
    conn_hold(c); /* both ends: each closes what it finds idle */
    conn_hold(swarm_conn(&w.nodes[1].swarm, &w.nodes[0].swarm.self));
    assert_int_equal(send(1, 4), 0);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    struct peer *peer = swarm_peer(&w.nodes[0].swarm, &w.nodes[1].swarm.self);
    assert_int_equal(peer->conn_count, 2);
    sim_run_for(w.sim, 700 * TIMERS_SECOND);
    assert_int_equal(peer->conn_count, 1);
    assert_int_equal(send(2, 4), 0);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    assert_int_equal(last, 2);
    net_world_stop(&w);
}

static void an_empty_noise_frame_on_a_packet_connection(void **state)
{
    (void)state;
    (void)start(7);
    assert_int_equal(send(1, 4), 0);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    struct peer *peer = swarm_peer(&w.nodes[0].swarm, &w.nodes[1].swarm.self);
    struct conn *c = NULL;
    for (struct list *n = list_next(&peer->conns, &peer->conns); n != NULL;
         n = list_next(&peer->conns, n)) {
        struct conn *one = LIST_OF(n, struct conn, link_peer);
        c = one->kind == CONN_PACKETS ? one : c;
    }
    if (c == NULL) {
        fail();
        return;
    }
    uint8_t raw[NOISE_HEAD_SIZE + AEAD_TAG_SIZE] = {0};
    size_t taken = 0;
    assert_int_equal(
        noise_seal(&c->channel.noise, c->swarm->aead, span_mut_of(raw + NOISE_HEAD_SIZE, 0)), 0);
    struct span piece = span_of(raw, sizeof raw);
    assert_int_equal(link_send(c->link, &piece, 1, &taken), 0);
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    net_world_stop(&w);
}

static void two_packet_connections_and_an_end(void **state)
{
    (void)state;
    (void)start(8);
    for (size_t i = 0; i < 2; i++) { /* both sides send at once */
        assert_int_equal(datagram_send(w.nodes[i].datagram, &w.nodes[1 - i].swarm.self, NAME,
                                       UNIT_TEXT("hello")),
                         0);
    }
    sim_run_for(w.sim, 5 * TIMERS_SECOND);
    struct peer *peer = swarm_peer(&w.nodes[0].swarm, &w.nodes[1].swarm.self);
    assert_int_equal(peer->conn_count, 3);
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(so_many_protocols_and_no_more),
        UNIT(an_empty_noise_frame_on_a_packet_connection),
        UNIT(two_packet_connections_and_an_end),
        UNIT(packets_arrive_whole_over_a_connection_of_their_own),
        UNIT(what_cannot_be_sent_says_why),
        UNIT(a_slow_link_drops_the_oldest),
        UNIT(an_unknown_protocol_is_dropped_and_counted),
        UNIT(a_guests_packets_do_not_reach_members_protocols),
        UNIT(a_packet_does_not_wait_behind_a_stream),
        UNIT(the_connection_goes_when_idle_and_comes_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
