/* Jobs of transfers: in order, a few at a time, and given up. */
#include "sync/file_disk.h"

#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

#define TASKS 10

struct work {
    struct file_task task;
    size_t runs;
    size_t dones;
    bool goes_on; /* start it again when it is done, once */
};

static struct sim *sim;
static struct file_disk disk;
static struct work works[TASKS];

static void run(struct file_task *t)
{
    struct work *work = LIST_OF(t, struct work, task);

    assert_non_null(t->aead);
    for (size_t i = 0; i < TASKS; i++) { /* nobody else has these ciphers now */
        assert_true(&works[i] == work || works[i].task.job == NULL ||
                    works[i].task.aead != t->aead);
    }
    work->runs++;
}

static void done(struct file_task *t)
{
    struct work *work = LIST_OF(t, struct work, task);

    work->dones++;
    assert_true(file_disk_is_idle(t));
    if (work->goes_on) {
        work->goes_on = false;
        file_disk_start(t);
    }
}

static void start(void)
{
    sim = sim_new(1);
    assert_int_equal(file_disk_init(&disk, sim_host_port(sim_host_new(sim, NULL))), 0);
    for (size_t i = 0; i < TASKS; i++) {
        works[i] = (struct work){.goes_on = i == 3};
        file_disk_prepare(&disk, &works[i].task, run, done);
    }
}

static void test_all_run_once(void **state)
{
    (void)state;
    start();
    for (size_t i = 0; i < TASKS; i++) {
        file_disk_start(&works[i].task);
        assert_false(file_disk_is_idle(&works[i].task));
    }
    assert_int_equal(list_count(&disk.running), FILE_DISK_JOBS_MAX);
    sim_run_for(sim, 10 * TIMERS_SECOND);
    for (size_t i = 0; i < TASKS; i++) {
        assert_int_equal(works[i].runs, i == 3 ? 2 : 1);
        assert_int_equal(works[i].dones, works[i].runs);
    }
    file_disk_clear(&disk);
    sim_free(sim);
}

static void test_what_is_cancelled_is_not_done(void **state)
{
    (void)state;
    start();
    for (size_t i = 0; i < TASKS; i++) {
        file_disk_start(&works[i].task);
    }
    file_disk_cancel(&works[0].task);         /* runs or is about to */
    file_disk_cancel(&works[TASKS - 1].task); /* waits */
    file_disk_cancel(&works[TASKS - 1].task); /* is idle */
    sim_run_for(sim, 10 * TIMERS_SECOND);
    for (size_t i = 0; i < TASKS; i++) {
        bool is_cancelled = i == 0 || i == TASKS - 1;

        assert_int_equal(works[i].dones, is_cancelled ? 0 : i == 3 ? 2 : 1);
    }
    file_disk_clear(&disk);
    sim_free(sim);
}

static void no_run(void *context)
{
    (void)context;
}

/* The port has no room: it is asked again. */
static void test_others_have_all_jobs(void **state)
{
    static const struct port_work_user others = {.run = no_run, .done = no_run};
    struct port_job *jobs[PORT_WORK_JOBS_MAX];

    (void)state;
    start();
    for (size_t i = 0; i < PORT_WORK_JOBS_MAX; i++) {
        assert_int_equal(disk.port->work->start(disk.port, &others, &works[i % TASKS], &jobs[i]),
                         0);
    }
    file_disk_start(&works[0].task);
    assert_true(list_is_empty(&disk.running));
    sim_run_for(sim, 10 * TIMERS_SECOND);
    assert_int_equal(works[0].dones, 1);
    file_disk_clear(&disk);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_all_run_once),
        UNIT(test_what_is_cancelled_is_not_done),
        UNIT(test_others_have_all_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
