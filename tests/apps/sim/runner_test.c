/*
 * The engine behind the simulator, and words for cables.
 */
#include "apps/sim/runner.h"

#include "swarm/scenario_draw.h"
#include "tests/apps/sim/planted.h"

static void cables_have_words(void **state)
{
    const char *nearest = "";
    (void)state;
    assert_int_equal(runner_cables(NULL, &nearest), SCENARIO_DRAW_BARE);
    assert_null(nearest);
    assert_int_equal(runner_cables("message", &nearest), 1u << SCENARIO_MESSAGE);
    assert_int_equal(runner_cables("stream", &nearest), 1u << SCENARIO_STREAM);
    assert_int_equal(runner_cables("whole", &nearest), 1u << SCENARIO_WHOLE);
    assert_int_equal(runner_cables("strem", &nearest), 0);
    assert_string_equal(nearest, "stream");
    assert_int_equal(runner_cables("", &nearest), 0);
    assert_null(nearest);
}

static bool go_on_until(void *context, uint64_t at_ms, uint64_t end_ms)
{
    uint64_t *until_ms = context;
    assert_true(at_ms <= end_ms);
    return at_ms < *until_ms;
}

/* What sim_one relies on: the same hash twice, an end in between, samples in order. */
static void the_engine_keeps_its_promises(void **state)
{
    static struct scenario s;
    struct run_result first;
    struct run_result second;
    uint64_t until_ms = UINT64_MAX;
    struct run_progress progress = {go_on_until, &until_ms};
    (void)state;
    scenario_init(&s);
    s.nodes = 6;
    s.join_ms = s.fault_ms = 3000;
    s.settle_ms = 20000;
    assert_int_equal(runner_engine.run(&s, &progress, &first), 0);
    assert_int_equal(runner_engine.run(&s, NULL, &second), 0);
    assert_string_equal(first.why, "");
    assert_true(first.is_passed && first.hash == second.hash && first.hash != 0);
    assert_true(first.sample_count > 3 && first.sample_count == second.sample_count);
    for (size_t i = 1; i < first.sample_count; i++) {
        assert_true(first.samples[i].at_ms > first.samples[i - 1].at_ms);
    }
    run_result_clear(&first);
    run_result_clear(&second);
    until_ms = 5000;
    assert_int_equal(runner_engine.run(&s, &progress, &first), WAVU_ERR_CLOSED);
    assert_in_range(first.virtual_ms, 5000, 10000);
    run_result_clear(&first);
    s.nodes = 1;
    assert_int_equal(runner_engine.run(&s, NULL, &first), WAVU_ERR_INVALID);
    assert_string_equal(first.why, "nodes are 2 to 200000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(cables_have_words),
        UNIT(the_engine_keeps_its_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
