/*
 * JSON results: read again with another reader, all keys there, hostile texts quoted.
 */
#include "apps/sim/result_json.h"

#include <jansson.h>

#include "tests/apps/sim/planted.h"

static struct scenario_file file;
static struct shrink_result shrunk;

static json_t *read_again(const struct outcome *o)
{
    struct text t;
    json_error_t error;
    text_init(&t);
    result_json_write(&t, o);
    assert_int_equal(t.at[t.len - 1], '\n');
    json_t *j = json_loads(t.at, JSON_REJECT_DUPLICATES, &error);
    if (j == NULL) {
        fail_msg("%s at %d: %s", error.text, error.position, t.at);
    }
    text_clear(&t);
    return j;
}

static void every_key_is_there(void **state)
{
    static const char *const keys[] = {"version",  "passed",     "why",     "failed_ms", "hash",
                                       "events",   "virtual_ms", "wall_ms", "replay",    "replayed",
                                       "scenario", "figures",    "shrunk",  "samples"};
    struct run_result run;
    struct outcome o = {.file = &file, .run = &run, .wall_ms = 7};
    (void)state;
    memset(&file, 0, sizeof file);
    scenario_init(&file.scenario);
    file.scenario.seed = UINT64_MAX;
    file.scenario.fault_count = 2;
    file.scenario.faults[0] = (struct scenario_fault){.id = 4,
                                                      .kind = SCENARIO_LOSS,
                                                      .at_ms = 11000,
                                                      .node = SCENARIO_EVERYWHERE,
                                                      .share = {1, 2},
                                                      .rate = {1, 20}};
    file.scenario.faults[1] = (struct scenario_fault){
        .id = 5, .kind = SCENARIO_SLOW, .at_ms = 1, .end_ms = 12000, .node = 3, .amount = 99};
    planted_result(&file.scenario, 3, &run);
    json_t *j = read_again(&o);
    assert_int_equal(json_object_size(j), sizeof keys / sizeof keys[0]);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        assert_non_null(json_object_get(j, keys[i]));
    }
    const json_t *s = json_object_get(j, "scenario");
    assert_string_equal(json_string_value(json_object_get(s, "seed")), "18446744073709551615");
    assert_string_equal(json_string_value(json_object_get(s, "cable")), "message");
    const json_t *faults = json_object_get(s, "faults");
    assert_int_equal(json_array_size(faults), 2);
    const json_t *loss = json_array_get(faults, 0);
    assert_string_equal(json_string_value(json_object_get(loss, "rate")), "1/20");
    assert_true(json_is_null(json_object_get(loss, "node")));
    assert_true(json_is_null(json_object_get(loss, "amount")));
    const json_t *slow = json_array_get(faults, 1);
    assert_int_equal(json_integer_value(json_object_get(slow, "node")), 3);
    assert_int_equal(json_integer_value(json_object_get(slow, "amount")), 99);
    assert_true(json_is_null(json_object_get(slow, "share")));
    assert_int_equal(json_array_size(json_object_get(j, "samples")), 3);
    assert_int_equal(json_object_size(json_array_get(json_object_get(j, "samples"), 0)), 14);
    assert_int_equal(json_object_size(json_object_get(j, "figures")), 14);
    assert_true(json_is_null(json_object_get(j, "shrunk")));
    json_decref(j);
    run_result_clear(&run);
}

static void a_failure_has_its_small_scenario(void **state)
{
    struct run_result run;
    struct outcome o = {.file = &file, .run = &run, .shrunk = &shrunk, .replay_path = "a\"b.toml"};
    static struct scenario_file again;
    struct scenario_toml_error error;
    (void)state;
    memset(&file, 0, sizeof file);
    scenario_init(&file.scenario);
    memcpy(file.scenario.name, "</script>\"\xff\\", sizeof "</script>\"\xff\\");
    planted_result(&file.scenario, 0, &run);
    run.is_passed = false;
    memcpy(run.why, "it \"broke\"", sizeof "it \"broke\"");
    shrunk.scenario = file.scenario;
    memcpy(shrunk.scenario.name, "small", sizeof "small");
    shrunk.scenario.nodes = 4;
    shrunk.runs = 12;
    json_t *j = read_again(&o);
    assert_false(json_boolean_value(json_object_get(j, "passed")));
    assert_string_equal(json_string_value(json_object_get(j, "why")), "it \"broke\"");
    assert_string_equal(json_string_value(json_object_get(j, "replay")), "a\"b.toml");
    assert_int_equal(json_array_size(json_object_get(j, "samples")), 0);
    const json_t *small = json_object_get(j, "shrunk");
    assert_int_equal(json_integer_value(json_object_get(small, "runs")), 12);
    const char *toml = json_string_value(json_object_get(small, "toml"));
    assert_int_equal(scenario_toml_read(span_from_text(toml), &again, &error), 0);
    assert_int_equal(again.scenario.nodes, 4);
    json_decref(j);
    run_result_clear(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(every_key_is_there),
        UNIT(a_failure_has_its_small_scenario),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
