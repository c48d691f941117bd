/*
 * Finding the inviter whose code was typed: at an address, where a QR says, or by beacons on the
 * local network; one dial after the other, each a try of the code. Private to node/.
 */
#ifndef NODE_WAVU_JOINING_H
#define NODE_WAVU_JOINING_H

#include "node/wavu_networks.h"

#define WAVU_JOINING_SEEK_NS                                                                       \
    (UINT64_C(120) * 1000000000)   /* on the LAN; the inviter may start late */
#define WAVU_JOINING_WAITING_MAX 8 /* found, and not tried yet */

struct wavu_joining *wavu_joining_new(struct wavu_networks *w);
void wavu_joining_free(struct wavu_joining *j);

/** Stop what is under way. */
void wavu_joining_end(struct wavu_joining *j);

/** A try failed. True when another one follows, with one of the `left`; else it is over. */
bool wavu_joining_failed(struct wavu_joining *j, unsigned left);

/** A beacon names the slot that is sought. */
void wavu_joining_on_inviter(struct wavu_joining *j, uint16_t slot,
                             const struct beacon_found *found);

#endif
