/*
 * Calls for help on a node: chat/sos on the couriers and rooms of its networks. Private to node/.
 */
#ifndef NODE_WAVU_SOS_H
#define NODE_WAVU_SOS_H

#include "chat/history.h"
#include "courier/courier.h"
#include "node/wavu_networks.h"
#include "wavu/sos.h"

#define WAVU_SOS_LIFETIME_S ENVELOPE_SOS_LIFETIME_S /* it is said again */
#define WAVU_SOS_ANSWER_S UINT32_C(604800)          /* that it is over, or was seen: said once */

struct wavu_sos;

/** Load them. As sos_init. */
WARN_UNUSED int wavu_sos_new(struct wavu_networks *w, struct wavu_sos **out);

/** Say what was due meanwhile; the networks are there. */
void wavu_sos_start(struct wavu_sos *s);

/** The store is not touched any more. */
void wavu_sos_shut(struct wavu_sos *s);
void wavu_sos_free(struct wavu_sos *s);

/** An envelope of kind COURIER_SOS came: as courier_handler's take. */
WARN_UNUSED int wavu_sos_take(struct wavu_networks_one *o, const struct courier_content *content);

/** News of a history: where a call, or the end of one, came to stand in the main room, it is taken.
 * Entries come with the tree, sooner than by sessions. */
void wavu_sos_placed(struct wavu_networks_one *o, const struct history_event *event);

/** What the courier of that network says of a message. */
void wavu_sos_fate(struct wavu_networks_one *o, const struct courier_fate *fate);

#endif
