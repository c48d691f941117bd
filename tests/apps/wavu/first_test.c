/*
 * The first minute, where a node runs: what is missing is made, what is there is left alone.
 * tests/program/first.sh has it from an empty home.
 */
#include "apps/wavu/first.h"

#include "tests/apps/wavu/program.h"

static void a_network_is_made_once(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    const struct said *said = program_run(program_in_home("nick Amina+1 --home %s"));
    assert_int_equal(said->code, 0);
    said = program_run(program_in_home("invite --no-wait --json --home %s"));
    assert_int_equal(said->code, 4); /* a program says itself what it wants */
    said = program_run(program_in_home("invite --no-wait --home %s"));
    assert_int_equal(said->code, 0);
    program_expect(said->out, "made a network for you: amina1-net\n");
    said = program_run(program_in_home("invite --no-wait --home %s"));
    assert_int_equal(said->code, 0);
    assert_null(strstr(said->out, "made a network"));
    said = program_run(program_in_home("create --home %s"));
    assert_int_equal(said->code, 0);
    program_expect(said->out, "amina1-net-2 is made; its id is\n");
    (void)program_run(
        program_in_home("invite --close --home %s")); /* a name stays while one is open */
    said = program_run(program_in_home("nick \xC3\x89\xC3\x88 --home %s"));
    assert_int_equal(said->code, 0);
    said = program_run(program_in_home("create --home %s"));
    program_expect(said->out, "our-net is made");
    assert_int_equal(program_end(&up)->code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {PROGRAM(a_network_is_made_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
