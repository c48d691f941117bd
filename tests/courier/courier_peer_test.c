/*
 * Sessions of couriers: what is not taken comes again, several devices, a session that one side has
 * lost, contents of who is not known.
 */
#include "courier/courier_peer.h"

#include "tests/base/unit.h"
#include "tests/support/courier_net.h"

static struct courier_net net;

/* What its owner above does not take now comes again, and opens again. */
static void test_what_is_not_taken_comes_again(void **state)
{
    (void)state;
    courier_net_start(&net, 8, 2);
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, TIMERS_SECOND);
    net.nodes[1].refusals = 3;
    courier_net_say(&net, 0, 1, 1);
    courier_net_run(&net, TIMERS_SECOND);
    assert_int_equal(net.nodes[1].refusals, 2);
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_SENT);
    courier_net_run(&net, 120 * TIMERS_SECOND);
    assert_int_equal(net.nodes[1].refusals, 0);
    assert_true(courier_net_has(&net, 1, 0, 1));
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_DELIVERED);
    courier_net_stop(&net);
}

enum { REFUSED = 5, MEETINGS = 15 };

/* Meet the holder so often; how often contents were refused. */
static size_t meet_holder(size_t times)
{
    const size_t before = net.nodes[1].refusals;
    for (size_t i = 0; i < times; i++) {
        courier_net_link(&net, 1, 2);
        courier_net_run(&net, 2 * TIMERS_SECOND);
        courier_net_cut(&net, 1, 2);
        courier_net_run(&net, TIMERS_SECOND);
    }
    return before - net.nodes[1].refusals;
}

/* What is refused each time, as by a member who says what no wavu says, costs its reader and an
 * honest holder a try now and then, not at each meeting. Should it be taken one day after all, it
 * is. */
static void test_what_is_refused_again_and_again(void **state)
{
    (void)state;
    courier_net_start(&net, 19, 3);
    courier_net_link(&net, 1, 2); /* so the holder knows the reader's tags */
    courier_net_run(&net, TIMERS_SECOND);
    courier_net_cut(&net, 1, 2);
    courier_net_link(&net, 0, 2);
    for (uint32_t id = 1; id <= REFUSED; id++) {
        courier_net_say(&net, 0, 1, id);
    }
    courier_net_run(&net, 30 * TIMERS_SECOND);
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_STORED);
    courier_net_cut(&net, 0, 2);
    net.nodes[1].refusals = SIZE_MAX;
    net.nodes[1].refuses = WAVU_ERR_CRYPTO;
    assert_int_equal(meet_holder(MEETINGS), REFUSED); /* in 45 s */
    courier_net_run(&net, 30 * TIMERS_SECOND);
    assert_int_equal(meet_holder(MEETINGS), REFUSED);
    courier_members(net.nodes[1].courier); /* who belongs has changed */
    assert_int_equal(meet_holder(MEETINGS), REFUSED);
    net.nodes[1].refusals = 0;
    assert_int_equal(meet_holder(1), 0);
    assert_false(courier_net_has(&net, 1, 0, 1));
    courier_net_run(&net, 16 * 60 * TIMERS_SECOND);
    (void)meet_holder(1);
    for (uint32_t id = 1; id <= REFUSED; id++) {
        assert_true(courier_net_has(&net, 1, 0, id));
    }
    courier_net_link(&net, 0, 2);
    courier_net_link(&net, 1, 2);
    courier_net_run(&net, 60 * TIMERS_SECOND);
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_DELIVERED);
    courier_net_stop(&net);
}

/* Each device of a member has it; one is enough for "delivered". */
static void test_several_devices(void **state)
{
    (void)state;
    courier_net_start(&net, 9, 3);
    net.nodes[2].owner = 1;
    courier_net_link(&net, 0, 1);
    courier_net_say(&net, 0, 1, 1);
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_true(courier_net_has(&net, 1, 0, 1));
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_DELIVERED);
    assert_int_equal(courier_net_look(&net, 0).open, 1);
    courier_net_link(&net, 0, 2);
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_true(courier_net_has(&net, 2, 0, 1));
    assert_int_equal(courier_net_look(&net, 0).open, 0);
    /* To the own other device. */
    courier_net_link(&net, 1, 2);
    courier_net_say(&net, 1, 1, 2);
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_true(courier_net_has(&net, 2, 1, 2));
    courier_net_stop(&net);
}

/* One side has lost its sessions, not its keys: both come together again, and nothing is lost. */
static void test_a_device_that_lost_its_sessions(void **state)
{
    (void)state;
    courier_net_start(&net, 10, 2);
    courier_net_link(&net, 0, 1);
    for (uint32_t id = 1; id <= 6; id++) {
        courier_net_say(&net, id % 2, 1 - id % 2, id);
        courier_net_run(&net, TIMERS_SECOND);
    }
    assert_int_equal(store_delete_prefix(net.nodes[1].store, "courier_peer", span_empty()), 0);
    courier_net_off(&net, 1);
    courier_net_restart(&net, 1);
    courier_net_link(&net, 0, 1);
    courier_net_say(&net, 0, 1, 10);
    courier_net_run(&net, 2 * TIMERS_SECOND);
    assert_false(courier_net_has(&net, 1, 0, 10)); /* nothing there opens it */
    for (size_t minutes = 0; minutes < 150 && !courier_net_has(&net, 1, 0, 10); minutes++) {
        courier_net_run(&net, 60 * TIMERS_SECOND);
    }
    assert_true(courier_net_has(&net, 1, 0, 10));
    courier_net_say(&net, 0, 1, 12);
    courier_net_say(&net, 1, 0, 13);
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_true(courier_net_has(&net, 1, 0, 12));
    assert_true(courier_net_has(&net, 0, 1, 13));
    assert_int_equal(courier_net_state(&net, 0, 10), OUTBOX_DELIVERED);
    courier_net_stop(&net);
}

/* A newcomer writes before its reader has heard that it is one. */
static void test_a_sender_who_is_not_known_yet(void **state)
{
    (void)state;
    courier_net_start(&net, 11, 3);
    courier_net_link(&net, 0, 2);
    courier_net_off(&net, 1);
    courier_net_say(&net, 0, 1, 1);
    courier_net_run(&net, 20 * TIMERS_SECOND);
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_STORED); /* at node 2 */
    net.nodes[0].is_live = false;
    courier_net_restart(&net, 1);
    courier_net_link(&net, 1, 2);
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_false(courier_net_has(&net, 1, 0, 1));
    net.nodes[0].is_live = true;
    courier_net_cut(&net, 1, 2);
    courier_net_run(&net, TIMERS_SECOND);
    courier_net_link(&net, 1, 2);
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_true(courier_net_has(&net, 1, 0, 1));
    courier_net_stop(&net);
}

/* It left and comes back as another member; `is_seen`: the other one saw that it was nobody's in
 * between, and has forgotten their session. */
static void come_back(bool is_seen)
{
    courier_net_off(&net, 1);
    net.nodes[1].is_live = !is_seen;
    courier_members(net.nodes[0].courier);
    courier_net_run(&net, TIMERS_SECOND);
    net.nodes[1].is_live = true;
    net.nodes[1].owner = 2;
    courier_members(net.nodes[0].courier);
    courier_net_restart(&net, 1);
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, TIMERS_SECOND);
}

/* Who comes back as another member is heard at once, and hears, whoever has forgotten what. */
static void test_a_device_that_comes_back_as_another_member(void **state)
{
    (void)state;
    for (uint32_t run = 0; run < 4; run++) {
        const size_t first = run % 2;
        courier_net_start(&net, 40 + run, 2);
        courier_net_link(&net, 0, 1);
        for (uint32_t id = 1; id <= 4; id += 2) {
            courier_net_say(&net, 0, 1, id);
            courier_net_run(&net, TIMERS_SECOND);
            courier_net_say(&net, 1, 0, id + 1);
            courier_net_run(&net, TIMERS_SECOND);
        }
        come_back(run < 2);
        const size_t owners[] = {0, 2};
        courier_net_say(&net, first, owners[1 - first], 10);
        courier_net_run(&net, 10 * TIMERS_SECOND);
        assert_true(courier_net_has(&net, 1 - first, first, 10));
        courier_net_say(&net, 1 - first, owners[first], 11);
        courier_net_run(&net, 10 * TIMERS_SECOND);
        assert_true(courier_net_has(&net, first, 1 - first, 11));
        assert_int_equal(courier_net_state(&net, first, 10), OUTBOX_DELIVERED);
        assert_int_equal(courier_net_state(&net, 1 - first, 11), OUTBOX_DELIVERED);
        /* Once: the next life goes on with the session that there is. */
        const size_t started = net.nodes[0].events[SESSION_EVENT_STARTED];
        courier_net_off(&net, 1);
        courier_net_restart(&net, 1);
        courier_net_link(&net, 0, 1);
        courier_net_say(&net, 1, 0, 12);
        courier_net_run(&net, 10 * TIMERS_SECOND);
        assert_true(courier_net_has(&net, 0, 1, 12));
        assert_int_equal(net.nodes[0].events[SESSION_EVENT_STARTED], started);
        courier_net_stop(&net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_is_not_taken_comes_again),
        UNIT(test_what_is_refused_again_and_again),
        UNIT(test_several_devices),
        UNIT(test_a_device_that_lost_its_sessions),
        UNIT(test_a_sender_who_is_not_known_yet),
        UNIT(test_a_device_that_comes_back_as_another_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
