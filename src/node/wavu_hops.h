/*
 * Several hops within one network: joins its courier to route/ on its overlay. Private to node/.
 *
 * Comes in: frames of the courier, the overlay's events. Goes up: frames for this node, with who
 * said them, and each frame's verdict, once.
 */
#ifndef NODE_WAVU_HOPS_H
#define NODE_WAVU_HOPS_H

#include "node/wavu_networks.h"

#define WAVU_HOPS_CHANNEL 3 /* the first byte of a payload (docs/protocol/network.md, Channels) */
#define WAVU_HOPS_MAX 64    /* frames without a verdict: as many as a courier has under way */
/* Half of what relays take of one origin, as in node/wavu_send.h. */
#define WAVU_HOPS_RATE 10
#define WAVU_HOPS_BURST 20
#define WAVU_HOPS_BYTES_RATE (16u * 1024)
#define WAVU_HOPS_BYTES_BURST (128u * 1024)

struct wavu_hops;    /* opaque */
struct route_metric; /* route/route_metric.h */

struct wavu_hops_user {
    /* `device` said it: proven. Borrowed until return. */
    void (*frame)(void *context, const uint8_t device[32], struct span frame);
    void (*done)(void *context, uint64_t ticket, int err);
    void *context;
};

/** On the network's overlay, which must stand, and goes later. */
struct wavu_hops *wavu_hops_new(struct wavu_networks_one *o, struct wavu_hops_user user);

/** Nobody is told of what is under way. NULL is fine. */
void wavu_hops_free(struct wavu_hops *h);

/** As route_set_metric. */
void wavu_hops_set_metric(struct wavu_hops *h, const struct route_metric *metric);

/** Every event of the overlay. */
void wavu_hops_event(struct wavu_hops *h, const struct mesh_event *event);

/** Is a way to `device` known? */
bool wavu_hops_reaches(struct wavu_hops *h, const uint8_t device[32]);

/** Say `frame` to `device`. WAVU_ERR_AGAIN: not so many at once; what route_send says. */
WARN_UNUSED int wavu_hops_send(struct wavu_hops *h, const uint8_t device[32], struct span frame,
                               uint64_t ticket);

#endif
