/*
 * The ways of a courier: direct, own mailbox, several hops; what holders do with what is not
 * theirs.
 */
#include "courier/courier_ways.h"

#include "tests/base/unit.h"
#include "tests/support/courier_net.h"

static struct courier_net net;

/* Large ones are offered first, small ones are not; both come whole. */
static void test_direct(void **state)
{
    (void)state;
    courier_net_start(&net, 50, 2);
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, TIMERS_SECOND);
    for (uint32_t id = 1; id <= 100; id++) {
        assert_int_equal(courier_net_try(&net, 0, 1, id, id % 3 == 0 ? 5000 : 50), 0);
    }
    courier_net_run(&net, 3 * TIMERS_SECOND);
    for (uint32_t id = 1; id <= 100; id++) {
        assert_true(courier_net_has(&net, 1, 0, id));
    }
    assert_int_equal(courier_net_look(&net, 0).open, 0);
    courier_net_stop(&net);
}

/* Over a slow cable as many fly as may, and the next ones as soon as half has landed. */
static void test_flights_are_bounded(void **state)
{
    (void)state;
    struct sim_cable_settings slow;
    size_t seconds = 0;
    courier_net_start(&net, 54, 2);
    sim_cable_get_default(net.world.sim, &slow);
    slow.latency_ns = 500 * TIMERS_MS;
    sim_cable_set(net.world.hosts[0], net.world.hosts[1], &slow);
    courier_net_link(&net, 0, 1);
    courier_net_say(&net, 0, 1, 5000); /* answered: the next ones are small */
    courier_net_run(&net, 10 * TIMERS_SECOND);
    for (uint32_t id = 1; id <= 1500; id++) {
        courier_net_say(&net, 0, 1, id);
        if (id % 100 == 0) {
            courier_net_run(&net, 10 * TIMERS_MS);
        }
    }
    while (!courier_net_has(&net, 1, 0, 1500) && seconds < 60) {
        courier_net_run(&net, TIMERS_SECOND);
        seconds++;
    }
    assert_true(seconds >= 1500 / COURIER_FLIGHTS_MAX && seconds <= 10);
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_int_equal(courier_net_look(&net, 0).open, 0);
    courier_net_stop(&net);
}

/* A neighbour of whom nothing is known but that it is there gets copies after ten seconds, not
 * before. */
static void test_the_own_mailbox_waits(void **state)
{
    (void)state;
    courier_net_start(&net, 51, 3);
    courier_net_link(&net, 0, 2);
    courier_net_say(&net, 0, 1, 1);
    courier_net_run(&net, 9 * TIMERS_SECOND);
    assert_int_equal(courier_net_look(&net, 0).held, 0);
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_QUEUED);
    courier_net_run(&net, 3 * TIMERS_SECOND);
    assert_int_equal(courier_net_look(&net, 0).held, 1);
    assert_int_equal(courier_net_look(&net, 2).held, 1);
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_STORED);
    /* Delivered directly: its holder hears the token. */
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, 10 * TIMERS_SECOND);
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_DELIVERED);
    courier_net_run(&net, 10 * TIMERS_SECOND);
    assert_int_equal(courier_net_look(&net, 2).bytes, 0);
    courier_net_stop(&net);
}

static void test_several_hops(void **state)
{
    (void)state;
    courier_net_start(&net, 52, 2);
    net.has_hops = true;
    for (size_t i = 0; i < 2; i++) {
        courier_net_off(&net, i);
        courier_net_restart(&net, i);
    }
    for (uint32_t id = 1; id <= 5; id++) {
        courier_net_say(&net, 0, 1, id);
    }
    courier_net_run(&net, 2 * TIMERS_SECOND); /* a stream is tried first */
    assert_int_equal(net.hops_done, 0);
    courier_net_run(&net, 10 * TIMERS_SECOND); /* there is no connection */
    for (uint32_t id = 1; id <= 5; id++) {
        assert_true(courier_net_has(&net, 1, 0, id));
        assert_int_equal(courier_net_state(&net, 0, id), OUTBOX_DELIVERED);
    }
    assert_true(net.hops_done >= 6); /* and tokens back */
    assert_int_equal(courier_net_look(&net, 0).open, 0);
    assert_int_equal(courier_net_look(&net, 1).open, 0); /* receipts are answered, too */
    /* What is too large does not take it. */
    assert_int_equal(courier_net_try(&net, 0, 1, 6, 20000), 0);
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_false(courier_net_has(&net, 1, 0, 6));
    /* What gets lost goes another way, or again. */
    net.is_far = true;
    courier_net_say(&net, 0, 1, 7);
    courier_net_run(&net, 30 * TIMERS_SECOND);
    assert_false(courier_net_has(&net, 1, 0, 7));
    net.is_far = false;
    courier_net_run(&net, 600 * TIMERS_SECOND);
    assert_true(courier_net_has(&net, 1, 0, 7));
    courier_net_stop(&net);
}

/* Over several hops comes only what is for us. */
static void test_hops_hold_nothing(void **state)
{
    (void)state;
    uint8_t bytes[400] = {0};
    struct envelope_head head = {.format = ENVELOPE_FORMAT,
                                 .class_number = ENVELOPE_CHAT,
                                 .form = ENVELOPE_SESSION,
                                 .lifetime_s = 1000};
    uint8_t head_bytes[ENVELOPE_HEAD_SIZE];
    struct wr w;
    courier_net_start(&net, 53, 2);
    envelope_head_encode(head_bytes, &head);
    const struct envelope e = {.head_bytes = span_of(head_bytes, sizeof(head_bytes)),
                               .sealed = UNIT_TEXT("nothing that anybody opens"),
                               .hops = 8,
                               .copies = 16};
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    wr_u8(&w, COURIER_MSG_ENVELOPE);
    envelope_encode(&w, &e);
    struct courier *c = net.nodes[0].courier;
    const uint8_t *from = courier_net_device(&net, 1);
    assert_int_equal(courier_hop(c, from, wr_span(&w)), WAVU_ERR_DENIED);
    assert_int_equal(courier_hop(c, from, UNIT_TEXT("zz")), WAVU_ERR_PROTO);
    assert_int_equal(courier_hop(c, from, UNIT_TEXT("\x04zz")), WAVU_ERR_PROTO);
    assert_int_equal(courier_hop(c, from, UNIT_TEXT("\x03")), WAVU_ERR_PROTO); /* of a stream */
    assert_int_equal(courier_hop(c, from, span_empty()), WAVU_ERR_PROTO);
    assert_int_equal(courier_net_look(&net, 0).held, 0);
    courier_net_stop(&net);
}

/* Who is given what was held is told how old it is. */
static void test_age_goes_along(void **state)
{
    (void)state;
    uint8_t message[ENVELOPE_ID_SIZE];
    courier_net_start(&net, 55, 4);
    courier_net_off(&net, 1);
    courier_net_link(&net, 0, 2);
    const struct courier_order order = {.device = courier_net_device(&net, 1),
                                        .kind = COURIER_CHAT,
                                        .class_number = ENVELOPE_CHAT,
                                        .lifetime_s = 600,
                                        .body = UNIT_TEXT("ten minutes")};
    assert_int_equal(courier_say(net.nodes[0].courier, &order, message), 0);
    courier_net_run(&net, 20 * TIMERS_SECOND);
    assert_int_equal(courier_net_look(&net, 2).held, 1);
    courier_net_off(&net, 0);
    courier_net_run(&net, 500 * TIMERS_SECOND);
    courier_net_link(&net, 2, 3);
    courier_net_run(&net, 10 * TIMERS_SECOND);
    assert_int_equal(courier_net_look(&net, 3).held, 1);
    courier_net_run(&net, 180 * TIMERS_SECOND);
    assert_int_equal(courier_net_look(&net, 2).held, 0);
    assert_int_equal(courier_net_look(&net, 3).held, 0);
    courier_net_stop(&net);
}

/* A holder that crashes between any two changes of its disk loses nothing, and makes no copies. */
static void test_a_holder_that_crashes(void **state)
{
    (void)state;
    for (uint64_t calm = 0; calm < 24; calm += 3) {
        courier_net_start(&net, 500 + calm, 3);
        courier_net_off(&net, 1);
        courier_net_link(&net, 0, 2);
        courier_net_run(&net, TIMERS_SECOND);
        courier_net_say(&net, 0, 1, 1);
        courier_net_run(&net, 9 * TIMERS_SECOND);
        sim_files_fail(net.world.hosts[2], calm, SIM_DISK_FOR_EVER);
        courier_net_run(&net, 5 * TIMERS_SECOND);
        const bool is_stored = courier_net_state(&net, 0, 1) == OUTBOX_STORED;
        courier_net_crash(&net, 2);
        courier_net_restart(&net, 2);
        assert_true(!is_stored || courier_net_look(&net, 2).held == 1);
        courier_net_link(&net, 0, 2);
        courier_net_run(&net, 5 * TIMERS_SECOND);
        assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_STORED);
        courier_net_off(&net, 0);
        courier_net_restart(&net, 1);
        courier_net_link(&net, 1, 2);
        courier_net_run(&net, 5 * TIMERS_SECOND);
        assert_true(courier_net_has(&net, 1, 0, 1));
        courier_net_stop(&net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_direct),
        UNIT(test_flights_are_bounded),
        UNIT(test_the_own_mailbox_waits),
        UNIT(test_several_hops),
        UNIT(test_hops_hold_nothing),
        UNIT(test_age_goes_along),
        UNIT(test_a_holder_that_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
