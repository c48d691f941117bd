/*
 * What a member with many devices does to a courier: sessions made as large as they become, all
 * changed in one turn; refused contents that cost; streams that begin anew to be heard more often.
 */
#include "courier/courier_peer.h"
#include "courier/courier_store.h"
#include "courier/session_state.h"

#include "tests/base/unit.h"
#include "tests/support/courier_guests.h"

#define FAT 24 /* devices of one member */

static struct courier_net net;
static struct courier_guests guests;

static void start(uint64_t seed, size_t count)
{
    courier_net_start(&net, seed, 2);
    net.has_hops = true;
    courier_net_off(&net, 0);
    courier_net_restart(&net, 0);
    courier_guests_start(&guests, &net, count, 1);
    courier_net_run(&net, TIMERS_SECOND);
}

static void stop(void)
{
    courier_guests_stop(&guests);
    courier_net_stop(&net);
}

static void let_store(void)
{
    courier_net_run(&net, 100 * TIMERS_MS);
}

/* Each device begins four sessions and leaves the largest gap in each. */
static void fatten(size_t i)
{
    for (size_t k = 0; k < SESSION_RATCHETS_MAX; k++) {
        courier_guests_renew(&guests, i);
        assert_int_equal(courier_guests_say(&guests, i, COURIER_CHAT, UNIT_TEXT("begin")), 0);
        courier_guests_lose(&guests, i, RATCHET_GAP_MAX - 10);
        assert_int_equal(courier_guests_say(&guests, i, COURIER_CHAT, UNIT_TEXT("gap")), 0);
        let_store();
    }
}

static size_t stored_bytes(void)
{
    struct buf key;
    struct buf value;
    size_t bytes = 0;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    while (store_next(net.nodes[0].store, "courier_peer", span_empty(), &key, &value) == 0) {
        bytes += value.len;
    }
    buf_clear(&key);
    buf_clear(&value);
    return bytes;
}

static void check_well(void)
{
    static uint32_t id = 1000;
    assert_int_equal(net.nodes[0].failed, 0);
    courier_check(net.nodes[0].courier);
    courier_net_say(&net, 0, 1, ++id); /* and it goes on */
}

static void start_fat(uint64_t seed)
{
    start(seed, FAT);
    for (size_t i = 0; i < FAT; i++) {
        fatten(i);
    }
    courier_net_run(&net, TIMERS_SECOND);
    assert_true(stored_bytes() > STORE_PENDING_MAX); /* else this test shows nothing */
}

/* Something is said to all its devices: all sessions change in one turn. */
static void test_many_fat_sessions_at_once(void **state)
{
    (void)state;
    uint8_t message[ENVELOPE_ID_SIZE];
    const struct courier_order order = {.member = courier_net_member(&net, 1),
                                        .kind = COURIER_CHAT,
                                        .class_number = ENVELOPE_CHAT,
                                        .body = UNIT_TEXT("to all of you")};
    start_fat(60);
    assert_int_equal(courier_say(net.nodes[0].courier, &order, message), 0);
    assert_int_equal(net.nodes[0].failed, 0);
    courier_net_run(&net, 10 * TIMERS_SECOND);
    check_well();
    /* This device went back: every session is retired, and every one is stored. */
    courier_restored(net.nodes[0].courier);
    assert_int_equal(net.nodes[0].failed, 0);
    courier_net_crash(&net, 0); /* at once: what is not stored yet is known to be due */
    courier_net_restart(&net, 0);
    courier_net_run(&net, 10 * TIMERS_SECOND);
    check_well();
    /* Time goes by for all of them. */
    courier_net_run(&net, 3 * COURIER_SWEEP_NS);
    check_well();
    /* They are nobody's any more. */
    courier_guests_stop(&guests);
    courier_members(net.nodes[0].courier);
    assert_int_equal(net.nodes[0].failed, 0);
    courier_net_run(&net, 10 * TIMERS_SECOND);
    check_well();
    assert_true(stored_bytes() < 20000);
    courier_net_stop(&net);
}

/* What cannot be stored now waits, and the disk that is full for long stops nothing for good. */
static void test_fat_sessions_on_a_full_disk(void **state)
{
    (void)state;
    start_fat(61);
    sim_files_set_fault(net.world.hosts[0], SIM_DISK_FULL);
    courier_restored(net.nodes[0].courier);
    for (uint32_t id = 1; id <= 200; id++) {
        (void)!courier_net_try(&net, 0, 1, id, 60000);
        courier_net_run(&net, 100 * TIMERS_MS);
    }
    assert_int_equal(net.nodes[0].failed, 0);
    sim_files_set_fault(net.world.hosts[0], SIM_DISK_SOUND);
    courier_net_run(&net, 200 * TIMERS_SECOND);
    check_well();
    stop();
}

/* A content that is refused costs what its author has: the steps of the ratchet. */
static void test_a_refused_content_costs_its_steps(void **state)
{
    (void)state;
    size_t heard = 0;
    start(62, 1);
    courier_guests_renew(&guests, 0);
    assert_int_equal(courier_guests_say(&guests, 0, COURIER_CHAT, UNIT_TEXT("begin")), 0);
    let_store();
    net.nodes[0].refusals = 1;
    courier_guests_lose(&guests, 0, RATCHET_GAP_MAX - 10);
    for (size_t i = 0; i < 8; i++) { /* the same gap again and again */
        const size_t before = net.nodes[0].shown;
        assert_true(courier_guests_say(&guests, 0, COURIER_CHAT, UNIT_TEXT("no")) < 0);
        heard += net.nodes[0].shown - before;
    }
    assert_in_range(heard, 3, 5); /* SESSION_STEPS_MAX pays for four */
    net.nodes[0].refusals = 0;
    courier_net_run(&net, 20 * TIMERS_SECOND);
    assert_int_equal(courier_guests_say(&guests, 0, COURIER_CHAT, UNIT_TEXT("yes")), 0);
    check_well();
    stop();
}

/* Envelopes that nothing opens cost their bringer, whichever of its devices brings them. */
static void test_trials_are_the_members(void **state)
{
    (void)state;
    struct buf out;
    size_t tried = 0;
    start(63, 8);
    buf_init(&out, 2 * ENVELOPE_SIZE_MAX);
    courier_guests_renew(&guests, 0);
    courier_guests_seal(&guests, 0, COURIER_CHAT, UNIT_TEXT("begin"), &out);
    uint8_t *last = out.ptr + out.len - 8; /* in the sealed text: age, hops, copies follow */
    for (uint32_t i = 1; i <= 2 * COURIER_TRIALS_BURST; i++) {
        memcpy(last - 3, &i, sizeof i); /* each is another one */
        const int rc =
            courier_hop(net.nodes[0].courier, guests.all[i % 8].device.public_key, buf_span(&out));
        assert_true(rc == WAVU_ERR_AGAIN || rc == WAVU_ERR_DENIED);
        tried += rc == WAVU_ERR_DENIED ? 1 : 0;
    }
    assert_int_equal(tried, COURIER_TRIALS_BURST);
    /* Others are heard. */
    net.guests[7].owner = 3;
    courier_guests_renew(&guests, 7);
    assert_int_equal(courier_guests_say(&guests, 7, COURIER_CHAT, UNIT_TEXT("I am heard")), 0);
    buf_clear(&out);
    check_well();
    stop();
}

/* All sessions as they are stored. */
static void get_states(struct buf *all)
{
    struct buf key;
    struct buf value;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    while (store_next(net.nodes[0].store, "courier_peer", span_empty(), &key, &value) == 0) {
        assert_int_equal(buf_append(all, buf_span(&value)), 0);
    }
    buf_clear(&key);
    buf_clear(&value);
}

/* An author whose state went back, by the hand of somebody else: that its sessions are retired is
 * stored, though nothing was opened. */
static void test_who_went_back_is_stored(void **state)
{
    (void)state;
    struct buf before;
    struct buf after;
    struct buf out;
    struct buf old;
    struct wr w;
    start(64, 2);
    buf_init(&before, STORE_VALUE_MAX);
    buf_init(&after, STORE_VALUE_MAX);
    buf_init(&out, 2 * ENVELOPE_SIZE_MAX);
    buf_init(&old, SESSION_STATE_MAX);
    struct session *session = &guests.all[0].session;
    courier_guests_renew(&guests, 0);
    assert_int_equal(courier_guests_say(&guests, 0, COURIER_CHAT, UNIT_TEXT("begin")), 0);
    assert_int_equal(buf_reserve(&old, SESSION_STATE_MAX), 0);
    wr_init(&w, span_mut_of(old.ptr, old.cap));
    session_state_save(&w, session, guests.now);
    old.len = w.len;
    assert_int_equal(courier_guests_say(&guests, 0, COURIER_CHAT, UNIT_TEXT("one")), 0);
    let_store();
    get_states(&before);
    const struct session_config config = session->config;
    session_clear(session);
    assert_int_equal(session_state_load(session, &config, buf_span(&old), guests.now), 0);
    courier_guests_seal(&guests, 0, COURIER_CHAT, UNIT_TEXT("another one"), &out);
    assert_int_equal(
        courier_hop(net.nodes[0].courier, guests.all[1].device.public_key, buf_span(&out)),
        WAVU_ERR_DENIED);
    assert_int_equal(net.nodes[0].events[SESSION_EVENT_PEER_WENT_BACK], 1);
    let_store();
    get_states(&after);
    assert_false(span_is_equal(buf_span(&before), buf_span(&after)));
    buf_clear(&before);
    buf_clear(&after);
    buf_clear(&out);
    buf_clear(&old);
    check_well();
    stop();
}

/* What is opened and leaves no row, as that something was read, is acknowledged behind the commit
 * of its session all the same. */
static void test_a_read_receipt_survives(void **state)
{
    (void)state;
    uint8_t message[ENVELOPE_ID_SIZE] = {0, 0, 0, 1};
    courier_net_start(&net, 65, 2);
    courier_net_link(&net, 0, 1);
    courier_net_say(&net, 0, 1, 1);
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_DELIVERED);
    assert_int_equal(courier_net_look(&net, 0).open, 0);
    sim_files_set_fault(net.world.hosts[0], SIM_DISK_FULL);
    assert_int_equal(courier_read(net.nodes[1].courier, courier_net_device(&net, 0), message), 0);
    courier_net_run(&net, 3 * TIMERS_SECOND);
    assert_int_equal(net.nodes[0].reads, 1);
    assert_int_equal(courier_net_look(&net, 1).open, 1); /* not acknowledged */
    courier_net_crash(&net, 0);
    sim_files_set_fault(net.world.hosts[0], SIM_DISK_SOUND);
    courier_net_restart(&net, 0);
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, 60 * TIMERS_SECOND);
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_READ);
    assert_int_equal(courier_net_look(&net, 1).open, 0);
    courier_net_stop(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_many_fat_sessions_at_once),         UNIT(test_fat_sessions_on_a_full_disk),
        UNIT(test_a_refused_content_costs_its_steps), UNIT(test_trials_are_the_members),
        UNIT(test_who_went_back_is_stored),           UNIT(test_a_read_receipt_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
