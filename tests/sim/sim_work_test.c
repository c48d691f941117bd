/* Jobs on the virtual clock: when they run, how they return, and what a crash does to them. */
#include "sim/sim_work.h"

#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

struct task {
    struct port *port;
    struct port_job *job;
    bool has_run;
    int done;
    uint64_t turn;
};

static void on_run(void *context)
{
    struct task *t = context;

    t->has_run = true;
}

static void on_done(void *context)
{
    struct task *t = context;

    assert_true(t->has_run);
    t->done++;
    t->turn = t->port->turn.turns;
}

static const struct port_work_user user = {.run = on_run, .done = on_done};

static int begin(struct port *port, struct task *t)
{
    *t = (struct task){.port = port};
    return port->work->start(port, &user, t, &t->job);
}

static void test_a_job_comes_back_in_a_turn(void **state)
{
    struct sim *sim = sim_new(1);
    struct port *port = sim_host_port(sim_host_new(sim, NULL));
    struct task t;

    (void)state;
    assert_int_equal(begin(port, &t), 0);
    assert_false(t.has_run);
    sim_run_for(sim, sim_settings(sim)->work_ns);
    assert_int_equal(t.done, 1);
    assert_int_equal(port->turn.turns, t.turn + 1);
    sim_free(sim);
}

static void test_a_cancelled_job_is_silent(void **state)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host_new(sim, NULL);
    struct port *port = sim_host_port(host);
    struct task tasks[PORT_WORK_JOBS_MAX];
    struct task extra;

    (void)state;
    for (size_t i = 0; i < PORT_WORK_JOBS_MAX; i++) {
        assert_int_equal(begin(port, &tasks[i]), 0);
    }
    assert_int_equal(begin(port, &extra), WAVU_ERR_LIMIT);
    for (size_t i = 0; i < PORT_WORK_JOBS_MAX; i++) {
        port->work->cancel(tasks[i].job);
    }
    sim_run_for(sim, TIMERS_SECOND);
    for (size_t i = 0; i < PORT_WORK_JOBS_MAX; i++) {
        assert_false(tasks[i].has_run);
        assert_int_equal(tasks[i].done, 0);
    }
    assert_int_equal(sim_host_open_sockets(host), 0);
    sim_free(sim);
}

static void on_work(struct turn_job *job, uint64_t now)
{
    (void)job;
    (void)now;
}

/* Have a turn. */
static void wake_all(struct port *port)
{
    static struct turn_job job;

    job = (struct turn_job){.run = on_work, .class = TURN_JOB_PLAIN};
    turn_queue(&port->turn, &job);
}

static void test_a_crash_ends_them(void **state)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host_new(sim, NULL);
    struct port *port = sim_host_port(host);
    struct task before;
    struct task between;

    (void)state;
    assert_int_equal(begin(port, &before), 0);
    sim_host_crash(host, false);
    sim_run_for(sim, TIMERS_SECOND);
    assert_false(before.has_run);
    port->work->cancel(before.job);
    assert_int_equal(begin(port, &before), WAVU_ERR_IO); /* the dead start nothing */

    /* It ran, and while the machine was busy with another turn it crashed: nobody is told. */
    port = sim_host_restart(host);
    sim_host_set_turn_cost(host, TIMERS_SECOND);
    wake_all(port);
    sim_run_for(sim, 0);
    assert_int_equal(begin(port, &between), 0);
    sim_run_for(sim, sim_settings(sim)->work_ns);
    assert_true(between.has_run);
    sim_host_crash(host, false);
    port->work->cancel(between.job);
    assert_int_equal(between.done, 0);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_job_comes_back_in_a_turn),
        UNIT(test_a_cancelled_job_is_silent),
        UNIT(test_a_crash_ends_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
