/*
 * Runs in a child: the result is that of a run here, and a child that dies is a failure.
 */
#include "apps/sim/isolate.h"

#include <signal.h>

#include "tests/apps/sim/planted.h"

static int run_planted(const struct scenario *s, const struct run_progress *progress,
                       struct run_result *out)
{
    (void)progress;
    planted_result(s, s->nodes, out);
    return s->seed == 5 ? WAVU_ERR_CLOSED : 0;
}

static int run_and_die(const struct scenario *s, const struct run_progress *progress,
                       struct run_result *out)
{
    (void)progress;
    (void)out;
    if (s->seed == 1) {
        (void)raise(SIGKILL);
    }
    _exit(3);
}

static void a_result_comes_whole(void **state)
{
    struct runner runner = {run_planted};
    static struct scenario s;
    (void)state;
    scenario_init(&s);
    for (uint32_t nodes = 2; nodes <= RUN_SAMPLES_MAX; nodes *= 2) {
        struct run_result here;
        struct run_result there;
        s.nodes = nodes;
        s.seed = nodes;
        assert_int_equal(run_planted(&s, NULL, &here), 0);
        assert_int_equal(isolate_run(&runner, &s, NULL, nodes % 4 == 0, &there), 0);
        assert_true(there.is_passed);
        assert_true(there.hash == here.hash);
        assert_memory_equal(&there.figures, &here.figures, sizeof here.figures);
        assert_int_equal(there.sample_count, nodes);
        assert_memory_equal(there.samples, here.samples, nodes * sizeof here.samples[0]);
        run_result_clear(&here);
        run_result_clear(&there);
    }
}

static void what_it_returns_comes_too(void **state)
{
    struct runner runner = {run_planted};
    static struct scenario s;
    struct run_result r;
    (void)state;
    scenario_init(&s);
    s.seed = 5;
    assert_int_equal(isolate_run(&runner, &s, NULL, false, &r), WAVU_ERR_CLOSED);
    run_result_clear(&r);
}

static void a_child_that_dies_has_failed(void **state)
{
    struct runner runner = {run_and_die};
    static struct scenario s;
    struct run_result r;
    (void)state;
    scenario_init(&s);
    s.seed = 1;
    assert_int_equal(isolate_run(&runner, &s, NULL, false, &r), 0);
    assert_false(r.is_passed);
    assert_string_equal(r.why, "the simulator died: signal 9");
    run_result_clear(&r);
    s.seed = 2;
    assert_int_equal(isolate_run(&runner, &s, NULL, true, &r), 0);
    assert_string_equal(r.why, "the simulator died: exit code 3");
    assert_null(r.samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_result_comes_whole),
        UNIT(what_it_returns_comes_too),
        UNIT(a_child_that_dies_has_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
