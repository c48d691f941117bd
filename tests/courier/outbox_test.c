/*
 * The outbox: states, retries, receipts, members with several devices, restarts.
 */
#include "tests/base/unit.h"

#include "base/timers.h"
#include "tests/support/outbox_world.h"

#define SECOND TIMERS_SECOND
#define DAY (86400 * SECOND)

static struct outbox_world w;
static const uint8_t peer[ENVELOPE_DEVICE_SIZE] = {77};

static uint8_t *device_id(uint8_t device)
{
    static uint8_t id[ENVELOPE_DEVICE_SIZE];
    memset(id, device, sizeof(id));
    return id;
}

static struct receipt receipt_of(uint32_t message, uint8_t state)
{
    struct receipt r = {.state = state};
    memcpy(r.message, &message, sizeof(message));
    return r;
}

static void receive(uint32_t message, uint8_t device, uint8_t state)
{
    const struct receipt r = receipt_of(message, state);
    outbox_receipts(&w.box, w.now, device_id(device), &r, 1);
    outbox_world_pump(&w);
}

static enum outbox_state state_of(uint32_t message, uint8_t member)
{
    uint8_t id[ENVELOPE_ID_SIZE] = {0};
    enum outbox_state state = OUTBOX_REFUSED;
    memcpy(id, &message, sizeof(message));
    return outbox_state_of(&w.box, id, device_id(member), &state) == 0 ? state : OUTBOX_READ;
}

static void test_states_go_forward(void **state)
{
    uint8_t token[ENVELOPE_TOKEN_SIZE];
    uint8_t lock[ENVELOPE_LOCK_SIZE];
    (void)state;
    outbox_world_init(&w);
    const uint64_t row = outbox_world_add(&w, 1, 5, 50);
    outbox_world_pump(&w);
    assert_int_equal(state_of(1, 50), OUTBOX_QUEUED);
    assert_int_equal(outbox_world_count(&w, OUTBOX_OFFER), 0);
    assert_int_equal(w.seals, 0); /* no way, no key spent */
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    outbox_world_pump(&w);
    assert_int_equal(w.seals, 1);
    const struct outbox_event *e = outbox_world_said(&w, OUTBOX_OFFER, 0);
    assert_true(e != NULL && e->row == row && e->way == OUTBOX_WORLD_DIRECT);
    assert_int_equal(state_of(1, 50), OUTBOX_QUEUED);
    outbox_fate(&w.box, w.now, row, OUTBOX_WORLD_DIRECT, WAY_TAKEN);
    outbox_world_pump(&w);
    assert_int_equal(outbox_world_said(&w, OUTBOX_STATE, 0)->state, OUTBOX_SENT);
    outbox_world_token(&w, row, token);
    envelope_lock(lock, token);
    outbox_stored(&w.box, w.now, lock, peer);
    outbox_world_pump(&w);
    e = outbox_world_said(&w, OUTBOX_STATE, 0);
    assert_true(e->state == OUTBOX_STORED && memcmp(e->peer, peer, sizeof(peer)) == 0);
    outbox_fate(&w.box, w.now, row, OUTBOX_WORLD_DIRECT, WAY_SENT); /* late: nothing goes back */
    outbox_world_pump(&w);
    assert_int_equal(w.count, 0);
    receive(1, 5, RECEIPT_DELIVERED);
    assert_int_equal(outbox_world_said(&w, OUTBOX_STATE, 0)->state, OUTBOX_DELIVERED);
    assert_memory_equal(outbox_world_said(&w, OUTBOX_PURGE, 0)->token, token, sizeof(token));
    assert_int_equal(w.lasts, 1);
    assert_int_equal(w.box.rows.count + w.box.messages.count + w.box.devices.count, 0);
    receive(1, 5, RECEIPT_READ); /* whoever asks its history knows what it was */
    assert_int_equal(outbox_world_said(&w, OUTBOX_LATE, 0)->state, OUTBOX_READ);
    outbox_world_clear(&w);
}

/* Nobody but the recipient's session, or who knows its token, makes a message delivered. */
static void test_delivered_means_the_reader_has_it(void **state)
{
    uint8_t token[ENVELOPE_TOKEN_SIZE] = {0};
    uint8_t lock[ENVELOPE_LOCK_SIZE];
    (void)state;
    outbox_world_init(&w);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    const uint64_t row = outbox_world_add(&w, 1, 5, 50);
    outbox_done(&w.box, w.now, token); /* before there is one */
    outbox_world_pump(&w);
    receive(1, 6, RECEIPT_DELIVERED); /* of another device */
    receive(2, 5, RECEIPT_DELIVERED); /* of another message */
    outbox_world_token(&w, row, token);
    envelope_lock(lock, token);
    token[3] ^= 1;
    outbox_done(&w.box, w.now, token);
    outbox_done(&w.box, w.now, lock); /* what all holders know */
    for (uint8_t way = 0; way < 200; way++) {
        outbox_fate(&w.box, w.now, row, way, WAY_TAKEN);
    }
    outbox_stored(&w.box, w.now, lock, device_id(5));
    outbox_world_pump(&w);
    assert_int_equal(state_of(1, 50), OUTBOX_STORED);
    token[3] ^= 1;
    outbox_done(&w.box, w.now, token);
    outbox_world_pump(&w);
    assert_int_equal(outbox_world_said(&w, OUTBOX_STATE, 0)->state, OUTBOX_DELIVERED);
    outbox_world_clear(&w);
}

static void test_retries_slow_down_and_hurry(void **state)
{
    (void)state;
    outbox_world_init(&w);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    (void)outbox_world_add(&w, 1, 5, 50);
    outbox_world_pass(&w, 3600 * SECOND);
    const size_t in_an_hour = outbox_world_count(&w, OUTBOX_OFFER);
    assert_true(in_an_hour >= 12 && in_an_hour <= 26); /* 2, 4, ... 300 s, and so on */
    assert_int_equal(w.seals, 1);                      /* the same bytes */
    outbox_world_pass(&w, 5 * SECOND);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    outbox_world_pump(&w);
    assert_int_equal(outbox_world_count(&w, OUTBOX_OFFER), 1); /* sooner: it came up again */
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    outbox_world_pump(&w);
    assert_int_equal(outbox_world_count(&w, OUTBOX_OFFER), 0); /* just offered */
    outbox_world_clear(&w);
}

/* Ten thousand messages for somebody who is away cost a timer, and nothing is sealed. */
static void test_who_is_away_costs_little(void **state)
{
    size_t ticks = 0;
    (void)state;
    outbox_world_init(&w);
    for (uint32_t i = 0; i < 10000; i++) {
        const struct outbox_order order = outbox_world_order(i, 5, 50);
        uint64_t row;
        assert_int_equal(outbox_add(&w.box, w.now, &order, &row), 0);
    }
    outbox_world_pump(&w);
    const size_t writes = w.rows.writes;
    const uint64_t end = w.now + DAY;
    while (outbox_deadline(&w.box) <= end && ticks < 1000) {
        w.now = outbox_deadline(&w.box);
        outbox_tick(&w.box, w.now);
        struct outbox_event e;
        assert_false(outbox_next_event(&w.box, w.now, &e));
        ticks++;
    }
    assert_true(ticks < 400);
    assert_int_equal(w.rows.writes, writes);
    assert_int_equal(w.seals, 0);
    outbox_world_clear(&w);
}

static void test_one_device_of_a_member_is_enough(void **state)
{
    (void)state;
    outbox_world_init(&w);
    (void)outbox_world_add(&w, 1, 5, 50);
    (void)outbox_world_add(&w, 1, 6, 50);
    (void)outbox_world_add(&w, 1, 7, 51);
    outbox_world_pump(&w);
    receive(1, 6, RECEIPT_DELIVERED);
    assert_int_equal(outbox_world_count(&w, OUTBOX_STATE), 1);
    assert_memory_equal(outbox_world_said(&w, OUTBOX_STATE, 0)->member, device_id(50), 32);
    assert_int_equal(state_of(1, 50), OUTBOX_DELIVERED);
    assert_int_equal(state_of(1, 51), OUTBOX_QUEUED);
    assert_int_equal(w.deletes, 0); /* the other device shall have it, too */
    outbox_world_restart(&w);
    assert_int_equal(state_of(1, 50), OUTBOX_DELIVERED);
    receive(1, 5, RECEIPT_DELIVERED);
    assert_int_equal(outbox_world_count(&w, OUTBOX_STATE), 0); /* nothing new of the member */
    assert_int_equal(w.deletes, 2);
    assert_int_equal(w.lasts, 0);
    receive(1, 7, RECEIPT_READ);
    assert_int_equal(outbox_world_said(&w, OUTBOX_STATE, 0)->state, OUTBOX_READ);
    assert_int_equal(w.lasts, 1);
    outbox_world_clear(&w);
}

static void test_what_nobody_took_expires(void **state)
{
    (void)state;
    outbox_world_init(&w);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    (void)outbox_world_add(&w, 1, 5, 50);
    (void)outbox_world_add(&w, 1, 6, 50);
    outbox_world_pass(&w, 6 * DAY);
    outbox_world_restart(&w);
    outbox_world_pass(&w, DAY - 1);
    assert_int_equal(outbox_world_count(&w, OUTBOX_STATE), 0);
    outbox_world_pass(&w, 1);
    const struct outbox_event *e = outbox_world_said(&w, OUTBOX_STATE, 0);
    assert_true(e != NULL && e->state == OUTBOX_EXPIRED);
    assert_int_equal(outbox_world_count(&w, OUTBOX_PURGE), 1);
    assert_int_equal(w.box.rows.count, 0);
    assert_int_equal(rows_count(&w.rows, 'o'), 0);
    outbox_world_clear(&w);
}

static void test_who_is_no_member_is_refused(void **state)
{
    (void)state;
    outbox_world_init(&w);
    (void)outbox_world_add(&w, 1, 5, 50);
    (void)outbox_world_add(&w, 2, 5, 50);
    (void)outbox_world_add(&w, 2, 6, 50);
    outbox_world_pump(&w);
    outbox_forget(&w.box, w.now, device_id(5));
    outbox_world_pump(&w);
    assert_int_equal(outbox_world_count(&w, OUTBOX_STATE), 1);
    assert_int_equal(outbox_world_said(&w, OUTBOX_STATE, 0)->state, OUTBOX_REFUSED);
    assert_int_equal(state_of(2, 50), OUTBOX_QUEUED);
    outbox_world_clear(&w);
}

static void test_rows_wait_for_a_bundle(void **state)
{
    (void)state;
    outbox_world_init(&w);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    w.seal_err = WAVU_ERR_AGAIN;
    (void)outbox_world_add(&w, 1, 5, 50);
    (void)outbox_world_add(&w, 2, 5, 50);
    outbox_world_pass(&w, DAY);
    assert_int_equal(w.seals, 1);
    w.seal_err = 0;
    outbox_bundle(&w.box, w.now, device_id(5));
    outbox_world_pump(&w);
    assert_int_equal(outbox_world_count(&w, OUTBOX_OFFER), 2);
    outbox_world_clear(&w);
}

/* Under another token and the same id; the envelope before may still be read, and either token says
 * that it was. */
static void test_a_retired_session_seals_anew(void **state)
{
    uint8_t before[ENVELOPE_TOKEN_SIZE];
    uint8_t after[ENVELOPE_TOKEN_SIZE];
    (void)state;
    for (int which = 0; which < 3; which++) {
        outbox_world_init(&w);
        outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
        const uint64_t row = outbox_world_add(&w, 1, 5, 50);
        outbox_world_pump(&w);
        outbox_world_token(&w, row, before);
        outbox_retired(&w.box, w.now, device_id(5));
        outbox_world_pump(&w);
        assert_int_equal(w.seals, 2);
        assert_int_equal(outbox_world_count(&w, OUTBOX_PURGE), 0);
        outbox_world_token(&w, row, after);
        assert_memory_not_equal(before, after, sizeof(before));
        outbox_world_restart(&w);
        if (which == 2) {
            receive(1, 5, RECEIPT_DELIVERED);
        } else {
            outbox_done(&w.box, w.now, which == 0 ? before : after);
            outbox_world_pump(&w);
        }
        assert_int_equal(outbox_world_said(&w, OUTBOX_STATE, 0)->state, OUTBOX_DELIVERED);
        assert_int_equal(outbox_world_count(&w, OUTBOX_PURGE), 2); /* both are over */
        assert_memory_equal(outbox_world_said(&w, OUTBOX_PURGE, 0)->token, after, sizeof(after));
        assert_memory_equal(outbox_world_said(&w, OUTBOX_PURGE, 1)->token, before, sizeof(before));
        outbox_world_clear(&w);
    }
}

/* --- receipts of our own --- */

static void test_receipts_go_together(void **state)
{
    (void)state;
    outbox_world_init(&w);
    const uint64_t from = w.now;
    for (uint32_t i = 0; i < 5; i++) {
        const struct receipt r = receipt_of(i, RECEIPT_DELIVERED);
        outbox_received(&w.box, w.now, device_id(5), &r);
        outbox_world_pump(&w);
        assert_int_equal(w.count, 0);
        w.now += 10 * TIMERS_MS;
    }
    const struct receipt again = receipt_of(2, RECEIPT_READ);
    outbox_received(&w.box, w.now, device_id(5), &again);
    assert_int_equal(outbox_deadline(&w.box), from + OUTBOX_RECEIPT_NS);
    outbox_world_pass(&w, 300 * TIMERS_MS);
    const struct outbox_event *e = outbox_world_said(&w, OUTBOX_RECEIPTS, 0);
    assert_int_equal(e->receipt_count, 5);
    assert_int_equal(w.receipts[2].state, RECEIPT_READ);
    for (uint32_t i = 0; i < 64; i++) { /* as many as one takes: at once */
        const struct receipt r = receipt_of(i, RECEIPT_DELIVERED);
        outbox_received(&w.box, w.now, device_id(5), &r);
    }
    outbox_world_pump(&w);
    assert_int_equal(outbox_world_said(&w, OUTBOX_RECEIPTS, 0)->receipt_count, RECEIPT_MAX);
    assert_int_equal(w.box.devices.count, 0);
    outbox_world_clear(&w);
}

/* A receipt ends when its reader has it: nobody answers it. What the own mailbox holds goes on by
 * other ways, too, as that gives it to others only. */
static void test_receipts_have_no_receipts(void **state)
{
    uint64_t row;
    (void)state;
    outbox_world_init(&w);
    struct outbox_order order = outbox_world_order(1, 5, 50);
    order.is_unanswered = true;
    order.class_number = ENVELOPE_CONTROL;
    assert_int_equal(outbox_add(&w.box, w.now, &order, &row), 0);
    outbox_world_reach(&w, OUTBOX_WORLD_BOX, 5, true);
    outbox_world_pass(&w, 11 * SECOND);
    assert_int_equal(outbox_world_said(&w, OUTBOX_OFFER, 0)->way, OUTBOX_WORLD_BOX);
    outbox_fate(&w.box, w.now, row, OUTBOX_WORLD_BOX, WAY_HELD);
    outbox_world_pump(&w);
    assert_int_equal(w.lasts, 0);
    outbox_world_reach(&w, OUTBOX_WORLD_DIRECT, 5, true);
    outbox_reachable(&w.box, w.now, device_id(5));
    outbox_world_pump(&w);
    assert_int_equal(outbox_world_said(&w, OUTBOX_OFFER, 0)->way, OUTBOX_WORLD_DIRECT);
    outbox_fate(&w.box, w.now, row, OUTBOX_WORLD_DIRECT, WAY_TAKEN);
    outbox_world_pump(&w);
    assert_int_equal(w.count, 0); /* nothing to tell, and what the mailbox holds stays there */
    assert_int_equal(w.lasts, 1);
    outbox_world_clear(&w);
}

/* --- limits --- */

static void test_orders_that_are_none(void **state)
{
    uint64_t row;
    (void)state;
    outbox_world_init(&w);
    struct outbox_order order = outbox_world_order(1, 5, 50);
    assert_int_equal(outbox_add(&w.box, w.now, &order, &row), 0);
    assert_int_equal(outbox_add(&w.box, w.now, &order, &row), WAVU_ERR_EXISTS);
    order = outbox_world_order(1, 6, 50);
    order.kind = 2;
    assert_int_equal(outbox_add(&w.box, w.now, &order, &row), WAVU_ERR_INVALID);
    order = outbox_world_order(2, 6, 50);
    order.lifetime_s = ENVELOPE_LIFETIME_S_MAX + 1;
    assert_int_equal(outbox_add(&w.box, w.now, &order, &row), WAVU_ERR_INVALID);
    order.lifetime_s = 1;
    order.body_len = ENVELOPE_BODY_MAX + 1;
    assert_int_equal(outbox_add(&w.box, w.now, &order, &row), WAVU_ERR_INVALID);
    for (uint32_t i = 2; i <= OUTBOX_ROWS_MAX; i++) {
        order = outbox_world_order(i, 5, 50);
        assert_int_equal(outbox_add(&w.box, w.now, &order, &row), 0);
    }
    order = outbox_world_order(99999, 5, 50);
    assert_int_equal(outbox_add(&w.box, w.now, &order, &row), WAVU_ERR_LIMIT);
    outbox_world_pump(&w);
    outbox_world_clear(&w);
}

static void test_late_receipts_are_bounded(void **state)
{
    (void)state;
    outbox_world_init(&w);
    for (uint32_t i = 0; i < 1000; i++) {
        const struct receipt r = receipt_of(i, RECEIPT_READ);
        outbox_receipts(&w.box, w.now, device_id(5), &r, 1);
    }
    outbox_world_pump(&w);
    assert_int_equal(outbox_world_count(&w, OUTBOX_LATE), OUTBOX_LATE_MAX);
    outbox_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_states_go_forward),
        UNIT(test_delivered_means_the_reader_has_it),
        UNIT(test_retries_slow_down_and_hurry),
        UNIT(test_who_is_away_costs_little),
        UNIT(test_one_device_of_a_member_is_enough),
        UNIT(test_what_nobody_took_expires),
        UNIT(test_who_is_no_member_is_refused),
        UNIT(test_rows_wait_for_a_bundle),
        UNIT(test_a_retired_session_seals_anew),
        UNIT(test_receipts_go_together),
        UNIT(test_receipts_have_no_receipts),
        UNIT(test_orders_that_are_none),
        UNIT(test_late_receipts_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
