/*
 * Unicast of a node: installs route/ on the overlay, remembers who waits for which verdict.
 *
 * Comes in: the overlay's events, from node/wavu_mesh.c; wishes, by wavu_send of
 * include/wavu/mesh.h. Goes up: payloads for this node, and each wish's verdict, once.
 */
#ifndef NODE_WAVU_SEND_H
#define NODE_WAVU_SEND_H

#include "node/wavu_node.h"
#include "overlay/overlay.h"

/* Half of what relays take of one origin (FORWARD_ORIGIN_RATE): there is room for second attempts.
 */
#define WAVU_SEND_RATE 10
#define WAVU_SEND_BURST 20
#define WAVU_SEND_BYTES_RATE (16u * 1024)
#define WAVU_SEND_BYTES_BURST (128u * 1024)

struct route_metric; /* route/route_metric.h */

struct wavu_send_user {
    /* A payload for this node; `origin` is verified. Borrowed until return. */
    void (*deliver)(void *context, const struct overlay_id *origin, struct span payload,
                    uint32_t hops);
    void *context;
};

/** Build node->sends on node->keep and `overlay`, which is borrowed and may go first. */
void wavu_send_start(struct wavu_node *node, struct overlay *overlay, struct wavu_send_user user);

/** Tell everyone who waits WAVU_ERR_SHUTDOWN. What was sent may arrive all the same. NULL is fine,
 * as below. */
void wavu_send_end_all(struct wavu_sends *s);

/** Ask `peer` to acknowledge a payload of no bytes, which nobody is told of there. As wavu_send; 0:
 * `answered` is called once, and told over how many links it went, or the error. */
WARN_UNUSED int wavu_send_probe(struct wavu_node *node, const char *peer,
                                void (*answered)(void *context, int err, uint32_t hops),
                                void *context);

/** Do not call `answered` with that context any more. */
void wavu_send_forget(struct wavu_sends *s, const void *context);

/** After overlay_free, whose last events come through wavu_send_event. */
void wavu_send_free(struct wavu_sends *s);

/** As route_set_metric. NULL for `s` is fine. */
void wavu_send_set_metric(struct wavu_sends *s, const struct route_metric *metric);

/** Every event of the overlay. */
void wavu_send_event(struct wavu_sends *s, const struct mesh_event *event);

/** Whether a way to `id` is known. */
bool wavu_send_reaches(const struct wavu_sends *s, const struct overlay_id *id);

#endif
