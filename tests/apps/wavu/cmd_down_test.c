/*
 * wavu down: the node ends, and it is said when it has; where none runs, that is.
 */
#include "apps/wavu/cmd_down.h"

#include "tests/apps/wavu/program.h"

static void it_ends_a_node(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    const struct said *said = program_run(program_in_home("down --home %s"));
    assert_int_equal(said->code, 0);
    assert_string_equal(said->out, "the node has ended\n");
    assert_string_equal(said->err, "");
    int status = 0;
    assert_int_equal(waitpid(up.pid, &status, WNOHANG), up.pid); /* it has */
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    (void)close(up.out);
    (void)close(up.err);
}

static void as_json(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    assert_string_equal(program_run(program_in_home("down --json --home %s"))->out,
                        "{\"isDown\":true}\n");
    assert_int_equal(program_wait(&up)->code, 0);
}

static void where_none_runs(void **state)
{
    (void)state;
    program_expect_problem(program_in_home("down --home %s"), 3, "no node runs in");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(it_ends_a_node),
        PROGRAM(as_json),
        PROGRAM(where_none_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
