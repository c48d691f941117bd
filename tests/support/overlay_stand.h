/*
 * What an overlay stands on, for scenarios: a node's gate with one network of one key, and its
 * counters.
 */
#ifndef TESTS_SUPPORT_OVERLAY_STAND_H
#define TESTS_SUPPORT_OVERLAY_STAND_H

#include "overlay/gate_key.h"
#include "overlay/overlay.h"
#include "tests/support/net_ear.h"
#include "tests/support/net_world.h"

struct overlay_stand {
    struct gate *gate;
    struct gate_key key;
    struct overlay_metrics metrics;
};

/** At node `n`. `key`: GATE_KEY_SIZE bytes; NULL: the open network. */
void overlay_stand_start(struct overlay_stand *s, struct net_node *n, const uint8_t *key);

/** After overlay_free, before the node stops. */
void overlay_stand_stop(struct overlay_stand *s);

/** A configuration with all that is borrowed. */
struct overlay_config overlay_stand_config(struct overlay_stand *s, struct net_node *n);

/** Open a stream of `e`, which speaks OVERLAY_NAME, on `conn` as one of the open network does, for
 * who then speaks by hand: the first byte that comes is the gate's. Aborts when that fails. */
void overlay_stand_open_ear(struct net_ear *e, struct conn *conn);

#endif
