/*
 * A scenario drawn whole from a seed: nodes, cables, delays, traffic, intervals and up to 20
 * faults. Each seed switches whole kinds of faults on or off ("swarm testing": Groce and others
 * 2012), so that rare combinations come up which a mixture of everything never has.
 *
 * Bounded so that thousands run within minutes, and so that what is drawn can heal: most nodes
 * live on, most are honest, and the time to settle grows with the intervals.
 */
#ifndef SWARM_SCENARIO_DRAW_H
#define SWARM_SCENARIO_DRAW_H

#include "swarm/scenario.h"

#define SCENARIO_DRAW_FAULTS_MAX 20
#define SCENARIO_DRAW_NODES_MIN 10
#define SCENARIO_DRAW_NODES_MAX 60  /* most of the time */
#define SCENARIO_DRAW_CROWD_MAX 300 /* one seed in 16 */
#define SCENARIO_DRAW_WHOLE_MAX 8   /* whole nodes */

/* Which cables may be drawn: bits, 1 << enum scenario_cable. */
#define SCENARIO_DRAW_BARE (1u << SCENARIO_MESSAGE | 1u << SCENARIO_STREAM)

/** Draw the scenario of `seed` on one of `cables` (> 0). The same on every machine; it passes
 * scenario_check. */
void scenario_draw(uint64_t seed, unsigned cables, struct scenario *out);

#endif
