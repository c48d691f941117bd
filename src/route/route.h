/*
 * Unicast as a service on the overlay: its frames and its news come in from the node's handler of
 * mesh events, payloads and verdicts go up through struct route_user.
 */
#ifndef ROUTE_ROUTE_H
#define ROUTE_ROUTE_H

#include "overlay/overlay.h"
#include "route/forward.h"

#define ROUTE_KEY "route"                            /* of the shared state */
#define ROUTE_TELL_NS (UINT64_C(300) * 1000000)      /* changes of links are told together, */
#define ROUTE_PAUSE_NS (UINT64_C(5) * 1000000000)    /* and again after so long: all hear each */
#define ROUTE_MEASURE_NS (UINT64_C(30) * 1000000000) /* how often round trips are looked at */
#define ROUTE_SLACK_NS (UINT64_C(5) * 1000000)

/* Borrowed until return; may call everything here but route_free. */
struct route_user {
    void (*deliver)(void *context, const struct overlay_id *origin, struct span payload,
                    uint32_t hops);
    /* As FORWARD_DONE. */
    void (*done)(void *context, uint32_t sequence, const struct overlay_id *target, int err,
                 uint32_t hops);
    void *context;
};

struct route_config {
    struct overlay *overlay;     /* borrowed, with its signatures, which bind to its network */
    struct turn *turn;           /* borrowed */
    const struct random *random; /* borrowed */
    uint64_t generation;         /* as in struct forward_config */
    const struct route_metric *metric; /* copied; NULL: the default */
    struct route_user user;
};

struct route; /* opaque */

struct route *route_new(const struct route_config *config);
void route_free(struct route *r);

/** Every event of the overlay, from its user. */
void route_event(struct route *r, const struct mesh_event *event);

/** As paths_set_metric; NULL: the default. */
void route_set_metric(struct route *r, const struct route_metric *metric);

/** Whether a way to `target` is known: whether route_send would try. */
bool route_is_reached(struct route *r, const struct overlay_id *target);

/** As forward_way, for the way that route_send would try first: FORWARD_HOPS links at most. */
size_t route_way(struct route *r, const struct overlay_id *target,
                 struct paths_hop out[FORWARD_HOPS]);

/** As forward_send. The verdict comes later, never before return. */
WARN_UNUSED int route_send(struct route *r, const struct overlay_id *target, struct span payload,
                           uint32_t *sequence);

#endif
