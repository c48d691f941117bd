/*
 * The default metric: numbers reckoned by hand.
 */
#include "tests/base/unit.h"

#include "route/route_metric.h"
#include "tests/support/overlay_null.h"

static uint32_t cost(uint32_t rtt_us, uint16_t loss)
{
    struct route_metric metric = route_metric_default();
    const struct overlay_id a = overlay_null_id(1);
    const struct overlay_id b = overlay_null_id(2);
    const struct route_metric_link link = {
        .a = &a, .b = &b, .facts = {.rtt_us = rtt_us, .loss = loss}};
    return metric.cost(metric.context, &link);
}

static void a_link_costs_its_time_through_its_loss(void **state)
{
    (void)state;
    assert_int_equal(cost(1500, 0), 2000);
    assert_int_equal(cost(1500, 32768), 8000); /* half comes through, both ways: 4 times */
    assert_int_equal(cost(0, 0), 100500);      /* unmeasured */
}

static void extremes_stay_in_range(void **state)
{
    (void)state;
    assert_true(cost(UINT32_MAX, UINT16_MAX) == UINT32_MAX);
    assert_true(cost(1, UINT16_MAX) == 501u * 64 * 64);
    assert_true(cost(1, 0) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_link_costs_its_time_through_its_loss),
        UNIT(extremes_stay_in_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
