/*
 * The simulator: a virtual clock, hosts on cables, faults, all from one seed.
 *
 *     struct sim *sim = sim_new(seed);
 *     struct sim_host *alice = sim_host_new(sim, "10.0.0.1");
 *     ... build a node on sim_host_port(alice), likewise bob ...
 *     bool met = sim_run_until(sim, have_met, context, 5 * TIMERS_SECOND);
 *
 * One thread owns a simulator; several may exist. Two runs of one seed deliver the same events.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "base/heap.h"
#include "base/random.h"
#include "sim/sim_draw.h"
#include "wavu/api.h"

/* Turns of one host at one instant. Draining one read buffer in pieces of a byte takes a quarter of
 * it; beyond is a node that wakes itself for ever. */
#define SIM_TURNS_AT_ONCE_MAX 1000000

#define SIM_WALL_START_MS UINT64_C(1767225600000) /* wall time at the start: 2026-01-01 UTC */

struct sim;

/* What is the same for all hosts; change it before traffic flows. */
struct sim_settings {
    uint32_t split_part; /* a read is cut short split_part times in split_whole; */
    uint32_t split_whole;
    uint32_t short_part; /* a send takes less than it could short_part times in short_whole */
    uint32_t short_whole;
    uint32_t send_buffer; /* bytes that a socket takes ahead of what was acknowledged, > 0 */
    uint32_t window;      /* bytes that a receiver holds unread, > 0 */
    uint64_t timeout_ns;  /* an established connection dies after so long without progress */
    uint64_t dial_ns;     /* a dial that nobody answers fails after so long */
    uint64_t lookup_ns;   /* a name server's answer takes so long */
    uint64_t work_ns;     /* a job off the thread takes up to so long, > 0 */
};

/* Something that happens at a moment: embedded in whatever it happens to. */
struct sim_event {
    struct heap_node node;
    void (*fire)(struct sim_event *);
};

WARN_UNUSED struct sim *sim_new(uint64_t seed);

/** Free everything. What stands on the hosts' ports must be freed before: open handles are CHECKed.
 */
void sim_free(struct sim *sim);

struct sim_settings *sim_settings(struct sim *sim);

/** Virtual nanoseconds since sim_new. */
uint64_t sim_now(const struct sim *sim);

/** Let `duration_ns` pass. Not from a callback. */
void sim_run_for(struct sim *sim, uint64_t duration_ns);

/**
 * Run until `is_done`, which is asked first and then after each turn; true then. False when
 * `limit_ns` have passed. Not from a callback.
 */
bool sim_run_until(struct sim *sim, bool (*is_done)(void *context), void *context,
                   uint64_t limit_ns);

/** Fold of everything that was delivered so far: what, when, to whom, which bytes. */
uint64_t sim_event_hash(const struct sim *sim);

/** How many events have fired and turns have run. */
uint64_t sim_event_count(const struct sim *sim);

/** The stream of draws for `purpose`; SIM_FAULTS and SIM_SCENARIO are the scenario's own. */
const struct random *sim_random(struct sim *sim, enum sim_purpose purpose);

/** Let `event` fire at `at_ns` (now, when that is past); it moves when it is waiting already. */
void sim_at(struct sim *sim, struct sim_event *event, uint64_t at_ns);

/** Nothing happens when it is not waiting. */
void sim_cancel(struct sim *sim, struct sim_event *event);

#endif
