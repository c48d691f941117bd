/* Counters: found by name, in order of registration. */
#include "base/metric.h"

#include "tests/base/death.h"
#include "tests/base/unit.h"

static void test_registered_and_found(void **state)
{
    (void)state;
    struct metric_set set = {0};
    struct metric opened = {.value = 99};
    struct metric dropped;
    struct metric last;

    assert_null(metric_find(&set, "opened_total"));
    metric_add(&set, &opened, "opened_total");
    metric_add(&set, &dropped, "dropped_total");
    assert_int_equal(opened.value, 0);
    dropped.value += 3;
    assert_int_equal(metric_find(&set, "dropped_total")->value, 3);
    assert_ptr_equal(metric_find(&set, "opened_total"), &opened);
    assert_null(metric_find(&set, "opened"));
    assert_ptr_equal(set.first, &opened);
    assert_ptr_equal(set.first->next, &dropped);
    metric_add(&set, &last, "last_total");
    assert_ptr_equal(dropped.next, &last);
    assert_ptr_equal(set.last, &last);
    assert_null(last.next);
}

static void add_twice(void)
{
    struct metric_set set = {0};
    struct metric a;
    struct metric b;

    metric_add(&set, &a, "same_total");
    metric_add(&set, &b, "same_total");
}

static void test_names_are_unique(void **state)
{
    (void)state;
    assert_true(death_by_check(add_twice, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_registered_and_found),
        UNIT(test_names_are_unique),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
