/*
 * Tests of the way in: scenarios that cannot be are refused, results are cleared.
 */
#include "swarm/run.h"

#include "tests/base/unit.h"

static void test_what_cannot_be_is_refused(void **state)
{
    struct scenario s;
    struct run_result r;
    (void)state;
    scenario_init(&s);
    s.nodes = 1;
    assert_int_equal(run_scenario(&s, NULL, &r), WAVU_ERR_INVALID);
    assert_string_equal(r.why, "nodes are 2 to 200000");
    assert_false(r.is_passed);
    run_result_clear(&r);
}

static void test_a_run_has_figures_and_samples(void **state)
{
    struct scenario s;
    struct run_result r;
    (void)state;
    scenario_init(&s);
    s.nodes = 12;
    s.join_ms = 3000;
    s.fault_ms = 1000;
    s.settle_ms = 10000;
    assert_int_equal(run_scenario(&s, NULL, &r), 0);
    assert_true(r.is_passed);
    assert_int_equal(r.virtual_ms, 14000);
    assert_true(r.events > 1000);
    assert_in_range(r.sample_count, 13, 14);
    assert_true(r.figures.bytes_node_s > 0);
    assert_true(r.figures.last_delivery_us > 10000);
    run_result_clear(&r);
    assert_null(r.samples);
    assert_int_equal(r.sample_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_cannot_be_is_refused),
        cmocka_unit_test(test_a_run_has_figures_and_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
