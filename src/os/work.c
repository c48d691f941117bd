/*
 * Jobs, on the threads that libuv keeps for the process.
 *
 * A job's request belongs to the loop until libuv hands it back, which always happens on the loop,
 * cancelled or not: there it is freed. Who cancels a job that already runs waits for its end.
 */
#include "os/work.h"

#include <pthread.h>

#include "base/check.h"
#include "base/mem.h"
#include "os/loop.h"
#include "wavu/err.h"

struct port_job {
    uv_work_t request;
    struct port *port; /* NULL once cancelled: the port may be gone when libuv hands it back */
    const struct port_work_user *user;
    void *context;
    bool has_run; /* guarded by work_lock */
};

/* Of all loops: a thread holds it for a moment at a job's end, a loop while it waits for one. */
static pthread_mutex_t work_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work_ended = PTHREAD_COND_INITIALIZER;

static void work_run(uv_work_t *request)
{
    struct port_job *job = request->data;
    job->user->run(job->context);
    CHECK(pthread_mutex_lock(&work_lock) == 0);
    job->has_run = true;
    CHECK(pthread_cond_broadcast(&work_ended) == 0);
    CHECK(pthread_mutex_unlock(&work_lock) == 0);
}

static void work_over(struct port *port)
{
    struct os_port *p = (struct os_port *)(void *)port;
    CHECK(p->handles > 0 && p->jobs > 0);
    p->handles--;
    p->jobs--;
}

/* On the loop: the thread is finished with it, or never began. */
static void work_after(uv_work_t *request, int status)
{
    struct port_job *job = request->data;
    (void)status; /* cancelled: then there is no port */
    if (job->port != NULL) {
        work_over(job->port);
        loop_touch(job->port);
        job->user->done(job->context);
    }
    mem_free(job);
}

static int work_start(struct port *port, const struct port_work_user *user, void *context,
                      struct port_job **out)
{
    struct os_port *p = (struct os_port *)(void *)port;
    if (p->jobs >= PORT_WORK_JOBS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct port_job *job = mem_new(sizeof *job);
    job->request.data = job;
    job->port = port;
    job->user = user;
    job->context = context;
    p->handles++;
    p->jobs++;
    CHECK(uv_queue_work(&loop_of(port)->uv, &job->request, work_run, work_after) == 0);
    *out = job;
    return 0;
}

static void work_cancel(struct port_job *job)
{
    CHECK(job->port != NULL);
    work_over(job->port);
    job->port = NULL;
    if (uv_cancel((uv_req_t *)&job->request) == 0) {
        return; /* it waited for a thread */
    }
    CHECK(pthread_mutex_lock(&work_lock) == 0);
    while (!job->has_run) {
        CHECK(pthread_cond_wait(&work_ended, &work_lock) == 0);
    }
    CHECK(pthread_mutex_unlock(&work_lock) == 0);
}

const struct port_work work_threads = {.start = work_start, .cancel = work_cancel};
