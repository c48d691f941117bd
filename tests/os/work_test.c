/* Jobs: off the thread, back on the turn; cancelled before, while and after they run. */
#include "os/work.h"

#include <pthread.h>
#include <stdatomic.h>

#include "tests/os/world.h"

struct task {
    struct port_job *job;
    struct port *port;
    pthread_t ran_on;
    atomic_bool has_begun;
    atomic_bool may_end;
    bool has_run; /* written by run, read behind done or cancel */
    int done;
    bool is_in_call;
    uint64_t turn; /* that `done` came in */
};

struct fixture {
    struct wavu_os *os;
    struct port *port;
};

static void on_run(void *context)
{
    struct task *t = context;
    atomic_store(&t->has_begun, true);
    while (!atomic_load(&t->may_end)) {
        (void)sched_yield();
    }
    t->ran_on = pthread_self();
    t->has_run = true;
}

static void on_done(void *context)
{
    struct task *t = context;
    assert_false(t->is_in_call);
    t->done++;
    t->turn = t->port->turn.turns;
}

static const struct port_work_user user = {.run = on_run, .done = on_done};

static void start(struct fixture *f)
{
    f->os = wavu_os_new();
    f->port = wavu_os_port_new(f->os, NULL);
}

static void stop(struct fixture *f)
{
    wavu_os_port_free(f->port);
    wavu_os_free(f->os);
}

static int begin(struct fixture *f, struct task *t, bool may_end)
{
    *t = (struct task){.port = f->port, .is_in_call = true};
    atomic_store(&t->may_end, may_end);
    int rc = f->port->work->start(f->port, &user, t, &t->job);
    t->is_in_call = false;
    return rc;
}

static bool is_done(void *context)
{
    const struct task *t = context;
    return t->done > 0;
}

static void test_runs_elsewhere_and_returns_in_a_turn(void **state)
{
    struct fixture f;
    struct task t;
    (void)state;
    start(&f);
    assert_int_equal(begin(&f, &t, true), 0);
    world_run_until(f.os, is_done, &t);
    assert_int_equal(t.done, 1);
    assert_true(t.has_run);
    assert_false(pthread_equal(t.ran_on, pthread_self()));
    assert_int_equal(f.port->turn.turns, t.turn + 1); /* the turn behind it has run */
    stop(&f);
}

static void test_cancel_waits_for_what_runs(void **state)
{
    struct fixture f;
    struct task t;
    (void)state;
    start(&f);
    assert_int_equal(begin(&f, &t, false), 0);
    while (!atomic_load(&t.has_begun)) {
        (void)sched_yield();
    }
    atomic_store(&t.may_end, true);
    f.port->work->cancel(t.job);
    assert_true(t.has_run); /* nothing touches the task any more: TSan would see it */
    stop(&f);
    assert_int_equal(t.done, 0);
}

/* More than libuv has threads: the later ones have not begun when they are cancelled. */
static void test_cancel_takes_back_what_waits(void **state)
{
    static struct task tasks[PORT_WORK_JOBS_MAX];
    struct fixture f;
    struct task extra;
    size_t ran = 0;
    (void)state;
    start(&f);
    for (size_t i = 0; i < PORT_WORK_JOBS_MAX; i++) {
        assert_int_equal(begin(&f, &tasks[i], false), 0);
    }
    assert_int_equal(begin(&f, &extra, true), WAVU_ERR_LIMIT);
    for (size_t i = PORT_WORK_JOBS_MAX; i > 0; i--) {
        atomic_store(&tasks[i - 1].may_end, true);
        f.port->work->cancel(tasks[i - 1].job);
        ran += tasks[i - 1].has_run ? 1 : 0;
    }
    assert_true(ran < PORT_WORK_JOBS_MAX);
    assert_int_equal(begin(&f, &extra, true), 0); /* there is room again */
    world_run_until(f.os, is_done, &extra);
    stop(&f);
    for (size_t i = 0; i < PORT_WORK_JOBS_MAX; i++) {
        assert_int_equal(tasks[i].done, 0);
    }
}

static void test_cancel_after_the_run_and_before_the_turn(void **state)
{
    struct fixture f;
    struct task t;
    (void)state;
    start(&f);
    assert_int_equal(begin(&f, &t, true), 0);
    while (!atomic_load(&t.has_begun)) {
        (void)sched_yield();
    }
    f.port->work->cancel(t.job);
    assert_true(t.has_run);
    wavu_os_run(f.os, 5 * WORLD_STEP_MS);
    assert_int_equal(t.done, 0);
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_runs_elsewhere_and_returns_in_a_turn),
        UNIT(test_cancel_waits_for_what_runs),
        UNIT(test_cancel_takes_back_what_waits),
        UNIT(test_cancel_after_the_run_and_before_the_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
