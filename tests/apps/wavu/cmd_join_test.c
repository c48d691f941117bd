/*
 * wavu join: two real nodes on loopback, and what is said when it cannot be.
 */
#include "apps/wavu/cmd_join.h"

#include <ftw.h>

#include "tests/apps/wavu/program.h"

static int unlink_one(const char *path, const struct stat *found, int kind, struct FTW *at)
{
    (void)found;
    (void)kind;
    (void)at;
    return remove(path);
}

/* The word behind `key` in a line of JSON. */
static void word_of(const char *json, const char *key, char *out, size_t size)
{
    const char *at = strstr(json, key);
    assert_non_null(at);
    at += strlen(key);
    (void)snprintf(out, size, "%.*s", (int)strcspn(at, "\""), at);
}

static void joins_by_a_code(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    char other[PROGRAM_TEXT_MAX];
    char second[128];
    char code[64];
    char line[PROGRAM_TEXT_MAX + 512];
    (void)state;
    struct program up = program_up("", address);
    (void)snprintf(second, sizeof second, "%s/second", program_home);
    (void)snprintf(line, sizeof line, "up --home %s --listen 127.0.0.1:0 --discovery-port 0",
                   second);
    struct program newcomer = program_start(line);
    program_line(newcomer.out, other);
    (void)program_run(program_in_home("create savanna --home %s"));
    const struct said *said = program_run(program_in_home("invite --no-wait --json --home %s"));
    word_of(said->out, "\"code\":\"", code, sizeof code);
    (void)snprintf(line, sizeof line, "join 7-apple --home %s", second);
    program_expect_problem(line, 2, "word");
    (void)snprintf(line, sizeof line, "join %s --home %s", code, second);
    program_expect_problem(line, 4, "type an address of the inviter");
    (void)snprintf(line, sizeof line, "join --key 127.0.0.1:1 --home %s", second);
    program_expect_problem(line, 2, "/p2p/");
    (void)snprintf(line, sizeof line, "join --open c4aaa9e9 --home %s", second);
    program_expect_problem(line, 2, "all of its 64 digits"); /* as a list of networks shows it */
    (void)snprintf(line, sizeof line, "join --key %s --home %s", address, second);
    program_expect_problem(line, 5, "not invited there");
    (void)snprintf(line, sizeof line, "join %s 127.0.0.1:1 --home %s", code, second);
    program_expect_problem(line, 1, "nobody listens at 127.0.0.1:1");
    (void)snprintf(line, sizeof line, "join %s %s --json --home %s", code, address, second);
    said = program_run(line);
    assert_int_equal(said->code, 0);
    program_expect(said->out, "\"event\":\"joining\"");
    program_expect(said->out, "\"event\":\"entered\",\"network\":\"");
    (void)snprintf(line, sizeof line, "join %s %s --home %s", code, address, second);
    program_expect_problem(line, 5, "closed already"); /* it was for one newcomer */
    (void)snprintf(line, sizeof line, "join --key %s --home %s", address, second);
    program_expect_problem(line, 7,
                           "belongs to that network already, as 'wavu networks' says; if it left "
                           "just now, try again");
    assert_int_equal(program_end(&newcomer)->code, 0);
    assert_int_equal(program_end(&up)->code, 0);
    assert_int_equal(nftw(second, unlink_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    program_expect_problem(program_in_home("join 7-apple-river-stone --home %s"), 3,
                           "no node runs");
    program_expect_problem(program_in_home("join --home %s"), 2, "join takes a CODE");
    program_expect_problem(program_in_home("join a --key 127.0.0.1:1 --home %s"), 2,
                           "takes a CODE");
    program_expect_problem(program_in_home("join a nowhere --home %s"), 2, "is no address");
}

int main(void)
{
    const struct CMUnitTest tests[] = {PROGRAM(joins_by_a_code), PROGRAM(what_cannot_be_is_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
