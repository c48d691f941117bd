/*
 * Runs of a duel and the arithmetic of their figures.
 */
#include "swarm/duel.h"

#include <string.h>

#include "tests/base/unit.h"

static const struct duel_config small = {
    .seed = 3, .nodes = 32, .slow = 8, .kind = PAUSE_STOPPED, .cell = DUEL_NO_CELL, .seconds = 120};

static void test_a_seed_gives_the_same_run(void **state)
{
    (void)state;
    for (int system = DUEL_SWIM; system <= DUEL_OURS; system++) {
        struct duel_figures a;
        struct duel_figures b;
        duel_run(&small, (enum duel_system)system, &a);
        duel_run(&small, (enum duel_system)system, &b);
        assert_memory_equal(a.false_downs, b.false_downs, sizeof a.false_downs);
        assert_int_equal(a.messages, b.messages);
        assert_int_equal(a.bytes, b.bytes);
        assert_int_equal(a.events, b.events);
        duel_figures_clear(&a);
        duel_figures_clear(&b);
    }
}

static void test_ours_condemns_fewer_that_are_awake(void **state)
{
    struct duel_figures swim;
    struct duel_figures ours;
    (void)state;
    duel_run(&small, DUEL_SWIM, &swim);
    duel_run(&small, DUEL_OURS, &ours);
    assert_true(swim.false_downs[DUEL_FALSE_AWAKE].declared >
                10 * ours.false_downs[DUEL_FALSE_AWAKE].declared);
    assert_int_equal(ours.false_downs[DUEL_FALSE_WELL].verdicts, 0);
    duel_figures_clear(&swim);
    duel_figures_clear(&ours);
}

static void test_crashes_are_spread_over_the_run_and_found(void **state)
{
    struct duel_config config = small;
    struct duel_figures f;
    (void)state;
    config.slow = 0;
    config.crash_every_s = 10;
    duel_run(&config, DUEL_OURS, &f);
    assert_int_equal(f.crashes, 9); /* none in the last half minute */
    assert_in_range(duel_quantile(f.first_ms, f.crashes, 500), 3000, 5000);
    assert_in_range(duel_quantile(f.all_ms, f.all_count, 1000), 3000, 10000);
    duel_figures_clear(&f);
}

static void test_quantiles(void **state)
{
    uint32_t values[] = {50, 10, 40, 30, 20};
    (void)state;
    assert_int_equal(duel_quantile(values, 5, 0), 10);
    assert_int_equal(duel_quantile(values, 5, 200), 10);
    assert_int_equal(duel_quantile(values, 5, 201), 20);
    assert_int_equal(duel_quantile(values, 5, 500), 30);
    assert_int_equal(duel_quantile(values, 5, 1000), 50);
    assert_int_equal(duel_quantile(NULL, 0, 500), 0);
}

/* Half the 95 % quantile of chi-squared with 2 (k + 1) degrees of freedom, from tables. */
static void test_upper_bounds_are_those_of_tables(void **state)
{
    const struct {
        uint64_t events;
        double bound;
    } rows[] = {{0, 2.9957}, {1, 4.7439}, {2, 6.2958}, {5, 10.5130}, {10, 16.9622}, {100, 118.079}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double off = duel_upper(rows[i].events) / rows[i].bound - 1;
        assert_true(off > -0.001 && off < 0.001);
    }
    double step = duel_upper(501) / duel_upper(500); /* where the two formulas meet */
    assert_true(step > 1.000 && step < 1.005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_seed_gives_the_same_run),
        UNIT(test_ours_condemns_fewer_that_are_awake),
        UNIT(test_crashes_are_spread_over_the_run_and_found),
        UNIT(test_quantiles),
        UNIT(test_upper_bounds_are_those_of_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
