/*
 * Lines to commands: whose they are, what they are given, and what becomes of scripts.
 */
#include "apps/shell/shell.h"

#include "tests/apps/shell/program.h"

static char out[16384];

static int run(const char *line, bool keeps_going)
{
    const struct shell_config config = {.socket = "/nowhere/control.sock",
                                        .home = "/nowhere",
                                        .program = &program,
                                        .keeps_going = keeps_going};
    return program_line(&config, line, out, sizeof out);
}

static void the_program_has_its_words_as_they_were_meant(void **state)
{
    (void)state;
    assert_int_equal(run("say 'two words' a\\;b \"\" # no more", false), 0);
    assert_string_equal(out, "[say] [two words] [a;b] []\n");
    assert_int_equal(run("wavu say x", false), 0);
    assert_string_equal(out, "[say] [x]\n");
}

static void send_is_for_all_or_for_one(void **state)
{
    (void)state;
    assert_int_equal(run("send \"to all of you\"", false), 0);
    assert_string_equal(out, "[broadcast] [--] [to all of you]\n");
    assert_int_equal(run("send hVcSmRkQ -x", false), 0);
    assert_string_equal(out, "[send] [--] [hVcSmRkQ] [-x]\n");
    assert_int_equal(run("history 7; history --with Amina", false), 0);
    assert_string_equal(out, "[history] [--max] [7]\n[history] [--with] [Amina]\n");
}

static void a_script_ends_at_what_fails(void **state)
{
    (void)state;
    assert_int_equal(run("say a; fail; say b", false), 7);
    assert_string_equal(out, "[say] [a]\n[fail]\n");
    assert_int_equal(run("say a; fail; nonsense; say b", true), 7);
    assert_non_null(strstr(out, "[say] [b]\n"));
    assert_int_equal(run("say a\nexit\nsay b", false), 0);
    assert_string_equal(out, "[say] [a]\n");
}

static void what_is_no_command_is_said(void **state)
{
    (void)state;
    assert_int_equal(run("sya", false), 2);
    assert_string_equal(out, "wavu: there is no command 'sya'; did you mean 'say'?\n");
    assert_int_equal(run("connekt x", false), 2);
    assert_non_null(strstr(out, "'connect'"));
    assert_int_equal(run("xyzzyplugh", false), 2);
    assert_non_null(strstr(out, "'help' lists them"));
    assert_int_equal(run("\x1b[2J", false), 2);
    assert_null(strchr(out, '\x1b'));
    assert_int_equal(run("say 'open", false), 2);
    assert_non_null(strstr(out, "quotation mark"));
    assert_int_equal(run("say open\\", false), 2);
    assert_non_null(strstr(out, "backslash"));
    assert_int_equal(run("connect", false), 2);
    assert_non_null(strstr(out, "connect [PEER@]HOST[:PORT] is how it goes"));
    assert_int_equal(run("ping x 0", false), 2);
    assert_int_equal(run("ping x many", false), 2);
}

static void without_a_node_it_is_said_so(void **state)
{
    static const char *const lines[] = {"connect x:1", "disconnect abcdef", "routes", "ping abcdef",
                                        "trace abcdef"};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(run(lines[i], false), SAY_NO_NODE);
        assert_non_null(strstr(out, "no node runs in '/nowhere'"));
    }
}

#define SHELL(test) cmocka_unit_test_setup_teardown(test, program_start, program_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHELL(the_program_has_its_words_as_they_were_meant),
        SHELL(send_is_for_all_or_for_one),
        SHELL(a_script_ends_at_what_fails),
        SHELL(what_is_no_command_is_said),
        SHELL(without_a_node_it_is_said_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
