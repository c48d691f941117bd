/*
 * Metrics of a running node, where the settings say so; and each place where they cannot be.
 */
#include "apps/wavu/up_web.h"

#include "tests/apps/wavu/program.h"
#include "wavu/os.h"

static void off_is_nothing(void **state)
{
    struct up_web web;
    (void)state;
    assert_int_equal(up_web_open(&web, NULL, "/", "off"), 0);
    assert_null(web.server);
    assert_string_equal(web.url, "");
    up_web_close(&web);
}

static void they_are_where_it_says(void **state)
{
    struct up_web web;
    struct wavu_os *os = wavu_os_new();
    (void)state;
    int code = up_web_open(&web, os, "/", "127.0.0.1:0");
    if (code == 0) { /* else: built without libwebsockets, which is said */
        assert_non_null(web.server);
        program_expect(web.url, "http://127.0.0.1:");
        program_expect(web.url, "/metrics");
    } else {
        assert_int_equal(code, 1);
    }
    up_web_close(&web);
    assert_string_equal(web.url, "");
    wavu_os_free(os);
}

static void what_is_wrong_is_one_sentence(void **state)
{
    (void)state;
    program_expect_problem(program_in_home("up --home %s --metrics 0.0.0.0:9464"), 2,
                           "--metrics takes an address of this machine alone");
    program_expect_problem(program_in_home("up --home %s --metrics 9464"), 2,
                           "--metrics takes an address of this machine alone");
    program_expect_problem(
        program_in_home("up --home %s --listen 127.0.0.1:0 --metrics /dev/null/web.sock"), 1,
        "metrics");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(
            what_is_wrong_is_one_sentence), /* first: it forks, and a loop does not survive that */
        cmocka_unit_test(off_is_nothing),
        cmocka_unit_test(they_are_where_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
