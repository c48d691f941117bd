/* The loop: deadlines, turns only where they are needed, the read buffer, ends. */
#include "os/loop.h"

#include "os/wavu_os.h"
#include "tests/os/world.h"

#define TIMERS 6

struct fixture {
    struct wavu_os *os;
    struct port *ports[2];
    struct timer timers[TIMERS];
    uint64_t due_ns[TIMERS];
    size_t order[TIMERS];
    size_t fired;
    struct turn_job jobs[3];
    struct turn_dirty dirty;
    struct turn_dead dead;
    char trace[32]; /* a letter for each phase */
    size_t traced;
};

static struct fixture *f;

static int setup(void **state)
{
    f = mem_new(sizeof *f);
    f->os = wavu_os_new();
    f->ports[0] = wavu_os_port_new(f->os, NULL);
    f->ports[1] = wavu_os_port_new(f->os, NULL);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wavu_os_port_free(f->ports[0]);
    wavu_os_port_free(f->ports[1]);
    wavu_os_free(f->os);
    mem_free(f);
    return mem_live_count() == 0 ? 0 : -1;
}

static void trace(char letter)
{
    assert_true(f->traced < sizeof f->trace - 1);
    f->trace[f->traced++] = letter;
}

static void on_fire(struct timer *timer, uint64_t now)
{
    size_t i = (size_t)(timer - f->timers);
    assert_true(now >= f->due_ns[i]);
    assert_true(now <= wavu_os_now_ns());
    f->order[f->fired++] = i;
}

static bool all_fired(void *context)
{
    (void)context;
    return f->fired == TIMERS;
}

/* Never early, and in order, also when they are less than libuv's millisecond apart. */
static void test_timers(void **state)
{
    static const uint64_t after_us[TIMERS] = {3000, 700, 50, 701, 12000, 1999};
    static const size_t order[TIMERS] = {2, 1, 3, 5, 0, 4};
    struct turn *turn = &f->ports[0]->turn;
    (void)state;
    for (size_t i = 0; i < TIMERS; i++) {
        timers_prepare(&f->timers[i], on_fire);
        f->due_ns[i] = turn->now_ns + after_us[i] * TIMERS_US;
        timers_set(&turn->timers, &f->timers[i], f->due_ns[i], 0);
    }
    world_run_until(f->os, all_fired, NULL);
    assert_memory_equal(f->order, order, sizeof order);
}

static void on_rearm(struct timer *timer, uint64_t now)
{
    if (++f->fired < 50) {
        timers_set(&f->ports[0]->turn.timers, timer, now + 100 * TIMERS_US, 0);
    } else {
        wavu_os_stop(f->os);
    }
}

/* Waiting for a deadline is waiting: the loop does not turn round and round meanwhile. */
static void test_waiting_does_not_spin(void **state)
{
    struct turn *turn = &f->ports[0]->turn;
    (void)state;
    timers_prepare(&f->timers[0], on_rearm);
    timers_set(&turn->timers, &f->timers[0], turn->now_ns + 100 * TIMERS_US, 0);
    uint64_t before = turn->turns;
    wavu_os_run(f->os, -1);
    assert_int_equal(f->fired, 50);
    assert_true(turn->turns - before <=
                50 + 1); /* one a firing, and the one that a run begins with */
}

static void on_in(struct turn_job *job, uint64_t now)
{
    (void)now;
    trace((char)('0' + (job - f->jobs)));
}

static void on_out(struct turn_dirty *dirty, uint64_t now)
{
    (void)dirty;
    (void)now;
    trace('o');
}

static void on_reap(struct turn_dead *dead)
{
    (void)dead;
    trace('r');
}

static void on_first(struct timer *timer, uint64_t now)
{
    struct turn *turn = &f->ports[0]->turn;
    (void)timer;
    (void)now;
    trace('t');
    turn_bury(turn, &f->dead);
    turn_mark(turn, &f->dirty);
    turn_queue(turn, &f->jobs[0]);
}

static bool is_reaped(void *context)
{
    (void)context;
    return f->traced > 0 && f->trace[f->traced - 1] == 'r';
}

static void test_phases(void **state)
{
    struct turn *turn = &f->ports[0]->turn;
    (void)state;
    f->jobs[0].run = on_in;
    f->dirty.out = on_out;
    f->dead.reap = on_reap;
    timers_prepare(&f->timers[0], on_first);
    timers_set(&turn->timers, &f->timers[0], turn->now_ns + TIMERS_MS, 0);
    world_run_until(f->os, is_reaped, NULL);
    assert_string_equal(f->trace, "t0or");
}

static void on_stop(struct turn_job *job, uint64_t now)
{
    on_in(job, now);
    wavu_os_stop(f->os);
}

/* Jobs beyond a turn's bound run in the next turns, without input, and before the loop stops to
 * wait. */
static void test_leftover_work(void **state)
{
    struct turn *turn = &f->ports[0]->turn;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        f->jobs[i].run = i == 2 ? on_stop : on_in;
        f->jobs[i].cost_us = TURN_WORK_US_MAX;
        turn_queue(turn, &f->jobs[i]);
    }
    uint64_t before = turn->turns;
    wavu_os_run(f->os, -1); /* the last job ends it */
    assert_string_equal(f->trace, "012");
    assert_int_equal(turn->turns - before, 3);
}

/* A port takes turns when it has something to do, whatever the others do. */
static void test_only_ready_ports_turn(void **state)
{
    struct turn *busy = &f->ports[0]->turn;
    struct turn *idle = &f->ports[1]->turn;
    (void)state;
    wavu_os_run(f->os, 0);
    timers_prepare(&f->timers[0], on_rearm);
    timers_set(&busy->timers, &f->timers[0], busy->now_ns, 0);
    uint64_t before = idle->turns;
    wavu_os_run(f->os, -1);
    assert_int_equal(f->fired, 50);
    assert_true(idle->turns - before <= 1); /* the one that every run begins with */
}

static void on_cross(struct timer *timer, uint64_t now)
{
    (void)timer;
    (void)now;
    turn_queue(&f->ports[1]->turn, &f->jobs[0]); /* from one node's turn into another's */
}

static bool is_traced(void *context)
{
    (void)context;
    return f->traced > 0;
}

static void test_wake_from_another_turn(void **state)
{
    struct turn *turn = &f->ports[0]->turn;
    (void)state;
    f->jobs[0].run = on_in;
    timers_prepare(&f->timers[0], on_cross);
    timers_set(&turn->timers, &f->timers[0], turn->now_ns + TIMERS_MS, 0);
    world_run_until(f->os, is_traced, NULL);
    assert_string_equal(f->trace, "0");
}

static void test_run_has_a_bound(void **state)
{
    (void)state;
    uint64_t before = wavu_os_now_ns();
    wavu_os_run(f->os, 30);
    assert_true(wavu_os_now_ns() - before >= 29 * TIMERS_MS); /* libuv counts in milliseconds */
    wavu_os_stop(f->os); /* of no run: the next one does not remember it */
    before = wavu_os_now_ns();
    wavu_os_run(f->os, 10);
    assert_true(wavu_os_now_ns() - before >= 9 * TIMERS_MS);
}

static bool is_trimmed(void *context)
{
    (void)context;
    return !wavu_os_loop(f->os)->is_read_used;
}

/* The read buffer is given back after a while, and is there again when it is needed. */
static void test_read_buffer(void **state)
{
    struct loop *l = wavu_os_loop(f->os);
    (void)state;
    assert_null(l->read_buffer); /* not before it is needed */
    for (int i = 0; i < 2; i++) {
        uint8_t *buffer = loop_read_buffer(l);
        memset(buffer - PORT_NET_HEADROOM, 0xaa, PORT_NET_HEADROOM + PORT_NET_READ_MAX);
        assert_true(l->is_read_used);
        l->read_used_ns = 0; /* long ago */
        world_run_until(f->os, is_trimmed, NULL);
        assert_ptr_equal(l->read_buffer, buffer);
        assert_int_equal(buffer[PORT_NET_READ_MAX / 2], 0); /* the page is gone */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_timers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waiting_does_not_spin, setup, teardown),
        cmocka_unit_test_setup_teardown(test_phases, setup, teardown),
        cmocka_unit_test_setup_teardown(test_leftover_work, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_ready_ports_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wake_from_another_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(test_run_has_a_bound, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_buffer, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
