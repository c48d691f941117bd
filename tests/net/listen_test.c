/*
 * Listeners: picked ports, "any" as the addresses of the interfaces, bounds.
 */
#include "tests/base/unit.h"
#include "tests/support/net_world.h"

static int listen_at(struct swarm *s, const char *text)
{
    struct multiaddr a;
    assert_int_equal(multiaddr_parse_any(&a, span_from_text(text)), 0);
    return listen_start(s, &a);
}

static void any_becomes_the_interfaces_addresses(void **state)
{
    (void)state;
    struct net_world w;
    struct multiaddr out[LISTEN_ADDRESSES_MAX];
    net_world_start(&w, 1, 1);
    struct swarm *s = &w.nodes[0].swarm;
    assert_int_equal(listen_addresses(s, out, LISTEN_ADDRESSES_MAX), 1);
    assert_int_equal(listen_at(s, "0.0.0.0:5000"), 0);
    size_t count = listen_addresses(s, out, LISTEN_ADDRESSES_MAX);
    assert_true(count >= 2);
    for (size_t i = 0; i < count; i++) {
        struct multiaddr_ip ip;
        assert_int_equal(multiaddr_to_ip(&out[i], MULTIADDR_TCP, &ip), 0);
        assert_false(multiaddr_ip_is_unspecified(&ip));
        assert_true(ip.port == 4001 || ip.port == 5000);
    }
    net_world_stop(&w);
}

static void port_0_picks_one(void **state)
{
    (void)state;
    struct net_world w;
    struct multiaddr out[LISTEN_ADDRESSES_MAX];
    struct multiaddr_ip ip;
    net_world_start(&w, 2, 1);
    assert_int_equal(listen_at(&w.nodes[0].swarm, "10.0.0.1:0"), 0);
    assert_int_equal(listen_addresses(&w.nodes[0].swarm, out, LISTEN_ADDRESSES_MAX), 2);
    assert_int_equal(multiaddr_to_ip(&out[1], MULTIADDR_TCP, &ip), 0);
    assert_true(ip.port > 0);
    net_world_stop(&w);
}

static void what_cannot_be_listened_at_is_refused(void **state)
{
    (void)state;
    struct net_world w;
    net_world_start(&w, 3, 1);
    struct swarm *s = &w.nodes[0].swarm;
    assert_int_equal(listen_at(s, "10.0.0.1:4001"), WAVU_ERR_IN_USE);
    assert_int_equal(listen_at(s, "some.name:4001"), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(listen_at(s, "/ip4/10.0.0.1/udp/4001/quic-v1"), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(listen_at(s, "192.0.2.77:4001"), WAVU_ERR_INVALID);
    for (int i = 1; i < LISTEN_ADDRESSES_MAX; i++) {
        assert_int_equal(listen_at(s, "10.0.0.1:0"), 0);
    }
    assert_int_equal(listen_at(s, "10.0.0.1:0"), WAVU_ERR_LIMIT);
    net_world_stop(&w);
}

static void only_its_own_id_may_stand_in_an_address(void **state)
{
    (void)state;
    struct net_world w;
    net_world_start(&w, 9, 2);
    for (size_t i = 0; i < 2; i++) {
        struct multiaddr a;
        assert_int_equal(multiaddr_parse_any(&a, UNIT_TEXT("/ip4/10.0.0.1/tcp/0")), 0);
        assert_int_equal(multiaddr_append(&a, MULTIADDR_P2P, peerid_span(&w.nodes[i].swarm.self)),
                         0);
        assert_int_equal(listen_start(&w.nodes[0].swarm, &a), i == 0 ? 0 : WAVU_ERR_PEER_ID);
    }
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(any_becomes_the_interfaces_addresses),
        UNIT(port_0_picks_one),
        UNIT(what_cannot_be_listened_at_is_refused),
        UNIT(only_its_own_id_may_stand_in_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
