/*
 * wavu invite: what is shown of a code, and how the waiting ends.
 */
#include "apps/wavu/cmd_invite.h"

#include "tests/apps/wavu/program.h"

static void a_code_is_shown_and_its_end_is_told(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    char text[PROGRAM_TEXT_MAX] = "";
    (void)state;
    struct program up = program_up("", address);
    program_expect_problem(program_in_home("invite --json --home %s"), 4, "in no network yet");
    (void)program_run(program_in_home("create savanna --home %s"));
    struct program waiting = program_start(program_in_home("invite --language sw --home %s"));
    while (strstr(text, "waiting") == NULL) {
        program_line(waiting.out, text);
    }
    const struct said *said = program_run(program_in_home("invite --close --home %s"));
    assert_string_equal(said->out, "no code is open any more\n");
    said = program_wait(&waiting);
    assert_int_equal(said->code, 1);
    assert_string_equal(said->err, "wavu: the code was withdrawn; 'wavu invite' makes a new one\n");
    said = program_run(program_in_home("invite --no-wait --home %s"));
    assert_int_equal(said->code, 0);
    program_expect(said->out, "within 10 minutes");
    program_expect(said->out, "    wavu join ");
    program_expect(said->out, "\nWAVU:JOIN:1:");
    assert_null(strstr(said->out, "waiting"));
    said = program_run(program_in_home("invite --quiet --no-wait --home %s")); /* of a script */
    assert_string_equal(said->out + strspn(said->out, "0123456789-abcdefghijklmnopqrstuvwxyz"),
                        "\n");
    waiting = program_start(program_in_home("invite --json --home %s"));
    program_line(waiting.out, text); /* the older one is withdrawn, which is not this one's end */
    program_expect(text, "\"code\":\"");
    (void)program_run(program_in_home("invite --close --json --home %s"));
    said = program_wait(&waiting);
    assert_int_equal(said->code, 1);
    program_expect(said->out, "\"event\":\"codeClosed\"");
    program_expect(said->out, "\"reason\":\"withdrawn\"");
    assert_int_equal(program_end(&up)->code, 0);
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    program_expect_problem(program_in_home("invite --home %s"), 3, "no node runs");
    program_expect_problem(program_in_home("invite --key abc --home %s"), 3, "no node runs");
    program_expect_problem(program_in_home("invite --language de --home %s"), 2, "en or sw");
    program_expect_problem("invite somebody", 2, "does not understand the word 'somebody'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {PROGRAM(a_code_is_shown_and_its_end_is_told),
                                       PROGRAM(what_cannot_be_is_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
