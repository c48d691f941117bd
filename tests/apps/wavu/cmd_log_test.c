/*
 * wavu log, with a real node: what it logs follows.
 */
#include "apps/wavu/cmd_log.h"

#include "tests/apps/wavu/program.h"

static void levels_change_at_once(void **state)
{
    char text[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("--log-level error", text);
    program_expect(program_run(program_in_home("log --home %s"))->out,
                   "all        error\nchat       error\n");
    program_expect(program_run(program_in_home("log up=info --home %s"))->out,
                   "\nup         info\n");
    assert_int_equal(program_run(program_in_home("reload --home %s"))->code, 0);
    program_line(up.err, text);
    assert_string_equal(text, "info up: the settings were read again; changed: nothing");
    assert_int_equal(program_run(program_in_home("log error --home %s"))->code, 0);
    assert_int_equal(program_run(program_in_home("reload --home %s"))->code, 0);
    assert_int_equal(kill(up.pid, SIGUSR1), 0); /* asked for: whatever the levels are */
    program_line(up.err, text);
    assert_string_equal(text, "info metrics: conns_opened_total 0");
    assert_int_equal(program_end(&up)->code, 0);
}

/* The node's own lines, too. */
static void the_node_follows(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    char text[PROGRAM_TEXT_MAX];
    char line[1024];
    (void)state;
    struct program up = program_up("--log-level error", address);
    assert_int_equal(program_run(program_in_home("log swarm=debug --home %s"))->code, 0);
    (void)snprintf(line, sizeof line, "ping %.800s -c 1", address);
    assert_int_equal(program_run(line)->code, 0);
    program_line(up.err, text);
    program_expect(text, "debug swarm: peer ");
    assert_int_equal(program_end(&up)->code, 0);
}

static void json_and_mistakes(void **state)
{
    char text[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("--log-format json", text);
    program_expect(program_run(program_in_home("log swarm=debug --json --home %s"))->out,
                   "\"swarm\":\"debug\"");
    program_expect_problem(program_in_home("log kep=debug --home %s"), 2, "did you mean keep");
    program_expect_problem(program_in_home("log debgu --home %s"), 2, "did you mean debug");
    program_expect_problem(program_in_home("log keep=loud --home %s"), 2, "not 'keep=loud'");
    assert_int_equal(kill(up.pid, SIGUSR1), 0);
    program_line(up.err, text);
    program_expect(text, "\"level\":\"info\",\"subsystem\":\"metrics\",\"text\":\"conns_opened_");
    assert_int_equal(program_end(&up)->code, 0);
    program_expect_problem(program_in_home("log --home %s"), 3, "no node runs in");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(levels_change_at_once),
        PROGRAM(the_node_follows),
        PROGRAM(json_and_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
