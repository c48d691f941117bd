/*
 * Tests of the sentences of failed runs.
 */
#include "swarm/verdict.h"

#include "tests/base/unit.h"

static void a_failure_names_what_where_and_when(void **state)
{
    struct run_result r = {.is_passed = false};
    (void)state;
    verdict_fail(&r, 1500, "a broadcast was lost", 7, NULL);
    assert_string_equal(r.why, "a broadcast was lost: node 7 at 1500 ms");
    assert_int_equal(r.failed_ms, 1500);
    verdict_fail(&r, 2, "more than one component", SCENARIO_EVERYWHERE, NULL);
    assert_string_equal(r.why, "more than one component: at 2 ms");
    verdict_fail(&r, 3, "a node does not start", 0, "no room");
    assert_string_equal(r.why, "a node does not start: node 0 at 3 ms, no room");
}

static void only_a_new_delivery_is_right(void **state)
{
    (void)state;
    assert_null(verdict_of_delivery(LEDGER_NEW));
    assert_string_equal(verdict_of_delivery(LEDGER_TWICE), "delivered twice");
    assert_string_equal(verdict_of_delivery(LEDGER_NEVER_SAID), "delivered what was never said");
    assert_string_equal(verdict_of_delivery(LEDGER_CHANGED),
                        "delivered other bytes than were said");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_failure_names_what_where_and_when),
        UNIT(only_a_new_delivery_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
