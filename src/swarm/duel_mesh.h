/*
 * Our failure detector as one side of a duel: views and detectors of the overlay over the world's
 * cables. State and broadcasts are left out: their traffic would be more heartbeats, so the
 * detector has it harder than in a node.
 */
#ifndef SWARM_DUEL_MESH_H
#define SWARM_DUEL_MESH_H

#include "swarm/duel_world.h"

#define DUEL_MESH_JOIN_NS (UINT64_C(20) * 1000000000) /* all nodes have begun by then */

/** The player: each node is told one other, drawn of those before it, and joins at its time. A dial
 * takes a round trip and the other's attention; dials and resets are never lost, messages are. */
extern const struct duel_player duel_mesh_player;

#endif
