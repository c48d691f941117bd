/*
 * What a world is like at a moment: components, degrees, whether all know the same.
 */
#ifndef SWARM_CENSUS_H
#define SWARM_CENSUS_H

#include "swarm/world.h"

struct census {
    uint32_t alive;      /* up and honest */
    uint32_t components; /* of them, by links that both ends hold for neighbours */
    uint32_t largest;
    uint32_t degree_min;
    uint32_t degree_max;
    uint64_t degree_sum;
};

void census_take(const struct world *w, struct census *out);

/** Whether the shared states of all that are up and honest are the same. */
bool census_is_agreed(const struct world *w);

/** Links between those that `fault` hits and those that it does not. */
uint32_t census_across(const struct world *w, const struct scenario_fault *fault);

/** Walk every node that is up and CHECK its invariants. */
void census_check(const struct world *w);

#endif
