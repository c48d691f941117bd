/*
 * Peers that others want reached (the failure detector's probes): a dial and one ping each. Wishes
 * come from the overlay, their outcome goes back to it.
 */
#ifndef OVERLAY_OVERLAY_REACH_H
#define OVERLAY_OVERLAY_REACH_H

#include "net/ping.h"
#include "net/swarm.h"
#include "overlay/overlay_id.h"

#define OVERLAY_REACHES_MAX 48 /* 16 probes for others, and whom the detector seeks in 5 s */

struct overlay_reach_config {
    struct swarm *swarm; /* borrowed, as the next */
    struct ping *ping;
    /* The peer answered, or it did not. Not called before overlay_reach_start has returned. */
    void (*done)(void *context, const struct overlay_id *id, bool is_reached);
    void *context;
};

struct overlay_reach {
    struct overlay_reach_config config;
    struct list runs; /* of struct run */
};

void overlay_reach_init(struct overlay_reach *r, const struct overlay_reach_config *config);

/** Give up all that is under way; `done` is not called. */
void overlay_reach_clear(struct overlay_reach *r);

/** Try to reach a peer where the peerbook has it. False: it cannot be tried, and `done` is not
 * called; OVERLAY_REACHES_MAX are under way, or nobody knows an address. */
WARN_UNUSED bool overlay_reach_start(struct overlay_reach *r, const struct overlay_id *id);

#endif
