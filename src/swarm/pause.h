/*
 * When a slow node stands still: a stream of pauses that depends on nothing but a seed and the
 * node, so that two systems which are compared suffer the very same ones.
 *
 * After Lifeguard's experiment (Dadgar, Phillips and Currey, arXiv 1707.00788): a quarter of 128
 * members stop processing messages for a duration, go on for an interval, stop again. The paper
 * runs every pair of some durations and intervals; so does pause_cell, and without a cell each
 * pause draws its own pair. The grid is PAUSE_DURATIONS and PAUSE_INTERVALS, powers between the
 * bounds that the paper names, as we remember them: its text was not at hand.
 */
#ifndef SWARM_PAUSE_H
#define SWARM_PAUSE_H

#include "sim/sim_draw.h"

#define PAUSE_DURATIONS 6 /* 128 ms, 512 ms, 2, 8, 16 and 33 s (powers of two, in ms) */
#define PAUSE_INTERVALS 8 /* 1 ms to 16 s by fours */

/* What a pause stops. */
enum pause_kind {
    PAUSE_STOPPED, /* the whole process: then timers that ran out come first, messages behind */
    PAUSE_BLOCKED  /* what sends and receives, as the paper does it: timers go on meanwhile */
};

struct pause_config {
    uint64_t seed;
    uint64_t start_ns; /* everybody is well before */
    uint32_t nodes;
    uint32_t slow;        /* so many of the nodes, drawn, are slow */
    uint64_t duration_ns; /* 0: each pause draws one of the grid's */
    uint64_t interval_ns; /* 0: likewise */
    bool is_together;     /* the slow ones stand still at the same times */
};

/* The pause that a node is in, or the next one. */
struct pause {
    const struct pause_config *config; /* borrowed */
    struct sim_draw draw;
    uint64_t begin_ns;
    uint64_t end_ns;
};

/** Whether `node` is one of the slow ones: true for exactly `slow` of them. */
bool pause_is_slow(const struct pause_config *config, uint32_t node);

/** The stream of `node`. */
void pause_init(struct pause *p, const struct pause_config *config, uint32_t node);

/** When a node that stands still at `now` goes on; 0 when it does not stand still. `now` must not
 * decrease from call to call. */
uint64_t pause_end(struct pause *p, uint64_t now);

/** Duration and interval number `cell` of the grid, 0 to PAUSE_DURATIONS * PAUSE_INTERVALS - 1. */
void pause_cell(struct pause_config *config, uint32_t cell);

#endif
