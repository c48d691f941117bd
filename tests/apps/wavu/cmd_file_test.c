/*
 * wavu file: against a real node that is alone. What goes from one to another is in
 * tests/program/files.sh.
 */
#include "apps/wavu/cmd_file.h"

#include "tests/apps/wavu/program.h"

/* The home itself has files that can be sent: its key, which nobody does. */
static void offered_listed_withdrawn(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    char line[512];
    char id[9] = "";
    (void)state;
    struct program up = program_up("", address);
    program_expect(program_run(program_in_home("file list --home %s"))->out, "no files are");
    (void)snprintf(line, sizeof line, "file send %s/device.key --home %s", program_home,
                   program_home);
    program_expect_problem(line, 4, "in no network yet");
    (void)program_run(program_in_home("create savanna --home %s"));
    (void)program_run(program_in_home("nick Amina --home %s"));
    const struct said *said = program_run(line);
    assert_int_equal(said->code, 0);
    const char *found = strstr(said->out, "wavu file accept ");
    assert_non_null(found);
    memcpy(id, found + strlen("wavu file accept "), 8);
    said = program_run(program_in_home("file list --home %s"));
    assert_memory_equal(said->out, "ID              SIZE  STATE         FROM", 40);
    program_expect(said->out, "  own           Amina             device.key\n");
    program_expect(
        program_run(program_in_home("file list --network savanna --json --home %s"))->out,
        "\"state\":\"own\"");
    (void)snprintf(line, sizeof line, "file accept %s --home %s", id, program_home);
    program_expect_problem(line, 7, "our own");
    (void)snprintf(line, sizeof line, "file accept %.5s --home %s", id, program_home);
    program_expect_problem(line, 2, "6 digits of it or more"); /* too few */
    (void)snprintf(line, sizeof line, "file cancel %s --home %s", id, program_home);
    assert_string_equal(program_run(line)->out, "cancelled\n");
    program_expect_problem(line, 4, "no offer has an id");
    program_expect(program_run(program_in_home("file list --home %s"))->out, "no files are");
    assert_int_equal(program_end(&up)->code, 0);
}

static void what_cannot_be_understood(void **state)
{
    (void)state;
    program_expect_problem("file", 2, "file needs send|list|accept|cancel");
    program_expect_problem("file sned x", 2, "did you mean 'wavu file send'");
    program_expect_problem("file xyzzy", 2, "takes send, list, accept or cancel");
    program_expect_problem("file send", 2, "file send takes one PATH");
    program_expect_problem("file send /none/at/all", 4, "there is no file '/none/at/all'");
    program_expect_problem("file send /", 1,
                           "'/' is a folder, and a file goes alone: pack it into");
    program_expect_problem("file send /dev/null", 1, "'/dev/null' is a device, not a file");
    program_expect_problem("file accept", 2, "takes an ID");
    program_expect_problem("file cancel", 2, "takes an ID");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(offered_listed_withdrawn),
        UNIT(what_cannot_be_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
