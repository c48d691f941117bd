/*
 * wavu rooms and wavu room: against a real node on loopback.
 */
#include "apps/wavu/cmd_room.h"

#include "tests/apps/wavu/program.h"

static void rooms_are_made_listed_and_set(void **state)
{
    static char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    program_expect_problem(program_in_home("rooms --home %s"), 4, "in no network yet");
    assert_int_equal(program_run(program_in_home("create savanna --home %s"))->code, 0);
    program_expect(program_run(program_in_home("rooms --home %s"))->out, "(main room)");
    assert_int_equal(program_run(program_in_home("room set --expire 7d --home %s"))->code, 0);
    program_expect(program_run(program_in_home("rooms --home %s"))->out, "  savanna  (main room)");
    program_expect(program_run(program_in_home("rooms --json --home %s"))->out,
                   "\"expiry\":604800,");
    assert_int_equal(program_run(program_in_home("room set --expire 0s --home %s"))->code, 0);
    program_expect(program_run(program_in_home("rooms --json --home %s"))->out, "\"expiry\":0,");
    const struct said *said =
        program_run(program_in_home("room make plans --topic where --share 9 --home %s"));
    assert_int_equal(said->code, 0);
    assert_int_equal(strlen(said->out), 65);
    program_expect(program_run(program_in_home("rooms --home %s"))->out, "plans  - where");
    assert_int_equal(program_run(program_in_home("room set plans --topic when --home %s"))->code,
                     0);
    said = program_run(program_in_home("rooms --json --home %s"));
    program_expect(said->out, "\"topic\":\"when\"");
    program_expect(said->out, "\"share\":9"); /* what was not named stayed */
    assert_int_equal(program_run(program_in_home("room read plans --home %s"))->code, 0);
    program_expect_problem(program_in_home("room make plans --home %s"), 7,
                           "there is a room 'plans' already");
    program_expect_problem(program_in_home("room make pl\x1b[2Jans --home %s"), 2,
                           "characters that no terminal shows");
    program_expect_problem(program_in_home("room set --name plans --home %s"), 7,
                           "there is a room 'plans' already");
    assert_int_equal(
        program_run(program_in_home("room set plans --name plans --topic why --home %s"))->code, 0);
    program_expect_problem(program_in_home("room set none --topic a --home %s"), 4,
                           "there is no room 'none'");
    program_expect_problem(program_in_home("room make --home %s"), 2, "wavu room make NAME");
    program_expect_problem(program_in_home("room paint plans --home %s"), 2, "wavu room make NAME");
    program_expect_problem(program_in_home("room make a --expire soon --home %s"), 2,
                           "--expire takes a time");
    program_expect_problem(program_in_home("room make a --expire 500ms --home %s"), 2,
                           "--expire takes a time");
    program_expect_problem(program_in_home("room make a --share 10001 --home %s"), 2, "share");
    assert_int_equal(program_end(&up)->code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rooms_are_made_listed_and_set, program_make_home,
                                        program_remove_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
