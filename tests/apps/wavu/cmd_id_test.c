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

/* Whose node it is, once that was decided; and nothing is made for the question. */
static void shows_the_person_where_there_is_one(void **state)
{
    char path[128];
    char seed[32];
    (void)state;
    const struct said *said = program_run(program_in_home("id --home %s"));
    assert_null(strstr(said->out, "person"));
    (void)snprintf(path, sizeof path, "%s/identity.key", program_home);
    assert_int_equal(access(path, F_OK), -1);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < sizeof seed; i++) {
        seed[i] = (char)i;
    }
    assert_int_equal(fwrite(seed, 1, sizeof seed, file), sizeof seed);
    (void)fclose(file);
    assert_int_equal(chmod(path, 0600), 0);
    said = program_run(program_in_home("id --home %s"));
    program_expect(said->out,
                   "\nperson 03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8\n");
    said = program_run(program_in_home("id --json --home %s"));
    program_expect(said->out, "\",\"personKey\":\"03a107bf");
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
    said = program_run(program_in_home("id --home %s"));
    assert_int_equal(said->code, 0);
    assert_null(strstr(said->out, "person"));
    program_expect(said->err, "wavu: warning: the person's key");
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
    const struct CMUnitTest tests[] = {PROGRAM(makes_the_key_once),
                                       PROGRAM(shows_the_person_where_there_is_one),
                                       PROGRAM(a_damaged_key_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
