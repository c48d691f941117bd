/* Streams of draws: independent, repeatable, integer chances. */
#include "sim/sim_draw.h"

#include "tests/base/unit.h"

static void test_streams_repeat_and_differ(void **state)
{
    struct sim_draw a = sim_draw_of(1, SIM_NETWORK, 7);
    struct sim_draw same = sim_draw_of(1, SIM_NETWORK, 7);
    struct sim_draw others[3] = {sim_draw_of(2, SIM_NETWORK, 7), sim_draw_of(1, SIM_FAULTS, 7),
                                 sim_draw_of(1, SIM_NETWORK, 8)};

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        uint64_t value = sim_draw_u64(&a);

        assert_int_equal(value, sim_draw_u64(&same));
        for (unsigned j = 0; j < 3; j++) {
            assert_int_not_equal(value, sim_draw_u64(&others[j]));
        }
    }
}

/* Published outputs of splitmix64 for the state 1234567. */
static void test_is_splitmix64(void **state)
{
    struct sim_draw d = {.state = 1234567};

    (void)state;
    assert_int_equal(sim_draw_u64(&d), UINT64_C(6457827717110365317));
    assert_int_equal(sim_draw_u64(&d), UINT64_C(3203168211198807973));
    assert_int_equal(sim_draw_u64(&d), UINT64_C(9817491932198370423));
}

static void test_below_covers_its_range_evenly(void **state)
{
    struct sim_draw d = sim_draw_of(3, SIM_SCENARIO, 0);
    unsigned counts[10] = {0};

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t value = sim_draw_below(&d, 10);

        assert_true(value < 10);
        counts[value]++;
    }
    for (unsigned i = 0; i < 10; i++) {
        assert_in_range(counts[i], 880, 1120); /* four sigma around 1000 */
    }
}

static void test_certain_chances_draw_nothing(void **state)
{
    struct sim_draw d = sim_draw_of(4, SIM_FAULTS, 0);
    uint64_t before = d.state;
    unsigned hits = 0;

    (void)state;
    assert_false(sim_draw_chance(&d, 0, 5));
    assert_true(sim_draw_chance(&d, 5, 5));
    assert_int_equal(d.state, before);
    for (unsigned i = 0; i < 10000; i++) {
        hits += sim_draw_chance(&d, 1, 4) ? 1 : 0;
    }
    assert_in_range(hits, 2327, 2673); /* four sigma around 2500 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_streams_repeat_and_differ),
        UNIT(test_is_splitmix64),
        UNIT(test_below_covers_its_range_evenly),
        UNIT(test_certain_chances_draw_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
