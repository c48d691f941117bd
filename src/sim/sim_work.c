/*
 * Jobs. One runs, whole, at a drawn moment up to work_ns after it was started; its life gets `done`
 * as input of the next turn. A crash before that moment means that it never ran, a crash between
 * the two that nobody was told.
 */
#include "sim/sim_work.h"

#include "base/mem.h"
#include "sim/sim_handle.h"
#include "sim/sim_life.h"
#include "sim/sim_note.h"

struct port_job {
    struct sim_handle handle;
    struct sim_event due;
    const struct port_work_user *user;
    void *context;
};

static void cancel(struct port_job *job)
{
    struct sim_life *life = job->handle.life;

    sim_cancel(life->host->sim, &job->due);
    sim_life_forget(life, &job->handle.input);
    list_remove(&job->handle.link);
    life->jobs--;
    mem_free(job);
}

static void deliver(struct sim_input *input)
{
    struct port_job *job = LIST_OF(input, struct port_job, handle.input);
    const struct port_work_user *user = job->user;
    void *context = job->context;

    sim_note_event(job->handle.life->host, SIM_KIND_WORK, 0);
    cancel(job);
    user->done(context);
}

static void on_due(struct sim_event *event)
{
    struct port_job *job = LIST_OF(event, struct port_job, due);

    job->user->run(job->context);
    sim_life_input(job->handle.life, &job->handle.input);
}

static void kill(struct sim_handle *handle)
{
    sim_cancel(handle->life->host->sim, &LIST_OF(handle, struct port_job, handle)->due);
}

static int start(struct port *port, const struct port_work_user *user, void *context,
                 struct port_job **out)
{
    struct sim_life *life = sim_life_of(port);
    struct sim *sim = life->host->sim;

    if (life->is_dead) {
        return WAVU_ERR_IO;
    }
    if (life->jobs >= PORT_WORK_JOBS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct port_job *job = mem_new(sizeof(*job));

    job->handle.life = life;
    job->handle.input.deliver = deliver;
    job->handle.kill = kill;
    job->due.fire = on_due;
    job->user = user;
    job->context = context;
    list_push_back(&life->handles, &job->handle.link);
    life->jobs++;
    sim_at(sim, &job->due,
           sim->now_ns + 1 + sim_draw_below(&life->host->work, sim->settings.work_ns));
    *out = job;
    return 0;
}

const struct port_work sim_work_ops = {.start = start, .cancel = cancel};
