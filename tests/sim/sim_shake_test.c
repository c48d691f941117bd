/* Handshakes: refused, unreachable, timed out, repeated after loss, given up half-way. */
#include "sim/sim_shake.h"

#include "tests/sim/pair.h"

static void test_refused_takes_a_round_trip(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 1);
    assert_int_equal(pair_dial(&p), 0);
    sim_run_for(p.sim, TIMERS_SECOND);
    assert_int_equal(p.alice.opened, WAVU_ERR_REFUSED);
    assert_int_equal(p.alice.opened_ns, 2 * TIMERS_MS);
    pair_stop(&p);
}

static void test_unreachable(void **state)
{
    struct pair p;
    struct multiaddr_ip nobody = {.ip = {10, 9, 9, 9}, .ip_len = 4, .port = 1};
    struct multiaddr_ip other_family = {.ip = {0xfd, [15] = 1}, .ip_len = 16, .port = 1};
    const struct port_net *net;

    (void)state;
    pair_start(&p, 2);
    net = p.alice.port->net;
    assert_int_equal(net->tcp_dial(p.alice.port, &other_family, &pair_user, &p.alice, &p.alice.tcp),
                     WAVU_ERR_UNREACHABLE);
    assert_int_equal(net->tcp_dial(p.alice.port, &nobody, &pair_user, &p.alice, &p.alice.tcp), 0);
    sim_run_for(p.sim, TIMERS_SECOND);
    assert_int_equal(p.alice.opened, WAVU_ERR_UNREACHABLE);
    pair_stop(&p);
}

static void test_cut_in_either_direction_times_out(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct pair p;

        pair_start(&p, 3 + i);
        assert_int_equal(pair_listen(&p), 0);
        if (i == 0) {
            sim_cable_cut_one_way(p.alice_host, p.bob_host, true);
        } else {
            sim_cable_cut_one_way(p.bob_host, p.alice_host, true);
        }
        assert_int_equal(pair_dial(&p), 0);
        sim_run_for(p.sim, 1000 * TIMERS_SECOND);
        assert_int_equal(p.alice.opened, WAVU_ERR_TIMEOUT);
        assert_int_equal(p.alice.opened_ns, sim_settings(p.sim)->dial_ns);
        assert_null(p.bob.tcp);
        pair_stop(&p);
    }
}

static void test_a_lost_packet_is_repeated(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 5);
    assert_int_equal(pair_listen(&p), 0);
    sim_cable_cut(p.alice_host, p.bob_host, true);
    assert_int_equal(pair_dial(&p), 0);
    sim_run_for(p.sim, 500 * TIMERS_MS);
    sim_cable_cut(p.alice_host, p.bob_host, false);
    sim_run_for(p.sim, 10 * TIMERS_SECOND);
    assert_int_equal(p.alice.opened, 0);
    assert_int_equal(p.alice.opened_ns, 1003 * TIMERS_MS); /* lost at 1 ms, again 1 s later */
    assert_non_null(p.bob.tcp);
    pair_stop(&p);
}

/* Nobody dials a hidden host; it dials others, and its connections stay. */
static void test_a_hidden_host_is_not_dialled(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct pair p;

        pair_start(&p, 6 + i);
        assert_int_equal(pair_listen(&p), 0);
        sim_host_set_hidden(i == 0 ? p.bob_host : p.alice_host, true);
        assert_int_equal(pair_dial(&p), 0);
        sim_run_for(p.sim, 1000 * TIMERS_SECOND);
        assert_int_equal(p.alice.opened, i == 0 ? WAVU_ERR_TIMEOUT : 0);
        assert_true((p.bob.tcp == NULL) == (i == 0));
        pair_stop(&p);
    }
}

/* Whoever closes at whatever moment of the handshake: nothing leaks, nobody is left waiting. */
static void test_closed_at_any_moment(void **state)
{
    (void)state;
    for (uint64_t at_us = 0; at_us <= 4000; at_us += 250) {
        for (unsigned who = 0; who < 3; who++) {
            struct pair p;

            pair_start(&p, at_us + who);
            assert_int_equal(pair_listen(&p), 0);
            assert_int_equal(pair_dial(&p), 0);
            sim_run_for(p.sim, at_us * TIMERS_US);
            if (who == 2) {
                pair_close_door(&p);
            } else {
                pair_close(&p.alice, who == 1);
            }
            sim_run_for(p.sim, 10 * TIMERS_SECOND);
            if (who == 2 && p.bob.tcp == NULL) {
                assert_true(p.alice.opened != PAIR_NOT_YET);
                assert_true(p.alice.opened == WAVU_ERR_REFUSED || p.alice.closed == WAVU_ERR_RESET);
            } else if (who < 2) {
                assert_null(p.bob.tcp); /* accepted and told the end, or never accepted */
            }
            pair_stop(&p);
        }
    }
}

static void test_loopback_and_own_address(void **state)
{
    struct pair p;
    struct multiaddr_ip any = {.ip_len = 4, .port = 0};
    struct multiaddr_ip bound;
    struct multiaddr_ip local;
    struct multiaddr_ip remote;

    (void)state;
    pair_start(&p, 6);
    assert_int_equal(p.door.port->net->tcp_listen(p.door.port, &any, &pair_listener_user, &p.door,
                                                  &p.door.listener),
                     0);
    p.door.port->net->listener_address(p.door.listener, &bound);
    assert_true(bound.port != 0);
    memcpy(bound.ip, (uint8_t[]){127, 0, 0, 1}, 4);
    pair_reset_end(&p.alice, p.sim, p.bob.port);
    p.alice.to_send = 10;
    assert_int_equal(
        p.alice.port->net->tcp_dial(p.alice.port, &bound, &pair_user, &p.alice, &p.alice.tcp), 0);
    sim_run_for(p.sim, TIMERS_SECOND);
    assert_int_equal(p.alice.opened_ns, 2 * SIM_CABLE_LOOPBACK_NS);
    assert_int_equal(p.bob.received, 10);
    p.bob.port->net->tcp_addresses(p.bob.tcp, &local, &remote);
    assert_int_equal(local.port, bound.port);
    assert_true(multiaddr_ip_is_loopback(&remote) && remote.port != bound.port);
    pair_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_refused_takes_a_round_trip),        UNIT(test_unreachable),
        UNIT(test_cut_in_either_direction_times_out), UNIT(test_a_lost_packet_is_repeated),
        UNIT(test_a_hidden_host_is_not_dialled),      UNIT(test_closed_at_any_moment),
        UNIT(test_loopback_and_own_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
