/*
 * Whole couriers, several nodes, virtual time: the promises of envelope.md and mailbox.md from end
 * to end, with a crash at every step.
 */
#include "tests/base/unit.h"

#include "base/timers.h"
#include "tests/support/courier_world.h"

#define SECOND TIMERS_SECOND
#define HOUR (3600 * SECOND)

enum { A, B, C, D };

static struct courier_world w;

/* A and B are never up together; C meets both. */
static void play_through_c(void)
{
    for (uint8_t id = 1; id <= 3; id++) {
        courier_world_write(&w, A, B, id);
    }
    courier_world_link(&w, A, C, true);
    courier_world_run(&w, 30 * SECOND);
    courier_world_link(&w, A, C, false);
    courier_world_run(&w, HOUR);
    courier_world_link(&w, C, B, true);
    courier_world_run(&w, 30 * SECOND);
    courier_world_link(&w, C, B, false);
    courier_world_run(&w, HOUR);
    courier_world_link(&w, A, C, true);
    courier_world_run(&w, 60 * SECOND);
    courier_world_link(&w, A, C, false);
}

static void assert_arrived(void)
{
    for (uint8_t id = 1; id <= 3; id++) {
        assert_true(courier_world_has(&w, B, A, id));
        assert_int_equal(courier_world_state(&w, A, id), OUTBOX_DELIVERED);
    }
}

static void test_a_to_b_through_c(void **state)
{
    (void)state;
    courier_world_init(&w, 3);
    courier_world_write(&w, A, B, 9);
    courier_world_link(&w, A, C, true);
    courier_world_run(&w, 30 * SECOND);
    assert_int_equal(courier_world_state(&w, A, 9), OUTBOX_STORED);
    courier_world_link(&w, A, C, false);
    play_through_c();
    assert_arrived();
    assert_int_equal(courier_world_state(&w, A, 9), OUTBOX_DELIVERED);
    assert_int_equal(w.shown, 4);
    assert_int_equal(w.unopened, 0);
    assert_int_equal(rows_count(&w.nodes[C].rows, 'b'), 0);
    assert_int_equal(w.nodes[A].outbox.rows.count, 0);
    assert_int_equal(rows_count(&w.nodes[A].rows, 'B'), 0);
    courier_world_clear(&w);
}

/* Each run crashes one node at another step: before an event is handled, before the commit, and
 * between the commit and what leaves. */
static void test_nothing_acknowledged_is_lost(void **state)
{
    (void)state;
    courier_world_init(&w, 3);
    play_through_c();
    const uint64_t steps = w.steps;
    assert_arrived();
    courier_world_clear(&w);
    assert_true(steps > 100);
    for (uint64_t at = 1; at <= steps; at++) {
        courier_world_init(&w, 3);
        w.crash_at = at;
        play_through_c();
        assert_int_equal(w.crashes, 1);
        assert_arrived();
        courier_world_clear(&w);
    }
}

static void test_direct_in_one_second(void **state)
{
    (void)state;
    courier_world_init(&w, 2);
    courier_world_link(&w, A, B, true);
    courier_world_write(&w, A, B, 1);
    courier_world_run(&w, 0);
    assert_true(courier_world_has(&w, B, A, 1));
    courier_world_run(&w, SECOND);
    assert_int_equal(courier_world_state(&w, A, 1), OUTBOX_DELIVERED);
    assert_int_equal(w.nodes[A].mailbox.table.count + w.nodes[B].mailbox.table.count, 0);
    courier_world_clear(&w);
}

/* The same message comes by C, by D and directly, and once more in an envelope sealed anew. */
static void test_shown_once(void **state)
{
    (void)state;
    courier_world_init(&w, 4);
    courier_world_write(&w, A, B, 1);
    courier_world_link(&w, A, C, true);
    courier_world_link(&w, A, D, true);
    courier_world_run(&w, 30 * SECOND);
    courier_world_link(&w, A, D, false);
    courier_world_link(&w, A, C, false); /* D keeps the first envelope */
    courier_world_retire(&w, A, B);
    courier_world_link(&w, A, C, true);
    courier_world_run(&w, 30 * SECOND);
    courier_world_link(&w, A, C, false);
    courier_world_link(&w, B, D, true);
    courier_world_run(&w, SECOND);
    assert_int_equal(w.shown, 1);
    courier_world_crash(&w, B);
    courier_world_link(&w, B, C, true);
    courier_world_run(&w, SECOND);
    assert_int_equal(w.duplicates, 1);
    courier_world_link(&w, A, B, true);
    courier_world_run(&w, 30 * SECOND);
    assert_int_equal(w.shown, 1);
    assert_int_equal(courier_world_state(&w, A, 1), OUTBOX_DELIVERED);
    courier_world_clear(&w);
}

/* C gives B a copy whose head it changed, before D gives the true one: B reads it, once, and D and
 * A learn that it was read. */
static void test_relays_change_nothing(void **state)
{
    (void)state;
    courier_world_init(&w, 4);
    w.liar = C;
    courier_world_write(&w, A, B, 1);
    courier_world_link(&w, A, C, true);
    courier_world_link(&w, A, D, true);
    courier_world_run(&w, 30 * SECOND);
    courier_world_link(&w, A, C, false);
    courier_world_link(&w, A, D, false);
    courier_world_link(&w, C, B, true);
    courier_world_run(&w, SECOND);
    assert_true(courier_world_has(&w, B, A, 1));
    courier_world_link(&w, C, B, false);
    courier_world_link(&w, D, B, true);
    courier_world_run(&w, SECOND);
    assert_int_equal(w.shown + w.unopened + w.duplicates, 1);
    assert_int_equal(rows_count(&w.nodes[D].rows, 'b'), 0);
    courier_world_link(&w, D, B, false);
    courier_world_link(&w, A, D, true);
    courier_world_run(&w, SECOND);
    assert_int_equal(courier_world_state(&w, A, 1), OUTBOX_DELIVERED);
    courier_world_clear(&w);
}

/* Links come and go, nodes crash, everybody writes to everybody; then all meet. */
static void test_nothing_is_lost_in_trouble(void **state)
{
    struct random_seeded seeded;
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        random_seeded_init(&seeded, seed);
        const struct random random = random_from_seeded(&seeded);
        uint8_t to[60];
        courier_world_init(&w, 4);
        for (uint8_t id = 0; id < 60; id++) {
            const uint8_t from = id % 4;
            to[id] = (uint8_t)((from + 1 + random_below(&random, 3)) % 4);
            courier_world_write(&w, from, to[id], id);
            const uint8_t a = (uint8_t)random_below(&random, 4);
            const uint8_t b = (uint8_t)((a + 1 + random_below(&random, 3)) % 4);
            courier_world_link(&w, a, b, !w.links[a][b]);
            w.crash_at = w.steps + 1 + random_below(&random, 100);
            courier_world_run(&w, random_below(&random, 20 * SECOND));
        }
        w.crash_at = 0;
        for (uint8_t a = 0; a < 4; a++) {
            for (uint8_t b = 0; b < a; b++) {
                if (!w.links[a][b]) {
                    courier_world_link(&w, a, b, true);
                }
            }
        }
        courier_world_run(&w, 700 * SECOND);
        for (uint8_t id = 0; id < 60; id++) {
            assert_true(courier_world_has(&w, to[id], id % 4, id));
            assert_int_equal(courier_world_state(&w, id % 4, id), OUTBOX_DELIVERED);
        }
        assert_true(w.crashes > 10);
        courier_world_clear(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_to_b_through_c),
        UNIT(test_direct_in_one_second),
        UNIT(test_shown_once),
        UNIT(test_relays_change_nothing),
        UNIT(test_nothing_acknowledged_is_lost),
        UNIT(test_nothing_is_lost_in_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
