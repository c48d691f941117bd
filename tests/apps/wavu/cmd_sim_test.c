/*
 * wavu sim: which options go together, exit codes, and small runs of the real engine.
 */
#include "apps/wavu/cmd_sim.h"

#include "tests/apps/wavu/program.h"

static void write_file(const char *text)
{
    FILE *file = fopen(program_in_home("%s/file"), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void options_go_together_or_not(void **state)
{
    (void)state;
    program_expect_problem("sim", 2, "sim takes one of SCENARIO.toml, --draw and --seeds N");
    program_expect_problem("sim --draw --seeds 3", 2, "sim takes one of");
    program_expect_problem("sim x.toml --draw", 2, "sim takes one of");
    program_expect_problem("sim --seeds 3 --html x", 2, "--html does not go with --seeds");
    program_expect_problem("sim --draw --from 3", 2, "--from goes with --seeds only");
    program_expect_problem("sim --draw -j 3", 2, "--jobs goes with --seeds only");
    program_expect_problem("sim x.toml --cable stream", 2, "--cable goes with --draw");
    program_expect_problem("sim --draw --cable strem", 2, "did you mean stream");
    program_expect_problem("sim --draw --cable pigeon", 2, "message, stream or whole");
    program_expect_problem("sim --seeds 0", 2, "--seeds takes a whole number from 1");
    program_expect_problem("sim --draw --nodes 1", 2, "--nodes takes a whole number from 2");
    program_expect_problem("sim --drow", 2, "did you mean --draw?");
    program_expect_problem("sim x y", 2, "does not understand the word 'y'");
    program_expect_problem("sim none.toml", 4, "'none.toml' cannot be read");
}

static void bad_files_are_refused_with_a_place(void **state)
{
    (void)state;
    write_file("nodes = 20\nseeed = 3\n");
    program_expect_problem(program_in_home("sim %s/file"), 2,
                           "/file:2:1: there is no key 'seeed'; did you mean seed");
}

static void a_drawn_scenario_is_printed(void **state)
{
    (void)state;
    const struct said *said = program_run("sim --draw --seed 12 --print --cable stream");
    assert_int_equal(said->code, 0);
    program_expect(said->out, "name = \"drawn from 12\"\nseed = 12\n");
    program_expect(said->out, "cable = \"stream\"\n");
    said = program_run("sim --draw --seed 12 --print --nodes 77");
    program_expect(said->out, "nodes = 77\n");
}

static void small_meshes_pass_and_fail(void **state)
{
    char *json = NULL;
    (void)state;
    write_file("nodes = 8\njoin_time = \"5s\"\nfault_time = \"5s\"\nsettle_time = \"20s\"\n");
    const struct said *said = program_run(program_in_home("sim %s/file --seed 4"));
    assert_string_equal(said->err, "");
    assert_int_equal(said->code, 0);
    program_expect(said->out, "quiet: 8 nodes, seed 4, 0 faults, 30.0 s\non message cables");
    program_expect(said->out, "\npassed\n");
    said = program_run(program_in_home("--json sim %s/file --seed 4"));
    assert_int_equal(said->code, 0);
    assert_int_equal(said->out[0], '{');
    json = strdup(strstr(said->out, "\"hash\":"));
    json[25] = '\0';
    /* The same run again, by the other way to ask for it. */
    program_expect(program_run(program_in_home("sim %s/file --seed 4 --json -"))->out, json);
    assert_null(strstr(program_run(program_in_home("sim %s/file --seed 5 --json -"))->out, json));
    free(json);
    write_file("nodes = 20\njoin_time = \"1s\"\nfault_time = \"0s\"\nsettle_time = \"1ms\"\n");
    said = program_run(program_in_home("sim %s/file --no-shrink --replay-to %s/wavu.toml"));
    assert_int_equal(said->code, 4); /* there is no folder %s: seen before the run */
    assert_string_equal(said->out, "");
    program_expect(said->err, "cannot be written");
    said = program_run(program_in_home("sim %s/file --no-shrink --replay-to /dev/full"));
    assert_int_equal(said->code, 1);
    program_expect(said->out, "FAILED: ");
    program_expect(said->err, "cannot be written");
}

static void many_seeds_are_run(void **state)
{
    (void)state;
    const struct said *said = program_run("sim --seeds 2 --from 3 -j 2 --cable message");
    assert_string_equal(said->err, "");
    assert_int_equal(said->code, 0);
    program_expect(said->out, "2 seeds from 3: 2 passed, 0 failed\n2 on message, 0 on stream");
}

static void help_has_its_json_once(void **state)
{
    (void)state;
    const struct said *said = program_run("help sim");
    program_expect(said->out, "--json FILE");
    assert_null(strstr(said->out, "print JSON"));
    said = program_run("help sim --json");
    assert_null(strstr(said->out, "print JSON"));
    program_expect(said->out, "\"name\":\"replay-to\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_go_together_or_not),  PROGRAM(bad_files_are_refused_with_a_place),
        cmocka_unit_test(a_drawn_scenario_is_printed), PROGRAM(small_meshes_pass_and_fail),
        cmocka_unit_test(many_seeds_are_run),          cmocka_unit_test(help_has_its_json_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
