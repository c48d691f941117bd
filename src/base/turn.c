/*
 * The turn. Input has been delivered and time been set by the port when turn_run begins; when it
 * ends, due timers have fired, a bounded amount of queued work is done, every dirty object has sent
 * once, and what was closed is freed.
 *
 * Work and out each take a snapshot of their list: what is queued or marked meanwhile waits for the
 * next turn, so that no phase can feed itself for ever. The snapshots are heads on the stack, and
 * members can be cancelled out of them like out of the turn's own lists.
 */
#include "base/turn.h"

#include "base/check.h"

#define TURN_SECOND_NS UINT64_C(1000000000)
#define TURN_MILLI 1000u /* thousandths, in which buckets count */

void turn_init(struct turn *t, void (*wake)(struct turn *))
{
    *t = (struct turn){.wake = wake};
    timers_init(&t->timers);
    for (size_t i = 0; i < TURN_JOB_CLASSES; i++) {
        list_init(&t->jobs[i]);
    }
    list_init(&t->dirty);
    list_init(&t->dead);
    budget_bucket_init(&t->handshakes, TURN_BUSY_HANDSHAKE_US, TURN_HANDSHAKE_US_MAX, 0);
    budget_bucket_init(&t->admits, TURN_BUSY_ADMITS, TURN_BUSY_ADMITS_BURST, 0);
}

void turn_moved(struct turn *t, size_t bytes)
{
    if (t->now_ns - t->moved_since_ns >= TURN_BUSY_WINDOW_NS) {
        t->moved_since_ns = t->now_ns;
        t->moved_bytes = 0;
    }
    t->moved_bytes += bytes;
    if (t->moved_bytes >= TURN_BUSY_BYTES) {
        t->busy_until_ns = t->now_ns + TURN_BUSY_HOLD_NS;
    }
    budget_bucket_add(&t->handshakes, bytes * TURN_MILLI / TURN_BUSY_HANDSHAKE_BYTES);
    budget_bucket_add(&t->admits, bytes * TURN_MILLI / TURN_BUSY_ADMITS_BYTES);
}

bool turn_is_busy(const struct turn *t)
{
    return t->now_ns < t->busy_until_ns;
}

bool turn_admit(struct turn *t)
{
    return !turn_is_busy(t) || budget_bucket_take(&t->admits, 1, t->now_ns) == 0;
}

/* Free what was closed, and what is closed by that. */
static void reap(struct turn *t)
{
    struct list *link;

    while ((link = list_pop_front(&t->dead)) != NULL) {
        struct turn_dead *dead = LIST_OF(link, struct turn_dead, link);

        dead->reap(dead);
    }
}

void turn_reap(struct turn *t)
{
    CHECK(!t->is_running); /* a handler may not free: its callers may still hold what it would */
    t->is_running = true;
    reap(t);
    t->is_running = false;
}

void turn_clear(struct turn *t)
{
    turn_reap(t);
    for (size_t i = 0; i < TURN_JOB_CLASSES; i++) {
        CHECK(list_is_empty(&t->jobs[i]));
    }
    CHECK(list_is_empty(&t->dirty));
    timers_clear(&t->timers);
}

/* While busy a handshake has to be paid for; when it cannot be, note when to try again. */
static bool is_paid(struct turn *t, enum turn_class class, uint32_t cost_us)
{
    if (class != TURN_JOB_HANDSHAKE || !turn_is_busy(t) ||
        budget_bucket_take(&t->handshakes,
                           cost_us < TURN_HANDSHAKE_US_MAX ? cost_us : TURN_HANDSHAKE_US_MAX,
                           t->now_ns) == 0) {
        return true;
    }
    t->handshakes_due_ns =
        t->now_ns + (uint64_t)cost_us * (TURN_SECOND_NS / TURN_BUSY_HANDSHAKE_US);
    return false;
}

/*
 * Run jobs of one class until the next would exceed `class_max` or, together with `*spent_us` of
 * the classes before, TURN_WORK_US_MAX. The first always runs, so that no class starves and a job
 * dearer than the whole bound is done, too; a handshake while busy only when it is paid. Leftovers
 * stay ahead of what was queued meanwhile.
 */
static void work_class(struct turn *t, enum turn_class class, uint64_t class_max,
                       uint64_t *spent_us)
{
    struct list batch;
    struct list *link;
    uint64_t class_us = 0;
    bool is_first = true;

    list_init(&batch);
    list_splice_back(&batch, &t->jobs[class]);
    while ((link = list_next(&batch, &batch)) != NULL) {
        struct turn_job *job = LIST_OF(link, struct turn_job, link);
        uint32_t cost_us = job->cost_us; /* the job may be gone after its run */

        if (!is_first &&
            (class_us + cost_us > class_max || *spent_us + cost_us > TURN_WORK_US_MAX)) {
            break;
        }
        if (!is_paid(t, class, cost_us)) {
            break;
        }
        is_first = false;
        class_us += cost_us;
        *spent_us += cost_us;
        list_remove(link);
        job->run(job, t->now_ns);
    }
    list_splice_back(&batch, &t->jobs[class]);
    list_splice_back(&t->jobs[class], &batch);
}

static void work(struct turn *t)
{
    uint64_t spent_us = 0;

    /* Handshakes first: plain work cannot push them out, and their own bound leaves plain work the
     * other three quarters. */
    work_class(t, TURN_JOB_HANDSHAKE, TURN_HANDSHAKE_US_MAX, &spent_us);
    work_class(t, TURN_JOB_PLAIN, TURN_WORK_US_MAX, &spent_us);
}

static void out(struct turn *t)
{
    struct list batch;
    struct list *link;

    list_init(&batch);
    list_splice_back(&batch, &t->dirty);
    while ((link = list_pop_front(&batch)) != NULL) {
        struct turn_dirty *dirty = LIST_OF(link, struct turn_dirty, link);

        dirty->out(dirty, t->now_ns);
    }
}

void turn_run(struct turn *t)
{
    CHECK(!t->is_running);
    t->is_running = true;
    t->turns++;
    timers_tick(&t->timers, t->now_ns);
    work(t);
    out(t);
    reap(t);
    t->is_running = false;
}

uint64_t turn_deadline(const struct turn *t)
{
    if (!list_is_empty(&t->dirty) || !list_is_empty(&t->dead) ||
        !list_is_empty(&t->jobs[TURN_JOB_PLAIN])) {
        return 0;
    }
    uint64_t deadline = timers_deadline(&t->timers);
    if (list_is_empty(&t->jobs[TURN_JOB_HANDSHAKE])) {
        return deadline;
    }
    if (t->handshakes_due_ns <= t->now_ns) {
        return 0;
    }
    return t->handshakes_due_ns < deadline ? t->handshakes_due_ns : deadline;
}

/* Put `link` behind the others in `head`, once, and have the port run a turn when none runs. */
static void enlist(struct turn *t, struct list *head, struct list *link)
{
    if (list_is_linked(link)) {
        return;
    }
    list_push_back(head, link);
    if (!t->is_running && t->wake != NULL) {
        t->wake(t);
    }
}

void turn_queue(struct turn *t, struct turn_job *job)
{
    CHECK(job->run != NULL && (unsigned)job->class < TURN_JOB_CLASSES);
    enlist(t, &t->jobs[job->class], &job->link);
}

void turn_cancel(struct turn_job *job)
{
    list_remove(&job->link);
}

void turn_mark(struct turn *t, struct turn_dirty *dirty)
{
    CHECK(dirty->out != NULL);
    enlist(t, &t->dirty, &dirty->link);
}

void turn_unmark(struct turn_dirty *dirty)
{
    list_remove(&dirty->link);
}

void turn_bury(struct turn *t, struct turn_dead *dead)
{
    CHECK(dead->reap != NULL);
    enlist(t, &t->dead, &dead->link);
}
