/* Datagrams of the simulator: who hears what, and what cables do to them. */
#include "sim/sim_udp.h"

#include "tests/sim/pair.h"

#define EARS 4
#define LOG_MAX 4096

/* A host with a socket, and the first byte of each datagram that it heard. */
struct ear {
    struct sim_host *host;
    struct port *port;
    struct port_udp *udp;
    uint8_t log[LOG_MAX];
    size_t count;
    struct port_datagram last;
    uint64_t last_ns;
    bool closes;
};

static struct sim *sim;
static struct ear ears[EARS];

static void on_received(void *context, const struct port_datagram *d)
{
    struct ear *e = context;

    assert_non_null(e->udp);
    assert_true(e->count < LOG_MAX);
    e->log[e->count++] = d->bytes.len > 0 ? d->bytes.ptr[0] : 0;
    e->last = *d;
    e->last_ns = sim_now(sim);
    memset(d->bytes.ptr, 0xee, d->bytes.len);
    if (e->closes) {
        e->port->net->udp_close(e->udp);
        e->udp = NULL;
    }
}

static const struct port_udp_user user = {.received = on_received};

/* Hosts 10.0.0.1, .2, ... on network 1, each with a socket at "any", port 9999. */
static void start(uint64_t seed)
{
    sim = sim_new(seed);
    memset(ears, 0, sizeof(ears));
    for (size_t i = 0; i < EARS; i++) {
        struct multiaddr_ip any = {.ip_len = 4, .port = 9999};
        char address[16];

        (void)snprintf(address, sizeof(address), "10.0.0.%zu", i + 1);
        ears[i].host = sim_host_new(sim, address);
        ears[i].port = sim_host_port(ears[i].host);
        sim_lan_plug(ears[i].host, 1, NULL);
        assert_int_equal(
            ears[i].port->net->udp_open(ears[i].port, &any, true, &user, &ears[i], &ears[i].udp),
            0);
    }
}

static void stop(void)
{
    for (size_t i = 0; i < EARS; i++) {
        if (ears[i].udp != NULL) {
            ears[i].port->net->udp_close(ears[i].udp);
        }
    }
    sim_free(sim);
}

static struct multiaddr_ip at(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct multiaddr_ip){.ip = {a, b, c, d}, .ip_len = 4, .port = 9999};
}

static int say(size_t from, struct multiaddr_ip to, uint8_t byte)
{
    return sim_udp_send(ears[from].udp, &to, span_of(&byte, 1));
}

static size_t heard(void)
{
    size_t count = 0;

    for (size_t i = 0; i < EARS; i++) {
        count += ears[i].count;
    }
    return count;
}

static void test_one_to_one(void **state)
{
    (void)state;
    start(1);
    assert_int_equal(say(0, at(10, 0, 0, 2), 'x'), 0);
    assert_int_equal(ears[1].count, 0); /* not from inside the call */
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(heard(), 1);
    assert_int_equal(ears[1].log[0], 'x');
    assert_int_equal(ears[1].last.from.ip[3], 1);
    assert_int_equal(ears[1].last.from.port, 9999);
    assert_int_equal(ears[1].last.interface, SIM_LAN_FIRST);
    assert_int_equal(ears[1].last_ns, TIMERS_MS);      /* the default latency */
    assert_int_equal(say(0, at(10, 9, 9, 9), 'x'), 0); /* nobody: lost */
    assert_int_equal(say(0, at(127, 0, 0, 1), 'l'), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(heard(), 2);
    assert_int_equal(ears[0].last.from.ip[0], 127);
    assert_int_equal(ears[0].last.interface, SIM_LAN_LOOPBACK);
    stop();
}

/* Everybody on the network, the sender included, and nobody else. */
static void test_broadcast(void **state)
{
    (void)state;
    start(1);
    sim_lan_unplug(ears[3].host, 1);
    assert_int_equal(say(0, at(10, 0, 0, 255), 'b'), 0);
    assert_int_equal(say(0, at(255, 255, 255, 255), 'c'), 0);
    assert_int_equal(say(0, at(127, 255, 255, 255), 'l'), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(ears[0].count, 3);
    assert_int_equal(ears[1].count, 2);
    assert_int_equal(ears[2].count, 2);
    assert_int_equal(ears[3].count, 0);
    assert_int_equal(say(3, at(255, 255, 255, 255), 'u'), WAVU_ERR_UNREACHABLE);
    const struct sim_lan_traffic *t = sim_lan_traffic_of(ears[0].host);
    assert_int_equal(t->sent, 3);
    assert_int_equal(t->sent_bytes, 3);
    assert_int_equal(t->copies, 3 + 3 + 1);
    assert_int_equal(t->heard, 3);
    stop();
}

static void test_groups(void **state)
{
    struct multiaddr_ip group = at(224, 0, 0, 251);
    (void)state;
    start(1);
    assert_int_equal(sim_udp_join(ears[1].udp, &group, SIM_LAN_FIRST), 0);
    assert_int_equal(sim_udp_join(ears[1].udp, &group, SIM_LAN_FIRST), 0);
    assert_int_equal(sim_udp_join(ears[0].udp, &group, SIM_LAN_LOOPBACK), 0);
    assert_int_equal(sim_udp_join(ears[0].udp, &group, 77), WAVU_ERR_NOT_FOUND);
    struct multiaddr_ip one = at(10, 0, 0, 1);
    assert_int_equal(sim_udp_join(ears[0].udp, &one, SIM_LAN_FIRST), WAVU_ERR_INVALID);
    group.zone = SIM_LAN_FIRST;
    assert_int_equal(say(0, group, 'g'), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(heard(), 1); /* the sender joined on another interface only */
    assert_int_equal(ears[1].count, 1);
    group.zone = SIM_LAN_LOOPBACK;
    assert_int_equal(say(0, group, 'l'), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(ears[0].count, 1);
    assert_int_equal(ears[1].count, 1);
    group.zone = 77;
    assert_int_equal(say(0, group, 'l'), WAVU_ERR_UNREACHABLE);
    for (uint8_t i = 0; i < SIM_UDP_GROUPS_MAX - 1; i++) {
        group.ip[3] = i;
        assert_int_equal(sim_udp_join(ears[1].udp, &group, SIM_LAN_FIRST), 0);
    }
    group.ip[3] = SIM_UDP_GROUPS_MAX;
    assert_int_equal(sim_udp_join(ears[1].udp, &group, SIM_LAN_FIRST), WAVU_ERR_LIMIT);
    stop();
}

static void test_ip6_group(void **state)
{
    struct multiaddr_ip any = {.ip_len = 16, .port = 9999};
    struct multiaddr_ip group = {.ip = {0xff, 0x02, [15] = 0xfb}, .ip_len = 16, .port = 9999};
    struct port_udp *six[2];
    uint8_t byte = '6';
    (void)state;
    start(1);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sim_udp_open(ears[i].port, &any, true, &user, &ears[i], &six[i]), 0);
        assert_int_equal(sim_udp_join(six[i], &group, SIM_LAN_FIRST), WAVU_ERR_UNREACHABLE);
        sim_host_add_address(ears[i].host, i == 0 ? "fd00::1" : "fd00::2");
        sim_lan_plug(ears[i].host, 1, i == 0 ? "fd00::1" : "fd00::2");
        assert_int_equal(sim_udp_join(six[i], &group, SIM_LAN_FIRST), 0);
    }
    group.zone = SIM_LAN_FIRST;
    assert_int_equal(sim_udp_send(six[0], &group, span_of(&byte, 1)), 0);
    assert_int_equal(say(0, group, '4'), WAVU_ERR_INVALID);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(ears[0].count, 1);
    assert_int_equal(ears[1].count, 1);
    assert_int_equal(ears[1].last.from.ip_len, 16);
    assert_int_equal(ears[2].count, 0);
    sim_udp_close(six[0]);
    sim_udp_close(six[1]);
    stop();
}

/* Sockets that share a port all hear broadcasts; one of them hears what is for one. */
static void test_sharing(void **state)
{
    struct multiaddr_ip any = {.ip_len = 4, .port = 9999};
    struct port_udp *second = NULL;
    struct port_udp *private = NULL;
    struct multiaddr_ip bound;
    (void)state;
    start(1);
    assert_int_equal(sim_udp_open(ears[1].port, &any, false, &user, &ears[1], &second),
                     WAVU_ERR_IN_USE);
    assert_int_equal(sim_udp_open(ears[1].port, &any, true, &user, &ears[1], &second), 0);
    any.port = 0;
    assert_int_equal(sim_udp_open(ears[1].port, &any, false, &user, &ears[1], &private), 0);
    sim_udp_address(private, &bound);
    assert_true(bound.port != 0 && bound.port != 9999);
    assert_int_equal(say(0, at(10, 0, 0, 255), 'b'), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(ears[1].count, 2);
    assert_int_equal(say(0, at(10, 0, 0, 2), 'o'), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(ears[1].count, 3);
    any = at(10, 0, 0, 9);
    assert_int_equal(sim_udp_open(ears[1].port, &any, true, &user, &ears[1], &private),
                     WAVU_ERR_INVALID);
    sim_udp_close(second);
    sim_udp_close(private);
    stop();
}

/* Loss, repetition and overtaking happen as often as the cable says, the same in two runs. */
static void test_bad_cable(void **state)
{
    uint64_t hashes[2];
    (void)state;
    for (int run = 0; run < 2; run++) {
        struct sim_cable_settings bad = {.latency_ns = TIMERS_MS,
                                         .jitter_ns = 50 * TIMERS_MS,
                                         .loss_part = 1,
                                         .loss_whole = 4,
                                         .repeat_part = 1,
                                         .mtu = SIM_CABLE_MTU};
        size_t overtaken = 0;

        start(7);
        sim_cable_set_one_way(ears[0].host, ears[1].host, &bad);
        for (unsigned i = 0; i < 1000; i++) {
            assert_int_equal(say(0, at(10, 0, 0, 2), (uint8_t)(i / 4)), 0);
            sim_run_for(sim, 10 * TIMERS_MS);
        }
        sim_run_for(sim, TIMERS_SECOND);
        for (size_t i = 1; i < ears[1].count; i++) {
            overtaken += ears[1].log[i] < ears[1].log[i - 1] ? 1 : 0;
        }
        /* 1,000 and a quarter repeated, of each a quarter lost: 937 expected */
        assert_in_range(ears[1].count, 860, 1010);
        assert_in_range(overtaken, 50, 600);
        hashes[run] = sim_event_hash(sim);
        stop();
    }
    assert_true(hashes[0] == hashes[1]);
}

/* A datagram larger than a packet needs all of its pieces. */
static void test_pieces(void **state)
{
    static uint8_t large[9000];
    struct sim_cable_settings half = {
        .latency_ns = TIMERS_MS, .loss_part = 1, .loss_whole = 2, .mtu = SIM_CABLE_MTU};
    struct multiaddr_ip to = at(10, 0, 0, 2);
    (void)state;
    start(3);
    sim_cable_set_one_way(ears[0].host, ears[1].host, &half);
    for (unsigned i = 0; i < 512; i++) {
        assert_int_equal(sim_udp_send(ears[0].udp, &to, span_of(large, sizeof(large))), 0);
        sim_run_for(sim, 10 * TIMERS_MS);
    }
    assert_in_range(ears[1].count, 1, 25); /* 7 pieces: 4 of 512 expected */
    assert_int_equal(sim_udp_send(ears[0].udp, &to, span_of(large, PORT_NET_DATAGRAM_MAX + 1)),
                     WAVU_ERR_LIMIT);
    stop();
}

/* A slow cable carries what it can and drops the rest; a slow reader's room is bounded. */
static void test_bounds(void **state)
{
    static uint8_t block[1000];
    struct sim_cable_settings slow = {
        .latency_ns = TIMERS_MS, .bytes_per_second = 102800, .loss_whole = 1, .mtu = SIM_CABLE_MTU};
    struct multiaddr_ip to = at(10, 0, 0, 2);
    (void)state;
    start(3);
    sim_cable_set_one_way(ears[0].host, ears[1].host, &slow);
    for (unsigned i = 0; i < 500; i++) {
        assert_int_equal(sim_udp_send(ears[0].udp, &to, span_of(block, sizeof(block))), 0);
    }
    sim_run_for(sim, 10 * TIMERS_SECOND);
    assert_in_range(ears[1].count, 10, 12); /* 100 ms of 1,028 bytes each at 102,800 a second */
    to = at(10, 0, 0, 3);
    sim_host_set_turn_cost(ears[2].host, TIMERS_SECOND);
    assert_int_equal(say(0, to, 0), 0);
    sim_run_for(sim, 10 * TIMERS_MS); /* its turn takes a second from now on */
    for (unsigned i = 0; i < 500; i++) {
        assert_int_equal(sim_udp_send(ears[0].udp, &to, span_of(block, sizeof(block))), 0);
    }
    sim_run_for(sim, 10 * TIMERS_SECOND);
    assert_int_equal(ears[2].count, 1 + SIM_UDP_ROOM / 1028);
    assert_int_equal(sim_lan_traffic_of(ears[2].host)->dropped, 500 - SIM_UDP_ROOM / 1028);
    stop();
}

static void test_cuts(void **state)
{
    (void)state;
    start(1);
    sim_cable_cut_one_way(ears[0].host, ears[1].host, true);
    sim_cable_set_side(ears[2].host, 1);
    assert_int_equal(say(0, at(10, 0, 0, 255), 'b'), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(ears[0].count + ears[3].count, 2);
    assert_int_equal(heard(), 2);
    assert_int_equal(say(1, at(10, 0, 0, 1), 'o'), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(heard(), 3);
    sim_cable_cut(ears[0].host, ears[3].host, false);
    assert_int_equal(say(0, at(10, 0, 0, 4), 'l'), 0);
    sim_cable_cut(ears[0].host, ears[3].host, true); /* while it is under way */
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(heard(), 3);
    stop();
}

static void test_crash(void **state)
{
    (void)state;
    start(1);
    assert_int_equal(say(0, at(10, 0, 0, 2), 'x'), 0);
    sim_host_crash(ears[1].host, false);
    assert_int_equal(say(1, at(10, 0, 0, 1), 'x'), WAVU_ERR_IO);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(heard(), 0);
    sim_udp_close(ears[1].udp);
    ears[1].udp = NULL;
    ears[1].port = sim_host_restart(ears[1].host);
    struct multiaddr_ip any = {.ip_len = 4, .port = 9999};
    assert_int_equal(sim_udp_open(ears[1].port, &any, false, &user, &ears[1], &ears[1].udp), 0);
    assert_int_equal(say(0, at(10, 0, 0, 255), 'y'), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(ears[1].count, 1);
    assert_int_equal(say(0, at(10, 0, 0, 255), 'z'), 0); /* left under way: freed with the rest */
    stop();
}

static void test_close_in_received(void **state)
{
    (void)state;
    start(1);
    ears[1].closes = true;
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(say(0, at(10, 0, 0, 2), i), 0);
    }
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(ears[1].count, 1);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_one_to_one),
        UNIT(test_broadcast),
        UNIT(test_groups),
        UNIT(test_ip6_group),
        UNIT(test_sharing),
        UNIT(test_bad_cable),
        UNIT(test_pieces),
        UNIT(test_bounds),
        UNIT(test_cuts),
        UNIT(test_crash),
        UNIT(test_close_in_received),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
