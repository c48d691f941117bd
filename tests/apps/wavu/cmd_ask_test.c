/*
 * wavu status, wavu peers.
 */
#include "apps/wavu/cmd_ask.h"

#include "tests/apps/wavu/program.h"

#include <jansson.h>

static void nobody_answers_without_a_node(void **state)
{
    (void)state;
    program_expect_problem(program_in_home("status --home %s"), 3, "start one with 'wavu up'");
    program_expect_problem(program_in_home("peers --json --home %s"), 3, "no node runs in");
    program_expect_problem("status --home /nowhere/at/all", 3, "no node runs in");
}

static void status_describes_the_node(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    const struct said *said = program_run(program_in_home("status --home %s"));
    assert_int_equal(said->code, 0);
    program_expect(said->out, address);
    program_expect(said->out, "peer id      12D3KooW");
    json_t *status =
        json_loads(program_run(program_in_home("status --json --home %s"))->out, 0, NULL);
    json_t *addresses = json_object_get(status, "addresses");
    assert_int_equal(json_array_size(addresses), 1);
    assert_string_equal(json_string_value(json_array_get(addresses, 0)), address);
    assert_true(json_is_false(json_object_get(status, "isPrivate")));
    json_decref(status);
    assert_int_equal(program_end(&up)->code, 0);
}

static void peers_lists_who_is_connected(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    char line[PROGRAM_TEXT_MAX + 64];
    (void)state;
    struct program up = program_up("", address);
    assert_string_equal(program_run(program_in_home("peers --home %s"))->out, "no peers yet\n");
    (void)snprintf(line, sizeof line, "ping %s -c 100000 -i 0.02", address);
    struct program ping = program_start(line);
    program_line(ping.out, line); /* it is connected now */
    const struct said *said = program_run(program_in_home("peers --home %s"));
    program_expect(said->out, "  SECURED\n12D3KooW");
    program_expect(said->out, "  hybrid\n");
    said = program_run(program_in_home("peers --wide --home %s"));
    program_expect(said->out, "  hybrid   inbound  ");
    program_expect(said->out, "/ip4/127.0.0.1/tcp/");
    json_t *result =
        json_loads(program_run(program_in_home("peers --json --home %s"))->out, 0, NULL);
    const json_t *peer = json_array_get(json_object_get(result, "peers"), 0);
    assert_string_equal(json_string_value(json_object_get(peer, "secured")), "hybrid");
    json_decref(result);
    said = program_end(&ping);
    assert_int_equal(said->code, 0);
    program_expect(said->out, ", 0 lost\n");
    assert_int_equal(program_end(&up)->code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(nobody_answers_without_a_node),
        PROGRAM(status_describes_the_node),
        PROGRAM(peers_lists_who_is_connected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
