/*
 * wavu members, revoke: against a real node on loopback.
 */
#include "apps/wavu/cmd_people.h"

#include "tests/apps/wavu/program.h"

#define KEY "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"

static void members_are_people_where_there_is_a_network(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    program_expect(program_run(program_in_home("members --home %s"))->out, "NODE  ");
    program_expect_problem(program_in_home("members --network a --home %s"), 4,
                           "in no network 'a'");
    (void)program_run(program_in_home("create savanna --home %s"));
    (void)program_run(program_in_home("nick Amina --home %s"));
    const struct said *said = program_run(program_in_home("members --home %s"));
    assert_memory_equal(said->out, "savanna: 1 member\nID        STANDING       CONNECTED", 50);
    program_expect(said->out, "  member         you              1  founder   Amina\n");
    program_expect(program_run(program_in_home("members --nodes --home %s"))->out, "NODE  ");
    said = program_run(program_in_home("members --json --home %s"));
    assert_memory_equal(said->out, "{\"networks\":[{\"id\":\"", 20);
    program_expect(said->out, "\"people\":[{\"network\":\"");
    (void)program_run(program_in_home("create second --home %s"));
    program_expect(program_run(program_in_home("members --home %s"))->out,
                   "\n\nsecond: 1 member\n");
    said = program_run(program_in_home("members --network second --home %s"));
    assert_null(strstr(said->out, "savanna"));
    assert_int_equal(program_end(&up)->code, 0);
}

/* An invited one, who has no name yet, by digits of the id. */
static void who_is_put_out_is_never_guessed(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    char line[256];
    (void)state;
    struct program up = program_up("", address);
    program_expect_problem(program_in_home("revoke x --home %s"), 4, "in no network yet");
    (void)program_run(program_in_home("create savanna --home %s"));
    program_expect_problem(program_in_home("revoke x --home %s"), 4, "no member is called 'x'");
    (void)program_run(program_in_home("nick Amina --home %s"));
    program_expect_problem(program_in_home("revoke Amina --home %s"), 2, "the person of this node");
    const struct said *said = program_run(program_in_home("invite --key " KEY " --home %s"));
    program_expect(said->out, address);
    said = program_run(program_in_home("members --home %s"));
    const char *found = strstr(said->out, "  invited ");
    assert_non_null(found);
    char id[9] = "";
    memcpy(id, found - 8, 8);
    (void)snprintf(line, sizeof line, "revoke %.5s --home %s", id, program_home);
    program_expect_problem(line, 4, "no member"); /* too few of them */
    (void)snprintf(line, sizeof line, "revoke %s --subtree --dry-run --home %s", id, program_home);
    said = program_run(line);
    assert_int_equal(said->code, 0);
    program_expect(said->out, " would be put out, with all whom this member has brought in\n");
    (void)snprintf(line, sizeof line, "revoke %s --home %s", id, program_home);
    program_expect_problem(line, 2, "--yes does it without asking");
    (void)snprintf(line, sizeof line, "revoke %s --subtree --yes --home %s", id, program_home);
    said = program_run(line);
    assert_int_equal(said->code, 0);
    program_expect(said->out, " is put out, with all whom this member has brought in\n");
    program_expect_problem(line, 4, "no member any more (put out), and nothing was done");
    (void)program_run(program_in_home("create second --home %s"));
    program_expect_problem(line, 4, "no member"); /* nor in another */
    program_expect_problem(program_in_home("revoke Amina --home %s"), 2,
                           "say which network (--network N)");
    assert_int_equal(program_end(&up)->code, 0);
}

static void without_a_node_they_say_so(void **state)
{
    (void)state;
    program_expect_problem(program_in_home("members --home %s"), 3, "no node runs");
    program_expect_problem(program_in_home("revoke x --home %s"), 3, "no node runs");
    program_expect_problem("revoke", 2, "revoke needs WHO");
}

int main(void)
{
    const struct CMUnitTest tests[] = {PROGRAM(members_are_people_where_there_is_a_network),
                                       PROGRAM(who_is_put_out_is_never_guessed),
                                       PROGRAM(without_a_node_they_say_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
