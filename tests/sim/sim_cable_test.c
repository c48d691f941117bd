/* What a scenario does to cables reaches exactly the pairs and directions it names. */
#include "sim/sim_cable.h"

#include "sim/sim_wire.h"
#include "tests/base/death.h"
#include "tests/sim/pair.h"

static void test_a_pair_has_one_cable(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 1);
    struct sim_cable *cable = sim_cable_between(p.sim, p.alice_host, p.bob_host);

    assert_ptr_equal(cable, sim_cable_between(p.sim, p.bob_host, p.alice_host));
    assert_ptr_not_equal(cable, sim_cable_between(p.sim, p.alice_host, p.alice_host));
    struct sim_wire *there = sim_wire_between(p.alice_host, p.bob_host);

    assert_ptr_equal(there->from, p.alice_host);
    assert_ptr_equal(there->to, p.bob_host);
    assert_ptr_equal(there->back, sim_wire_between(p.bob_host, p.alice_host));
    pair_stop(&p);
}

static void test_settings_are_of_one_direction_or_both(void **state)
{
    struct pair p;
    struct sim_cable_settings slow = pair_wire(TIMERS_SECOND);
    struct sim_cable_settings usual;

    (void)state;
    pair_start(&p, 2);
    struct sim_wire *there = sim_wire_between(p.alice_host, p.bob_host);

    sim_cable_set_one_way(p.alice_host, p.bob_host, &slow);
    assert_int_equal(sim_wire_settings(there)->latency_ns, TIMERS_SECOND);
    sim_cable_get_default(p.sim, &usual);
    assert_int_equal(sim_wire_settings(there->back)->latency_ns, usual.latency_ns);
    usual.latency_ns = 7;
    sim_cable_set_default(p.sim, &usual);
    assert_int_equal(sim_wire_settings(there)->latency_ns, TIMERS_SECOND);
    assert_int_equal(sim_wire_settings(there->back)->latency_ns, 7);
    sim_cable_set(p.alice_host, p.bob_host, &slow);
    assert_int_equal(sim_wire_settings(there->back)->latency_ns, TIMERS_SECOND);
    pair_stop(&p);
}

static void test_whatever_shuts_a_wire(void **state)
{
    struct pair p;
    struct sim_cable_settings deaf = pair_wire(1);

    (void)state;
    pair_start(&p, 3);
    struct sim_wire *there = sim_wire_between(p.alice_host, p.bob_host);

    sim_cable_cut_one_way(p.alice_host, p.bob_host, true);
    assert_true(!there->was_open && there->back->was_open);
    sim_cable_cut(p.alice_host, p.bob_host, true);
    sim_cable_cut_one_way(p.alice_host, p.bob_host, false);
    assert_true(there->was_open && !there->back->was_open);
    sim_cable_cut(p.alice_host, p.bob_host, false);
    sim_cable_set_side(p.alice_host, 1);
    assert_true(!there->was_open && !there->back->was_open);
    sim_cable_set_side(p.bob_host, 1);
    assert_true(there->was_open && there->back->was_open);
    sim_cable_set_silent(p.bob_host, true);
    assert_true(!there->was_open && !there->back->was_open);
    sim_cable_set_silent(p.bob_host, false);
    deaf.loss_part = 1;
    sim_cable_set_default(p.sim, &deaf);
    assert_true(!there->was_open && !there->back->was_open);
    deaf.loss_whole = 2;
    sim_cable_set_default(p.sim, &deaf);
    assert_true(there->was_open && there->back->was_open);
    pair_stop(&p);
}

/* Many cuts and heals, at any moment, each shorter than the time-out: nothing is lost. */
static void test_flapping_loses_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct pair p;
        struct sim_draw draw = sim_draw_of(seed, SIM_FAULTS, 0);
        struct sim_cable_settings wire = pair_wire(20 * TIMERS_MS);

        pair_start(&p, seed);
        wire.bytes_per_second = seed % 2 * 200000;
        wire.jitter_ns = seed % 3 * TIMERS_MS;
        sim_cable_set_default(p.sim, &wire);
        p.alice.to_send = 400000;
        p.bob.echoes = true;
        assert_int_equal(pair_listen(&p), 0);
        assert_int_equal(pair_dial(&p), 0);
        for (unsigned i = 0; i < 40; i++) {
            sim_run_for(p.sim, sim_draw_below(&draw, 300 * TIMERS_MS));
            sim_cable_cut_one_way(p.alice_host, p.bob_host, sim_draw_chance(&draw, 1, 2));
            sim_run_for(p.sim, sim_draw_below(&draw, 100 * TIMERS_MS));
            sim_cable_cut_one_way(p.bob_host, p.alice_host, sim_draw_chance(&draw, 1, 2));
        }
        sim_cable_cut(p.alice_host, p.bob_host, false);
        sim_run_for(p.sim, 300 * TIMERS_SECOND);
        assert_int_equal(p.alice.opened, 0);
        assert_int_equal(p.bob.received, 400000);
        assert_int_equal(p.alice.received, 400000);
        pair_stop(&p);
    }
}

static void set_nonsense(void)
{
    struct sim *sim = sim_new(1);
    struct sim_cable_settings wire = pair_wire(1);

    wire.mtu = SIM_CABLE_MTU_MIN - 1;
    sim_cable_set_default(sim, &wire);
}

static void test_nonsense_is_refused(void **state)
{
    (void)state;
    assert_true(death_by_check(set_nonsense, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_pair_has_one_cable),  UNIT(test_settings_are_of_one_direction_or_both),
        UNIT(test_whatever_shuts_a_wire), UNIT(test_flapping_loses_nothing),
        UNIT(test_nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
