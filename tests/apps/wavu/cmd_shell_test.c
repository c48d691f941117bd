/*
 * wavu shell: where its commands come from, and what it says before it has a node.
 */
#include "apps/wavu/cmd_shell.h"

#include "tests/apps/wavu/program.h"

static void it_takes_one_of_text_and_command(void **state)
{
    (void)state;
    const struct said *said = program_run(program_in_home("shell -c peers status --home %s"));
    if (strstr(said->err, "built without the shell") != NULL) {
        skip();
    }
    assert_int_equal(said->code, 2);
    program_expect(said->err, "either -c TEXT or a COMMAND");
}

static void a_program_that_is_not_wavu_starts_no_node(void **state)
{
    (void)state;
    const struct said *said = program_run(program_in_home("shell peers --home %s"));
    if (strstr(said->err, "built without the shell") != NULL) {
        skip();
    }
    assert_int_equal(said->code, 3);
    program_expect(said->err, "no node runs in");
}

static void the_programs_commands_are_the_shells(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    const struct said *said = program_run(program_in_home("shell help --home %s"));
    if (strstr(said->err, "built without the shell") != NULL) {
        skip();
    }
    struct program up = program_up("", address);
    said = program_run(program_in_home("shell --home %s help"));
    assert_int_equal(said->code, 0);
    program_expect(said->out, "\n  connect [PEER@]HOST[:PORT]   connect the node to another\n");
    program_expect(said->out, "\n  dm WHO TEXT");
    assert_null(strstr(said->out, "\n  up "));
    assert_null(strstr(said->out, "\n  shell "));
    said = program_run(program_in_home("shell --home %s id"));
    assert_int_equal(said->code, 0);
    program_expect(said->out, "12D3KooW");
    said = program_run(program_in_home("shell --json --home %s status"));
    program_expect(said->out, "{\"peerId\":\"12D3KooW");
    said = program_run(program_in_home("shell --no-input --home %s wipe"));
    assert_int_equal(said->code, 2);
    program_expect(said->err, "--no-input"); /* what is said to the shell is said to its commands */
    said = program_run(program_in_home("shell --home %s -- peers --wide"));
    assert_int_equal(said->code, 0);
    said = program_run(program_in_home("shell --home %s shell"));
    assert_int_equal(said->code, 2);
    program_expect(said->err, "there is no command 'shell'");
    assert_int_equal(program_end(&up)->code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(it_takes_one_of_text_and_command),
        PROGRAM(a_program_that_is_not_wavu_starts_no_node),
        PROGRAM(the_programs_commands_are_the_shells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
