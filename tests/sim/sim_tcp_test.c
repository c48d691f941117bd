/* Connections end to end: bytes whole and in order, figures as set, ends as they should be. */
#include "sim/sim_tcp.h"

#include "tests/sim/pair.h"

static bool both_told(void *context)
{
    const struct pair *p = context;

    return p->alice.closed != PAIR_NOT_YET && p->bob.closed != PAIR_NOT_YET;
}

static bool all_here(void *context)
{
    const struct pair *p = context;

    return p->bob.received == p->alice.to_send && p->alice.received == p->bob.to_send;
}

/* Both send `bytes` over a cable that does all it can; everything arrives. */
static void exchange(uint64_t seed, uint64_t bytes, const struct sim_cable_settings *wire)
{
    struct pair p;

    pair_start(&p, seed);
    sim_cable_set_default(p.sim, wire);
    p.alice.to_send = bytes;
    p.bob.to_send = bytes / 2;
    pair_connect(&p);
    assert_true(sim_run_until(p.sim, all_here, &p, 10000 * TIMERS_SECOND));
    assert_true(p.bob.reads > 1);
    pair_stop(&p);
}

static void test_bytes_survive_everything(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct sim_cable_settings wire = {.latency_ns = seed * TIMERS_MS,
                                          .jitter_ns = seed % 3 * 7 * TIMERS_MS,
                                          .bytes_per_second = seed % 4 * 250000,
                                          .loss_part = (uint32_t)seed % 5,
                                          .loss_whole = 100,
                                          .mtu = SIM_CABLE_MTU_MIN + 100 * (uint32_t)seed};

        exchange(seed, 300000, &wire);
    }
}

static void test_handshake_takes_a_round_trip(void **state)
{
    struct pair p;
    struct sim_cable_settings there = pair_wire(30 * TIMERS_MS);
    struct sim_cable_settings back = pair_wire(20 * TIMERS_MS);

    (void)state;
    pair_start(&p, 1);
    sim_cable_set_one_way(p.alice_host, p.bob_host, &there);
    sim_cable_set_one_way(p.bob_host, p.alice_host, &back);
    p.alice.to_send = 1;
    p.bob.to_send = 1;
    pair_connect(&p);
    assert_int_equal(p.alice.opened_ns, 50 * TIMERS_MS);
    assert_int_equal(p.bob.accepted_ns, 80 * TIMERS_MS);
    assert_int_equal(p.bob.last_ns, 80 * TIMERS_MS);    /* sent by who dialled at 50 */
    assert_int_equal(p.alice.last_ns, 100 * TIMERS_MS); /* sent by who accepted at 80 */
    pair_stop(&p);
}

static void test_bandwidth_is_exact(void **state)
{
    struct pair p;
    struct sim_cable_settings wire = pair_wire(10 * TIMERS_MS);

    (void)state;
    pair_start(&p, 2);
    wire.bytes_per_second = 1000000; /* a packet of 1500 bytes takes 1.5 ms */
    sim_cable_set_default(p.sim, &wire);
    p.alice.to_send = (uint64_t)1460 * 100;
    pair_connect(&p);
    assert_int_equal(p.bob.received, 146000);
    assert_int_equal(p.bob.first_ns, p.alice.opened_ns + 10 * TIMERS_MS + 1500 * TIMERS_US);
    assert_int_equal(p.bob.last_ns, p.alice.opened_ns + 10 * TIMERS_MS + 150 * TIMERS_MS);
    pair_stop(&p);
}

static void test_window_limits_to_one_a_round_trip(void **state)
{
    struct pair p;
    struct sim_cable_settings wire = pair_wire(50 * TIMERS_MS);

    (void)state;
    pair_start(&p, 3);
    sim_settings(p.sim)->window = 10000;
    sim_settings(p.sim)->split_part = 0;
    sim_settings(p.sim)->short_part = 0;
    sim_cable_set_default(p.sim, &wire);
    p.alice.to_send = 50000;
    pair_connect(&p);
    assert_int_equal(p.bob.received, 50000);
    assert_int_equal(p.bob.last_ns, p.alice.opened_ns + 50 * TIMERS_MS + 4 * 100 * TIMERS_MS);
    pair_stop(&p);
}

static void test_pause_pushes_back_to_the_sender(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 4);
    pair_connect(&p);
    p.bob.port->net->tcp_pause(p.bob.tcp, true);
    p.alice.to_send = 5000000;
    pair_push(&p.alice);
    sim_run_for(p.sim, 3600 * TIMERS_SECOND);
    assert_int_equal(p.bob.received, 0);
    assert_true(p.alice.sent >= sim_settings(p.sim)->send_buffer);
    assert_true(p.alice.sent <= sim_settings(p.sim)->send_buffer + sim_settings(p.sim)->window);
    assert_int_equal(p.alice.closed, PAIR_NOT_YET); /* a shut window is no time-out */
    p.bob.port->net->tcp_pause(p.bob.tcp, false);
    assert_true(sim_run_until(p.sim, all_here, &p, 60 * TIMERS_SECOND));
    assert_true(p.alice.writables > 0);
    pair_stop(&p);
}

static void test_end_comes_after_the_bytes(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 5);
    p.alice.to_send = 700000;
    p.alice.ends_when_sent = true;
    assert_int_equal(pair_listen(&p), 0);
    assert_int_equal(pair_dial(&p), 0);
    sim_run_for(p.sim, 60 * TIMERS_SECOND);
    assert_int_equal(p.bob.received, 700000);
    assert_int_equal(p.bob.closed, WAVU_ERR_CLOSED);
    assert_int_equal(p.alice.closed, PAIR_NOT_YET); /* nothing is told after close */
    pair_stop(&p);
}

static void test_abort_resets(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 6);
    pair_connect(&p);
    pair_close(&p.alice, true);
    sim_run_for(p.sim, TIMERS_SECOND);
    assert_int_equal(p.bob.closed, WAVU_ERR_RESET);
    pair_stop(&p);
}

static void test_sending_to_a_closed_socket_is_reset(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 7);
    p.bob.keeps_open = true;
    pair_connect(&p);
    pair_close(&p.alice, false);
    sim_run_for(p.sim, TIMERS_SECOND);
    assert_int_equal(p.bob.closed, WAVU_ERR_CLOSED);
    p.bob.to_send = 10;
    pair_push(&p.bob); /* nobody is there any more */
    assert_int_equal(p.bob.sent, 10);
    sim_run_for(p.sim, TIMERS_SECOND);
    p.bob.to_send = 20;
    pair_push(&p.bob);
    assert_int_equal(p.bob.sent, 10);
    pair_stop(&p);
}

static void test_short_cut_stalls_and_long_cut_breaks(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 8);
    pair_connect(&p);
    sim_cable_cut(p.alice_host, p.bob_host, true);
    p.alice.to_send = 1000;
    pair_push(&p.alice);
    sim_run_for(p.sim, 10 * TIMERS_SECOND);
    assert_int_equal(p.bob.received, 0);
    sim_cable_cut(p.alice_host, p.bob_host, false);
    sim_run_for(p.sim, 15 * TIMERS_SECOND); /* the next repetition comes 12.8 s after the cut */
    assert_int_equal(p.bob.received, 1000);

    uint64_t sent_ns = sim_now(p.sim);

    sim_cable_cut(p.alice_host, p.bob_host, true);
    p.alice.to_send = 2000;
    pair_push(&p.alice);
    sim_run_for(p.sim, 3600 * TIMERS_SECOND);
    assert_int_equal(p.alice.closed, WAVU_ERR_TIMEOUT);
    assert_int_equal(p.alice.closed_ns, sent_ns + sim_settings(p.sim)->timeout_ns);
    assert_int_equal(p.bob.closed, PAIR_NOT_YET); /* silence: it has nothing to send */
    sim_cable_cut(p.alice_host, p.bob_host, false);
    p.bob.to_send = 1;
    pair_push(&p.bob);
    assert_true(sim_run_until(p.sim, both_told, &p, TIMERS_SECOND));
    assert_int_equal(p.bob.closed, WAVU_ERR_RESET);
    pair_stop(&p);
}

static void test_one_way_cut_times_out_the_sender_only(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 9);
    pair_connect(&p);
    sim_cable_cut_one_way(p.bob_host, p.alice_host, true);
    p.alice.to_send = 500;
    pair_push(&p.alice);
    sim_run_for(p.sim, 29 * TIMERS_SECOND);
    assert_int_equal(p.bob.received, 500); /* what it says arrives, what it should hear does not */
    assert_int_equal(p.alice.closed, PAIR_NOT_YET);
    sim_run_for(p.sim, 2 * TIMERS_SECOND);
    assert_int_equal(p.alice.closed, WAVU_ERR_TIMEOUT);
    pair_stop(&p);
}

static void test_idle_connections_survive_any_cut(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 10);
    pair_connect(&p);
    sim_cable_set_side(p.bob_host, 1);
    sim_run_for(p.sim, 86400 * TIMERS_SECOND);
    sim_cable_set_side(p.bob_host, 0);
    p.alice.to_send = 100;
    pair_push(&p.alice);
    assert_true(sim_run_until(p.sim, all_here, &p, TIMERS_SECOND));
    pair_stop(&p);
}

static void test_loss_shows_as_stalls(void **state)
{
    struct pair p;
    struct sim_cable_settings wire = pair_wire(10 * TIMERS_MS);
    uint64_t stalls = 0;

    (void)state;
    pair_start(&p, 11);
    wire.loss_part = 1;
    wire.loss_whole = 10;
    pair_connect(&p);
    sim_cable_set_default(p.sim, &wire);
    for (uint64_t i = 1; i <= 400; i++) {
        uint64_t sent_ns = sim_now(p.sim);

        p.alice.to_send = i;
        pair_push(&p.alice);
        assert_true(sim_run_until(p.sim, all_here, &p, 60 * TIMERS_SECOND));
        uint64_t took_ns = sim_now(p.sim) - sent_ns;

        assert_true(took_ns == 10 * TIMERS_MS || took_ns >= 230 * TIMERS_MS);
        stalls += took_ns > 10 * TIMERS_MS ? 1 : 0;
    }
    assert_in_range(stalls, 20, 60); /* 40 are expected; beyond is more than three sigma */
    pair_stop(&p);
}

static void test_fair_shares_of_a_narrow_cable(void **state)
{
    struct pair p;
    struct pair_end second;
    struct pair_end second_bob;
    struct sim_cable_settings wire = pair_wire(TIMERS_MS);
    struct multiaddr_ip to = pair_bob_ip();

    (void)state;
    pair_start(&p, 12);
    pair_reset_end(&second, p.sim, p.alice.port);
    pair_reset_end(&second_bob, p.sim, p.bob.port);
    pair_connect(&p);
    p.door.accepts_into = &second_bob;
    assert_int_equal(second.port->net->tcp_dial(second.port, &to, &pair_user, &second, &second.tcp),
                     0);
    sim_run_for(p.sim, TIMERS_SECOND);
    wire.bytes_per_second = 100000;
    sim_cable_set_default(p.sim, &wire);
    p.alice.to_send = 10000000;
    second.to_send = 10000000;
    pair_push(&p.alice);
    pair_push(&second);
    sim_run_for(p.sim, 10 * TIMERS_SECOND);
    assert_in_range(p.bob.received + second_bob.received, 960000, 974000);
    assert_in_range(p.bob.received, second_bob.received - 3000, second_bob.received + 3000);
    pair_close(&second, true);
    pair_close(&second_bob, true);
    pair_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_bytes_survive_everything),
        UNIT(test_handshake_takes_a_round_trip),
        UNIT(test_bandwidth_is_exact),
        UNIT(test_window_limits_to_one_a_round_trip),
        UNIT(test_pause_pushes_back_to_the_sender),
        UNIT(test_end_comes_after_the_bytes),
        UNIT(test_abort_resets),
        UNIT(test_sending_to_a_closed_socket_is_reset),
        UNIT(test_short_cut_stalls_and_long_cut_breaks),
        UNIT(test_one_way_cut_times_out_the_sender_only),
        UNIT(test_idle_connections_survive_any_cut),
        UNIT(test_loss_shows_as_stalls),
        UNIT(test_fair_shares_of_a_narrow_cable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
