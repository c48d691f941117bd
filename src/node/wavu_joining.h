/*
 * Finding the inviter whose code was typed: at an address, where a QR says, or by beacons on the
 * local network; one dial after the other, each a try of the code. Private to node/.
 */
#ifndef NODE_WAVU_JOINING_H
#define NODE_WAVU_JOINING_H

#include "node/wavu_networks.h"

#define WAVU_JOINING_SEEK_NS                                                                       \
    (UINT64_C(120) * 1000000000) /* on the LAN; the inviter may start late */
#define WAVU_JOINING_OTHER_NS                                                                      \
    (UINT64_C(10) * 1000000000) /* for another of that number, once one had other words */
#define WAVU_JOINING_PAUSE_NS                                                                      \
    (UINT64_C(4) * 1000000000) /* after an inviter had no time: pairing_gate.h's step */
#define WAVU_JOINING_TURN_NS                                                                       \
    (UINT64_C(10) * 1000000000) /* of one that was found, while others wait; then 20, 40, 80 s */
#define WAVU_JOINING_SEEK_MAX_NS                                                                   \
    (UINT64_C(600) * 1000000000) /* for sources that were found and had no turn yet */
#define WAVU_JOINING_LOOK_NS (UINT64_C(2) * 1000000000) /* between looks at who is connected */

struct wavu_joining *wavu_joining_new(struct wavu_networks *w);
void wavu_joining_free(struct wavu_joining *j);

/** Stop what is under way. */
void wavu_joining_end(struct wavu_joining *j);

/** A try failed for `err`. True when another one follows, with one of the `left`; else it is over.
 */
bool wavu_joining_failed(struct wavu_joining *j, int err, unsigned left);

/** A beacon names the slot that is sought. */
void wavu_joining_on_inviter(struct wavu_joining *j, uint16_t slot,
                             const struct beacon_found *found);

/** A beacon under the key of the open network that is sought. */
void wavu_joining_on_open(struct wavu_joining *j, const struct beacon_found *found);

/** That key, while one is sought by its id. */
WARN_UNUSED bool wavu_joining_seek_key(const struct wavu_joining *j,
                                       uint8_t key[DISCOVERY_KEY_SIZE]);

/** Somebody did not let us in, for `err`: true when others are asked. */
WARN_UNUSED bool wavu_joining_asks_on(struct wavu_joining *j, int err);

#endif
