/* Who is on which network, and what a host says its interfaces are. */
#include "sim/sim_lan.h"

#include "port/net.h"
#include "port/port.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

static size_t list_of(struct sim_host *host, struct port_interface *out, size_t max)
{
    struct port *port = sim_host_port(host);

    return port->net->udp_interfaces(port, out, max);
}

static void test_unplugged(void **state)
{
    struct port_interface all[8];
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host_new(sim, "10.1.0.7");
    (void)state;

    assert_int_equal(list_of(host, all, 8), 3);
    assert_true(all[0].is_loopback && all[1].is_loopback);
    assert_int_equal(all[0].index, SIM_LAN_LOOPBACK);
    assert_int_equal(all[2].index, SIM_LAN_UPLINK);
    assert_false(all[2].has_groups);
    assert_int_equal(all[2].broadcast.ip_len, 0);
    assert_int_equal(list_of(host, all, 2), 2);
    sim_free(sim);
}

static void test_plugged(void **state)
{
    struct port_interface all[8];
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host_new(sim, "10.1.0.7");
    (void)state;

    sim_host_add_address(host, "fd00::7");
    sim_host_add_address(host, "10.2.0.7");
    sim_lan_plug(host, 5, NULL);
    sim_lan_plug(host, 5, "fd00::7");
    sim_lan_plug(host, 9, "10.2.0.7");
    assert_int_equal(list_of(host, all, 8), 5);
    assert_int_equal(all[2].index, SIM_LAN_FIRST);
    assert_int_equal(all[3].index, SIM_LAN_FIRST); /* the same network, another family */
    assert_int_equal(all[4].index, SIM_LAN_FIRST + 1);
    assert_memory_equal(all[2].broadcast.ip, ((uint8_t[]){10, 1, 0, 255}), 4);
    assert_int_equal(all[3].broadcast.ip_len, 0);
    assert_int_equal(all[2].prefix, 24);
    assert_int_equal(all[3].prefix, 64);
    assert_true(all[2].has_groups && all[3].has_groups && all[4].has_groups);

    assert_int_equal(sim_lan_find(host, 0, 16)->ip.ip_len, 16);
    assert_int_equal(sim_lan_find(host, SIM_LAN_FIRST + 1, 4)->lan, 9);
    assert_null(sim_lan_find(host, SIM_LAN_FIRST + 1, 16));
    struct multiaddr_ip everybody = {.ip = {255, 255, 255, 255}, .ip_len = 4};
    struct multiaddr_ip second = {.ip = {10, 2, 0, 255}, .ip_len = 4};
    struct multiaddr_ip host_itself = {.ip = {10, 2, 0, 7}, .ip_len = 4};
    assert_int_equal(sim_lan_of_broadcast(host, &everybody)->lan, 5);
    assert_int_equal(sim_lan_of_broadcast(host, &second)->lan, 9);
    assert_null(sim_lan_of_broadcast(host, &host_itself));

    sim_lan_unplug(host, 5);
    assert_null(sim_lan_in(host, 5));
    assert_int_equal(list_of(host, all, 8), 5); /* its addresses stay */
    assert_int_equal(all[2].index, SIM_LAN_FIRST + 1);
    assert_int_equal(all[3].index, SIM_LAN_UPLINK);
    sim_lan_plug(host, 6, NULL);
    assert_int_equal(sim_lan_in(host, 6)->index, SIM_LAN_FIRST + 2);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_unplugged),
        UNIT(test_plugged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
