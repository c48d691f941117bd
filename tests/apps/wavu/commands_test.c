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
        cmocka_unit_test(mistakes_are_usage_errors),
        cmocka_unit_test(common_options_stand_anywhere),
        cmocka_unit_test(who_asks_for_help_gets_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
