/*
 * wavu perf.
 */
#include "apps/wavu/cmd_perf.h"

#include "tests/apps/wavu/program.h"

#include <jansson.h>

static char line[PROGRAM_TEXT_MAX + 64];

static void sums_up_in_a_final_line(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    (void)snprintf(line, sizeof line, "perf %s --upload-bytes 2000001 --download-bytes 1000001",
                   address);
    const struct said *said = program_run(line);
    assert_int_equal(said->code, 0);
    const char *last = strstr(said->out, "{\"type\":\"final\"");
    assert_non_null(last);
    json_t *final = json_loads(last, 0, NULL);
    assert_non_null(final);
    assert_int_equal(json_integer_value(json_object_get(final, "uploadBytes")), 2000001);
    assert_int_equal(json_integer_value(json_object_get(final, "downloadBytes")), 1000001);
    assert_true(json_real_value(json_object_get(final, "timeSeconds")) > 0);
    json_decref(final);
    assert_int_equal(program_end(&up)->code, 0);
}

static void reports_on_the_way_and_fails_without_a_final_line(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    (void)snprintf(line, sizeof line, "perf %s --download-bytes 1000000000000", address);
    struct program perf = program_start(line);
    program_line(perf.out, line);
    program_expect(line, "{\"type\":\"intermediary\",\"timeSeconds\":");
    assert_int_equal(program_end(&up)->code, 0);
    const struct said *said = program_wait(&perf);
    assert_int_equal(said->code, 1);
    assert_null(strstr(said->out, "final"));
    program_expect(said->err, "broke the connection off");
}

static void has_to_know_how_much(void **state)
{
    (void)state;
    program_expect_problem("perf 127.0.0.1:1", 2, "how much");
    program_expect_problem("perf 127.0.0.1:1 --upload-bytes 9223372036854775808", 2,
                           "--upload-bytes takes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(sums_up_in_a_final_line),
        PROGRAM(reports_on_the_way_and_fails_without_a_final_line),
        cmocka_unit_test(has_to_know_how_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
