/*
 * wavu say: against a real node on loopback.
 */
#include "apps/wavu/cmd_say.h"

#include "tests/apps/wavu/program.h"

/* What `format` prints is a message's id; into `id`. */
static void said_as(const char *format, char id[65])
{
    const struct said *said = program_run(program_in_home(format));
    assert_int_equal(said->code, 0);
    assert_int_equal(strlen(said->out), 65);
    memcpy(id, said->out, 64);
    id[64] = '\0';
}

static void all_that_can_be_said(void **state)
{
    static char address[PROGRAM_TEXT_MAX];
    static char format[256];
    char id[65];
    (void)state;
    struct program up = program_up("", address);
    program_expect_problem(program_in_home("say habari --home %s"), 4, "in no network yet");
    assert_int_equal(program_run(program_in_home("create savanna --home %s"))->code, 0);
    said_as("say habari --home %s", id); /* right after: it waits for the keys */
    (void)snprintf(format, sizeof format, "say --edit %s nzuri --home %%s", id);
    assert_int_equal(program_run(program_in_home(format))->code, 0);
    (void)snprintf(format, sizeof format, "say --react %s + --json --home %%s", id);
    program_expect(program_run(program_in_home(format))->out, "\"message\":\"");
    (void)snprintf(format, sizeof format, "say --delete %s --home %%s", id);
    assert_int_equal(program_run(program_in_home(format))->code, 0);
    said_as("say waves --action --expire 7d --home %s", id);
    (void)snprintf(format, sizeof format, "say --delete %s more --home %%s", id);
    program_expect_problem(program_in_home(format), 2, "--delete takes no text");
    program_expect_problem(program_in_home("say --home %s"), 2, "say what?");
    program_expect_problem(program_in_home("say a --edit b --react c --home %s"), 2,
                           "do not go together");
    program_expect_problem(program_in_home("say a --expire 0s --home %s"), 2, "--expire takes");
    program_expect_problem(program_in_home("say a --room none --home %s"), 4, "wavu rooms");
    program_expect_problem(program_in_home("say a --reply 12 --home %s"), 2, "6 digits or more");
    assert_int_equal(program_end(&up)->code, 0);
}

/* As history shows messages, by the first digits of their ids. */
static void messages_are_named_by_a_beginning(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    char id[9] = "";
    char line[256];
    (void)state;
    struct program up = program_up("", address);
    (void)program_run(program_in_home("create savanna --home %s"));
    program_expect_problem(program_in_home("say - --home %s"), 2, "the text is empty");
    const struct said *said = program_run(program_in_home("say habari --home %s"));
    assert_int_equal(said->code, 0);
    memcpy(id, said->out, 8);
    (void)snprintf(line, sizeof line, "say mambo --edit %s --home %s", id, program_home);
    assert_int_equal(program_run(line)->code, 0);
    (void)snprintf(line, sizeof line, "say poa --reply %s --home %s", id, program_home);
    assert_int_equal(program_run(line)->code, 0);
    (void)snprintf(line, sizeof line, "say + --react %s --home %s", id, program_home);
    assert_int_equal(program_run(line)->code, 0);
    (void)snprintf(line, sizeof line, "say x\x1bx --react %s --home %s", id, program_home);
    assert_int_equal(program_run(line)->code, 0);
    program_expect(program_run(program_in_home("history --home %s"))->out,
                   "mambo  (edited)  [+, x?x]\n");
    (void)snprintf(line, sizeof line, ": (to %s) poa\n", id);
    program_expect(program_run(program_in_home("history --home %s"))->out, line);
    program_expect_problem(program_in_home("say x --reply 12345 --home %s"), 2, "6 digits or more");
    program_expect_problem(program_in_home("say x --edit 000000 --home %s"), 4, "'wavu history'");
    (void)snprintf(line, sizeof line, "say --delete %s --home %s", id, program_home);
    assert_int_equal(program_run(line)->code, 0);
    program_expect(program_run(program_in_home("history --home %s"))->out, "(deleted");
    program_expect(program_run(program_in_home("history --search kesho --home %s"))->out,
                   "no message there");
    assert_int_equal(program_end(&up)->code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_that_can_be_said, program_make_home,
                                        program_remove_home),
        cmocka_unit_test_setup_teardown(messages_are_named_by_a_beginning, program_make_home,
                                        program_remove_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
