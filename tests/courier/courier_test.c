/*
 * Couriers at real streams in the simulator: messages both ways, crashes, disks that fail, members
 * that are revoked, a thousand messages at once.
 */
#include "courier/courier.h"

#include "courier/courier_core.h"
#include "tests/base/unit.h"
#include "tests/support/courier_net.h"

#define SEEDS 3 /* of lives of chance */

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

/* 64 KiB, larger than what goes unasked. */
static void test_a_large_message(void **state)
{
    (void)state;
    courier_net_start(&net, 2, 2);
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, TIMERS_SECOND);
    for (uint32_t id = 1; id <= 5; id++) {
        assert_int_equal(courier_net_try(&net, 0, 1, id, 65536), 0);
    }
    courier_net_run(&net, 5 * TIMERS_SECOND);
    for (uint32_t id = 1; id <= 5; id++) {
        assert_true(courier_net_has(&net, 1, 0, id));
        assert_int_equal(courier_net_state(&net, 0, id), OUTBOX_DELIVERED);
    }
    assert_int_equal(courier_net_try(&net, 0, 1, 9, ENVELOPE_BODY_MAX + 1), WAVU_ERR_INVALID);
    courier_net_stop(&net);
}

/* A and B are never up together. */
static void test_a_to_b_through_c(void **state)
{
    (void)state;
    courier_net_start(&net, 3, 3);
    courier_net_off(&net, 1);
    courier_net_link(&net, 0, 2);
    for (uint32_t id = 1; id <= 10; id++) {
        courier_net_say(&net, 0, 1, id);
    }
    courier_net_run(&net, 30 * TIMERS_SECOND);
    for (uint32_t id = 1; id <= 10; id++) {
        assert_int_equal(courier_net_state(&net, 0, id), OUTBOX_STORED);
    }
    courier_net_off(&net, 0);
    courier_net_restart(&net, 1);
    courier_net_link(&net, 1, 2);
    courier_net_run(&net, 10 * TIMERS_SECOND);
    for (uint32_t id = 1; id <= 10; id++) {
        assert_true(courier_net_has(&net, 1, 0, id));
    }
    courier_net_off(&net, 1);
    courier_net_restart(&net, 0);
    courier_net_link(&net, 0, 2);
    courier_net_run(&net, 10 * TIMERS_SECOND);
    for (uint32_t id = 1; id <= 10; id++) {
        assert_int_equal(courier_net_state(&net, 0, id), OUTBOX_DELIVERED);
    }
    assert_int_equal(courier_net_look(&net, 0).open, 0);
    courier_net_stop(&net);
}

/* What was said and not delivered is refused, its streams go, and nothing of it comes in. */
static void test_a_revoked_member(void **state)
{
    (void)state;
    courier_net_start(&net, 4, 3);
    courier_net_link(&net, 0, 1);
    courier_net_link(&net, 0, 2);
    courier_net_say(&net, 0, 1, 1);
    courier_net_say(&net, 1, 0, 2);
    courier_net_run(&net, 2 * TIMERS_SECOND);
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_DELIVERED);
    assert_int_equal(courier_net_look(&net, 0).links, 2);
    courier_net_crash(&net, 1);
    courier_net_say(&net, 0, 1, 3);
    courier_net_run(&net, 2 * TIMERS_SECOND);
    courier_net_restart(&net, 1);
    courier_net_link(&net, 0, 1);
    net.nodes[1].is_live = false;
    courier_net_say(&net, 1, 0, 4); /* it does not know yet that it was */
    for (size_t i = 0; i < 3; i++) {
        gate_recheck(net.nodes[i].gate, &net.nodes[i].network);
        courier_members(net.nodes[i].courier);
    }
    courier_net_run(&net, 30 * TIMERS_SECOND);
    assert_int_equal(courier_net_state(&net, 0, 3), OUTBOX_REFUSED);
    assert_int_equal(courier_net_look(&net, 0).open, 0);
    assert_int_equal(courier_net_look(&net, 0).links, 1);
    assert_false(courier_net_has(&net, 0, 1, 4));
    assert_int_equal(courier_net_try(&net, 0, 1, 5, 20), WAVU_ERR_NOT_FOUND);
    courier_net_stop(&net);
}

static bool all_is_well(uint32_t count)
{
    for (uint32_t id = 1; id <= count; id++) {
        const size_t from = id % 2;
        if (!courier_net_has(&net, 1 - from, from, id) ||
            courier_net_state(&net, from, id) != OUTBOX_DELIVERED) {
            return false;
        }
    }
    return true;
}

#define LATER 10

/* The number of one more message to `victim`. */
static uint32_t later_of(size_t victim, uint32_t i)
{
    return 100 + 2 * i + (victim == 0 ? 1 : 0);
}

/* The disk of `victim` stops after `calm` changes, in the middle of a talk; then the power goes.
 * What was said before is kept, shown once and delivered. False when the talk was over before. */
static bool crash_after(size_t victim, uint64_t calm)
{
    courier_net_start(&net, 100 + calm, 2);
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, TIMERS_SECOND);
    for (uint32_t id = 1; id <= 6; id++) {
        courier_net_say(&net, id % 2, 1 - id % 2, id);
    }
    assert_int_equal(store_flush(net.nodes[0].store), 0); /* all are kept */
    assert_int_equal(store_flush(net.nodes[1].store), 0);
    sim_files_fail(net.world.hosts[victim], calm, SIM_DISK_FOR_EVER);
    for (uint32_t i = 0; i < LATER; i++) { /* the other one goes on: some of them half arrive */
        courier_net_say(&net, 1 - victim, victim, later_of(victim, i));
        courier_net_run(&net, 2 * TIMERS_MS);
    }
    courier_net_run(&net, 4 * TIMERS_SECOND);
    const bool was_cut = sim_files_failed(net.world.hosts[victim]) > 0;
    courier_net_crash(&net, victim);
    courier_net_restart(&net, victim);
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, 40 * TIMERS_SECOND);
    assert_true(all_is_well(6));
    for (uint32_t i = 0; i < LATER; i++) {
        assert_true(courier_net_has(&net, victim, 1 - victim, later_of(victim, i)));
        assert_int_equal(courier_net_state(&net, 1 - victim, later_of(victim, i)),
                         OUTBOX_DELIVERED);
    }
    assert_int_equal(courier_net_look(&net, 0).open, 0);
    assert_int_equal(courier_net_look(&net, 1).open, 0);
    courier_net_stop(&net);
    return was_cut;
}

static void test_crashes_lose_nothing(void **state)
{
    (void)state;
    uint64_t calm = 0;
    while (crash_after(calm % 2, calm)) {
        calm++;
    }
    assert_true(calm > 10);
}

/* The disk is full for a minute: nothing is acknowledged that is not kept, and then it goes on. */
static void test_a_full_disk(void **state)
{
    (void)state;
    courier_net_start(&net, 5, 2);
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, TIMERS_SECOND);
    sim_files_set_fault(net.world.hosts[1], SIM_DISK_FULL);
    for (uint32_t id = 1; id <= 200; id++) {
        const size_t len = id % 2 == 1 ? 8 : 40000;
        assert_int_equal(courier_net_try(&net, 0, 1, 2 * id, len), 0);
        courier_net_run(&net, 20 * TIMERS_MS);
    }
    courier_net_run(&net, 60 * TIMERS_SECOND);
    for (uint32_t id = 1; id <= 200; id++) {
        assert_true(courier_net_state(&net, 0, 2 * id) < OUTBOX_DELIVERED);
    }
    sim_files_set_fault(net.world.hosts[1], SIM_DISK_SOUND);
    courier_net_run(&net, 70 * TIMERS_SECOND); /* the store tries again within 60 s */
    for (uint32_t id = 1; id <= 200; id++) {
        assert_true(courier_net_has(&net, 1, 0, 2 * id));
        assert_int_equal(courier_net_state(&net, 0, 2 * id), OUTBOX_DELIVERED);
    }
    assert_int_equal(net.nodes[0].failed, 0);
    assert_int_equal(net.nodes[1].failed, 0);
    courier_net_stop(&net);
}

/* While others fill the store's memory, streams are not read; then they are, where they stopped. */
static void test_a_store_that_is_behind(void **state)
{
    (void)state;
    static uint8_t bulk[130000];
    courier_net_start(&net, 12, 2);
    courier_net_link(&net, 0, 1);
    courier_net_say(&net, 0, 1, 2);
    courier_net_say(&net, 1, 0, 3);
    courier_net_run(&net, 2 * TIMERS_SECOND);
    sim_files_set_fault(net.world.hosts[1], SIM_DISK_FULL);
    for (uint32_t i = 0; i < 22; i++) {
        assert_int_equal(store_put(net.nodes[1].store, "others", span_of(&i, sizeof(i)),
                                   span_of(bulk, sizeof(bulk))),
                         0);
    }
    const size_t pending = store_pending(net.nodes[1].store);
    for (uint32_t id = 4; id <= 100; id += 2) {
        courier_net_say(&net, 0, 1, id);
    }
    courier_net_run(&net, 5 * TIMERS_SECOND);
    assert_true(courier_net_look(&net, 1).is_behind);
    assert_true(store_pending(net.nodes[1].store) < pending + 10000);
    assert_int_equal(net.nodes[1].shown, 1);
    sim_files_set_fault(net.world.hosts[1], SIM_DISK_SOUND);
    courier_net_run(&net, 20 * TIMERS_SECOND); /* the store tries again within 8 s */
    for (uint32_t id = 2; id <= 100; id += 2) {
        assert_true(courier_net_has(&net, 1, 0, id));
        assert_int_equal(courier_net_state(&net, 0, id), OUTBOX_DELIVERED);
    }
    courier_net_stop(&net);
}

/* Who writes cannot say more than its store takes, and can again when that has caught up. */
static void test_a_writer_is_held_back(void **state)
{
    (void)state;
    uint32_t id = 1;
    courier_net_start(&net, 6, 2);
    sim_files_set_fault(net.world.hosts[0], SIM_DISK_FULL);
    while (courier_net_try(&net, 0, 1, id, 60000) == 0) {
        id++;
    }
    assert_true(id > 10 && id < 200);
    assert_int_equal(courier_net_try(&net, 0, 1, id, 60000), WAVU_ERR_AGAIN);
    assert_true(courier_net_look(&net, 0).is_behind);
    sim_files_set_fault(net.world.hosts[0], SIM_DISK_SOUND);
    courier_net_run(&net, 70 * TIMERS_SECOND);
    assert_int_equal(courier_net_try(&net, 0, 1, id, 60000), 0);
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, 60 * TIMERS_SECOND);
    for (uint32_t i = 1; i <= id; i++) {
        assert_true(courier_net_has(&net, 1, 0, i));
    }
    courier_net_stop(&net);
}

/* Queued while the reader is away; then drained within seconds of virtual time. */
static void test_a_thousand_queue_and_drain(void **state)
{
    (void)state;
    uint64_t at = 0;
    courier_net_start(&net, 7, 2);
    for (uint32_t id = 1; id <= 1000; id++) {
        courier_net_say(&net, 0, 1, id);
        if (id % 100 == 0) {
            courier_net_run(&net, 100 * TIMERS_MS);
        }
    }
    assert_int_equal(courier_net_look(&net, 0).open, 1000);
    courier_net_link(&net, 0, 1);
    while (courier_net_look(&net, 0).open > 0 && at < 20) {
        courier_net_run(&net, 100 * TIMERS_MS);
        assert_true(courier_net_look(&net, 0).items <= 2 * COURIER_FLIGHTS_MAX);
        assert_true(courier_net_look(&net, 1).items <= 2 * COURIER_FLIGHTS_MAX);
        at++;
    }
    assert_true(at < 20); /* 2 s */
    for (uint32_t id = 1; id <= 1000; id++) {
        assert_true(courier_net_has(&net, 1, 0, id));
    }
    courier_net_stop(&net);
}

/* --- chance --- */

#define ALL COURIER_NET_NODES
#define CHANCES 120

static struct {
    struct random_seeded seeded;
    struct random random;
    uint8_t from[CHANCES]; /* by message number */
    uint8_t to[CHANCES];
    uint32_t said;
    size_t crashes;
} chance;

static size_t draw(size_t below)
{
    return (size_t)random_below(&chance.random, below);
}

/* A message that its writer was told is kept. */
static void say_by_chance(void)
{
    const size_t from = draw(ALL);
    const size_t to = (from + 1 + draw(ALL - 1)) % ALL;
    if (net.nodes[from].courier == NULL || chance.said == CHANCES) {
        return;
    }
    const size_t len = draw(4) == 0 ? 3000 + draw(30000) : 8 + draw(300);
    assert_int_equal(courier_net_try(&net, from, to, chance.said, len), 0);
    assert_int_equal(store_flush(net.nodes[from].store), 0);
    chance.from[chance.said] = (uint8_t)from;
    chance.to[chance.said++] = (uint8_t)to;
}

/* One goes down, at some change of its disk, or one comes up again. */
static void crash_by_chance(void)
{
    const size_t i = draw(ALL);
    if (net.nodes[i].courier == NULL) {
        courier_net_restart(&net, i);
        return;
    }
    sim_files_fail(net.world.hosts[i], draw(12), SIM_DISK_FOR_EVER);
    courier_net_run(&net, draw(200) * TIMERS_MS);
    courier_net_crash(&net, i);
    chance.crashes++;
}

static void link_by_chance(void)
{
    const size_t a = draw(ALL);
    const size_t b = (a + 1 + draw(ALL - 1)) % ALL;
    if (net.nodes[a].courier == NULL || net.nodes[b].courier == NULL) {
        return;
    }
    if (draw(2) == 0) {
        courier_net_cut(&net, a, b);
    } else {
        courier_net_link(&net, a, b);
    }
}

static void live_by_chance(uint64_t seed)
{
    memset(&chance, 0, sizeof(chance));
    random_seeded_init(&chance.seeded, seed);
    chance.random = random_from_seeded(&chance.seeded);
    courier_net_start(&net, seed, ALL);
    for (size_t i = 0; i < 300; i++) {
        const size_t what = draw(10);
        if (what < 4) {
            say_by_chance();
        } else if (what < 7) {
            link_by_chance();
        } else if (what < 8) {
            crash_by_chance();
        }
        courier_net_run(&net, draw(what == 9 ? 20000 : 300) * TIMERS_MS);
    }
}

/* All are up and see each other: what was kept is there, once, and its writer knows. */
static void test_lives_of_chance(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        live_by_chance(seed);
        for (size_t i = 0; i < ALL; i++) {
            if (net.nodes[i].courier == NULL) {
                courier_net_restart(&net, i);
            }
        }
        for (size_t a = 0; a < ALL; a++) {
            for (size_t b = 0; b < a; b++) {
                courier_net_link(&net, a, b);
            }
        }
        courier_net_run(&net, 700 * TIMERS_SECOND);
        assert_true(chance.said > 20 && chance.crashes > 0);
        for (uint32_t id = 0; id < chance.said; id++) {
            assert_true(courier_net_has(&net, chance.to[id], chance.from[id], id));
            assert_int_equal(courier_net_state(&net, chance.from[id], id), OUTBOX_DELIVERED);
        }
        for (size_t i = 0; i < ALL; i++) {
            assert_int_equal(courier_net_look(&net, i).open, 0);
            assert_int_equal(net.nodes[i].failed, 0);
        }
        courier_net_stop(&net);
    }
}

static void test_read_receipts(void **state)
{
    (void)state;
    uint8_t message[ENVELOPE_ID_SIZE];
    courier_net_start(&net, 10, 2);
    courier_net_link(&net, 0, 1);
    const struct courier_order order = {.device = courier_net_device(&net, 1),
                                        .kind = 31,
                                        .class_number = ENVELOPE_SOS,
                                        .lifetime_s = ENVELOPE_SOS_LIFETIME_S,
                                        .body = UNIT_TEXT("help")};
    assert_int_equal(courier_say(net.nodes[0].courier, &order, message), 0);
    courier_net_run(&net, 2 * TIMERS_SECOND);
    assert_int_equal(net.nodes[1].shown, 1);
    assert_int_equal(courier_read(net.nodes[1].courier, courier_net_device(&net, 0), message), 0);
    courier_net_run(&net, 2 * TIMERS_SECOND);
    assert_int_equal(net.nodes[0].reads, 1);
    courier_net_stop(&net);
}

/* A device to which there is no connection is asked for. */
static void test_a_wish_to_be_connected(void **state)
{
    (void)state;
    courier_net_start(&net, 11, 2);
    courier_net_say(&net, 0, 1, 1);
    courier_net_run(&net, TIMERS_SECOND);
    assert_int_equal(net.nodes[0].connects, 1);
    net.may_dial = true;
    courier_net_run(&net, 60 * TIMERS_SECOND);
    assert_true(courier_net_has(&net, 1, 0, 1));
    assert_int_equal(courier_net_state(&net, 0, 1), OUTBOX_DELIVERED);
    courier_net_stop(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_messages_both_ways),     UNIT(test_a_large_message),
        UNIT(test_a_to_b_through_c),       UNIT(test_a_revoked_member),
        UNIT(test_crashes_lose_nothing),   UNIT(test_a_full_disk),
        UNIT(test_a_store_that_is_behind), UNIT(test_lives_of_chance),
        UNIT(test_a_writer_is_held_back),  UNIT(test_a_thousand_queue_and_drain),
        UNIT(test_read_receipts),          UNIT(test_a_wish_to_be_connected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
