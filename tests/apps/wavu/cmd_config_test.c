/*
 * wavu config.
 */
#include "apps/wavu/cmd_config.h"

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

static void shows_values_and_where_they_come_from(void **state)
{
    (void)state;
    const struct said *said = program_run(program_in_home("config show --origin --home %s"));
    assert_int_equal(said->code, 0);
    program_expect(said->out, "min_degree = 4 # default\n");
    write_settings("min_degree = 3 # small\n");
    said = program_run(program_in_home("config show --origin --home %s"));
    program_expect(said->out, "/wavu.toml:1\n");
    program_expect(said->out, "gossip_interval = \"1s\" # default\n");
    said = program_run(program_in_home("config show --json --home %s"));
    program_expect(said->out, "\"min_degree\":3,\"max_degree\":6");
    (void)setenv("WAVU_MAX_DEGREE", "7", 1);
    said = program_run(program_in_home("config show --origin --home %s"));
    program_expect(said->out, "max_degree = 7 # WAVU_MAX_DEGREE\n");
    said = program_run(program_in_home("config show --origin --json --home %s"));
    program_expect(said->out, "\"max_degree\":{\"value\":7,\"origin\":\"environment\","
                              "\"place\":\"WAVU_MAX_DEGREE\"}");
    program_expect(said->out, "\"min_degree\":{\"value\":3,\"origin\":\"file\"");
    (void)setenv("WAVU_MAX_DEGREE", "70", 1);
    program_expect_problem(program_in_home("config check --home %s"), 2,
                           "WAVU_MAX_DEGREE takes a whole number from 2 to 12, not '70'");
    (void)unsetenv("WAVU_MAX_DEGREE");
}

static void check_says_what_is_wrong(void **state)
{
    (void)state;
    const struct said *said = program_run(program_in_home("config check --home %s/none"));
    program_expect(said->out, "/none/wavu.toml': all settings have their defaults\n");
    write_settings("min_degree = 3\nmax_degre = 4\n");
    program_expect_problem(program_in_home("config check --home %s"), 2,
                           "wavu.toml:2:1: there is no setting 'max_degre'; did you mean");
    program_expect_problem(program_in_home("up --home %s --listen 127.0.0.1:0"), 2, ":2:1:");
    write_settings("min_degree = 3\n");
    said = program_run(program_in_home("config check --home %s"));
    assert_int_equal(said->code, 0);
    program_expect(said->out, "/wavu.toml' are good\n");
    program_expect_problem("config check /nonexistent.toml", 4, "there are no settings");
    program_expect_problem("config chekc", 2,
                           "takes check or show, not 'chekc'; did you mean check");
}

int main(void)
{
    const struct CMUnitTest tests[] = {PROGRAM(shows_values_and_where_they_come_from),
                                       PROGRAM(check_says_what_is_wrong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
