/*
 * What a peer may open at this node, and is told by identify: net/policy.h's answer.
 *
 * Source: docs/protocol/network.md, "Proof on a link".
 */
#ifndef NODE_WAVU_STANDING_H
#define NODE_WAVU_STANDING_H

#include "node/wavu_node.h"

/** Answer for the swarm of `node` from now on. */
void wavu_standing_install(struct wavu_node *node);

/** That peer may be told more than when it connected: tell it. */
void wavu_standing_risen(struct wavu_node *node, const struct overlay_id *id);

#endif
