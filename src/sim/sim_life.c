/*
 * Lives: what the network has for a process is queued as inputs; a turn delivers them through the
 * node's callbacks, then runs the node's `struct turn`. Its deadline becomes an event of the clock.
 */
#include "sim/sim_life.h"

#include "base/check.h"
#include "base/mem.h"
#include "sim/sim_handle.h"
#include "sim/sim_net.h"
#include "sim/sim_note.h"
#include "sim/sim_work.h"

static uint64_t boot_now(const struct sim_life *life)
{
    return life->host->sim->now_ns + life->host->boot_ns;
}

struct sim_life *sim_life_of(struct port *port)
{
    return LIST_OF(port, struct sim_life, port);
}

static uint64_t precise_ns(struct port *port)
{
    return boot_now(sim_life_of(port));
}

static uint64_t wall_ms(struct port *port)
{
    const struct sim_host *host = sim_life_of(port)->host;

    return SIM_WALL_START_MS + host->sim->now_ns / TIMERS_MS + (uint64_t)host->skew_ms;
}

/* Make it runnable: now, or when its last turn is over. */
static void touch(struct sim_life *life)
{
    struct sim *sim = life->host->sim;
    uint64_t stalled_ns = life->host->stalled_until_ns;
    uint64_t free_ns = life->busy_until_ns > stalled_ns ? life->busy_until_ns : stalled_ns;

    if (life->is_dead || life->is_in_turn || list_is_linked(&life->runnable)) {
        return;
    }
    if (sim->now_ns < free_ns) {
        sim_at(sim, &life->wake, free_ns);
    } else {
        list_push_back(&sim->runnable, &life->runnable);
    }
}

static void on_turn_wake(struct turn *turn)
{
    touch(LIST_OF(turn, struct sim_life, port.turn));
}

/*
 * See to it that a turn comes when one is needed. The event is moved only to an earlier moment:
 * when it fires too early, nothing but another look happens, and deadlines that are put off all the
 * time cost nothing.
 */
static void rearm(struct sim_life *life)
{
    struct sim *sim = life->host->sim;
    uint64_t deadline = turn_deadline(&life->port.turn);

    if (life->is_dead) {
        return;
    }
    if (deadline <= boot_now(life) || !list_is_empty(&life->inputs)) {
        touch(life);
    } else if (deadline != TIMERS_NEVER) {
        uint64_t at = deadline - life->host->boot_ns;

        if (!heap_has(&life->wake.node) || at < life->wake.node.key) {
            sim_at(sim, &life->wake, at);
        }
    }
}

static void on_wake(struct sim_event *event)
{
    rearm(LIST_OF(event, struct sim_life, wake));
}

struct sim_life *sim_life_new(struct sim_host *host)
{
    struct sim_life *life = mem_new(sizeof(*life));
    struct sim_draw draw =
        sim_draw_of(host->sim->seed, SIM_NODE, (uint64_t)host->number << 32 | host->lives);

    life->host = host;
    life->wake.fire = on_wake;
    list_init(&life->inputs);
    list_init(&life->handles);
    random_seeded_init(&life->random, sim_draw_u64(&draw));
    turn_init(&life->port.turn, on_turn_wake);
    life->port.turn.now_ns = boot_now(life);
    life->port.random = random_from_seeded(&life->random);
    life->port.net = &sim_net_ops;
    life->port.files = &sim_files_ops;
    life->port.work = &sim_work_ops;
    life->port.precise_ns = precise_ns;
    life->port.wall_ms = wall_ms;
    return life;
}

void sim_life_free(struct sim_life *life)
{
    CHECK(list_is_empty(&life->handles) && !life->is_in_turn);
    turn_clear(&life->port.turn);
    list_remove(&life->runnable);
    sim_cancel(life->host->sim, &life->wake);
    mem_free(life);
}

void sim_life_input(struct sim_life *life, struct sim_input *input)
{
    if (!life->is_dead && !list_is_linked(&input->link)) {
        list_push_back(&life->inputs, &input->link);
        touch(life);
    }
}

void sim_life_forget(struct sim_life *life, struct sim_input *input)
{
    list_remove(&input->link);
    if (life->visiting == input) {
        life->visiting = NULL;
    }
}

/* A node that wakes itself again and again would stop the clock: name it. */
static void check_clock_moves(struct sim_life *life)
{
    uint64_t now = life->host->sim->now_ns;

    life->turns_at_once = now == life->turn_at_ns ? life->turns_at_once + 1 : 0;
    life->turn_at_ns = now;
    CHECK(life->turns_at_once < SIM_TURNS_AT_ONCE_MAX && "a node keeps waking itself");
}

void sim_life_turn(struct sim_life *life)
{
    struct list batch; /* what comes in while the turn runs waits for the next */
    struct list *link;

    check_clock_moves(life);
    life->port.turn.now_ns = boot_now(life);
    life->is_in_turn = true;
    sim_note_event(life->host, SIM_KIND_TURN, life->port.turn.turns);
    list_init(&batch);
    list_splice_back(&batch, &life->inputs);
    while ((link = list_pop_front(&batch)) != NULL) {
        life->visiting = LIST_OF(link, struct sim_input, link);
        life->visiting->deliver(life->visiting);
    }
    life->visiting = NULL;
    turn_run(&life->port.turn);
    life->is_in_turn = false;
    life->busy_until_ns = life->host->sim->now_ns + life->host->turn_cost_ns;
    rearm(life);
}

void sim_life_sync(struct sim_life *life)
{
    if (!life->is_in_turn) {
        life->port.turn.now_ns = boot_now(life);
        rearm(life);
    }
}

void sim_life_kill(struct sim_life *life)
{
    struct list *link;

    CHECK(!life->is_in_turn);
    life->is_dead = true;
    list_remove(&life->runnable);
    sim_cancel(life->host->sim, &life->wake);
    while ((link = list_pop_front(&life->inputs)) != NULL) {
    }
    for (link = list_next(&life->handles, &life->handles); link != NULL;
         link = list_next(&life->handles, link)) {
        struct sim_handle *handle = LIST_OF(link, struct sim_handle, link);

        handle->kill(handle);
    }
}
