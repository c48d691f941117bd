/*
 * Tests of faults: each does what its name says to those it hits, and nothing after its end.
 */
#include "swarm/world.h"

#include "swarm/census.h"
#include "tests/base/unit.h"

static struct scenario_fault fault(enum scenario_fault_kind kind)
{
    return (struct scenario_fault){.id = 1,
                                   .kind = kind,
                                   .end_ms = 60000,
                                   .node = SCENARIO_EVERYWHERE,
                                   .share = {1, 2},
                                   .rate = {1, 10},
                                   .amount = 300};
}

static struct world *make(bool is_stream)
{
    struct world_config config = {
        .seed = 2, .nodes = 24, .is_stream = is_stream, .delay_min_ms = 10, .delay_max_ms = 50};
    struct world_watch watch = {.context = NULL};
    struct world *w = world_new(&config, &watch);
    for (uint32_t i = 0; i < config.nodes; i++) {
        world_start(w, i, i == 0 ? 0 : (uint32_t)random_below(&w->random, i));
        world_run(w, world_now(w) + 20 * WORLD_MS);
    }
    world_run(w, world_now(w) + 10 * WORLD_S);
    return w;
}

static uint64_t lost_in_10_s(struct world *w, const struct scenario_fault *f)
{
    uint64_t lost = w->stats.lost;
    if (f != NULL) {
        world_fault_on(w, f);
    }
    world_run(w, world_now(w) + 10 * WORLD_S);
    if (f != NULL) {
        world_fault_off(w, f->id);
    }
    return w->stats.lost - lost;
}

static void test_loss_drops_messages_and_stalls_streams(void **state)
{
    struct scenario_fault f = fault(SCENARIO_LOSS);
    (void)state;
    f.share.part = 2;
    struct world *w = make(false);
    uint64_t before = w->stats.messages;
    uint64_t lost = lost_in_10_s(w, &f);
    uint64_t sent = w->stats.messages - before;
    assert_in_range(lost * 100 / sent, 7, 13);
    assert_int_equal(lost_in_10_s(w, NULL), 0);
    world_free(w);
    w = make(true);
    assert_int_equal(lost_in_10_s(w, &f), 0);
    world_free(w);
}

static void test_a_partition_parts_and_ends(void **state)
{
    struct scenario_fault f = fault(SCENARIO_PARTITION);
    struct census c;
    (void)state;
    struct world *w = make(false);
    assert_true(census_across(w, &f) > 0);
    world_fault_on(w, &f);
    world_run(w, world_now(w) + 20 * WORLD_S);
    census_take(w, &c);
    assert_int_equal(c.components, 2);
    assert_int_equal(census_across(w, &f), 0);
    world_fault_off(w, f.id);
    world_run(w, world_now(w) + 10 * WORLD_S);
    census_take(w, &c);
    assert_int_equal(c.components, 1);
    world_free(w);
}

static void test_one_way_is_open_in_one_direction(void **state)
{
    struct scenario_fault f = fault(SCENARIO_ONE_WAY);
    (void)state;
    struct world *w = make(false);
    f.node = 3;
    world_fault_on(w, &f);
    assert_false(world_is_open(w, 3, 4));
    assert_true(world_is_open(w, 4, 3));
    assert_true(world_is_open(w, 4, 5));
    world_fault_off(w, f.id);
    assert_true(world_is_open(w, 3, 4));
    world_free(w);
}

static void test_clogging_holds_back_and_loses_nothing(void **state)
{
    struct scenario_fault f = fault(SCENARIO_CLOG);
    (void)state;
    struct world *w = make(false);
    f.share.part = 2;
    f.end_ms = (world_now(w) - WORLD_S) / WORLD_MS + 1000;
    uint64_t events = w->stats.events;
    uint64_t ticks = w->stats.ticks;
    world_fault_on(w, &f);
    assert_false(world_is_heard(w, 1, 2));
    assert_true(world_is_open(w, 1, 2));
    world_run(w, world_now(w) + 100 * WORLD_MS); /* what was under way arrives */
    events = w->stats.events - w->stats.ticks;
    world_run(w, world_now(w) + 800 * WORLD_MS);
    assert_int_equal(w->stats.events - w->stats.ticks, events);
    world_fault_off(w, f.id);
    world_run(w, world_now(w) + 500 * WORLD_MS);
    assert_true(w->stats.events - w->stats.ticks > events + 20);
    assert_true(w->stats.ticks > ticks);
    assert_int_equal(w->stats.lost, 0);
    world_free(w);
}

static void test_delay_and_bandwidth_make_it_later(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct scenario_fault f = fault(i == 0 ? SCENARIO_DELAY : SCENARIO_BANDWIDTH);
        struct world *w = make(false);
        f.share.part = 2;
        f.amount = i == 0 ? 500 : 20; /* ms; bytes a second */
        world_run(w, world_now(w) + 100 * WORLD_MS);
        uint64_t before = w->wheel.count;
        world_fault_on(w, &f);
        world_run(w, world_now(w) + 400 * WORLD_MS);
        assert_true(w->wheel.count > before); /* more is under way */
        world_free(w);
    }
}

static void test_duplicates_double(void **state)
{
    struct scenario_fault f = fault(SCENARIO_DUPLICATE);
    (void)state;
    struct world *w = make(false);
    f.share.part = 2;
    f.rate = (struct scenario_ratio){1, 1};
    uint64_t messages = w->stats.messages;
    uint64_t arrived = w->stats.events - w->stats.ticks;
    world_fault_on(w, &f);
    world_run(w, world_now(w) + 10 * WORLD_S);
    messages = w->stats.messages - messages;
    arrived = w->stats.events - w->stats.ticks - arrived;
    assert_in_range(arrived * 100 / messages, 190, 201);
    world_free(w);
}

static void test_nat_is_not_dialled_but_dials(void **state)
{
    struct scenario_fault f = fault(SCENARIO_NAT);
    struct census c;
    (void)state;
    struct world *w = make(false);
    f.node = 3;
    world_fault_on(w, &f);
    world_crash(w, 3, true);
    world_run(w, world_now(w) + 5 * WORLD_S);
    world_start(w, 3, 4);
    world_run(w, world_now(w) + 5 * WORLD_S);
    census_take(w, &c);
    assert_int_equal(c.components, 1);
    world_free(w);
}

static void test_slow_nodes_stand_still(void **state)
{
    struct scenario_fault f = fault(SCENARIO_SLOW);
    uint32_t still = 0;
    (void)state;
    struct world *w = make(false);
    f.amount = 8000;
    world_fault_on(w, &f);
    for (int i = 0; i < 100; i++) {
        world_run(w, world_now(w) + 100 * WORLD_MS);
        for (uint32_t k = 0; k < 24; k++) {
            bool is_still = w->nodes[k].still_until_ns > world_now(w);
            assert_false(is_still && !scenario_hits(&f, 2, k));
            still += is_still;
        }
    }
    assert_true(still > 20);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loss_drops_messages_and_stalls_streams),
        cmocka_unit_test(test_a_partition_parts_and_ends),
        cmocka_unit_test(test_one_way_is_open_in_one_direction),
        cmocka_unit_test(test_clogging_holds_back_and_loses_nothing),
        cmocka_unit_test(test_delay_and_bandwidth_make_it_later),
        cmocka_unit_test(test_duplicates_double),
        cmocka_unit_test(test_nat_is_not_dialled_but_dials),
        cmocka_unit_test(test_slow_nodes_stand_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
