/* When a node answers by itself: who comes in from outside, and for how long that holds. */
#include "discovery/kad_role.h"

#include "tests/base/unit.h"

#define HOUR KAD_ROLE_STAY_NS

static struct kad_role r;

static void as_set_is_as_it_is(void **state)
{
    (void)state;
    kad_role_init(&r, KAD_ROLE_SERVER, false);
    assert_true(r.is_server);
    assert_false(kad_role_met(&r, 7, 1));
    assert_true(kad_role_deadline(&r) == UINT64_MAX);
    kad_role_init(&r, KAD_ROLE_CLIENT, false);
    assert_false(kad_role_met(&r, 7, 1));
    assert_false(kad_role_met(&r, 8, 1));
    assert_false(r.is_server);
}

static void two_groups_make_a_server(void **state)
{
    (void)state;
    kad_role_init(&r, KAD_ROLE_AUTO, false);
    assert_false(r.is_server);
    assert_false(kad_role_met(&r, 0, 1)); /* of our own network */
    assert_false(kad_role_met(&r, 7, 1));
    assert_false(kad_role_met(&r, 7, 2));
    assert_true(kad_role_met(&r, 8, 3));
    assert_true(r.is_server);
    assert_false(kad_role_met(&r, 9, 4));
}

static void an_hour_without_anybody_ends_it(void **state)
{
    (void)state;
    kad_role_init(&r, KAD_ROLE_AUTO, false);
    assert_false(kad_role_met(&r, 7, 1));
    assert_true(kad_role_met(&r, 8, 3));
    assert_true(kad_role_deadline(&r) == HOUR + 3);
    assert_false(kad_role_tick(&r, HOUR + 2));
    assert_false(kad_role_met(&r, 8, 10)); /* one is enough to stay */
    assert_false(kad_role_tick(&r, HOUR + 9));
    assert_true(kad_role_tick(&r, HOUR + 10));
    assert_false(r.is_server);
    assert_true(kad_role_deadline(&r) == UINT64_MAX);
    assert_false(kad_role_met(&r, 8, HOUR + 20));
    assert_true(kad_role_met(&r, 9, HOUR + 20));
}

static void low_power_serves_nobody(void **state)
{
    (void)state;
    kad_role_init(&r, KAD_ROLE_SERVER, true);
    assert_false(r.is_server);
    assert_true(kad_role_set_power(&r, false));
    assert_true(r.is_server);
    assert_true(kad_role_set_power(&r, true));
    assert_false(r.is_server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(as_set_is_as_it_is),
        UNIT(two_groups_make_a_server),
        UNIT(an_hour_without_anybody_ends_it),
        UNIT(low_power_serves_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
