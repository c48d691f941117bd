/*
 * wavu create, networks, nick: against a real node on loopback.
 */
#include "apps/wavu/cmd_network.h"

#include <jansson.h>

#include "tests/apps/wavu/program.h"

static void networks_are_made_and_listed(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    const struct said *said = program_run(program_in_home("networks --home %s"));
    program_expect(said->out, "no networks yet; 'wavu create NAME' makes one");
    said = program_run(program_in_home("create savanna --policy two --home %s"));
    assert_int_equal(said->code, 0);
    assert_memory_equal(said->out, "savanna is made; its id is\n", 27);
    program_expect(said->out, "\nto let somebody in: wavu invite\n");
    const char *id = said->out + 27; /* whole on its line: 80 columns hold it */
    assert_int_equal(strcspn(id, "\n"), 64);
    said = program_run(program_in_home("create market --open --home %s"));
    assert_memory_equal(said->out, "market is made, open to all; its id is\n", 39);
    program_expect(said->out, "wavu join --open ID\n");
    program_expect_problem(program_in_home("create a --open --policy any --home %s"), 2,
                           "leave --policy out");
    said = program_run(program_in_home("networks --home %s"));
    program_expect(said->out, "NETWORK  MEMBERS  NEIGHBOURS  POLICY   ID\n");
    program_expect(said->out, "\nsavanna        1           0  two      ");
    said = program_run(program_in_home("networks --json --home %s"));
    program_expect(said->out, "\"name\":\"savanna\",\"policy\":\"two\",\"isMember\":true,");
    said = program_run(program_in_home("create second --json --home %s"));
    assert_memory_equal(said->out, "{\"network\":\"", 12);
    program_expect_problem(program_in_home("create UPPER --home %s"), 2, "a-z 0-9");
    program_expect_problem(program_in_home("create a --policy all --home %s"), 2, "inviter, two");
    program_expect_problem(program_in_home("create a\xff --home %s"), 2, "a-z 0-9");
    assert_int_equal(program_end(&up)->code, 0);
}

static void a_name_is_set_and_told(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    program_expect(program_run(program_in_home("nick --home %s"))->out, "no name yet");
    program_expect(program_run(program_in_home("nick Amina --home %s"))->out, "you are Amina\n");
    assert_string_equal(program_run(program_in_home("nick --home %s"))->out, "Amina\n");
    program_expect_problem(program_in_home("nick \x1b[2J --home %s"), 2, "control character");
    program_expect_problem(program_in_home("nick \xff --home %s"), 2, "UTF-8");
    assert_string_equal(program_run(program_in_home("nick --json --home %s"))->out,
                        "{\"nick\":\"Amina\"}\n");
    assert_int_equal(program_end(&up)->code, 0);
}

static void without_a_node_they_say_so(void **state)
{
    (void)state;
    program_expect_problem(program_in_home("create a --home %s"), 3, "no node runs");
    program_expect_problem(program_in_home("networks --home %s"), 3, "no node runs");
    program_expect_problem(program_in_home("nick --home %s"), 3, "no node runs");
    program_expect_problem(program_in_home("create --home %s"), 3, "no node runs");
    program_expect_problem(program_in_home("create Big --home %s"), 2, "1 to 64 of a-z");
    program_expect_problem("create a b", 2, "does not understand the word 'b'");
}

static void ids_are_cut(void **state)
{
    (void)state;
    json_t *object = json_pack("{s:s,s:s}", "id", "0123456789", "other", "a\x1b");
    assert_string_equal(cmd_network_short(object, "id"), "01234567");
    assert_string_equal(cmd_network_short(object, "other"), "a?");
    assert_string_equal(cmd_network_short(object, "none"), "");
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {PROGRAM(networks_are_made_and_listed),
                                       PROGRAM(a_name_is_set_and_told),
                                       PROGRAM(without_a_node_they_say_so), UNIT(ids_are_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
