/*
 * Plain SWIM as one side of a duel: its messages over the world's cables, its deaths as verdicts.
 */
#ifndef SWARM_DUEL_SWIM_H
#define SWARM_DUEL_SWIM_H

#include "swarm/duel_world.h"

/** The player: all nodes know each other from the start. */
extern const struct duel_player duel_swim_player;

#endif
