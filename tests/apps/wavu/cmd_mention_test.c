/*
 * Names in a text, against a real node on loopback.
 */
#include "apps/wavu/cmd_mention.h"

#include "tests/apps/wavu/program.h"
#include "wavu/members.h"

static void mentions_are_said(void **state)
{
    static const struct {
        const char *text;
        const char *shown;
    } cases[] = {
        {"@Amina", ": (@you) @Amina\n"},
        {"@amina!?", ": (@you) @amina!?\n"},
        {"(@Amina)", ": (@you) (@Amina)\n"},
        {"@Amina,@Amina", ": @Amina,@Amina\n"}, /* up to the next space */
        {"@Aminata", ": @Aminata\n"},
        {"x@Amina", ": x@Amina\n"},
        {"@\x1b[2J", ": @?[2J\n"},
    };
    char address[PROGRAM_TEXT_MAX];
    char line[256];
    (void)state;
    struct program up = program_up("", address);
    program_expect_problem(program_in_home("say @Amina --home %s"), 4, "in no network yet");
    (void)program_run(program_in_home("create savanna --home %s"));
    (void)program_run(program_in_home("nick Amina --home %s"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)snprintf(line, sizeof line, "say %s --home %s", cases[i].text, program_home);
        const struct said *said = program_run(line);
        assert_int_equal(said->code, 0);
        assert_string_equal(said->err, "");
        said = program_run(program_in_home("history --max 1 --home %s"));
        program_expect(said->out, cases[i].shown);
    }
    (void)program_run(program_in_home("create pwani --home %s"));
    program_expect_problem(program_in_home("say @Amina --home %s"), 2, "several networks");
    (void)snprintf(line, sizeof line, "say @Amina --network pwani --home %s", program_home);
    assert_int_equal(program_run(line)->code, 0);
    (void)snprintf(line, sizeof line, "history --network pwani --home %s", program_home);
    program_expect(program_run(line)->out, ": (@you) @Amina\n");
    assert_int_equal(program_end(&up)->code, 0);
}

/* An edit says anew whom it mentions; a reaction mentions nobody. */
static void an_edit_mentions_anew(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    char id[9] = "";
    char line[256];
    (void)state;
    struct program up = program_up("", address);
    (void)program_run(program_in_home("create savanna --home %s"));
    (void)program_run(program_in_home("nick Amina --home %s"));
    memcpy(id, program_run(program_in_home("say habari --home %s"))->out, 8);
    (void)snprintf(line, sizeof line, "say @Amina --edit %s --home %s", id, program_home);
    assert_int_equal(program_run(line)->code, 0);
    program_expect(program_run(program_in_home("history --home %s"))->out,
                   ": (@you) @Amina  (edited)\n");
    (void)snprintf(line, sizeof line, "say @Amina --react %s --home %s", id, program_home);
    assert_int_equal(program_run(line)->code, 0);
    (void)snprintf(line, sizeof line, "say kesho --edit %s --home %s", id, program_home);
    assert_int_equal(program_run(line)->code, 0);
    program_expect(program_run(program_in_home("history --home %s"))->out,
                   ": kesho  (edited)  [@Amina]\n");
    assert_int_equal(program_end(&up)->code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(mentions_are_said),
        PROGRAM(an_edit_mentions_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
