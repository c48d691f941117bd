/*
 * The table of the shell's own commands: each is whole, found and explained; which lines are kept.
 */
#include "apps/shell/shell_commands.h"

#include "tests/apps/shell/program.h"

static char out[16384];
static const struct shell_config config = {
    .socket = "/nowhere/control.sock", .home = "/nowhere", .program = &program};

static void each_row_is_whole(void **state)
{
    const struct shell_command *command = NULL;
    size_t count = 0;
    (void)state;
    for (; (command = shell_commands_at(count)) != NULL; count++) {
        assert_ptr_equal(shell_commands_find(command->name), command);
        assert_true(strlen(command->summary) > 0 && command->run != NULL);
        assert_true(command->words_min <= command->words_max);
        assert_int_equal(command->words_max == 0, command->words[0] == '\0');
        assert_null(strchr(command->summary, '.'));
    }
    assert_true(count > 8);
    assert_null(shell_commands_find("nonsense"));
}

static void each_is_explained(void **state)
{
    const struct shell_command *command = NULL;
    (void)state;
    assert_int_equal(program_line(&config, "help", out, sizeof out), 0);
    for (size_t i = 0; (command = shell_commands_at(i)) != NULL; i++) {
        assert_non_null(strstr(out, command->summary));
    }
    assert_non_null(strstr(out, "say something")); /* the program's, too */
    for (size_t i = 0; (command = shell_commands_at(i)) != NULL; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "help %s", command->name);
        assert_int_equal(program_line(&config, line, out, sizeof out), 0);
        assert_non_null(strstr(out, command->summary));
        (void)snprintf(line, sizeof line, "%s --help", command->name);
        if (strcmp(command->name, "history") != 0) {
            assert_int_equal(program_line(&config, line, out, sizeof out), 0);
            assert_non_null(strstr(out, command->summary));
        }
    }
    assert_int_equal(program_line(&config, "help say", out, sizeof out), 0);
    assert_string_equal(out, "[help] [say]\n"); /* whose command it is explains it */
    assert_int_equal(program_line(&config, "help nonsense", out, sizeof out), 2);
}

static void lines_with_secrets_are_known(void **state)
{
    (void)state;
    assert_true(shell_commands_is_secret(2, (const char *const[]){"join", "7-apple-river"}));
    assert_true(shell_commands_is_secret(3, (const char *const[]){"wavu", "join", "7-apple"}));
    assert_true(shell_commands_is_secret(1, (const char *const[]){"passphrase"}));
    assert_false(shell_commands_is_secret(2, (const char *const[]){"say", "join"}));
    assert_false(shell_commands_is_secret(0, NULL));
}

#define SHELL(test) cmocka_unit_test_setup_teardown(test, program_start, program_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHELL(each_row_is_whole),
        SHELL(each_is_explained),
        SHELL(lines_with_secrets_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
