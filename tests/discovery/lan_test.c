/* The local networks as one: who is reached, who is near, what comes and goes. */
#include "discovery/lan.h"

#include "sim/sim.h"
#include "sim/sim_host.h"
#include "sim/sim_lan.h"
#include "tests/base/unit.h"

#define PORT 5555

static struct sim *sim;

struct ear {
    struct sim_host *host;
    struct lan lan;
    size_t count;
    struct multiaddr_ip from;
};

static void on_received(void *context, const struct port_datagram *d)
{
    struct ear *e = context;
    e->count++;
    e->from = d->from;
}

static const struct multiaddr_ip group4 = {.ip = {224, 0, 0, 251}, .ip_len = 4};
static const struct multiaddr_ip group6 = {.ip = {0xff, 0x02, [15] = 0xfb}, .ip_len = 16};

static void start(struct ear *e, const char *address, uint32_t lan, bool has_groups)
{
    memset(e, 0, sizeof *e);
    e->host = sim_host_new(sim, address);
    if (lan > 0) {
        sim_lan_plug(e->host, lan, NULL);
    }
    struct lan_config config = {.port = sim_host_port(e->host),
                                .udp_port = PORT,
                                .group6 = group6,
                                .has_own_port = !has_groups,
                                .received = on_received,
                                .context = e};
    if (has_groups) {
        config.group4 = group4;
    }
    assert_int_equal(lan_init(&e->lan, &config), 0);
}

static size_t say(struct ear *e)
{
    size_t sent = lan_send_all(&e->lan, UNIT_TEXT("hello"));
    sim_run_for(sim, TIMERS_SECOND);
    return sent;
}

static void test_broadcast(void **state)
{
    struct ear a;
    struct ear b;
    struct ear other;
    (void)state;
    sim = sim_new(1);
    start(&a, "10.0.0.1", 1, false);
    start(&b, "10.0.0.2", 1, false);
    start(&other, "10.0.1.1", 2, false);
    assert_int_equal(say(&a), 2); /* the network, and the machine */
    assert_int_equal(a.count, 2);
    assert_int_equal(b.count, 1);
    assert_int_equal(other.count, 0);
    assert_true(b.from.port != PORT);
    /* what is sent back there reaches it alone */
    assert_int_equal(lan_send_to(&b.lan, &b.from, UNIT_TEXT("you")), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(a.count, 3);
    assert_int_equal(b.count, 1);
    lan_clear(&a.lan);
    lan_clear(&b.lan);
    lan_clear(&other.lan);
    sim_free(sim);
}

/* On two networks, with both families, by groups: each link once a family. */
static void test_groups(void **state)
{
    struct ear a;
    struct ear b;
    struct ear c;
    (void)state;
    sim = sim_new(1);
    start(&a, "10.0.0.1", 1, true);
    start(&b, "10.0.0.2", 1, true);
    start(&c, "10.0.1.1", 2, true);
    sim_host_add_address(a.host, "10.0.1.2");
    sim_lan_plug(a.host, 2, "10.0.1.2");
    sim_host_add_address(a.host, "fd00::1");
    sim_host_add_address(a.host, "fd00::2");
    sim_lan_plug(a.host, 1, "fd00::1");
    sim_lan_plug(a.host, 1, "fd00::2");
    assert_true(lan_refresh(&a.lan));
    assert_false(lan_refresh(&a.lan));
    assert_int_equal(say(&a), 3); /* IPv4 on two links, IPv6 on one */
    assert_int_equal(a.count, 3); /* its own */
    assert_int_equal(b.count, 1);
    assert_int_equal(c.count, 1);
    sim_lan_unplug(a.host, 1);
    (void)lan_refresh(&a.lan);
    assert_int_equal(say(&a), 1);
    assert_int_equal(b.count, 1);
    assert_int_equal(c.count, 2);
    lan_clear(&a.lan);
    lan_clear(&b.lan);
    lan_clear(&c.lan);
    sim_free(sim);
}

/* Without any network, what is sent to all stays in the machine and is heard there. */
static void test_alone(void **state)
{
    struct ear a;
    struct ear g;
    (void)state;
    sim = sim_new(1);
    start(&a, "10.0.0.1", 0, false);
    start(&g, "10.0.0.2", 0, true);
    assert_int_equal(say(&a), 1);
    assert_int_equal(a.count, 1);
    assert_true(multiaddr_ip_is_loopback(&a.from));
    assert_int_equal(say(&g), 1);
    assert_int_equal(g.count, 1);
    lan_clear(&a.lan);
    lan_clear(&g.lan);
    sim_free(sim);
}

static void test_near(void **state)
{
    static const struct {
        uint8_t ip[16];
        uint8_t ip_len;
        bool is_near;
    } cases[] = {
        {{10, 0, 0, 77}, 4, true},       {{10, 0, 1, 1}, 4, false},
        {{127, 9, 9, 9}, 4, true},       {{169, 254, 3, 4}, 4, true},
        {{8, 8, 8, 8}, 4, false},        {{0xfe, 0x80, [15] = 7}, 16, true},
        {{0xfd, 0, [15] = 9}, 16, true}, {{0xfd, 0, [7] = 1, [15] = 9}, 16, false},
        {{[15] = 1}, 16, true},
    };
    struct ear a;
    (void)state;
    sim = sim_new(1);
    start(&a, "10.0.0.1", 1, false);
    sim_host_add_address(a.host, "fd00::1");
    sim_lan_plug(a.host, 1, "fd00::1");
    (void)lan_refresh(&a.lan);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct multiaddr_ip ip = {.ip_len = cases[i].ip_len};
        memcpy(ip.ip, cases[i].ip, 16);
        assert_int_equal(lan_is_near(&a.lan, &ip), cases[i].is_near);
    }
    lan_clear(&a.lan);
    sim_free(sim);
}

/* A datagram from far away is dropped before anybody looks at it. */
static void test_far(void **state)
{
    struct ear a;
    struct ear far;
    struct multiaddr_ip to = {.ip = {10, 0, 0, 1}, .ip_len = 4, .port = PORT};
    (void)state;
    sim = sim_new(1);
    start(&a, "10.0.0.1", 1, false);
    start(&far, "192.0.2.1", 0, false);
    assert_int_equal(lan_send_to(&far.lan, &to, UNIT_TEXT("hello")), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(sim_lan_traffic_of(a.host)->heard, 1);
    assert_int_equal(a.count, 0);
    lan_clear(&a.lan);
    lan_clear(&far.lan);
    sim_free(sim);
}

static void test_taken(void **state)
{
    struct port_udp *taker = NULL;
    struct port_udp *taker6 = NULL;
    struct multiaddr_ip any = {.ip_len = 4, .port = PORT};
    static const struct port_udp_user user = {.received = NULL};
    struct lan l;
    (void)state;
    sim = sim_new(1);
    struct port *port = sim_host_port(sim_host_new(sim, NULL));
    struct lan_config config = {
        .port = port, .udp_port = PORT, .group6 = group6, .received = on_received};
    assert_int_equal(port->net->udp_open(port, &any, false, &user, NULL, &taker), 0);
    assert_int_equal(lan_init(&l, &config), 0); /* IPv6 is left */
    assert_null(l.hearing[0]);
    struct multiaddr_ip to = {.ip = {10, 0, 0, 1}, .ip_len = 4, .port = PORT};
    assert_int_equal(lan_send_to(&l, &to, UNIT_TEXT("x")), WAVU_ERR_UNREACHABLE);
    lan_clear(&l);
    any.ip_len = 16;
    assert_int_equal(port->net->udp_open(port, &any, false, &user, NULL, &taker6), 0);
    assert_int_equal(lan_init(&l, &config), WAVU_ERR_IN_USE);
    config.group6.ip_len = 0;
    assert_int_equal(lan_init(&l, &config), WAVU_ERR_IN_USE);
    port->net->udp_close(taker);
    port->net->udp_close(taker6);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_broadcast), UNIT(test_groups), UNIT(test_alone),
        UNIT(test_near),      UNIT(test_far),    UNIT(test_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
