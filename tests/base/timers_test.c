/* Timers: slack, coalescing, and handlers that arm or cancel while the tick runs. */
#include "base/timers.h"

#include "base/list.h"
#include "tests/base/unit.h"

#define FIRED_MAX 16

/* A timer that notes that it fired, then does what the test told it. */
struct probe {
    struct timer timer;
    int number;
    void (*then)(struct probe *, uint64_t now);
    struct probe *other;
};

static struct timers timers;
static int fired[FIRED_MAX];
static size_t fired_count;

static void on_fire(struct timer *timer, uint64_t now)
{
    struct probe *probe = LIST_OF(timer, struct probe, timer);

    assert_false(timers_is_set(timer));
    assert_true(timer->due_ns <= now);
    assert_true(fired_count < FIRED_MAX);
    fired[fired_count] = probe->number;
    fired_count++;
    if (probe->then != NULL) {
        probe->then(probe, now);
    }
}

static void prepare(struct probe *probes, size_t count)
{
    timers_init(&timers);
    fired_count = 0;
    for (size_t i = 0; i < count; i++) {
        probes[i] = (struct probe){.number = (int)i};
        timers_prepare(&probes[i].timer, on_fire);
    }
}

static void expect_fired(const int *numbers, size_t count)
{
    assert_int_equal(fired_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fired[i], numbers[i]);
    }
    fired_count = 0;
    heap_check(&timers.heap);
}

static void test_deadline_is_due_and_slack_of_the_most_urgent(void **state)
{
    (void)state;
    struct probe p[3];

    prepare(p, 3);
    assert_true(timers_deadline(&timers) == TIMERS_NEVER);
    timers_set(&timers, &p[0].timer, 100, 50);
    timers_set(&timers, &p[1].timer, 120, 0);
    timers_set(&timers, &p[2].timer, 90, 500);
    assert_int_equal(timers_deadline(&timers), 120);
    timers_set(&timers, &p[1].timer, 200, 0);
    assert_int_equal(timers_deadline(&timers), 150);
    timers_set(&timers, &p[0].timer, TIMERS_NEVER, 0);
    assert_false(timers_is_set(&p[0].timer));
    timers_cancel(&timers, &p[0].timer);
    timers_cancel(&timers, &p[1].timer);
    assert_int_equal(timers_deadline(&timers), 590);
    timers_clear(&timers);
    assert_false(timers_is_set(&p[2].timer));
}

static void test_neighbours_coalesce(void **state)
{
    (void)state;
    struct probe p[4];

    prepare(p, 4);
    timers_set(&timers, &p[0].timer, 100, 0);
    timers_set(&timers, &p[1].timer, 90, 40);  /* due at the wakeup for 0: comes along */
    timers_set(&timers, &p[2].timer, 130, 10); /* not yet */
    timers_set(&timers, &p[3].timer, 80,
               1000); /* due, but behind one that is not: its slack covers it */
    timers_tick(&timers, 99);
    expect_fired(NULL, 0);
    timers_tick(&timers, 100);
    expect_fired((int[]){0, 1}, 2);
    timers_tick(&timers, 140);
    expect_fired((int[]){2, 3}, 2);
    assert_true(timers_deadline(&timers) == TIMERS_NEVER);
    timers_clear(&timers);
}

static void test_nothing_is_later_than_its_slack(void **state)
{
    (void)state;
    struct probe p[3];

    prepare(p, 3);
    timers_set(&timers, &p[0].timer, 10, 90);
    timers_set(&timers, &p[1].timer, 95, 4);
    timers_set(&timers, &p[2].timer, 50, 49);
    while (timers_deadline(&timers) != TIMERS_NEVER) {
        uint64_t now = timers_deadline(&timers);

        timers_tick(&timers, now);
        for (int i = 0; i < 3; i++) {
            assert_true(!timers_is_set(&p[i].timer) || p[i].timer.node.key > now);
        }
    }
    assert_int_equal(fired_count, 3);
    timers_clear(&timers);
}

static void arm_self_for_past(struct probe *probe, uint64_t now)
{
    timers_set(&timers, &probe->timer, now / 2, 0);
}

static void test_rearmed_for_the_past_waits_for_the_next_tick(void **state)
{
    (void)state;
    struct probe p[2];

    prepare(p, 2);
    p[0].then = arm_self_for_past;
    timers_set(&timers, &p[0].timer, 10, 0);
    timers_set(&timers, &p[1].timer, 50, 0);
    timers_tick(&timers, 100);
    expect_fired((int[]){0, 1}, 2);
    assert_true(timers_is_set(&p[0].timer));
    assert_int_equal(timers_deadline(&timers), 101);
    timers_tick(&timers, 100);
    expect_fired(NULL, 0);
    timers_tick(&timers, 101);
    expect_fired((int[]){0}, 1);
    timers_clear(&timers);
}

static void cancel_other(struct probe *probe, uint64_t now)
{
    (void)now;
    timers_cancel(&timers, &probe->other->timer);
}

static void arm_other_now(struct probe *probe, uint64_t now)
{
    timers_set(&timers, &probe->other->timer, now, 0);
}

static void test_handlers_cancel_and_arm_others(void **state)
{
    (void)state;
    struct probe p[4];

    prepare(p, 4);
    p[0].then = cancel_other;
    p[0].other = &p[1];
    p[2].then = arm_other_now;
    p[2].other = &p[3];
    for (int i = 0; i < 4; i++) {
        timers_set(&timers, &p[i].timer, 10 + (uint64_t)i, 0);
    }
    timers_tick(&timers, 100); /* 3 was due, but 2 postponed it */
    expect_fired((int[]){0, 2}, 2);
    timers_tick(&timers, 101);
    expect_fired((int[]){3}, 1);
    assert_int_equal(timers.heap.count, 0);
    timers_clear(&timers);
}

static void test_sums_saturate(void **state)
{
    (void)state;
    struct probe p[2];

    prepare(p, 2);
    timers_set(&timers, &p[0].timer, TIMERS_NEVER - 1, UINT64_MAX);
    assert_true(timers_deadline(&timers) == TIMERS_NEVER - 1);
    timers_set(&timers, &p[1].timer, 5, UINT64_MAX);
    timers_tick(&timers, 4);
    expect_fired(NULL, 0);
    timers_cancel(&timers, &p[0].timer);
    timers_tick(&timers, 5);
    expect_fired((int[]){1}, 1);
    timers_clear(&timers);
}

static void test_equal_deadlines_fire_as_they_were_armed(void **state)
{
    (void)state;
    struct probe p[5];

    prepare(p, 5);
    for (int i = 4; i >= 0; i--) {
        timers_set(&timers, &p[i].timer, 7, 3);
    }
    timers_tick(&timers, 10);
    expect_fired((int[]){4, 3, 2, 1, 0}, 5);
    timers_clear(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_deadline_is_due_and_slack_of_the_most_urgent),
        UNIT(test_neighbours_coalesce),
        UNIT(test_nothing_is_later_than_its_slack),
        UNIT(test_rearmed_for_the_past_waits_for_the_next_tick),
        UNIT(test_handlers_cancel_and_arm_others),
        UNIT(test_sums_saturate),
        UNIT(test_equal_deadlines_fire_as_they_were_armed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
