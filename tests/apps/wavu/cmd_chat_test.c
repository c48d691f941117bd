/*
 * wavu chat: what its options say before there is a chat, and the plain one on a real node.
 */
#include "apps/wavu/cmd_chat.h"

#include "tests/apps/wavu/program.h"

#include <fcntl.h>

/* What a program of the tests reads from now on. */
static void type_in(const char *text)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
    (void)close(ends[1]);
    (void)dup2(ends[0], STDIN_FILENO);
    (void)close(ends[0]);
}

static void what_cannot_be_is_said_first(void **state)
{
    (void)state;
    program_expect_problem(program_in_home("chat --room boats --to Baraka --home %s"), 2,
                           "--room and --to are two different places");
    program_expect_problem(program_in_home("chat --port 65536 --home %s"), 2, "--port");
    program_expect_problem(program_in_home("chat --history 1001 --home %s"), 2, "--history");
    program_expect_problem(program_in_home("chat --wait soon --home %s"), 2, "--wait");
    program_expect_problem(program_in_home("chat --sing --home %s"), 2, "--sing");
}

/* Only wavu itself starts a node; this test is none. */
static void without_a_node_there_is_none_made_of_a_test(void **state)
{
    (void)state;
    type_in("");
    const struct said *said = program_run(program_in_home("chat --plain --home %s"));
    assert_int_equal(said->code, 3);
    program_expect(said->err, "no node runs in");
}

static void lines_are_said_and_kept(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    assert_int_equal(program_run(program_in_home("create savanna --home %s"))->code, 0);
    type_in("habari\n");
    const struct said *said =
        program_run(program_in_home("chat --plain --wait 0 --nick Amina --home %s"));
    assert_null(strstr(said->err, "a node runs here already")); /* a name can be told to it */
    program_expect(program_run(program_in_home("history --home %s"))->out, "Amina: habari");
    type_in("");
    said = program_run(program_in_home("chat --plain --history 5 --port 9123 --home %s"));
    assert_int_equal(said->code, 0);
    program_expect(said->out, "Amina: habari");
    program_expect(said->err, "a node runs here already, with its own settings");
    type_in("");
    said = program_run(program_in_home("chat --plain --room nowhere --home %s"));
    assert_int_equal(said->code, 4);
    program_expect(said->err, "nowhere");
    assert_int_equal(program_end(&up)->code, 0);
}

static void objects_where_they_are_wanted(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    assert_int_equal(program_run(program_in_home("create savanna --home %s"))->code, 0);
    type_in("{\"text\":\"habari\"}\n");
    const struct said *said = program_run(program_in_home("chat --json --wait 0 --home %s"));
    assert_int_equal(said->out[0], '{');
    program_expect(said->out, "\"event\":\"done\"");
    program_expect(program_run(program_in_home("history --home %s"))->out, ": habari");
    assert_int_equal(program_end(&up)->code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(what_cannot_be_is_said_first),
        PROGRAM(without_a_node_there_is_none_made_of_a_test),
        PROGRAM(lines_are_said_and_kept),
        PROGRAM(objects_where_they_are_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
