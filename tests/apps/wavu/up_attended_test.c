/*
 * When a node in the background ends.
 */
#include "apps/wavu/up_attended.h"

#include "tests/base/unit.h"

#define SECOND UINT64_C(1000000000)
#define LINGER (UP_ATTENDED_LINGER_S * SECOND)

static void one_that_nobody_attends_never_ends(void **state)
{
    struct up_attended a;
    (void)state;
    up_attended_begin(&a, false, 0, SECOND);
    assert_false(up_attended_look(&a, 0, 0, 1000 * SECOND));
    assert_int_equal(up_attended_patience_ms(&a, -1), -1);
    assert_int_equal(up_attended_patience_ms(&a, 70), 70);
}

static void it_waits_for_the_first(void **state)
{
    struct up_attended a;
    (void)state;
    up_attended_begin(&a, true, 0, SECOND);
    assert_int_equal(up_attended_patience_ms(&a, -1), UP_ATTENDED_LOOK_MS);
    assert_int_equal(up_attended_patience_ms(&a, 70), 70);
    assert_int_equal(up_attended_patience_ms(&a, 7000), UP_ATTENDED_LOOK_MS);
    assert_false(up_attended_look(&a, 0, 0, SECOND + UP_ATTENDED_FIRST_NS - 1));
    assert_true(up_attended_look(&a, 0, 0, SECOND + UP_ATTENDED_FIRST_NS));
}

static void it_ends_after_the_last(void **state)
{
    struct up_attended a;
    (void)state;
    up_attended_begin(&a, true, 0, SECOND);
    assert_false(up_attended_look(&a, 1, 0, 2 * SECOND));
    assert_false(up_attended_look(&a, 1, 0, 100 * SECOND)); /* as long as anybody is here */
    assert_false(up_attended_look(&a, 0, 0, 100 * SECOND + LINGER - 1));
    assert_false(up_attended_look(&a, 2, 0, 110 * SECOND)); /* and anew when somebody comes back */
    assert_false(up_attended_look(&a, 0, 0, 110 * SECOND + LINGER - 1));
    assert_true(up_attended_look(&a, 0, 0, 110 * SECOND + LINGER));
}

static void one_that_came_and_went_between_two_looks_counts(void **state)
{
    struct up_attended a;
    (void)state;
    up_attended_begin(&a, true, 0, SECOND);
    assert_false(up_attended_look(&a, 0, 20 * SECOND, 21 * SECOND));
    assert_false(up_attended_look(&a, 0, 20 * SECOND, 20 * SECOND + LINGER - 1));
    assert_true(up_attended_look(&a, 0, 20 * SECOND, 20 * SECOND + LINGER));
}

static void it_stays_as_long_as_it_was_told(void **state)
{
    struct up_attended a;
    (void)state;
    up_attended_begin(&a, true, 600, SECOND);
    assert_false(up_attended_look(&a, 1, 0, 2 * SECOND));
    assert_false(up_attended_look(&a, 0, 0, 602 * SECOND - 1));
    assert_true(up_attended_look(&a, 0, 0, 602 * SECOND));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_nobody_attends_never_ends),
        cmocka_unit_test(it_waits_for_the_first),
        cmocka_unit_test(it_ends_after_the_last),
        cmocka_unit_test(one_that_came_and_went_between_two_looks_counts),
        cmocka_unit_test(it_stays_as_long_as_it_was_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
