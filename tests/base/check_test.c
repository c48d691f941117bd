/* CHECK: silent when the promise holds; names expression and place, then aborts, when not. */
#include "base/check.h"

#include "tests/base/death.h"
#include "tests/base/unit.h"

static int evaluated;

static bool count_and_hold(void)
{
    evaluated++;
    return true;
}

static void break_promise(void)
{
    int apples = 3;

    CHECK(apples == 4);
}

static void test_holds_and_evaluates_once(void **state)
{
    (void)state;
    evaluated = 0;
    CHECK(count_and_hold());
    assert_int_equal(evaluated, 1);
}

static void test_breach_says_what_and_where_and_aborts(void **state)
{
    (void)state;
    char said[512];

    assert_true(death_by_check(break_promise, said, sizeof(said)));
    assert_non_null(strstr(said, "apples == 4"));
    assert_non_null(strstr(said, "check_test.c:"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_holds_and_evaluates_once),
        UNIT(test_breach_says_what_and_where_and_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
