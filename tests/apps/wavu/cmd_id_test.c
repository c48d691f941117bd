/*
 * wavu id.
 */
#include "apps/wavu/cmd_id.h"

#include "tests/apps/wavu/program.h"

static void makes_the_key_once(void **state)
{
    char first[128];
    (void)state;
    const struct said *said = program_run(program_in_home("id --home %s"));
    assert_int_equal(said->code, 0);
    assert_memory_equal(said->out, "12D3KooW", 8);
    (void)snprintf(first, sizeof first, "{\"peerId\":\"%.52s\"}\n", said->out);
    assert_string_equal(program_run(program_in_home("id --json --home %s"))->out, first);
}

static void a_damaged_key_stays(void **state)
{
    char path[128];
    struct stat found;
    (void)state;
    (void)snprintf(path, sizeof path, "%s/device.key", program_home);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("short", file);
    (void)fclose(file);
    program_expect_problem(program_in_home("id --home %s"), 1, "is 5; restore it from a backup");
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_size, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {PROGRAM(makes_the_key_once), PROGRAM(a_damaged_key_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
