/*
 * wavu reload and SIGHUP, with a real node.
 */
#include "apps/wavu/cmd_reload.h"

#include "tests/apps/wavu/program.h"

static void write_file(const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/wavu.toml", program_home);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static const struct said *reload(const char *option)
{
    char line[128];
    (void)snprintf(line, sizeof line, "reload %s --home %s", option, program_home);
    return program_run(line);
}

static void a_node_reads_its_settings_again(void **state)
{
    char text[PROGRAM_TEXT_MAX];
    (void)state;
    struct program up = program_up("--log-level info", text);
    assert_string_equal(reload("")->out, "the settings were read again; nothing has changed\n");
    write_file("auto_accept = 64\nmax_degree = 8\n");
    assert_string_equal(reload("")->out,
                        "changed: auto_accept\nchange at the next start: max_degree\n");
    assert_string_equal(reload("--json")->out, "{\"changed\":[],\"later\":[\"max_degree\"]}\n");
    write_file("max_degree = 8\nconnect_timeout = \"9s\"\n");
    assert_string_equal(
        reload("")->out,
        "changed: auto_accept\nchange at the next start: max_degree, connect_timeout\n");
    write_file("max_degree = 13\n");
    char line[128];
    (void)snprintf(line, sizeof line, "reload --home %s", program_home);
    program_expect_problem(line, 2, "wavu.toml:1:14: max_degree takes a whole number");
    assert_int_equal(kill(up.pid, SIGHUP), 0);
    for (size_t i = 0; i < 5; i++) { /* what was asked until now */
        program_line(up.err, text);
    }
    program_line(up.err, text);
    assert_string_equal(text, "error up: the settings stay as they were: wavu.toml:1:14: "
                              "max_degree takes a whole number from 2 to 12");
    assert_int_equal(program_end(&up)->code, 0);
    program_expect_problem(line, 3, "no node runs in");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(a_node_reads_its_settings_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
