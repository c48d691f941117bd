/*
 * Help: everything that the table has is in it, in text and in JSON.
 */
#include "apps/wavu/help.h"

#include "apps/term/say.h"
#include "tests/apps/wavu/program.h"

#include <jansson.h>

static void the_list_names_every_command(void **state)
{
    const struct said *said = program_run("help");
    const struct command *command = commands_at(0);
    (void)state;
    assert_int_equal(said->code, 0);
    for (size_t i = 0; command != NULL; command = commands_at(++i)) {
        program_expect(said->out, command->summary);
    }
}

/* The words of `text`, a single space between any two: however its lines are broken. */
static const char *words_of(const char *text, char out[PROGRAM_TEXT_MAX])
{
    size_t len = 0;
    for (; *text != '\0' && len < PROGRAM_TEXT_MAX - 1; text++) {
        bool is_space = *text == ' ' || *text == '\n';
        if (!is_space || (len > 0 && out[len - 1] != ' ')) {
            out[len++] = is_space ? ' ' : *text;
        }
    }
    len -= len > 0 && out[len - 1] == ' ' ? 1 : 0;
    out[len] = '\0';
    return out;
}

static void expect_words(const char *text, const char *part)
{
    static char all[PROGRAM_TEXT_MAX];
    static char some[PROGRAM_TEXT_MAX];
    program_expect(words_of(text, all), words_of(part, some));
}

static void each_command_shows_its_examples_and_options(void **state)
{
    const struct command *command = commands_at(0);
    char line[64];
    (void)state;
    for (size_t i = 0; command != NULL; command = commands_at(++i)) {
        (void)snprintf(line, sizeof line, "%s --help", command->name);
        const struct said *said = program_run(line);
        assert_int_equal(said->code, 0);
        program_expect(said->out, command->examples);
        expect_words(said->out, command->notes);
        program_expect(said->out, "--home DIR");
        for (size_t k = 0; k < command->option_count; k++) {
            expect_words(said->out, command->options[k].help);
        }
        assert_true(strstr(said->out, "Examples:") < strstr(said->out, "Options:"));
    }
}

static void help_fits_a_terminal(void **state)
{
    const struct command *command = commands_at(0);
    char line[64];
    (void)state;
    for (size_t i = 0; command != NULL; command = commands_at(++i)) {
        (void)snprintf(line, sizeof line, "help %s", command->name);
        const char *at = program_run(line)->out;
        while (*at != '\0') {
            size_t len = strcspn(at, "\n");
            if (len > SAY_WIDTH) {
                fail_msg("too wide: %.*s", (int)len, at);
            }
            at += len + 1;
        }
    }
}

/* No line of a command's notes ends before the next word would be too much. */
static void notes_fill_their_lines(void **state)
{
    const struct command *command = commands_at(0);
    char line[64];
    (void)state;
    for (size_t i = 0; command != NULL; command = commands_at(++i)) {
        (void)snprintf(line, sizeof line, "help %s", command->name);
        const char *at = strstr(program_run(line)->out, "print this\n\n");
        at = at == NULL ? "" : at + strlen("print this\n\n"); /* without notes */
        assert_true(at[0] != '\0' || command->notes[0] == '\0');
        while (*at != '\0') {
            size_t len = strcspn(at, "\n");
            const char *next = at + len + 1;
            if (*next != '\0' && len + 1 + strcspn(next, " \n") <= SAY_WIDTH) {
                fail_msg("cut early: %.*s", (int)len, at);
            }
            at = next;
        }
    }
}

/* Options of its own and the common ones, less those that its own stand in place of. */
static size_t options_of(const struct command *command)
{
    size_t common_count = 0;
    const struct args_option *common = commands_common(&common_count);
    size_t count = command->option_count + common_count;
    for (size_t i = 0; i < command->option_count; i++) {
        for (size_t k = 0; k < common_count; k++) {
            count -= strcmp(command->options[i].name, common[k].name) == 0;
        }
    }
    return count;
}

static void json_has_the_same(void **state)
{
    json_t *all = json_loads(program_run("help --json")->out, JSON_REJECT_DUPLICATES, NULL);
    json_t *commands = json_object_get(all, "commands");
    const struct command *command = commands_at(0);
    size_t i = 0;
    (void)state;
    for (; command != NULL; command = commands_at(++i)) {
        json_t *one = json_array_get(commands, i);
        assert_string_equal(json_string_value(json_object_get(one, "name")), command->name);
        assert_string_equal(json_string_value(json_object_get(one, "examples")), command->examples);
        assert_int_equal(json_array_size(json_object_get(one, "options")), options_of(command));
    }
    assert_int_equal(json_array_size(commands), i);
    json_decref(all);
}

static void version(void **state)
{
    (void)state;
    assert_string_equal(program_run("version")->out, "wavu " WAVU_VERSION "\n");
    assert_string_equal(program_run("--version")->out, "wavu " WAVU_VERSION "\n");
    assert_string_equal(program_run("version --json")->out, "{\"version\":\"" WAVU_VERSION "\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_names_every_command),
        cmocka_unit_test(each_command_shows_its_examples_and_options),
        cmocka_unit_test(help_fits_a_terminal),
        cmocka_unit_test(notes_fill_their_lines),
        cmocka_unit_test(json_has_the_same),
        cmocka_unit_test(version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
