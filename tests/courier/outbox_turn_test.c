/*
 * Whose turn it is, and over which way.
 */
#include "tests/base/unit.h"

#include "base/timers.h"
#include "tests/support/outbox_world.h"

#define SECOND TIMERS_SECOND

static struct outbox_world w;

static int next_way(void)
{
    const struct outbox_event *e = outbox_world_said(&w, OUTBOX_OFFER, 0);
    return e == NULL ? -1 : (int)e->way;
}

static uint64_t add_class(uint32_t id, uint8_t device, enum envelope_class class_number)
{
    struct outbox_order order = outbox_world_order(id, device, 50);
    uint64_t row;
    order.class_number = class_number;
    assert_int_equal(outbox_add(&w.box, w.now, &order, &row), 0);
    return row;
}

/* The one that fewest see, then the quickest; an SOS the quickest. */
static void test_the_best_way_first(void **state)
{
    (void)state;
    outbox_world_init(&w);
    for (int way = 0; way < OUTBOX_WORLD_WAYS; way++) {
        outbox_world_reach(&w, way, 5, true);
    }
    (void)add_class(1, 5, ENVELOPE_CHAT);
    outbox_world_pump(&w);
    assert_int_equal(next_way(), OUTBOX_WORLD_DIRECT);
    (void)add_class(2, 5, ENVELOPE_SOS);
    outbox_world_pump(&w);
    assert_int_equal(next_way(), OUTBOX_WORLD_RADIO);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, false);
    (void)add_class(3, 5, ENVELOPE_CHAT);
    outbox_world_pump(&w);
    assert_int_equal(next_way(), OUTBOX_WORLD_HOPS);
    outbox_world_clear(&w);
}

static void test_another_way_after_each_failure(void **state)
{
    int ways[4];
    (void)state;
    outbox_world_init(&w);
    for (int way = 0; way < OUTBOX_WORLD_WAYS; way++) {
        outbox_world_reach(&w, way, 5, true);
    }
    const uint64_t row = add_class(1, 5, ENVELOPE_CHAT);
    outbox_world_pump(&w);
    for (size_t i = 0; i < 3; i++) {
        ways[i] = next_way();
        outbox_fate(&w.box, w.now, row, (uint8_t)ways[i], WAY_FAILED);
        outbox_world_pump(&w);
    }
    assert_int_equal(ways[0], OUTBOX_WORLD_DIRECT);
    assert_int_equal(ways[1], OUTBOX_WORLD_HOPS);
    assert_int_equal(ways[2], OUTBOX_WORLD_RADIO);
    assert_int_equal(next_way(), -1); /* all failed, and the mailbox has patience */
    outbox_world_pass(&w, 9 * SECOND);
    assert_true(outbox_world_count(&w, OUTBOX_OFFER) > 0); /* from the beginning */
    assert_int_equal(next_way(), OUTBOX_WORLD_DIRECT);
    outbox_world_clear(&w);
}

/* A receipt that does not come is a failure, too. */
static void test_silence_is_a_failure(void **state)
{
    (void)state;
    outbox_world_init(&w);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    outbox_world_reach(&w, OUTBOX_WORLD_HOPS, 5, true);
    const uint64_t row = add_class(1, 5, ENVELOPE_CHAT);
    outbox_world_pump(&w);
    outbox_fate(&w.box, w.now, row, OUTBOX_WORLD_DIRECT, WAY_TAKEN);
    outbox_world_pass(&w, 3 * SECOND);
    assert_int_equal(next_way(), OUTBOX_WORLD_HOPS);
    outbox_world_clear(&w);
}

static void test_the_mailbox_has_patience(void **state)
{
    (void)state;
    outbox_world_init(&w);
    outbox_world_reach(&w, OUTBOX_WORLD_BOX, 5, true);
    const uint64_t row = add_class(1, 5, ENVELOPE_CHAT);
    outbox_world_pass(&w, 10 * SECOND - 1);
    assert_int_equal(next_way(), -1);
    outbox_world_pass(&w, 1);
    assert_int_equal(next_way(), OUTBOX_WORLD_BOX);
    outbox_fate(&w.box, w.now, row, OUTBOX_WORLD_BOX, WAY_HELD);
    outbox_world_pass(&w, 3600 * SECOND);
    assert_int_equal(next_way(), -1); /* it goes on by itself */
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    outbox_world_pump(&w);
    assert_int_equal(next_way(), OUTBOX_WORLD_DIRECT);
    outbox_world_clear(&w);
}

static void test_small_and_dear_ways(void **state)
{
    uint64_t row;
    (void)state;
    outbox_world_init(&w);
    outbox_world_reach(&w, OUTBOX_WORLD_RADIO, 5, true);
    (void)add_class(1, 5, ENVELOPE_BULK); /* never over airtime */
    struct outbox_order order = outbox_world_order(2, 5, 50);
    order.body_len = 600; /* longer than it takes */
    assert_int_equal(outbox_add(&w.box, w.now, &order, &row), 0);
    outbox_world_pass(&w, 3600 * SECOND);
    assert_int_equal(w.seals, 0);
    (void)add_class(3, 5, ENVELOPE_CHAT); /* not held up by them */
    outbox_world_pump(&w);
    assert_int_equal(next_way(), OUTBOX_WORLD_RADIO);
    outbox_world_reach(&w, OUTBOX_WORLD_HOPS, 5, true);
    outbox_world_pump(&w);
    assert_int_equal(outbox_world_count(&w, OUTBOX_OFFER), 2);
    outbox_world_clear(&w);
}

/* A start that does not fit a radio waits for another way, at growing intervals. */
static void test_what_cannot_be_sealed_small(void **state)
{
    (void)state;
    outbox_world_init(&w);
    outbox_world_reach(&w, OUTBOX_WORLD_RADIO, 5, true);
    w.seal_err = WAVU_ERR_LIMIT;
    (void)add_class(1, 5, ENVELOPE_CHAT);
    outbox_world_pass(&w, 3600 * SECOND);
    assert_true(w.seals > 8 && w.seals < 40);
    w.seal_err = 0;
    outbox_world_reach(&w, OUTBOX_WORLD_HOPS, 5, true);
    outbox_world_pass(&w, 400 * SECOND);
    assert_int_equal(next_way(), OUTBOX_WORLD_HOPS);
    outbox_world_clear(&w);
}

static void test_credit_is_kept_to(void **state)
{
    (void)state;
    outbox_world_init(&w);
    w.contexts[OUTBOX_WORLD_DIRECT].credit[5] = 300; /* less than one */
    (void)add_class(1, 5, ENVELOPE_CHAT);
    outbox_world_pass(&w, 60 * SECOND);
    assert_int_equal(next_way(), -1);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    outbox_world_pump(&w);
    assert_int_equal(next_way(), OUTBOX_WORLD_DIRECT);
    outbox_world_clear(&w);
}

/* One envelope at a time leaves; what of each class has left after so many turns. */
static void test_classes_do_not_starve(void **state)
{
    size_t turns[5] = {0};
    struct outbox_event e;
    (void)state;
    outbox_world_init(&w);
    for (uint32_t i = 0; i < 800; i++) {
        (void)add_class(i, 5, (enum envelope_class)(1 + i % 4));
    }
    outbox_world_pump(&w);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    for (size_t taken = 0; taken < 110;) {
        assert_true(outbox_next_event(&w.box, w.now, &e));
        if (e.kind == OUTBOX_SEAL) {
            uint8_t token[ENVELOPE_TOKEN_SIZE];
            random_fill(&w.random, token, sizeof(token));
            outbox_sealed(&w.box, w.now, e.row, token, 300);
        } else if (e.kind == OUTBOX_OFFER) {
            struct outbox_order order;
            assert_int_equal(outbox_order_of(&w.box, e.row, &order), 0);
            turns[order.class_number]++;
            taken++;
        }
    }
    assert_true(turns[1] > 70 && turns[1] < 90);
    for (size_t c = 2; c <= 4; c++) {
        assert_true(turns[c] >= 5 && turns[c] <= 15);
    }
    outbox_world_clear(&w);
}

/* Devices of one class take turns: one with much holds up nobody. */
static void test_devices_take_turns(void **state)
{
    size_t turns[3] = {0};
    (void)state;
    outbox_world_init(&w);
    for (uint32_t i = 0; i < 100; i++) {
        (void)add_class(i, 5, ENVELOPE_CHAT);
    }
    for (uint32_t i = 100; i < 104; i++) {
        (void)add_class(i, 6, ENVELOPE_CHAT);
    }
    outbox_world_pump(&w);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 6, true);
    outbox_world_pump(&w);
    for (size_t i = 0; i < 12; i++) {
        turns[w.log[i].device[0] - 5]++;
    }
    assert_int_equal(turns[1], 4);
    outbox_world_clear(&w);
}

/* A way that was full takes what rests, and what waits until it is old enough for the mailbox. */
static void test_a_way_has_room_again(void **state)
{
    uint8_t device[ENVELOPE_DEVICE_SIZE];
    (void)state;
    memset(device, 5, sizeof(device));
    outbox_world_init(&w);
    for (size_t has_box = 0; has_box < 2; has_box++) {
        outbox_world_reach(&w, OUTBOX_WORLD_BOX, 5, has_box == 1);
        outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, false);
        (void)add_class(1 + (uint32_t)has_box, 5, ENVELOPE_CHAT);
        outbox_world_pump(&w);
        assert_int_equal(next_way(), -1);
        w.contexts[OUTBOX_WORLD_DIRECT].credit[5] = SIZE_MAX;
        outbox_world_pump(&w);
        assert_int_equal(next_way(), -1); /* it has not heard of it */
        outbox_room(&w.box, device);
        outbox_world_pump(&w);
        assert_int_equal(next_way(), OUTBOX_WORLD_DIRECT);
    }
    outbox_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_the_best_way_first),   UNIT(test_another_way_after_each_failure),
        UNIT(test_silence_is_a_failure), UNIT(test_the_mailbox_has_patience),
        UNIT(test_small_and_dear_ways),  UNIT(test_what_cannot_be_sealed_small),
        UNIT(test_credit_is_kept_to),    UNIT(test_classes_do_not_starve),
        UNIT(test_devices_take_turns),   UNIT(test_a_way_has_room_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
