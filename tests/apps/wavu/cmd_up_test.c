/*
 * wavu up: starts, says where, ends.
 */
#include "apps/wavu/cmd_up.h"

#include "tests/apps/wavu/program.h"

static void prints_its_address_and_ends_on_a_signal(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    program_expect(address, "/ip4/127.0.0.1/tcp/");
    program_expect(address, "/p2p/12D3KooW");
    const struct said *said = program_end(&up);
    assert_int_equal(said->code, 0);
    assert_string_equal(said->out, "");
    assert_string_equal(said->err, "");
}

static void json_is_one_object(void **state)
{
    char text[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("--listen /ip4/127.0.0.1/tcp/0 --json", text);
    assert_memory_equal(text, "{\"peerId\":\"12D3KooW", 19);
    program_expect(text, "\"addresses\":[\"/ip4/127.0.0.1/tcp/");
    program_expect(text, "\",\"/ip4/127.0.0.1/tcp/");
    assert_int_equal(program_end(&up)->code, 0);
}

static void one_node_runs_in_a_home(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("", address);
    program_expect_problem(program_in_home("up --home %s --listen 127.0.0.1:0"), 7, "runs in");
    assert_int_equal(program_end(&up)->code, 0);
}

static void a_taken_port_is_named(void **state)
{
    char address[PROGRAM_TEXT_MAX];
    char line[256];
    char part[64];
    int port = 0;
    (void)state;
    struct program up = program_up("", address);
    assert_int_equal(sscanf(address, "/ip4/127.0.0.1/tcp/%d/", &port), 1);
    (void)snprintf(line, sizeof line, "up --home %s/two --listen 127.0.0.1:%d", program_home, port);
    (void)snprintf(part, sizeof part, "port %d (127.0.0.1:%d) is taken", port, port);
    program_expect_problem(line, 7, part);
    static const char *const files[] = {"device.key", "store.key", "store.db"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(line, sizeof line, "%s/two/%s", program_home, files[i]);
        assert_int_equal(unlink(line), 0);
    }
    (void)snprintf(line, sizeof line, "%s/two", program_home);
    assert_int_equal(rmdir(line), 0); /* nothing else is left there */
    assert_int_equal(program_end(&up)->code, 0);
}

static void options_are_checked_first(void **state)
{
    (void)state;
    program_expect_problem(program_in_home("up --home %s --log-level loud"), 2, "not 'loud'");
    program_expect_problem(program_in_home("up --home %s --idle-seconds 0"), 2, "--idle-seconds");
    program_expect_problem(program_in_home("up --home %s --listen x"), 2, "is no address");
    program_expect_problem(program_in_home("up --home %s --listen /dns/a/tcp/1"), 2,
                           "an IP address");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(prints_its_address_and_ends_on_a_signal),
        PROGRAM(json_is_one_object),
        PROGRAM(one_node_runs_in_a_home),
        PROGRAM(a_taken_port_is_named),
        PROGRAM(options_are_checked_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
