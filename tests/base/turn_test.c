/* The turn: order of phases, bounds of work, snapshots, cancelling, waking, reaping. */
#include "base/turn.h"

#include "tests/base/death.h"
#include "tests/base/unit.h"

static struct turn turn;
static char trace[256];
static int wakes;

static void note(char what)
{
    size_t len = strlen(trace);

    assert_true(len + 1 < sizeof(trace));
    trace[len] = what;
    trace[len + 1] = '\0';
}

static void on_wake(struct turn *t)
{
    assert_ptr_equal(t, &turn);
    wakes++;
}

static void start(void)
{
    turn_init(&turn, on_wake);
    turn.now_ns = 1000;
    trace[0] = '\0';
    wakes = 0;
}

/* One of everything, that notes its letter when it is called, then does what the test told it. */
struct probe {
    char letter;
    struct turn_job job;
    struct turn_dirty dirty;
    struct turn_dead dead;
    struct timer timer;
    void (*then)(struct probe *);
    struct probe *other;
};

static void act(struct probe *p)
{
    note(p->letter);
    if (p->then != NULL) {
        p->then(p);
    }
}

static void on_run(struct turn_job *job, uint64_t now)
{
    assert_int_equal(now, turn.now_ns);
    act(LIST_OF(job, struct probe, job));
}

static void on_out(struct turn_dirty *dirty, uint64_t now)
{
    assert_int_equal(now, turn.now_ns);
    act(LIST_OF(dirty, struct probe, dirty));
}

static void on_reap(struct turn_dead *dead)
{
    act(LIST_OF(dead, struct probe, dead));
}

static void on_fire(struct timer *timer, uint64_t now)
{
    (void)now;
    act(LIST_OF(timer, struct probe, timer));
}

static struct probe probe(char letter, enum turn_class class, uint32_t cost_us)
{
    struct probe p = {.letter = letter,
                      .job = {.run = on_run, .cost_us = cost_us, .class = class},
                      .dirty = {.out = on_out},
                      .dead = {.reap = on_reap}};

    timers_prepare(&p.timer, on_fire);
    return p;
}

static void test_phases_come_in_order(void **state)
{
    (void)state;
    struct probe t = probe('t', TURN_JOB_PLAIN, 0);
    struct probe w = probe('w', TURN_JOB_PLAIN, 0);
    struct probe o = probe('o', TURN_JOB_PLAIN, 0);
    struct probe r = probe('r', TURN_JOB_PLAIN, 0);

    start();
    turn_bury(&turn, &r.dead);
    turn_mark(&turn, &o.dirty);
    turn_mark(&turn, &o.dirty);
    turn_queue(&turn, &w.job);
    turn_queue(&turn, &w.job);
    timers_set(&turn.timers, &t.timer, 900, 0);
    assert_int_equal(wakes, 3); /* once for each that was new */
    assert_int_equal(turn_deadline(&turn), 0);
    turn_run(&turn);
    assert_string_equal(trace, "twor");
    assert_int_equal(turn.turns, 1);
    assert_true(turn_deadline(&turn) == TIMERS_NEVER);
    turn_run(&turn);
    assert_string_equal(trace, "twor");
    timers_set(&turn.timers, &t.timer, 5000, 5);
    assert_int_equal(turn_deadline(&turn), 5005);
    timers_cancel(&turn.timers, &t.timer);
    turn_clear(&turn);
}

static void queue_self_and_other(struct probe *p)
{
    turn_queue(&turn, &p->job);
    turn_queue(&turn, &p->other->job);
}

static void test_what_is_queued_during_work_waits(void **state)
{
    (void)state;
    struct probe a = probe('a', TURN_JOB_PLAIN, 1);
    struct probe b = probe('b', TURN_JOB_PLAIN, 1);
    struct probe c = probe('c', TURN_JOB_HANDSHAKE, 1);

    start();
    a.then = queue_self_and_other;
    a.other = &c;
    turn_queue(&turn, &a.job);
    turn_queue(&turn, &b.job);
    turn_run(&turn);
    assert_string_equal(trace, "ab");
    assert_int_equal(wakes, 2);
    assert_int_equal(turn_deadline(&turn), 0);
    turn_run(&turn);
    assert_string_equal(trace, "abca");
    turn_cancel(&a.job);
    turn_cancel(&c.job);
    assert_true(turn_deadline(&turn) == TIMERS_NEVER);
    turn_clear(&turn);
}

static void test_plain_work_is_bounded_and_keeps_its_order(void **state)
{
    (void)state;
    struct probe p[6];

    start();
    for (int i = 0; i < 6; i++) {
        p[i] = probe((char)('0' + i), TURN_JOB_PLAIN, TURN_WORK_US_MAX / 3);
        turn_queue(&turn, &p[i].job);
    }
    turn_run(&turn);
    assert_string_equal(trace, "012");
    p[5].letter = 'x';
    turn_queue(&turn, &p[0].job); /* new: behind the leftovers */
    turn_run(&turn);
    assert_string_equal(trace, "01234x");
    turn_run(&turn);
    assert_string_equal(trace, "01234x0");
    turn_clear(&turn);
}

static void queue_other(struct probe *p)
{
    turn_queue(&turn, &p->other->job);
}

static void test_leftovers_stay_ahead_of_what_is_queued_meanwhile(void **state)
{
    (void)state;
    struct probe a = probe('a', TURN_JOB_PLAIN, TURN_WORK_US_MAX);
    struct probe b = probe('b', TURN_JOB_PLAIN, 1);
    struct probe c = probe('c', TURN_JOB_PLAIN, 1);
    struct probe d = probe('d', TURN_JOB_PLAIN, 1);

    start();
    a.then = queue_other;
    a.other = &d;
    turn_queue(&turn, &a.job);
    turn_queue(&turn, &b.job);
    turn_queue(&turn, &c.job);
    turn_run(&turn);
    assert_string_equal(trace, "a");
    turn_run(&turn);
    assert_string_equal(trace, "abcd");
    turn_clear(&turn);
}

static void test_anything_pending_wants_a_turn_at_once(void **state)
{
    (void)state;
    struct probe p = probe('p', TURN_JOB_HANDSHAKE, 1);

    start();
    turn_queue(&turn, &p.job);
    assert_int_equal(turn_deadline(&turn), 0);
    turn_run(&turn);
    assert_true(turn_deadline(&turn) == TIMERS_NEVER);
    turn_mark(&turn, &p.dirty);
    assert_int_equal(turn_deadline(&turn), 0);
    turn_run(&turn);
    assert_true(turn_deadline(&turn) == TIMERS_NEVER);
    turn_bury(&turn, &p.dead);
    assert_int_equal(turn_deadline(&turn), 0);
    turn_run(&turn);
    assert_true(turn_deadline(&turn) == TIMERS_NEVER);
    assert_string_equal(trace, "ppp");
    turn_clear(&turn);
}

static void test_handshakes_get_a_quarter(void **state)
{
    (void)state;
    struct probe h[8];
    struct probe p[8];

    start();
    for (int i = 0; i < 8; i++) {
        h[i] = probe('h', TURN_JOB_HANDSHAKE, TURN_HANDSHAKE_US_MAX / 2);
        p[i] = probe('p', TURN_JOB_PLAIN, TURN_WORK_US_MAX / 8);
        turn_queue(&turn, &h[i].job);
        turn_queue(&turn, &p[i].job);
    }
    turn_run(&turn);
    assert_string_equal(trace, "hhpppppp");
    turn_run(&turn);
    assert_string_equal(trace, "hhpppppphhpp");
    turn_run(&turn); /* also with nothing else to do */
    assert_string_equal(trace, "hhpppppphhpphh");
    turn_run(&turn);
    assert_int_equal(turn_deadline(&turn) == TIMERS_NEVER, 1);
    turn_clear(&turn);
}

static void test_no_class_starves(void **state)
{
    (void)state;
    struct probe h[2] = {probe('h', TURN_JOB_HANDSHAKE, TURN_WORK_US_MAX * 2),
                         probe('i', TURN_JOB_HANDSHAKE, UINT32_MAX)};
    struct probe p[2] = {probe('p', TURN_JOB_PLAIN, TURN_WORK_US_MAX * 2),
                         probe('q', TURN_JOB_PLAIN, UINT32_MAX)};

    start();
    for (int i = 0; i < 2; i++) {
        turn_queue(&turn, &h[i].job);
        turn_queue(&turn, &p[i].job);
    }
    turn_run(&turn);
    assert_string_equal(trace, "hp");
    turn_run(&turn);
    assert_string_equal(trace, "hpiq");
    turn_clear(&turn);
}

static void cancel_other(struct probe *p)
{
    turn_cancel(&p->other->job);
    turn_unmark(&p->other->dirty);
}

static void test_members_of_a_snapshot_can_be_cancelled(void **state)
{
    (void)state;
    struct probe a = probe('a', TURN_JOB_PLAIN, 1);
    struct probe b = probe('b', TURN_JOB_PLAIN, 1);

    start();
    a.then = cancel_other;
    a.other = &b;
    turn_queue(&turn, &a.job);
    turn_queue(&turn, &b.job);
    turn_run(&turn);
    assert_string_equal(trace, "a");
    turn_mark(&turn, &a.dirty);
    turn_mark(&turn, &b.dirty);
    turn_run(&turn);
    assert_string_equal(trace, "aa");
    turn_cancel(&b.job);
    turn_unmark(&b.dirty);
    turn_clear(&turn);
}

static void mark_self(struct probe *p)
{
    turn_mark(&turn, &p->dirty);
}

static void test_marked_during_out_sends_next_turn(void **state)
{
    (void)state;
    struct probe a = probe('a', TURN_JOB_PLAIN, 1);

    start();
    a.then = mark_self;
    turn_mark(&turn, &a.dirty);
    turn_run(&turn);
    assert_string_equal(trace, "a");
    assert_int_equal(turn_deadline(&turn), 0);
    turn_run(&turn);
    assert_string_equal(trace, "aa");
    assert_int_equal(wakes, 1); /* the deadline tells the port, no wake from inside */
    turn_unmark(&a.dirty);
    turn_clear(&turn);
}

static void bury_other(struct probe *p)
{
    if (p->other != NULL) {
        turn_bury(&turn, &p->other->dead);
    }
}

static void test_reap_goes_on_until_none_is_left(void **state)
{
    (void)state;
    struct probe c = probe('c', TURN_JOB_PLAIN, 1);
    struct probe b = probe('b', TURN_JOB_PLAIN, 1);
    struct probe a = probe('a', TURN_JOB_PLAIN, 1);

    start();
    a.then = bury_other;
    a.other = &b;
    b.then = bury_other;
    b.other = &c;
    turn_bury(&turn, &a.dead);
    turn_bury(&turn, &a.dead);
    turn_run(&turn);
    assert_string_equal(trace, "abc");
    turn_bury(&turn, &a.dead);
    turn_clear(&turn);
    assert_string_equal(trace, "abcabc");
}

static void test_reap_alone_runs_nothing_else(void **state)
{
    (void)state;
    struct probe a = probe('a', TURN_JOB_PLAIN, 1);
    struct probe b = probe('b', TURN_JOB_PLAIN, 1);
    struct probe c = probe('c', TURN_JOB_PLAIN, 1);

    start();
    a.then = bury_other;
    a.other = &b;
    turn_bury(&turn, &a.dead);
    turn_queue(&turn, &c.job);
    turn_reap(&turn);
    assert_string_equal(trace, "ab");
    assert_int_equal(wakes, 2); /* for a and c; b was buried while reaping */
    turn_cancel(&c.job);
    turn_clear(&turn);
}

static void run_again(struct probe *p)
{
    (void)p;
    turn_run(&turn);
}

static void reap_now(struct probe *p)
{
    (void)p;
    turn_reap(&turn);
}

static void reap_inside(void)
{
    struct probe a = probe('a', TURN_JOB_PLAIN, 1);

    start();
    a.then = reap_now;
    turn_queue(&turn, &a.job);
    turn_run(&turn);
}

static void reenter(void)
{
    struct probe a = probe('a', TURN_JOB_PLAIN, 1);

    start();
    a.then = run_again;
    turn_queue(&turn, &a.job);
    turn_run(&turn);
}

static void end_with_work_left(void)
{
    struct probe a = probe('a', TURN_JOB_PLAIN, 1);

    start();
    turn_queue(&turn, &a.job);
    turn_clear(&turn);
}

/* Data that streams makes the turn busy, for a while. */
static void test_moving_data_makes_busy(void **state)
{
    (void)state;
    start();
    turn.now_ns = TURN_BUSY_HOLD_NS;
    turn_moved(&turn, TURN_BUSY_BYTES - 1);
    assert_false(turn_is_busy(&turn));
    turn.now_ns += TURN_BUSY_WINDOW_NS; /* another window counts from nothing */
    turn_moved(&turn, 1);
    assert_false(turn_is_busy(&turn));
    turn_moved(&turn, TURN_BUSY_BYTES);
    assert_true(turn_is_busy(&turn));
    turn.now_ns += TURN_BUSY_HOLD_NS - 1;
    assert_true(turn_is_busy(&turn));
    turn.now_ns += 1;
    assert_false(turn_is_busy(&turn));
    turn_clear(&turn);
}

/* While busy as many newcomers as the rate and the moved bytes pay for; else any number. */
static void test_busy_turn_admits_few(void **state)
{
    (void)state;
    int admitted = 0;
    start();
    for (int i = 0; i < 1000; i++) {
        assert_true(turn_admit(&turn));
    }
    turn_moved(&turn, TURN_BUSY_BYTES);
    for (int i = 0; i < 1000; i++) {
        admitted += turn_admit(&turn) ? 1 : 0;
    }
    assert_int_equal(admitted, TURN_BUSY_ADMITS_BURST);
    turn_moved(&turn, (size_t)2 * TURN_BUSY_ADMITS_BYTES);
    assert_true(turn_admit(&turn));
    assert_true(turn_admit(&turn));
    assert_false(turn_admit(&turn));
    turn.now_ns += UINT64_C(1000000000) / TURN_BUSY_ADMITS + 1;
    assert_true(turn_admit(&turn));
    assert_false(turn_admit(&turn));
    turn_clear(&turn);
}

/* While busy handshakes wait until they are paid for, and the port hears when that is. */
static void test_busy_turn_pays_for_handshakes(void **state)
{
    (void)state;
    struct probe probes[16];
    start();
    turn_moved(&turn, TURN_BUSY_BYTES);
    for (size_t i = 0; i < 16; i++) {
        probes[i] = (struct probe){.letter = (char)('a' + i)};
        probes[i].job =
            (struct turn_job){.run = on_run, .cost_us = 200, .class = TURN_JOB_HANDSHAKE};
        turn_queue(&turn, &probes[i].job);
    }
    turn_run(&turn);
    assert_string_equal(trace, "abcdefghij"); /* the burst: a quarter of a turn */
    turn_run(&turn);
    assert_string_equal(trace, "abcdefghij");
    uint64_t due = turn_deadline(&turn);
    assert_true(due > turn.now_ns);
    turn.now_ns = due;
    turn_run(&turn);
    assert_string_equal(trace, "abcdefghijk");
    turn.now_ns += TURN_BUSY_HOLD_NS; /* not busy any more: the rest at once */
    assert_int_equal(turn_deadline(&turn), 0);
    turn_run(&turn);
    assert_string_equal(trace, "abcdefghijklmnop");
    turn_clear(&turn);
}

static void test_misuse_aborts(void **state)
{
    (void)state;
    assert_true(death_by_check(reenter, NULL, 0));
    assert_true(death_by_check(reap_inside, NULL, 0));
    assert_true(death_by_check(end_with_work_left, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_phases_come_in_order),
        UNIT(test_what_is_queued_during_work_waits),
        UNIT(test_plain_work_is_bounded_and_keeps_its_order),
        UNIT(test_leftovers_stay_ahead_of_what_is_queued_meanwhile),
        UNIT(test_anything_pending_wants_a_turn_at_once),
        UNIT(test_handshakes_get_a_quarter),
        UNIT(test_no_class_starves),
        UNIT(test_members_of_a_snapshot_can_be_cancelled),
        UNIT(test_marked_during_out_sends_next_turn),
        UNIT(test_reap_goes_on_until_none_is_left),
        UNIT(test_reap_alone_runs_nothing_else),
        UNIT(test_moving_data_makes_busy),
        UNIT(test_busy_turn_admits_few),
        UNIT(test_busy_turn_pays_for_handshakes),
        UNIT(test_misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
