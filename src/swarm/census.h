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

/* How far a node had written its own part of the shared state; version 0: it is not counted. */
struct census_mark {
    uint64_t generation;
    uint64_t version;
};

/** Note that of all that are up and honest, in an array of as many as there are nodes. */
void census_mark(const struct world *w, struct census_mark *marks);

/** Whether all that are up and honest know what had been written at `marks` by those who still are.
 * There may be newer things under way, as there always are where many speak up now and then. */
bool census_is_known(const struct world *w, const struct census_mark *marks);

/** Links between those that `fault` hits and those that it does not. */
uint32_t census_across(const struct world *w, const struct scenario_fault *fault);

/** Walk every node that is up and CHECK its invariants. */
void census_check(const struct world *w);

#endif
