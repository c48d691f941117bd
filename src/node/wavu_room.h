/*
 * Rooms of a network as people name them. Private to node/.
 */
#ifndef NODE_WAVU_ROOM_H
#define NODE_WAVU_ROOM_H

#include "chat/history.h"
#include "node/wavu_networks.h"

/** The network that is meant, whose rooms are open: WAVU_ERR_NOT_FOUND, _INVALID; _AGAIN when its
 * rooms could not be opened. */
WARN_UNUSED int wavu_room_network(const struct wavu_node *node, const char *network,
                                  struct wavu_networks_one **out);

/** The room that `text` means: an id, a name that only one room has, NULL for the main room; direct
 * chats are none. WAVU_ERR_NOT_FOUND, _INVALID (several have that name); what the store says. */
WARN_UNUSED int wavu_room_find(const struct wavu_networks_one *o, const char *text,
                               struct history_room **out);

#endif
