/*
 * wavu send: against real nodes on loopback.
 */
#include "apps/wavu/cmd_send.h"

#include <string.h>
#include <time.h>

#include "tests/apps/wavu/program.h"

#define TRIES 200

/* Run `line` until it succeeds: ways are known a little after the start. */
static const struct said *run_until_good(const char *line)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    const struct said *said = program_run(line);
    for (int i = 0; i < TRIES && said->code != 0; i++) {
        (void)nanosleep(&pause, NULL);
        said = program_run(line);
    }
    assert_int_equal(said->code, 0);
    return said;
}

static void a_text_is_delivered_or_its_fate_is_told(void **state)
{
    static char address[PROGRAM_TEXT_MAX];
    static char other[PROGRAM_TEXT_MAX];
    static char line[PROGRAM_TEXT_MAX + 256];
    (void)state;
    struct program up = program_up("", address);
    (void)snprintf(
        line, sizeof line,
        "up --ephemeral --home %s/second --listen 127.0.0.1:0 --discovery-port 0 --seed %s",
        program_home, address);
    struct program second = program_start(line);
    program_line(second.out, other);
    const char *own = strstr(address, "/p2p/") + 5;
    const char *id = strstr(other, "/p2p/") + 5;
    (void)snprintf(line, sizeof line, "send %s hello --home %s", id, program_home);
    const struct said *said = run_until_good(line);
    program_expect(said->out, "delivered to ");
    program_expect(said->out, id);
    (void)snprintf(line, sizeof line, "send %s hello --json --home %s", id + 44, program_home);
    said = run_until_good(line);
    program_expect(said->out, "\"state\":\"delivered\"");
    (void)snprintf(line, sizeof line, "events --all --no-follow --home %s/second", program_home);
    said = program_run(line);
    program_expect(said->out, "\"event\":\"unicast\"");
    program_expect(said->out, own);
    program_expect_problem(program_in_home("send 12D3KooW x --home %s"), 2, "fits 2 members: 12D3");
    program_expect_problem(program_in_home("send nobody x --home %s"), 4, "begins or ends with");
    (void)snprintf(line, sizeof line, "send %s x --home %s", own, program_home);
    program_expect_problem(line, 2, "is no peer id of another node");
    program_expect_problem(
        program_in_home("send 12D3KooWRH71QRJe5vrMp6zZXoH4K7z5MDSWwTXXPriG9dK8HQXk x --home %s"), 1,
        "no way to 12D3KooWRH71");
    assert_int_equal(program_end(&second)->code, 0);
    assert_int_equal(program_end(&up)->code, 0);
    (void)snprintf(line, sizeof line, "%s/second/control.lock", program_home);
    (void)unlink(line);
    (void)snprintf(line, sizeof line, "%s/second", program_home);
    assert_int_equal(rmdir(line), 0);
}

static void mistakes_are_explained(void **state)
{
    (void)state;
    program_expect_problem(program_in_home("send 12D3KooW x --home %s"), 3, "no node runs");
    program_expect_problem("send 12D3K x", 2, "at least 6 of its first or last characters");
    program_expect_problem("send 12D3KooW", 2, "send needs PEER TEXT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {PROGRAM(a_text_is_delivered_or_its_fate_is_told),
                                       PROGRAM(mistakes_are_explained)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
