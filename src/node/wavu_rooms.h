/*
 * What people say in one network of this node: its rooms on the mesh's broadcasts, and the courier
 * that brings single devices what is theirs. Private to node/.
 */
#ifndef NODE_WAVU_ROOMS_H
#define NODE_WAVU_ROOMS_H

#include "chat/rooms.h"
#include "courier/courier.h"
#include "node/wavu_networks.h"
#include "wavu/chat.h"

#define WAVU_ROOMS_CHANNEL 1 /* the first byte of a broadcast (docs/protocol/network.md) */
#define WAVU_ROOMS_PREKEYS_KEY "prekeys"  /* of the shared state: a device's bundle */
#define WAVU_ROOMS_LEAF_KEY "leaf"        /* likewise: what says its leaf (epoch.md), */
#define WAVU_ROOMS_LIGHT_KEY "leaf light" /* and that of a later light change; */
#define WAVU_ROOMS_PASSED_KEY "epoch"     /* what it writes under */
#define WAVU_ROOMS_PUBLISH_NS                                                                      \
    (UINT64_C(3) * 1000000000) /* after the first neighbour: what others have of ours is here */

struct wavu_rooms;
struct wavu_directs; /* node/wavu_directs.h */
struct route_metric; /* route/route_metric.h */

/** Begin for a network that this node has entered; its overlay stands. WAVU_ERR_CORRUPT,
 * _UNSUPPORTED, _LIMIT, and what the store says. */
WARN_UNUSED int wavu_rooms_new(struct wavu_networks_one *o, struct wavu_rooms **out);

/** Likewise for a network that this node is in no more: what was said can be read, and nothing is
 * said or heard. */
WARN_UNUSED int wavu_rooms_past(struct wavu_networks_one *o, struct wavu_rooms **out);
void wavu_rooms_free(struct wavu_rooms *r);

/** The overlay tells something. */
void wavu_rooms_event(struct wavu_rooms *r, const struct mesh_event *event);

/** As wavu_hops_set_metric. NULL, and one that is in no network any more, is fine. */
void wavu_rooms_set_metric(struct wavu_rooms *r, const struct route_metric *metric);

/** Who belongs has changed, or was loaded. */
void wavu_rooms_members(struct wavu_rooms *r);

/** For looking, and for saying. */
struct rooms *wavu_rooms_inside(struct wavu_rooms *r);
struct courier *wavu_rooms_courier(struct wavu_rooms *r); /* NULL for a past one */
struct wavu_directs *wavu_rooms_directs(struct wavu_rooms *r);

#endif
