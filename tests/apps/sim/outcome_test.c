/*
 * Figures as people read them.
 */
#include "apps/sim/outcome.h"

#include "tests/apps/sim/planted.h"

static void sizes_and_times(void **state)
{
    char out[OUTCOME_VALUE_MAX];
    char hash[17];
    (void)state;
    assert_string_equal(outcome_bytes(0, out), "0 B");
    assert_string_equal(outcome_bytes(999, out), "999 B");
    assert_string_equal(outcome_bytes(1500, out), "1.5 kB");
    assert_string_equal(outcome_bytes(UINT64_C(2500000000000000), out), "2500.0 TB");
    assert_string_equal(outcome_seconds(0, out), "0.0 s");
    assert_string_equal(outcome_seconds(12999, out), "12.9 s");
    assert_string_equal(outcome_hash(0xabc, hash), "0000000000000abc");
}

static const char *value_of(const struct outcome *o, const char *label)
{
    static struct outcome_figure figure;
    for (size_t i = 0; outcome_figure(o, i, &figure); i++) {
        if (strcmp(figure.label, label) == 0) {
            return figure.value;
        }
    }
    fail_msg("no figure '%s'", label);
    return "";
}

static void figures_have_units(void **state)
{
    static struct scenario_file file;
    struct run_result run;
    struct outcome o = {.file = &file, .run = &run, .wall_ms = 500};
    (void)state;
    scenario_init(&file.scenario);
    planted_result(&file.scenario, 1, &run);
    assert_string_equal(value_of(&o, "broadcasts"), "10");
    assert_string_equal(value_of(&o, "deliveries owed and made"), "100 of 100 (100 %)");
    assert_string_equal(value_of(&o, "last delivery, settled (median)"), "123 ms");
    assert_string_equal(value_of(&o, "copies too many, settled"), "0.050");
    assert_string_equal(value_of(&o, "well again after faults"), "2.3 s");
    assert_string_equal(value_of(&o, "verdicts \"down\""), "3 true, 1 false");
    assert_string_equal(value_of(&o, "events"), "1050 (2100 a second of real time)");
    /* What is not all is not called all; what did not settle has no time. */
    run.figures.owed = 100000000;
    run.figures.delivered = 99999999;
    run.is_passed = false;
    planted_expect(value_of(&o, "deliveries owed and made"), "(99.999 %)");
    assert_string_equal(value_of(&o, "well again after faults"), "-");
    run.figures = (struct run_figures){.owed = 0};
    planted_expect(value_of(&o, "deliveries owed and made"), "0 of 0 (100 %)");
    /* What did not happen took no time. */
    assert_string_equal(value_of(&o, "last delivery, settled (median)"), "-");
    assert_string_equal(value_of(&o, "copies too many, settled"), "-");
    assert_string_equal(value_of(&o, "crash to verdict (median)"), "-");
    run_result_clear(&run);
}

static void all_cables_are_named(void **state)
{
    (void)state;
    planted_expect(outcome_cables(SCENARIO_MESSAGE), "message cables");
    planted_expect(outcome_cables(SCENARIO_STREAM), "stream cables");
    planted_expect(outcome_cables(SCENARIO_WHOLE), "whole nodes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(sizes_and_times),
        UNIT(figures_have_units),
        UNIT(all_cables_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
