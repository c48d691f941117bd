/*
 * Sticks between couriers that are never connected: both ways, by the hand of others, over power
 * cuts, and what hostile sticks bring.
 */
#include "courier/courier_stick.h"

#include "base/mem.h"
#include "courier/courier_core.h"
#include "courier/stick_msg.h"
#include "tests/base/unit.h"
#include "tests/support/courier_net.h"

#define FILES_MAX 16

static struct courier_net net;

/* What somebody carries. */
static struct {
    struct buf files[FILES_MAX];
    size_t count;
    size_t envelopes;
} stick;

static size_t counts[COURIER_STICK_NOBODYS + 1];

static void clear_stick(void)
{
    for (size_t i = 0; i < stick.count; i++) {
        buf_clear(&stick.files[i]);
    }
    memset(&stick, 0, sizeof(stick));
}

/* Node `i` writes what is for `member`, NULL: for all. */
static void write_stick(size_t i, const uint8_t *member)
{
    size_t seconds = 0;
    int rc = 0;
    clear_stick();
    courier_stick_open(net.nodes[i].courier, member);
    while (rc == 0 && stick.count < FILES_MAX) {
        size_t count = 0;
        struct buf *file = &stick.files[stick.count];
        buf_init(file, STICK_MSG_FILE_MAX);
        rc = courier_stick_next(net.nodes[i].courier, file, &count);
        if (rc == WAVU_ERR_AGAIN && seconds++ < 200) {
            courier_net_run(&net, 100 * TIMERS_MS);
            rc = 0;
        } else if (rc == 0) {
            assert_int_equal(stick_msg_check(buf_span(file)), 0);
            stick.count++;
            stick.envelopes += count;
        } else {
            buf_clear(file);
        }
    }
    assert_int_equal(rc, WAVU_ERR_NOT_FOUND);
    courier_stick_close(net.nodes[i].courier);
}

/* Node `i` takes what is on it, and says that it is kept. */
static void read_stick(size_t i)
{
    memset(counts, 0, sizeof(counts));
    for (size_t k = 0; k < stick.count; k++) {
        courier_stick_begin(net.nodes[i].courier);
        const struct span file = buf_span(&stick.files[k]);
        struct span one;
        size_t at = 0;
        while (stick_msg_next(file, &at, &one)) {
            enum courier_stick_what what = COURIER_STICK_READ;
            int rc = courier_stick_take(net.nodes[i].courier, one, &what);
            while (rc == WAVU_ERR_AGAIN) {
                courier_net_run(&net, 100 * TIMERS_MS);
                rc = courier_stick_take(net.nodes[i].courier, one, &what);
            }
            assert_int_equal(rc, 0);
            counts[what]++;
        }
    }
    for (size_t k = 0; k < 100 && !courier_stick_is_kept(net.nodes[i].courier); k++) {
        courier_net_run(&net, 100 * TIMERS_MS);
    }
    assert_true(courier_stick_is_kept(net.nodes[i].courier));
}

/* A and B are never up together, and nobody else is there. */
static void test_both_ways(void **state)
{
    (void)state;
    courier_net_start(&net, 70, 2);
    courier_net_off(&net, 1);
    for (uint32_t id = 1; id <= 100; id++) {
        assert_int_equal(courier_net_try(&net, 0, 1, id, id == 50 ? 60000 : 40), 0);
    }
    write_stick(0, courier_net_member(&net, 1)); /* at once: nothing was sealed yet */
    assert_int_equal(stick.envelopes, 100);
    assert_int_equal(courier_stick_unsealed(net.nodes[0].courier), 0);
    courier_net_run(&net, TIMERS_SECOND);
    assert_int_equal(courier_net_state(&net, 0, 7), OUTBOX_SENT);
    courier_net_off(&net, 0);
    courier_net_restart(&net, 1);
    read_stick(1);
    assert_int_equal(counts[COURIER_STICK_READ], 100);
    for (uint32_t id = 1; id <= 100; id++) {
        assert_true(courier_net_has(&net, 1, 0, id));
    }
    read_stick(1); /* once more: nothing is shown twice */
    assert_int_equal(counts[COURIER_STICK_KNOWN], 100);
    courier_net_run(&net, TIMERS_SECOND); /* receipts are due */
    write_stick(1, NULL);
    assert_true(stick.envelopes >= 2); /* of 64 messages each */
    courier_net_off(&net, 1);
    courier_net_restart(&net, 0);
    read_stick(0);
    courier_net_run(&net, TIMERS_SECOND);
    for (uint32_t id = 1; id <= 100; id++) {
        assert_int_equal(courier_net_state(&net, 0, id), OUTBOX_DELIVERED);
    }
    assert_int_equal(courier_net_look(&net, 0).open, 0);
    write_stick(0, NULL);
    assert_int_equal(stick.envelopes, 0); /* nothing is left to be said */
    clear_stick();
    courier_net_stop(&net);
}

/* Who is neither reads nothing of it, holds it, and gives it to its reader alone. */
static void test_by_the_hand_of_others(void **state)
{
    (void)state;
    courier_net_start(&net, 71, 4);
    courier_net_off(&net, 1);
    courier_net_say(&net, 0, 1, 1);
    write_stick(0, NULL);
    assert_int_equal(stick.envelopes, 1);
    courier_net_off(&net, 0);
    read_stick(2);
    assert_int_equal(counts[COURIER_STICK_HELD], 1);
    courier_net_link(&net, 2, 3);
    courier_net_run(&net, 30 * TIMERS_SECOND);
    assert_int_equal(courier_net_look(&net, 3).held, 0); /* one copy is not shared out */
    courier_net_off(&net, 2);                            /* it is there after a restart */
    courier_net_restart(&net, 2);
    write_stick(2, courier_net_member(&net, 3));
    assert_int_equal(stick.envelopes, 0);
    write_stick(2, courier_net_member(&net, 1));
    assert_int_equal(stick.envelopes, 1);
    courier_net_restart(&net, 1);
    read_stick(1);
    assert_int_equal(counts[COURIER_STICK_READ], 1);
    assert_true(courier_net_has(&net, 1, 0, 1));
    /* Its holder hears of it when they meet, and the other one gives nothing twice. */
    courier_net_link(&net, 1, 2);
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_int_equal(courier_net_look(&net, 2).bytes, 0);
    courier_net_restart(&net, 0);
    courier_net_link(&net, 0, 2);
    courier_net_link(&net, 1, 0);
    courier_net_run(&net, 20 * TIMERS_SECOND);
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_DELIVERED);
    clear_stick();
    courier_net_stop(&net);
}

/* The power goes at any step of reading: what was said to be kept is, and what was not is read
 * again from the stick. */
static void test_power_cuts(void **state)
{
    (void)state;
    for (uint64_t calm = 0; calm < 30; calm += 2) {
        enum courier_stick_what what = COURIER_STICK_READ;
        struct span one;
        size_t at = 0;
        courier_net_start(&net, 700 + calm, 2);
        courier_net_off(&net, 1);
        courier_net_say(&net, 0, 1, 1);
        if (calm % 4 == 0) { /* while writing, too: nothing is in a file that is not on the disk */
            courier_stick_open(net.nodes[0].courier, NULL);
            sim_files_fail(net.world.hosts[0], calm / 2, SIM_DISK_FOR_EVER);
            courier_net_run(&net, TIMERS_SECOND);
            courier_net_crash(&net, 0);
            courier_net_restart(&net, 0);
            if (courier_net_look(&net, 0).open == 0) {
                courier_net_say(&net, 0, 1, 1);
            }
        }
        write_stick(0, NULL);
        assert_int_equal(stick.envelopes, 1);
        courier_net_restart(&net, 1);
        sim_files_fail(net.world.hosts[1], calm, SIM_DISK_FOR_EVER);
        assert_true(stick_msg_next(buf_span(&stick.files[0]), &at, &one));
        assert_int_equal(courier_stick_take(net.nodes[1].courier, one, &what), 0);
        courier_net_run(&net, TIMERS_SECOND);
        const bool is_kept = courier_stick_is_kept(net.nodes[1].courier);
        courier_net_crash(&net, 1);
        courier_net_restart(&net, 1);
        assert_true(!is_kept || courier_net_has(&net, 1, 0, 1));
        read_stick(1);
        assert_true(courier_net_has(&net, 1, 0, 1));
        clear_stick();
        courier_net_stop(&net);
    }
}

/* Garbage costs little, fills its own share only, and others are heard. */
static void test_hostile_sticks(void **state)
{
    (void)state;
    enum courier_stick_what what = COURIER_STICK_READ;
    struct envelope e;
    struct buf value;
    struct span one;
    size_t at = 0;
    courier_net_start(&net, 72, 3);
    courier_net_off(&net, 1);
    struct courier *c = net.nodes[2].courier;
    assert_int_equal(courier_stick_take(c, UNIT_TEXT("no envelope"), &what), WAVU_ERR_PROTO);
    assert_int_equal(courier_stick_take(c, span_empty(), &what), WAVU_ERR_PROTO);
    assert_int_equal(courier_net_try(&net, 0, 1, 1, 60000), 0);
    courier_net_say(&net, 0, 2, 2);
    write_stick(0, courier_net_member(&net, 2));
    assert_true(stick_msg_next(buf_span(&stick.files[0]), &at, &one));
    /* For us, and nothing in it: two thousand of them. */
    buf_init(&value, STORE_VALUE_MAX);
    assert_int_equal(buf_append(&value, one), 0);
    assert_int_equal(envelope_decode(&e, buf_span(&value)), 0);
    const size_t sealed = (size_t)(e.sealed.ptr - value.ptr);
    value.ptr[sealed + e.sealed.len - 3]++;
    for (size_t i = 0; i < 2 * COURIER_TRIALS_BURST; i++) {
        value.ptr[sealed + e.sealed.len - 1 - i % 2]++;
        assert_int_equal(courier_stick_take(c, buf_span(&value), &what), 0);
        assert_true(
            what == (i < COURIER_STICK_WRONG_MAX ? COURIER_STICK_NOBODYS : COURIER_STICK_LATER) ||
            i >= 512); /* then they begin to be the same ones again */
    }
    assert_int_equal(net.nodes[2].metrics.unopened.value, COURIER_STICK_WRONG_MAX);
    buf_clear(&value);
    /* For a member, with any number of names: the share of all sticks is soon full. */
    write_stick(0, courier_net_member(&net, 1));
    at = 0;
    assert_true(stick_msg_next(buf_span(&stick.files[0]), &at, &one));
    buf_init(&value, STORE_VALUE_MAX);
    assert_int_equal(buf_append(&value, one), 0);
    assert_int_equal(envelope_decode(&e, buf_span(&value)), 0);
    const size_t body = (size_t)(e.sealed.ptr - value.ptr) + 100;
    for (size_t i = 0; i < 200 && what != COURIER_STICK_FULL; i++) {
        int rc = WAVU_ERR_AGAIN;
        value.ptr[body]++;
        while (rc == WAVU_ERR_AGAIN) {
            rc = courier_stick_take(c, buf_span(&value), &what);
            courier_net_run(&net, 100 * TIMERS_MS);
        }
        assert_int_equal(rc, 0);
    }
    assert_int_equal(what, COURIER_STICK_FULL);
    assert_true(courier_net_look(&net, 2).bytes <= (UINT64_C(64) << 20) / 16 / 4);
    buf_clear(&value);
    courier_net_link(&net, 0, 2); /* who hands over by itself has its own */
    courier_net_run(&net, 20 * TIMERS_SECOND);
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_STORED);
    assert_true(courier_net_has(&net, 2, 0, 2));
    assert_int_equal(net.nodes[2].failed, 0);
    clear_stick();
    courier_net_stop(&net);
}

/* Who refuses it now leaves it on the stick. */
static void test_what_is_not_taken_stays(void **state)
{
    (void)state;
    enum courier_stick_what what = COURIER_STICK_READ;
    struct span one;
    size_t at = 0;
    courier_net_start(&net, 73, 2);
    courier_net_off(&net, 1);
    courier_net_say(&net, 0, 1, 1);
    write_stick(0, NULL);
    courier_net_restart(&net, 1);
    net.nodes[1].refusals = 1;
    assert_true(stick_msg_next(buf_span(&stick.files[0]), &at, &one));
    assert_int_equal(courier_stick_take(net.nodes[1].courier, one, &what), 0);
    assert_int_equal(what, COURIER_STICK_LATER);
    assert_false(courier_net_has(&net, 1, 0, 1));
    read_stick(1);
    assert_true(courier_net_has(&net, 1, 0, 1));
    clear_stick();
    courier_net_stop(&net);
}

/* What comes before it is known here whose its author is was not judged for good: it is read when
 * that is known, though the stick came several times before. */
static void test_what_comes_too_early_is_read_later(void **state)
{
    (void)state;
    courier_net_start(&net, 75, 2);
    courier_net_off(&net, 1);
    courier_net_say(&net, 0, 1, 1);
    write_stick(0, NULL);
    courier_net_restart(&net, 1);
    net.nodes[0].is_live = false;
    for (size_t i = 0; i < 3; i++) {
        read_stick(1);
        assert_int_equal(counts[COURIER_STICK_LATER], 1);
    }
    net.nodes[0].is_live = true;
    courier_members(net.nodes[1].courier);
    read_stick(1);
    assert_int_equal(counts[COURIER_STICK_READ], 1);
    assert_true(courier_net_has(&net, 1, 0, 1));
    clear_stick();
    courier_net_stop(&net);
}

/* What is never taken costs its maker's share of trials, however often it comes. */
static void test_what_is_never_taken_is_dear(void **state)
{
    (void)state;
    enum courier_stick_what what = COURIER_STICK_READ;
    struct span one;
    size_t at = 0;
    courier_net_start(&net, 74, 2);
    courier_net_off(&net, 1);
    courier_net_say(&net, 0, 1, 1);
    write_stick(0, NULL);
    courier_net_restart(&net, 1);
    net.nodes[1].refusals = SIZE_MAX;
    assert_true(stick_msg_next(buf_span(&stick.files[0]), &at, &one));
    for (size_t i = 0; i < 2 * COURIER_TRIALS_BURST; i++) {
        assert_int_equal(courier_stick_take(net.nodes[1].courier, one, &what), 0);
        assert_int_equal(what, COURIER_STICK_LATER);
    }
    assert_true(net.nodes[1].refusals >= SIZE_MAX - COURIER_STICK_WRONG_MAX);
    net.nodes[1].refusals = 0;
    read_stick(1);
    assert_true(courier_net_has(&net, 1, 0, 1));
    clear_stick();
    courier_net_stop(&net);
}

/* Of one file with two thousand forgeries before what is true. Each is another one; what they
 * cost is bounded each time, none is tried twice, and in the end the true one is read. */
static void test_a_file_of_forgeries(void **state)
{
    (void)state;
    enum courier_stick_what what = COURIER_STICK_READ;
    struct envelope e;
    struct buf value;
    struct span one;
    size_t at = 0;
    size_t times = 0;
    courier_net_start(&net, 75, 2);
    courier_net_off(&net, 1);
    courier_net_say(&net, 0, 1, 1);
    write_stick(0, NULL);
    courier_net_restart(&net, 1);
    struct courier *c = net.nodes[1].courier;
    assert_true(stick_msg_next(buf_span(&stick.files[0]), &at, &one));
    buf_init(&value, STORE_VALUE_MAX);
    assert_int_equal(buf_append(&value, one), 0);
    assert_int_equal(envelope_decode(&e, buf_span(&value)), 0);
    uint8_t *end = value.ptr + (e.sealed.ptr - value.ptr) + e.sealed.len - 4;
    /* What no session could have made is not tried at all. */
    value.ptr[e.sealed.ptr - value.ptr] = 77;
    assert_int_equal(courier_stick_take(c, buf_span(&value), &what), 0);
    assert_int_equal(what, COURIER_STICK_NOBODYS);
    assert_int_equal(net.nodes[1].metrics.unopened.value, 0);
    value.ptr[e.sealed.ptr - value.ptr] = one.ptr[e.sealed.ptr - value.ptr];
    for (what = COURIER_STICK_LATER; what != COURIER_STICK_READ; times++) {
        const uint64_t before = net.nodes[1].metrics.unopened.value;
        courier_stick_begin(c);
        for (uint32_t n = 0; n < 2000; n++) {
            memcpy(end, &n, sizeof(n));
            assert_int_equal(courier_stick_take(c, buf_span(&value), &what), 0);
            assert_true(what == COURIER_STICK_NOBODYS || what == COURIER_STICK_LATER);
        }
        assert_true(net.nodes[1].metrics.unopened.value - before <= COURIER_STICK_WRONG_MAX);
        assert_int_equal(courier_stick_take(c, one, &what), 0);
        courier_net_run(&net, 3 * TIMERS_SECOND);
        assert_true(times < 2 + 2000 / COURIER_STICK_WRONG_MAX);
    }
    assert_int_equal(net.nodes[1].metrics.unopened.value, 2000);
    assert_true(courier_net_has(&net, 1, 0, 1));
    buf_clear(&value);
    clear_stick();
    courier_net_stop(&net);
}

/* The stick is pulled out, or the program killed: nothing goes on for its sake. */
static void test_a_broken_off_export(void **state)
{
    (void)state;
    size_t count = 0;
    struct buf file;
    courier_net_start(&net, 76, 2);
    courier_net_off(&net, 1);
    courier_net_say(&net, 0, 1, 1);
    struct courier *c = net.nodes[0].courier;
    const uint8_t *device = courier_net_device(&net, 1);
    courier_stick_open(c, NULL);
    assert_true(courier_stick_credit(c, device) > 0);
    courier_net_run(&net, COURIER_STICK_WAIT_NS + TIMERS_SECOND);
    assert_int_equal(courier_stick_credit(c, device), 0);
    buf_init(&file, STICK_MSG_FILE_MAX);
    courier_stick_open(c, NULL);
    courier_net_run(&net, TIMERS_SECOND);
    assert_int_equal(courier_stick_next(c, &file, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(courier_stick_credit(c, device), 0); /* the list is made */
    courier_net_run(&net, COURIER_STICK_IDLE_NS + 20 * TIMERS_SECOND);
    assert_int_equal(courier_stick_next(c, &file, &count), WAVU_ERR_TIMEOUT);
    courier_stick_open(c, NULL);
    courier_net_run(&net, TIMERS_SECOND);
    assert_int_equal(courier_stick_next(c, &file, &count), 0);
    courier_stick_close(c);
    assert_int_equal(courier_stick_next(c, &file, &count), WAVU_ERR_NOT_FOUND);
    buf_clear(&file);
    courier_net_stop(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_both_ways),
        UNIT(test_by_the_hand_of_others),
        UNIT(test_power_cuts),
        UNIT(test_hostile_sticks),
        UNIT(test_what_is_not_taken_stays),
        UNIT(test_what_comes_too_early_is_read_later),
        UNIT(test_what_is_never_taken_is_dear),
        UNIT(test_a_file_of_forgeries),
        UNIT(test_a_broken_off_export),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
