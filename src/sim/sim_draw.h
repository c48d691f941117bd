/*
 * Small streams of draws, one for each thing that draws: eight bytes of state, so that every cable,
 * connection and host can have its own and a draw more in one shifts no other.
 *
 * Chances are ratios of integers; no float decides anything.
 */
#ifndef SIM_SIM_DRAW_H
#define SIM_SIM_DRAW_H

#include <stdbool.h>
#include <stdint.h>

struct sim_draw {
    uint64_t state;
};

/* What a stream is for: each purpose draws from a stream of its own. */
enum sim_purpose {
    SIM_NODE,     /* the randomness that a node's port gives it */
    SIM_NETWORK,  /* jitter, loss, sizes of reads */
    SIM_FAULTS,   /* which faults a scenario injects, and when */
    SIM_SCENARIO, /* what a scenario does */
    SIM_PURPOSES
};

/** Two numbers into one, each bit depending on all. */
uint64_t sim_draw_mix(uint64_t a, uint64_t b);

/** The stream of (`seed`, `purpose`, `owner`): owners are numbered within their purpose. */
struct sim_draw sim_draw_of(uint64_t seed, enum sim_purpose purpose, uint64_t owner);

uint64_t sim_draw_u64(struct sim_draw *d);

/** Uniform in [0, bound), bound > 0; a bias of less than bound / 2^64 is accepted for speed. */
uint64_t sim_draw_below(struct sim_draw *d, uint64_t bound);

/** True `part` times in `whole` (whole > 0). Draws nothing when the answer is certain. */
bool sim_draw_chance(struct sim_draw *d, uint32_t part, uint32_t whole);

#endif
