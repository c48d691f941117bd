/*
 * Pauses: how many nodes have them, that they come from seed and node alone, and how long they are.
 */
#include "swarm/pause.h"

#include "tests/base/unit.h"

#define MS UINT64_C(1000000)
#define S (1000 * MS)

static const struct pause_config usual = {.seed = 7, .start_ns = 30 * S, .nodes = 128, .slow = 32};

static void test_exactly_so_many_are_slow(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct pause_config config = usual;
        uint32_t slow = 0;
        config.seed = seed;
        for (uint32_t i = 0; i < config.nodes; i++) {
            slow += pause_is_slow(&config, i);
        }
        assert_int_equal(slow, 32);
    }
}

/* How long `node` stands still from `begin` to `end`, asked every `step`. */
static uint64_t still(const struct pause_config *config, uint32_t node, uint64_t end, uint64_t step)
{
    struct pause p;
    uint64_t sum = 0;
    pause_init(&p, config, node);
    for (uint64_t now = 0; now < end; now += step) {
        uint64_t until = pause_end(&p, now);
        assert_true(until == 0 || until > now);
        sum += until > 0 ? step : 0;
    }
    return sum;
}

static void test_who_is_well_never_stands_still_and_nobody_does_before_the_start(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < usual.nodes; i++) {
        assert_int_equal(still(&usual, i, usual.start_ns, 100 * MS), 0);
        uint64_t sum = still(&usual, i, 300 * S, 100 * MS);
        assert_int_equal(sum > 0, pause_is_slow(&usual, i));
    }
}

static void test_the_answer_does_not_depend_on_how_often_is_asked(void **state)
{
    uint32_t node = 0;
    struct pause often;
    struct pause rarely;
    (void)state;
    while (!pause_is_slow(&usual, node)) {
        node++;
    }
    pause_init(&often, &usual, node);
    pause_init(&rarely, &usual, node);
    for (uint64_t now = 0; now < 600 * S; now += 10 * MS) {
        uint64_t end = pause_end(&often, now);
        if (now % (70 * MS) == 0) {
            assert_int_equal(pause_end(&rarely, now), end);
        }
    }
}

static void test_a_cell_of_the_grid_fixes_duration_and_interval(void **state)
{
    struct pause_config config = usual;
    uint32_t node = 0;
    struct pause p;
    (void)state;
    pause_cell(&config, 3 * PAUSE_INTERVALS + 6);
    assert_int_equal(config.duration_ns, 8192 * MS);
    assert_int_equal(config.interval_ns, 4096 * MS);
    while (!pause_is_slow(&config, node)) {
        node++;
    }
    pause_init(&p, &config, node);
    uint64_t begin = config.start_ns + config.interval_ns;
    assert_int_equal(pause_end(&p, begin - 1), 0);
    assert_int_equal(pause_end(&p, begin), begin + config.duration_ns);
    assert_int_equal(pause_end(&p, begin + config.duration_ns), 0);
    assert_int_equal(pause_end(&p, begin + config.duration_ns + config.interval_ns),
                     begin + 2 * config.duration_ns + config.interval_ns);
}

static void test_together_means_at_the_same_times(void **state)
{
    struct pause_config config = usual;
    struct pause all[128];
    (void)state;
    config.is_together = true;
    for (uint32_t i = 0; i < 128; i++) {
        pause_init(&all[i], &config, i);
    }
    for (uint64_t now = 0; now < 120 * S; now += 50 * MS) {
        uint64_t common = 0;
        for (uint32_t i = 0; i < 128; i++) {
            uint64_t end = pause_end(&all[i], now);
            if (pause_is_slow(&config, i)) {
                assert_true(common == 0 || end == common);
                common = end;
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_exactly_so_many_are_slow),
        UNIT(test_who_is_well_never_stands_still_and_nobody_does_before_the_start),
        UNIT(test_the_answer_does_not_depend_on_how_often_is_asked),
        UNIT(test_a_cell_of_the_grid_fixes_duration_and_interval),
        UNIT(test_together_means_at_the_same_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
