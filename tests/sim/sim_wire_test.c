/* What one direction does to a packet, in exact figures. */
#include "sim/sim_wire.h"

#include "tests/sim/pair.h"

static void test_figures(void **state)
{
    struct pair p;
    struct sim_cable_settings there = pair_wire(10 * TIMERS_MS);
    struct sim_cable_settings back = pair_wire(30 * TIMERS_MS);

    (void)state;
    pair_start(&p, 1);
    there.bytes_per_second = 125000; /* 1 Mbit/s */
    there.jitter_ns = 5 * TIMERS_MS;
    sim_cable_set_one_way(p.alice_host, p.bob_host, &there);
    sim_cable_set_one_way(p.bob_host, p.alice_host, &back);
    const struct sim_wire *w = sim_wire_between(p.alice_host, p.bob_host);

    assert_int_equal(sim_wire_serialise_ns(w, 1500), 12 * TIMERS_MS);
    assert_int_equal(sim_wire_serialise_ns(w->back, 1500), 0);
    assert_int_equal(sim_wire_rto_ns(w), 245 * TIMERS_MS);
    pair_stop(&p);
}

static void test_jitter_is_uniform_and_none_draws_nothing(void **state)
{
    struct pair p;
    struct sim_cable_settings wire = pair_wire(100);
    struct sim_draw draw = sim_draw_of(1, SIM_NETWORK, 1);
    unsigned counts[4] = {0};

    (void)state;
    pair_start(&p, 2);
    sim_cable_set_default(p.sim, &wire);
    const struct sim_wire *w = sim_wire_between(p.alice_host, p.bob_host);
    struct sim_draw before = draw;

    assert_int_equal(sim_wire_delay(w, &draw), 100);
    assert_false(sim_wire_loses(w, &draw));
    assert_int_equal(draw.state, before.state);
    wire.jitter_ns = 3;
    sim_cable_set_default(p.sim, &wire);
    for (unsigned i = 0; i < 4000; i++) {
        uint64_t delay = sim_wire_delay(w, &draw);

        assert_in_range(delay, 100, 103);
        counts[delay - 100]++;
    }
    for (unsigned i = 0; i < 4; i++) {
        assert_in_range(counts[i], 880, 1120);
    }
    pair_stop(&p);
}

static void test_loss_is_the_ratio_set(void **state)
{
    struct pair p;
    struct sim_cable_settings wire = pair_wire(1);
    struct sim_draw draw = sim_draw_of(1, SIM_NETWORK, 2);
    unsigned lost = 0;

    (void)state;
    pair_start(&p, 3);
    wire.loss_part = 5;
    wire.loss_whole = 100;
    sim_cable_set_default(p.sim, &wire);
    for (unsigned i = 0; i < 10000; i++) {
        lost += sim_wire_loses(sim_wire_between(p.alice_host, p.bob_host), &draw) ? 1 : 0;
    }
    assert_in_range(lost, 413, 587); /* four sigma around 500 */
    pair_stop(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_figures),
        UNIT(test_jitter_is_uniform_and_none_draws_nothing),
        UNIT(test_loss_is_the_ratio_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
