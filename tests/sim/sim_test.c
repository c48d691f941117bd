/* The clock: order of events, limits of runs, and one seed being one story. */
#include "sim/sim.h"

#include "tests/base/death.h"
#include "tests/sim/pair.h"

static char trace[16];

struct noted {
    struct sim_event event;
    char letter;
};

static void on_fire(struct sim_event *event)
{
    size_t len = strlen(trace);

    trace[len] = LIST_OF(event, struct noted, event)->letter;
    trace[len + 1] = '\0';
}

static void test_events_fire_in_order_of_time_then_of_scheduling(void **state)
{
    struct sim *sim = sim_new(1);
    struct noted n[5];

    (void)state;
    trace[0] = '\0';
    for (size_t i = 0; i < 5; i++) {
        n[i] = (struct noted){.event.fire = on_fire, .letter = (char)('a' + i)};
    }
    sim_at(sim, &n[0].event, 20);
    sim_at(sim, &n[1].event, 10);
    sim_at(sim, &n[2].event, 20);
    sim_at(sim, &n[3].event, 10);
    sim_at(sim, &n[4].event, 5);
    sim_cancel(sim, &n[4].event);
    sim_cancel(sim, &n[4].event);
    sim_at(sim, &n[0].event, 20); /* moved: counts as new */
    sim_run_for(sim, 10);
    assert_string_equal(trace, "bd");
    assert_int_equal(sim_now(sim), 10);
    sim_run_for(sim, 100);
    assert_string_equal(trace, "bdca");
    assert_int_equal(sim_now(sim), 110);
    sim_at(sim, &n[4].event, 3); /* the past is now */
    sim_run_for(sim, 0);
    assert_string_equal(trace, "bdcae");
    sim_free(sim);
}

static bool bob_has_some(void *context)
{
    const struct pair *p = context;

    return p->bob.received > 0;
}

static void test_run_until_stops_when_it_is_true(void **state)
{
    struct pair p;

    (void)state;
    pair_start(&p, 2);
    p.alice.to_send = 10;
    assert_int_equal(pair_listen(&p), 0);
    assert_int_equal(pair_dial(&p), 0);
    assert_false(sim_run_until(p.sim, bob_has_some, &p, 2 * TIMERS_MS));
    assert_true(sim_run_until(p.sim, bob_has_some, &p, TIMERS_SECOND));
    assert_int_equal(sim_now(p.sim), 3 * TIMERS_MS);
    assert_true(sim_run_until(p.sim, bob_has_some, &p, 0));
    pair_stop(&p);
}

/* A run with everything in it; returns its hash. `draws` more are taken from the faults' stream. */
static uint64_t story(uint64_t seed, unsigned draws)
{
    struct pair p;
    struct sim_cable_settings wire = pair_wire(5 * TIMERS_MS);

    pair_start(&p, seed);
    wire.jitter_ns = 3 * TIMERS_MS;
    wire.loss_part = 1;
    wire.loss_whole = 50;
    wire.bytes_per_second = 1000000;
    sim_cable_set_default(p.sim, &wire);
    p.alice.to_send = 100000;
    p.bob.to_send = 50000;
    while (draws > 0) {
        (void)random_u64(sim_random(p.sim, SIM_FAULTS));
        draws--;
    }
    pair_connect(&p);
    sim_cable_cut(p.alice_host, p.bob_host, true);
    sim_run_for(p.sim, TIMERS_SECOND);
    sim_cable_cut(p.alice_host, p.bob_host, false);
    sim_run_for(p.sim, 100 * TIMERS_SECOND);
    assert_int_equal(p.bob.received, 100000);
    uint64_t hash = sim_event_hash(p.sim);

    assert_true(sim_event_count(p.sim) > 100);
    pair_stop(&p);
    return hash;
}

static void test_one_seed_is_one_story(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        uint64_t hash = story(seed, 0);

        assert_int_equal(hash, story(seed, 0));
        assert_int_equal(hash, story(seed, 3)); /* purposes do not shift each other */
        assert_int_not_equal(hash, story(seed + 1, 0));
    }
}

static void test_streams_of_purposes_differ(void **state)
{
    struct sim *sim = sim_new(3);

    (void)state;
    assert_int_not_equal(random_u64(sim_random(sim, SIM_FAULTS)),
                         random_u64(sim_random(sim, SIM_SCENARIO)));
    sim_free(sim);
}

static void leak_a_socket(void)
{
    struct pair p;

    pair_start(&p, 4);
    pair_connect(&p);
    sim_free(p.sim);
}

static void test_open_handles_are_found(void **state)
{
    (void)state;
    assert_true(death_by_check(leak_a_socket, NULL, 0));
    sim_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_events_fire_in_order_of_time_then_of_scheduling),
        UNIT(test_run_until_stops_when_it_is_true),
        UNIT(test_one_seed_is_one_story),
        UNIT(test_streams_of_purposes_differ),
        UNIT(test_open_handles_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
