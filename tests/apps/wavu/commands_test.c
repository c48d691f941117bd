/*
 * From a command line to a command.
 */
#include "apps/wavu/commands.h"

#include "tests/apps/wavu/program.h"

static void the_table_is_sound(void **state)
{
    const struct command *command = commands_at(0);
    (void)state;
    for (size_t i = 0; command != NULL; command = commands_at(++i)) {
        assert_ptr_equal(commands_find(command->name), command);
        assert_non_null(command->run);
        assert_true(command->words_min <= command->words_max);
        assert_int_equal(command->words[0] != '\0', command->words_max > 0);
        for (size_t k = 0; k < command->option_count; k++) {
            for (size_t m = k + 1; m < command->option_count; m++) {
                assert_string_not_equal(command->options[k].name, command->options[m].name);
            }
        }
    }
    assert_null(commands_find(""));
    assert_null(commands_find("UP"));
}

/* A new command that lacks something of this is told what. */
static void every_command_keeps_the_conventions(void **state)
{
    char line[128];
    const struct command *command = commands_at(0);
    (void)state;
    for (size_t i = 0; command != NULL; command = commands_at(++i)) {
        const char *name = command->name;
        if (command->summary == NULL || command->summary[0] == '\0' ||
            command->summary[strlen(command->summary) - 1] == '.') {
            fail_msg("%s: .summary is half a line without a full stop", name);
        }
        (void)snprintf(line, sizeof line, "  wavu %s", name);
        if (command->examples == NULL || strstr(command->examples, line) == NULL) {
            fail_msg("%s: .examples shows it, in lines that begin with '%s'", name, line);
        }
        if (command->notes == NULL || command->words == NULL) {
            fail_msg("%s: .notes and .words are texts, \"\" for none", name);
        }
        (void)snprintf(line, sizeof line, "%s --help", name);
        const struct said *said = program_run(line);
        if (said->code != 0 || said->out[0] == '\0' || said->err[0] != '\0') {
            fail_msg("%s: --help goes to stdout, with exit code 0", name);
        }
        (void)snprintf(line, sizeof line, "%s --help --json", name);
        said = program_run(line);
        if (said->code != 0 || said->out[0] != '{') {
            fail_msg("%s: --help --json is one object", name);
        }
        (void)snprintf(line, sizeof line, "%s --no-such-option", name);
        program_expect_problem(line, 2, "there is no option --no-such-option");
    }
}

static void mistakes_are_usage_errors(void **state)
{
    (void)state;
    program_expect_problem("perv", 2, "did you mean 'wavu perf'?");
    program_expect_problem("block Baraka", 2, "did you mean 'wavu contact block WHO'?");
    program_expect_problem("-x", 2, "there is no option -x");
    program_expect_problem("--hme x", 2, "did you mean --home?");
    program_expect_problem("id extra", 2, "id does not understand the word 'extra'");
    program_expect_problem("ping", 2, "ping needs ADDR");
    program_expect_problem("ping a b", 2, "does not understand the word 'b'");
    program_expect_problem("say good morning", 2,
                           "'morning': a text of several words is put in quotes");
    program_expect_problem("help nothing", 2, "there is no command 'nothing'");
}

static void quiet_and_colour_are_everywhere(void **state)
{
    (void)state;
    program_expect(program_run("--color always perv")->err, "wavu: there is no command");
    const struct said *said = program_run("status --color=always --home /nowhere/at/all");
    program_expect(said->err, "\033[1;31mwavu:\033[0m no node runs in");
    program_expect_problem("status --home /nowhere/at/all --color never", 3, "no node runs");
    program_expect_problem("status --color sometimes", 2, "takes auto, always or never");
    assert_string_equal(program_run("-q version")->out, program_run("version")->out);
}

static void common_options_stand_anywhere(void **state)
{
    (void)state;
    assert_string_equal(program_run("--json version")->out, program_run("version --json")->out);
    assert_int_equal(program_run("")->code, 0);
    assert_int_equal(program_run("--json")->out[0], '{');
    program_expect(program_run("--help up")->out, "wavu up - ");
}

/* Also where an option lacks its value, or is none. */
static void who_asks_for_help_gets_it(void **state)
{
    (void)state;
    program_expect(program_run("say --bogus --help")->out, "wavu say - ");
    program_expect(program_run("say habari --home --help")->out, "wavu say - ");
    program_expect(program_run("sim --help --json")->out, "{\"name\":\"sim\"");
    program_expect(program_run("sim --json --help")->out, "{\"name\":\"sim\"");
    program_expect_problem("say -- --help --home", 2, "does not understand the word '--home'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sound),
        cmocka_unit_test(every_command_keeps_the_conventions),
        cmocka_unit_test(quiet_and_colour_are_everywhere),
        cmocka_unit_test(mistakes_are_usage_errors),
        cmocka_unit_test(common_options_stand_anywhere),
        cmocka_unit_test(who_asks_for_help_gets_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
