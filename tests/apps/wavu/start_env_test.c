/*
 * The environment of a node in the background.
 */
#include "apps/wavu/start_env.h"

#include "tests/base/unit.h"

static struct start_env e;

static bool has(const char *variable)
{
    for (size_t i = 0; i < e.count; i++) {
        if (strcmp(e.all[i], variable) == 0) {
            return true;
        }
    }
    return false;
}

static char *world[] = {
    (char[]){"HOME=/h"},
    (char[]){"HOMER=odyssey"},
    (char[]){"WAVU_HOME=w"},
    (char[]){"WAVU_POWER=low"},
    (char[]){"LC_ALL=sw"},
    (char[]){"NOTIFY_SOCKET=/run/x"},
    (char[]){"JOURNAL_STREAM=1"},
    (char[]){"SSH_AUTH_SOCK=/tmp/s"},
    (char[]){"API_TOKEN=canary"},
    (char[]){"TERM=xterm"},
    NULL,
};

static void only_what_it_needs_is_taken(void **state)
{
    (void)state;
    start_env_take(&e, world, NULL);
    assert_true(has("HOME=/h") && has("WAVU_HOME=w") && has("WAVU_POWER=low") && has("LC_ALL=sw"));
    assert_int_equal(e.count, 4);
    assert_null(e.all[e.count]);
}

static void the_home_is_the_one_that_is_meant(void **state)
{
    (void)state;
    start_env_take(&e, world, "/here/w");
    assert_true(has("WAVU_HOME=/here/w"));
    assert_false(has("WAVU_HOME=w"));
    assert_int_equal(e.count, 4);
}

static void there_may_be_too_many(void **state)
{
    static char one[] = "WAVU_X=1";
    static char *many[START_ENV_MAX + 10];
    (void)state;
    for (size_t i = 0; i < START_ENV_MAX + 9; i++) {
        many[i] = one;
    }
    start_env_take(&e, many, NULL);
    assert_int_equal(e.count, START_ENV_MAX);
    assert_null(e.all[START_ENV_MAX]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(only_what_it_needs_is_taken),
        UNIT(the_home_is_the_one_that_is_meant),
        UNIT(there_may_be_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
