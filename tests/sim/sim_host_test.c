/* Hosts: addresses, crashes with and without a kernel, restarts, clocks. */
#include "sim/sim_host.h"

#include "tests/sim/pair.h"

static void restart_bob(struct pair *p)
{
    pair_close(&p->bob, false);
    pair_close_door(p);
    struct port *port = sim_host_restart(p->bob_host);

    pair_reset_end(&p->bob, p->sim, port);
    pair_reset_end(&p->door, p->sim, port);
    p->door.accepts_into = &p->bob;
}

static void test_crash_resets_the_peer_and_refuses_others(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 1);
    pair_connect(&p);
    sim_host_crash(p.bob_host, false);
    assert_false(sim_host_is_up(p.bob_host));
    sim_run_for(p.sim, TIMERS_SECOND);
    assert_int_equal(p.alice.closed, WAVU_ERR_RESET);
    assert_int_equal(p.bob.closed, PAIR_NOT_YET); /* the dead are told nothing */
    pair_reset_end(&p.alice, p.sim, p.alice.port);
    assert_int_equal(pair_dial(&p), 0);
    sim_run_for(p.sim, TIMERS_SECOND);
    assert_int_equal(p.alice.opened, WAVU_ERR_REFUSED);
    restart_bob(&p);
    pair_reset_end(&p.alice, p.sim, p.alice.port);
    pair_connect(&p);
    pair_stop(&p);
}

static void test_silent_crash_times_out_and_resets_after_restart(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 2);
    pair_connect(&p);
    sim_host_crash(p.bob_host, true);
    sim_run_for(p.sim, 3600 * TIMERS_SECOND);
    assert_int_equal(p.alice.closed, PAIR_NOT_YET);
    p.alice.to_send = 10;
    pair_push(&p.alice);
    sim_run_for(p.sim, 20 * TIMERS_SECOND);
    assert_int_equal(p.alice.closed, PAIR_NOT_YET);
    restart_bob(&p);
    sim_run_for(p.sim, 10 * TIMERS_SECOND);
    assert_int_equal(p.alice.closed, WAVU_ERR_RESET); /* the new kernel knows of nothing */
    pair_reset_end(&p.alice, p.sim, p.alice.port);
    pair_connect(&p);
    sim_host_crash(p.bob_host, true);
    p.alice.to_send = 10;
    pair_push(&p.alice);
    sim_run_for(p.sim, 31 * TIMERS_SECOND);
    assert_int_equal(p.alice.closed, WAVU_ERR_TIMEOUT);
    pair_reset_end(&p.alice, p.sim, p.alice.port);
    assert_int_equal(pair_dial(&p), 0);
    sim_run_for(p.sim, 200 * TIMERS_SECOND);
    assert_int_equal(p.alice.opened, WAVU_ERR_TIMEOUT);
    pair_stop(&p);
}

/* A node on a dead port may go on for a while: it gets errors, no callbacks, and leaks nothing. */
static void test_the_dead_may_call_and_close(void **state)
{
    struct pair p;
    size_t taken = 7;
    struct span some = span_from_text("some");
    struct port_tcp *tcp = NULL;
    struct multiaddr_ip to = pair_bob_ip();

    (void)state;
    pair_start(&p, 3);
    pair_connect(&p);
    assert_int_equal(sim_host_open_sockets(p.bob_host), 2);
    sim_host_crash(p.bob_host, false);
    assert_int_equal(p.bob.port->net->tcp_send(p.bob.tcp, &some, 1, &taken), WAVU_ERR_RESET);
    assert_int_equal(taken, 0);
    assert_int_equal(p.bob.port->net->tcp_dial(p.bob.port, &to, &pair_user, &p.bob, &tcp),
                     WAVU_ERR_IO);
    p.bob.port->net->tcp_pause(p.bob.tcp, false);
    sim_run_for(p.sim, TIMERS_SECOND);
    assert_int_equal(sim_host_open_sockets(p.bob_host), 2);
    pair_stop(&p);
}

static void test_crash_at_any_moment_leaks_nothing(void **state)
{
    (void)state;
    for (uint64_t at_us = 0; at_us < 8000; at_us += 100) {
        struct pair p;

        pair_start(&p, at_us);
        p.alice.to_send = 100000;
        p.bob.to_send = 100000;
        assert_int_equal(pair_listen(&p), 0);
        assert_int_equal(pair_dial(&p), 0);
        sim_run_for(p.sim, at_us * TIMERS_US);
        sim_host_crash(at_us % 200 == 0 ? p.bob_host : p.alice_host, at_us % 300 == 0);
        sim_run_for(p.sim, at_us % 700 * TIMERS_SECOND);
        pair_stop(&p);
    }
}

static void test_addresses_and_interfaces(void **state)
{
    struct sim *sim = sim_new(4);
    struct sim_host *host = sim_host_new(sim, NULL);
    struct multiaddr_ip found[8];
    struct port *port = sim_host_port(host);

    (void)state;
    sim_host_add_address(host, "fd00::7");
    assert_int_equal(port->net->interfaces(port, found, 8), 4);
    assert_true(multiaddr_ip_is_loopback(&found[0]) && multiaddr_ip_is_loopback(&found[1]));
    assert_memory_equal(found[2].ip, ((uint8_t[]){10, 0, 0, 1}), 4);
    assert_int_equal(found[3].ip[15], 7);
    assert_int_equal(port->net->interfaces(port, found, 3), 3);
    sim_free(sim);
}

static void test_clocks(void **state)
{
    struct sim *sim = sim_new(5);
    struct sim_host *a = sim_host_new(sim, NULL);
    struct sim_host *b = sim_host_new(sim, NULL);
    struct port *port = sim_host_port(a);
    uint64_t boot_ns = port->precise_ns(port);

    (void)state;
    assert_int_not_equal(boot_ns, sim_host_port(b)->precise_ns(sim_host_port(b)));
    assert_int_equal(port->turn.now_ns, boot_ns);
    assert_int_equal(port->wall_ms(port), SIM_WALL_START_MS);
    sim_host_set_skew(a, -5000);
    sim_run_for(sim, 2 * TIMERS_SECOND);
    assert_int_equal(port->wall_ms(port), SIM_WALL_START_MS - 3000);
    assert_int_equal(port->turn.now_ns, boot_ns + 2 * TIMERS_SECOND);
    sim_host_jump(a, 60 * TIMERS_SECOND);
    assert_int_equal(port->precise_ns(port), boot_ns + 62 * TIMERS_SECOND);
    assert_int_equal(port->turn.now_ns, boot_ns + 62 * TIMERS_SECOND);
    sim_free(sim);
}

static void test_nodes_draw_from_streams_of_their_own(void **state)
{
    uint64_t first[2];

    (void)state;
    for (size_t run = 0; run < 2; run++) {
        struct sim *sim = sim_new(6);
        struct sim_host *a = sim_host_new(sim, NULL);
        struct sim_host *b = sim_host_new(sim, NULL);

        for (size_t i = 0; i < run * 5; i++) { /* what a draws does not matter to b */
            (void)random_u64(&sim_host_port(a)->random);
        }
        first[run] = random_u64(&sim_host_port(b)->random);
        sim_host_crash(b, false);
        assert_int_not_equal(first[run], random_u64(&sim_host_restart(b)->random));
        sim_free(sim);
    }
    assert_int_equal(first[0], first[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_crash_resets_the_peer_and_refuses_others),
        UNIT(test_silent_crash_times_out_and_resets_after_restart),
        UNIT(test_the_dead_may_call_and_close),
        UNIT(test_crash_at_any_moment_leaks_nothing),
        UNIT(test_addresses_and_interfaces),
        UNIT(test_clocks),
        UNIT(test_nodes_draw_from_streams_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
