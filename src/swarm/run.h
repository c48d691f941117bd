/*
 * A scenario carried out: nodes start, faults happen, safety is checked all the while; then faults
 * stop, and within settle_ms all must be well again. The result says whether it was, what was
 * measured, and a hash of every event, which is the same in every run of one scenario.
 */
#ifndef SWARM_RUN_H
#define SWARM_RUN_H

#include "swarm/scenario.h"

#define RUN_WHY_MAX 200
#define RUN_SAMPLES_MAX 4096 /* then every other one is left out and they come half as often */

/* The mesh at one moment. */
struct run_sample {
    uint64_t at_ms;
    uint32_t alive;      /* nodes that run and are honest */
    uint32_t components; /* of them, by links that both ends hold */
    uint32_t largest;    /* nodes of the largest one */
    uint32_t degree_min;
    uint32_t degree_max;
    uint32_t degree_milli; /* mean, in thousandths */
    uint64_t messages;     /* sent since the sample before */
    uint64_t bytes;        /* of them */
    uint64_t broadcasts;   /* said since the sample before */
    uint64_t delivered;    /* deliveries since the sample before */
    uint64_t downs_true;   /* verdicts since the sample before, about the dead */
    uint64_t downs_false;  /* and about the living that could be reached */
    uint64_t faults;       /* under way */
};

struct run_figures {
    uint64_t broadcasts;       /* said by nodes that lived on */
    uint64_t owed;             /* deliveries of them to nodes that lived on */
    uint64_t delivered;        /* of these, made */
    uint64_t duplicates;       /* payloads received beyond the first, in the settling phase */
    uint64_t first_copies;     /* payloads received first, in the settling phase */
    uint32_t hops_max;         /* of a delivery on the tree, in the settling phase */
    uint64_t last_delivery_us; /* median over broadcasts of the settling phase: to the last node */
    uint64_t settled_ms;       /* after faults stopped: one component, states the same */
    uint64_t downs_true;
    uint64_t downs_false;
    uint64_t detect_ms; /* median of crash to verdict */
    uint64_t messages;
    uint64_t bytes;
    uint64_t bytes_node_s; /* bytes a node and second, over the whole run */
};

struct run_result {
    bool is_passed;
    char why[RUN_WHY_MAX]; /* of the first check that failed, with node and time; "" */
    uint64_t failed_ms;    /* when; 0 */
    uint64_t hash;         /* of all events */
    uint64_t events;
    uint64_t virtual_ms;
    struct run_figures figures;
    struct run_sample *samples; /* owned; run_result_clear */
    size_t sample_count;
};

/* Asked about every hundredth of the run and at least at every sample. */
struct run_progress {
    bool (*go_on)(void *context, uint64_t at_ms, uint64_t end_ms); /* false: stop at once */
    void *context;
};

/** Carry out `s`. 0 when it ran to its end, passed or not; WAVU_ERR_INVALID for a scenario that
 * scenario_check refuses, WAVU_ERR_CLOSED when `progress` (may be NULL) said stop. */
WARN_UNUSED int run_scenario(const struct scenario *s, const struct run_progress *progress,
                             struct run_result *out);
void run_result_clear(struct run_result *r);

#endif
