/*
 * wavu ping.
 */
#include "apps/wavu/cmd_ping.h"

#include "tests/apps/wavu/program.h"

static char line[PROGRAM_TEXT_MAX + 64];

static void measures_round_trips(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    double min = -1;
    double median = -1;
    double max = -1;
    (void)state;
    struct program up = program_up("", address);
    (void)snprintf(line, sizeof line, "ping %s -c 21 -i 0 --json", address);
    const struct said *said = program_run(line);
    assert_int_equal(said->code, 0);
    program_expect(said->out, "\"count\":21,\"lost\":0,");
    const char *rtt = strstr(said->out, "\"rttMs\":");
    assert_non_null(rtt);
    assert_int_equal(
        sscanf(rtt, "\"rttMs\":{\"min\":%lf,\"median\":%lf,\"max\":%lf}}", &min, &median, &max), 3);
    assert_true(min > 0 && min <= median && median <= max);
    (void)snprintf(line, sizeof line, "ping %s -c 2 -i 0.001", address);
    said = program_run(line);
    program_expect(said->out, ": seq=2 time=");
    program_expect(said->out, "2 sent, 2 received, 0 lost\nround trip min/median/max = ");
    assert_int_equal(program_end(&up)->code, 0);
}

static void a_peer_that_leaves_is_a_loss(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    (void)snprintf(line, sizeof line, "ping %s -c 100000 -i 0", address);
    struct program ping = program_start(line);
    program_line(ping.out, line);
    assert_int_equal(program_end(&up)->code, 0);
    const struct said *said = program_wait(&ping);
    assert_int_equal(said->code, 1);
    program_expect(said->out, ", 1 lost\n");
    program_expect(said->err, "broke the connection off");
}

static void nobody_there_is_a_sentence(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    assert_int_equal(program_end(&up)->code, 0);
    (void)snprintf(line, sizeof line, "ping %s", address);
    program_expect_problem(line, 1, "nobody listens at");
    program_expect_problem("ping 127.0.0.1:1 -c 1000001", 2, "--count takes");
    program_expect_problem("ping 127.0.0.1:1 -i 3601", 2, "--interval takes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(measures_round_trips),
        PROGRAM(a_peer_that_leaves_is_a_loss),
        PROGRAM(nobody_there_is_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
