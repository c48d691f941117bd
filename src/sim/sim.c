/*
 * The clock and its events.
 *
 * Events come from cables, hosts and scenarios through sim_at and fire in order of time, then of
 * scheduling. Firing makes hosts runnable; when nothing more is due at an instant, the runnable
 * hosts take their turns, so that all that came at one instant goes into one turn.
 */
#include "sim/sim.h"

#include "base/check.h"
#include "base/mem.h"
#include "sim/sim_core.h"
#include "sim/sim_life.h"
#include "sim/sim_name.h"
#include "sim/sim_note.h"
#include "sim/sim_pipe.h"
#include "sim/sim_tcp.h"
#include "sim/sim_udp.h"

static const struct sim_settings default_settings = {
    .split_part = 1,
    .split_whole = 2,
    .short_part = 1,
    .short_whole = 16,
    .send_buffer = 262144,
    .window = 262144,
    .timeout_ns = 30 * TIMERS_SECOND,
    .dial_ns = 127 * TIMERS_SECOND, /* 1 + 2 + 4 + ... + 64: Linux' six repetitions of a SYN */
    .lookup_ns = 5 * TIMERS_MS,
    .work_ns = 10 * TIMERS_MS, /* a commit to a disk that turns */
};

struct sim *sim_new(uint64_t seed)
{
    struct sim *sim = mem_new(sizeof(*sim));

    sim->seed = seed;
    sim->hash = sim_draw_mix(seed, 0);
    sim->settings = default_settings;
    for (unsigned i = 0; i < SIM_PURPOSES; i++) {
        struct sim_draw draw = sim_draw_of(seed, (enum sim_purpose)i, UINT64_MAX);

        random_seeded_init(&sim->streams[i], sim_draw_u64(&draw));
        sim->randoms[i] = random_from_seeded(&sim->streams[i]);
    }
    heap_init(&sim->events_due);
    list_init(&sim->runnable);
    list_init(&sim->hosts);
    list_init(&sim->conns);
    list_init(&sim->packets);
    map_init(&sim->addresses, &sim->randoms[SIM_NETWORK]);
    map_init(&sim->cables, &sim->randoms[SIM_NETWORK]);
    map_init(&sim->names, &sim->randoms[SIM_NETWORK]);
    sim->cable_default =
        (struct sim_cable_settings){.latency_ns = TIMERS_MS, .loss_whole = 1, .mtu = SIM_CABLE_MTU};
    sim->read_room = mem_new_raw(SIM_READ_BUFFER_SIZE);
    return sim;
}

void sim_free(struct sim *sim)
{
    if (sim == NULL) {
        return;
    }
    CHECK(!sim->is_running);
    struct list *link;

    for (link = list_next(&sim->hosts, &sim->hosts); link != NULL;
         link = list_next(&sim->hosts, link)) {
        CHECK(sim_host_open_sockets(LIST_OF(link, struct sim_host, link)) == 0);
    }
    sim_tcp_free_all(sim);
    sim_udp_free_all(sim);
    sim_cable_free_all(sim);
    sim_host_free_all(sim);
    sim_name_free_all(sim);
    sim_pipe_free_spare(sim);
    heap_clear(&sim->events_due);
    map_clear(&sim->addresses);
    mem_free(sim->read_room);
    mem_free(sim);
}

struct sim_settings *sim_settings(struct sim *sim)
{
    return &sim->settings;
}

uint64_t sim_now(const struct sim *sim)
{
    return sim->now_ns;
}

uint64_t sim_event_hash(const struct sim *sim)
{
    return sim->hash;
}

uint64_t sim_event_count(const struct sim *sim)
{
    return sim->events;
}

const struct random *sim_random(struct sim *sim, enum sim_purpose purpose)
{
    CHECK((unsigned)purpose < SIM_PURPOSES);
    return &sim->randoms[purpose];
}

void sim_at(struct sim *sim, struct sim_event *event, uint64_t at_ns)
{
    uint64_t at = at_ns < sim->now_ns ? sim->now_ns : at_ns;

    CHECK(event->fire != NULL);
    if (heap_has(&event->node)) {
        heap_move(&sim->events_due, &event->node, at);
    } else {
        heap_add(&sim->events_due, &event->node, at);
    }
}

void sim_cancel(struct sim *sim, struct sim_event *event)
{
    if (heap_has(&event->node)) {
        heap_remove(&sim->events_due, &event->node);
    }
}

enum step { STEP_EVENT, STEP_TURN, STEP_END };

/* Do one thing that is due before or at `end_ns`. */
static enum step step(struct sim *sim, uint64_t end_ns)
{
    struct heap_node *first = heap_first(&sim->events_due);
    struct list *link;

    if (first != NULL && first->key <= sim->now_ns) {
        struct sim_event *event = LIST_OF(first, struct sim_event, node);

        heap_remove(&sim->events_due, first);
        sim->events++;
        event->fire(event);
        return STEP_EVENT;
    }
    link = list_pop_front(&sim->runnable);
    if (link != NULL) {
        sim->events++;
        sim_life_turn(LIST_OF(link, struct sim_life, runnable));
        return STEP_TURN;
    }
    if (first == NULL || first->key > end_ns) {
        sim->now_ns = end_ns;
        return STEP_END;
    }
    sim->now_ns = first->key;
    return STEP_EVENT;
}

/* Between runs, callers use ports from outside a turn: they may arm timers, and want the time. */
static void sync_lives(struct sim *sim)
{
    struct list *link;

    for (link = list_next(&sim->hosts, &sim->hosts); link != NULL;
         link = list_next(&sim->hosts, link)) {
        sim_life_sync(LIST_OF(link, struct sim_host, link)->life);
    }
}

static bool never(void *context)
{
    (void)context;
    return false;
}

bool sim_run_until(struct sim *sim, bool (*is_done)(void *context), void *context,
                   uint64_t limit_ns)
{
    uint64_t end_ns = limit_ns > UINT64_MAX - sim->now_ns ? UINT64_MAX : sim->now_ns + limit_ns;
    enum step did = STEP_EVENT;
    bool done = is_done(context);

    CHECK(!sim->is_running);
    sim->is_running = true;
    sync_lives(sim);
    while (!done && did != STEP_END) {
        did = step(sim, end_ns);
        done = did == STEP_TURN && is_done(context);
    }
    sync_lives(sim);
    sim->is_running = false;
    return done;
}

void sim_run_for(struct sim *sim, uint64_t duration_ns)
{
    (void)sim_run_until(sim, never, NULL, duration_ns);
}
