/*
 * Jobs of transfers, a few at a time.
 */
#include "sync/file_disk.h"

#include "base/check.h"

static void on_run(void *context)
{
    struct file_task *t = context;

    t->run(t);
}

/* Out of its list, its slot free again. */
static void idle(struct file_task *t)
{
    list_remove(&t->link);
    if (t->job != NULL) {
        t->disk->is_used[t->slot] = false;
        t->job = NULL;
        t->aead = NULL;
    }
}

static void go_on(struct file_disk *d);

static void on_done(void *context)
{
    struct file_task *t = context;
    struct file_disk *d = t->disk;

    idle(t);
    go_on(d);
    t->done(t);
}

static const struct port_work_user worker = {.run = on_run, .done = on_done};

/* A slot that is free, or FILE_DISK_JOBS_MAX. */
static size_t free_slot(const struct file_disk *d)
{
    size_t slot = 0;

    while (slot < FILE_DISK_JOBS_MAX && d->is_used[slot]) {
        slot++;
    }
    return slot;
}

/* Start what waits while there is room. */
static void go_on(struct file_disk *d)
{
    while (!list_is_empty(&d->waiting)) {
        struct file_task *t = LIST_OF(list_next(&d->waiting, &d->waiting), struct file_task, link);

        t->slot = free_slot(d);
        if (t->slot == FILE_DISK_JOBS_MAX) {
            return; /* one that ends goes on */
        }
        t->aead = d->aeads[t->slot];
        if (d->port->work->start(d->port, &worker, t, &t->job) < 0) {
            t->job = NULL;
            timers_set(&d->port->turn.timers, &d->timer, d->port->turn.now_ns + FILE_DISK_RETRY_NS,
                       0);
            return;
        }
        d->is_used[t->slot] = true;
        list_remove(&t->link);
        list_push_back(&d->running, &t->link);
    }
}

static void on_retry(struct timer *timer, uint64_t now)
{
    (void)now;
    go_on(LIST_OF(timer, struct file_disk, timer));
}

int file_disk_init(struct file_disk *d, struct port *port)
{
    int rc = 0;

    *d = (struct file_disk){.port = port};
    list_init(&d->waiting);
    list_init(&d->running);
    timers_prepare(&d->timer, on_retry);
    for (size_t i = 0; i < FILE_DISK_JOBS_MAX; i++) {
        d->aeads[i] = aead_new();
        rc = d->aeads[i] == NULL ? WAVU_ERR_CRYPTO : rc;
    }
    if (rc < 0) {
        file_disk_clear(d);
    }
    return rc;
}

void file_disk_clear(struct file_disk *d)
{
    CHECK(list_is_empty(&d->waiting) && list_is_empty(&d->running));
    timers_cancel(&d->port->turn.timers, &d->timer);
    for (size_t i = 0; i < FILE_DISK_JOBS_MAX; i++) {
        aead_free(d->aeads[i]);
        d->aeads[i] = NULL;
    }
}

void file_disk_prepare(struct file_disk *d, struct file_task *t, void (*run)(struct file_task *),
                       void (*done)(struct file_task *))
{
    *t = (struct file_task){.disk = d, .run = run, .done = done};
}

void file_disk_start(struct file_task *t)
{
    CHECK(file_disk_is_idle(t));
    list_push_back(&t->disk->waiting, &t->link);
    go_on(t->disk);
}

bool file_disk_is_idle(const struct file_task *t)
{
    return !list_is_linked(&t->link);
}

void file_disk_cancel(struct file_task *t)
{
    if (file_disk_is_idle(t)) {
        return;
    }
    if (t->job != NULL) {
        t->disk->port->work->cancel(t->job);
    }
    idle(t);
    go_on(t->disk);
}
