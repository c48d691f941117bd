/*
 * wavu set, get, unset.
 */
#include "apps/wavu/cmd_set.h"

#include "tests/apps/wavu/program.h"

static void write_settings(const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/wavu.toml", program_home);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void expect_settings(const char *text)
{
    char path[128];
    char found[2048] = "";
    (void)snprintf(path, sizeof path, "%s/wavu.toml", program_home);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    (void)!fread(found, 1, sizeof found - 1, file);
    (void)fclose(file);
    assert_string_equal(found, text);
}

static void a_setting_is_changed_and_nothing_else(void **state)
{
    (void)state;
    write_settings("# mine\nmin_degree = 3 # few\n\n# far\nwan_mode = true\n");
    const struct said *said = program_run(program_in_home("set min_degree 5 --home %s"));
    assert_string_equal(said->out, "min_degree = 5\n");
    assert_string_equal(said->err, "");
    assert_int_equal(said->code, 0);
    said = program_run(program_in_home("set gossip_interval 2m --json --home %s"));
    assert_string_equal(said->out, "{\"key\":\"gossip_interval\",\"value\":\"2m\","
                                   "\"origin\":\"file\",\"isRunning\":false,"
                                   "\"takenBy\":\"reload\"}\n");
    expect_settings("# mine\nmin_degree = 5 # few\n\n# far\nwan_mode = true\n"
                    "gossip_interval = \"2m\"\n");
    said = program_run(program_in_home("unset min_degree --home %s"));
    assert_string_equal(said->out, "min_degree = 4\n");
    expect_settings("# mine\n\n# far\nwan_mode = true\ngossip_interval = \"2m\"\n");
    program_expect_problem(program_in_home("unset min_degree --home %s"), 4,
                           "min_degree is not in '");
}

static void every_kind_is_written_as_the_file_has_it(void **state)
{
    (void)state;
    assert_int_equal(program_run(program_in_home("set phi_threshold 8.25 --home %s"))->code, 0);
    assert_int_equal(program_run(program_in_home("set wan_mode true --home %s"))->code, 0);
    assert_int_equal(program_run(program_in_home("set power low --home %s"))->code, 0);
    assert_int_equal(program_run(program_in_home("set network quay --home %s"))->code, 0);
    assert_int_equal(program_run(program_in_home("set bind_addr [::1]:7 --home %s"))->code, 0);
    assert_int_equal(program_run(program_in_home("set seed_peers a:1,b:2 --home %s"))->code, 0);
    expect_settings("phi_threshold = 8.25\nwan_mode = true\npower = \"low\"\n"
                    "network = \"quay\"\nbind_addr = \"[::1]:7\"\nseed_peers = [\"a:1\", "
                    "\"b:2\"]\n");
    assert_string_equal(program_run(program_in_home("get power --home %s"))->out, "low\n");
    assert_string_equal(program_run(program_in_home("get seed_peers --json --home %s"))->out,
                        "{\"seed_peers\":[\"a:1\", \"b:2\"]}\n");
    program_expect(program_run(program_in_home("get --home %s"))->out, "max_degree = 6\n");
}

static void what_no_node_would_start_with_is_not_written(void **state)
{
    (void)state;
    write_settings("max_degree = 5\n");
    program_expect_problem(program_in_home("set min_degree 50 --home %s"), 2,
                           "min_degree takes a whole number from 1 to 12, not '50'");
    program_expect_problem(program_in_home("set min_degree 6 --home %s"), 2,
                           "min_degree is 6 and max_degree 5");
    program_expect_problem(program_in_home("set min_degre 6 --home %s"), 4,
                           "there is no setting 'min_degre'; did you mean min_degree?");
    program_expect_problem(program_in_home("get nonsense --home %s"), 4,
                           "there is no setting 'nonsense'; 'wavu get' lists them");
    program_expect_problem(program_in_home("set power --home %s"), 2, "set needs SETTING VALUE");
    program_expect_problem(program_in_home("set keypair_seed 00 --home %s"), 2, "is a secret");
    expect_settings("max_degree = 5\n");
    write_settings("max_degree = 5 5\n");
    program_expect_problem(program_in_home("set min_degree 3 --home %s"), 2, "wavu.toml:1:16: ");
    expect_settings("max_degree = 5 5\n");
}

static void what_goes_before_is_said(void **state)
{
    (void)state;
    (void)setenv("WAVU_MIN_DEGREE", "2", 1);
    const struct said *said = program_run(program_in_home("set min_degree 3 --home %s"));
    assert_string_equal(said->out, "min_degree = 2\n");
    program_expect(said->err, "is not what holds for min_degree: WAVU_MIN_DEGREE goes before it");
    expect_settings("min_degree = 3\n");
    (void)unsetenv("WAVU_MIN_DEGREE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(a_setting_is_changed_and_nothing_else),
        PROGRAM(every_kind_is_written_as_the_file_has_it),
        PROGRAM(what_no_node_would_start_with_is_not_written),
        PROGRAM(what_goes_before_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
