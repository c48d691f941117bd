/*
 * What happens when in a scenario, and whether all was well: the same for every kind of world.
 *
 *     0 ........... join_ms ........... join_ms + fault_ms ........... + settle_ms
 *     nodes start   faults, broadcasts  faults off, traffic stops      all must be well
 *
 * Steps go down to the world through its ops; deliveries and verdicts come up by plan_heard and
 * plan_down and are checked when they come. Links are checked at every sample; that all are one
 * mesh, know the same and have heard everything, at the end. Each fault draws from a stream of its
 * own, so that leaving one out changes nothing in the others.
 */
#ifndef SWARM_PLAN_H
#define SWARM_PLAN_H

#include "base/heap.h"
#include "sim/sim_draw.h"
#include "swarm/census.h"
#include "swarm/ledger.h"
#include "swarm/run.h"
#include "swarm/samples.h"

#define PLAN_MS UINT64_C(1000000)

/* A world at a moment. Sums are over all nodes and lives. */
struct plan_look {
    struct census census;
    uint64_t messages;
    uint64_t bytes;
    uint64_t duplicates; /* payloads received beyond the first; of the nodes that are up */
    uint64_t faults;     /* under way */
};

/* Times are ns since the scenario began. Nothing here may call the plan, but `run`. */
struct plan_ops {
    uint64_t (*now_ns)(const void *world);
    void (*run)(void *world, uint64_t until_ns);
    bool (*is_up)(const void *world, uint32_t node);
    bool (*is_honest)(const void *world, uint32_t node);            /* all through the scenario */
    uint64_t (*born_ns)(const void *world, uint32_t node);          /* its last start */
    int (*start)(void *world, uint32_t node);                       /* it was down */
    void (*crash)(void *world, uint32_t node, bool reset);          /* it was up; else silently */
    void (*skew)(void *world, uint32_t node, uint64_t ns);          /* its clock jumps ahead */
    void (*fault_on)(void *world, const struct scenario_fault *f);  /* CRASH, RESET, TORN, CHURN */
    void (*fault_off)(void *world, const struct scenario_fault *f); /* and SKEW are the plan's */
    /* One act of a node that SLOW or FLOOD hits: ms to the next. NULL: the world sees to them. */
    uint64_t (*harm)(void *world, const struct scenario_fault *f, uint32_t node,
                     struct sim_draw *draw);
    int (*say)(void *world, uint32_t node, struct span payload);
    int (*write)(void *world, uint32_t node, const char *key, uint64_t value);
    void (*look)(const void *world, struct plan_look *out);
    void (*check)(const void *world); /* CHECK every node's invariants */
    /* Whether all know the same; and, where it can be said (else NULL), whether all know at least
     * what had been written when `mark` was called. */
    bool (*is_agreed)(const void *world);
    void (*mark)(void *world);
    bool (*is_known)(const void *world);
};

struct plan {
    const struct scenario *s;            /* borrowed, like the next four */
    const struct run_progress *progress; /* or NULL */
    struct run_result *out;
    const struct plan_ops *ops;
    void *world;
    struct heap steps;
    struct ledger ledger;
    struct samples samples;
    struct sim_draw draws[SCENARIO_FAULTS_MAX]; /* of each fault */
    bool is_on[SCENARIO_FAULTS_MAX];
    struct sim_draw writers;
    uint64_t well_since_ms; /* UINT64_MAX: not well */
    uint64_t duplicates;    /* when faults stopped */
    uint64_t deliveries;
    uint64_t downs_true;
    uint64_t downs_false;
    uint64_t said;
    uint64_t written;
    uint64_t *detected; /* owned: crash to verdict, ms */
    size_t detected_count;
    bool is_marked;
    bool is_agreed; /* all knew the same at some moment near the end */
    bool is_over;   /* a check failed, or progress said stop */
};

/** Write down all steps of `s`. `world` need not be there yet. */
void plan_init(struct plan *p, const struct scenario *s, const struct run_progress *progress,
               const struct plan_ops *ops, void *world, struct run_result *out);
void plan_clear(struct plan *p);

/** Carry it out, and fill in what `out` says of it, but hash and number of events. As
 * run_scenario. */
WARN_UNUSED int plan_run(struct plan *p);

/** `node` heard `payload` as one of `origin`'s after `hops` links. */
void plan_heard(struct plan *p, uint32_t node, uint32_t origin, struct span payload, uint32_t hops);

/** A node took another for dead that could hear it, and be heard, or could not. `died_ns`: it had
 * fallen silent then; UINT64_MAX: it had not. */
void plan_down(struct plan *p, bool is_reachable, uint64_t died_ns);

/** A check failed: the first one is the result. As verdict_fail. */
void plan_fail(struct plan *p, const char *what, uint32_t node, const char *more);

#endif
