/*
 * Kademlia of a node: made of its configuration, asked by net for addresses. Private to node/.
 */
#ifndef NODE_WAVU_KAD_H
#define NODE_WAVU_KAD_H

#include "discovery/kad_service.h"
#include "wavu/kad.h"

struct wavu_kad;

/** Build node->kad, where `config` wants one and the node is not closed by a pre-shared key.
 * WAVU_ERR_INVALID: of the prefix or the puzzle. */
WARN_UNUSED int wavu_kad_new(struct wavu_node *node, const struct wavu_config *config);

/** End it: what is under way ends with WAVU_ERR_SHUTDOWN. Without one nothing happens. Its counters
 * stay until wavu_kad_free. */
void wavu_kad_shut(struct wavu_node *node);
void wavu_kad_free(struct wavu_node *node);

/** The peer of `conn` counts as a member now. */
void wavu_kad_risen(struct wavu_node *node, struct conn *conn);

/** The service, or NULL: none, or it has ended. */
struct kad_service *wavu_kad_inside(const struct wavu_node *node);

#endif
