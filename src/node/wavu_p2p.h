/*
 * What a node has for wavu/p2p.h, made when a program first asks: streams, handlers, tags. Private
 * to node/.
 */
#ifndef NODE_WAVU_P2P_H
#define NODE_WAVU_P2P_H

#include "base/list.h"
#include "base/map.h"
#include "net/observe.h"
#include "net/stream.h"
#include "base/timers.h"
#include "wavu/p2p.h"

#define WAVU_P2P_TRIM_NS TIMERS_SECOND /* from one connection too many to the trim, for company */

/* Reasons to keep connections, and how many. */
struct wavu_p2p_tags {
    struct map peers; /* peer id bytes -> struct wavu_p2p_tagged, owned */
    struct observe observe;
    struct timer timer; /* a trim is due */
    uint32_t low;
    uint32_t high; /* 0: no limits, and nobody observes */
    uint64_t grace_ns;
};

struct wavu_p2p {
    struct wavu_node *node;     /* borrowed */
    struct stream_protocol any; /* of all streams here, whatever their name; never offered */
    struct list handlers;       /* of struct wavu_p2p_handler */
    struct list streams;        /* of struct wavu_stream */
    struct wavu_p2p_tags tags;
};

/** That of `node`; made when there is none. */
struct wavu_p2p *wavu_p2p_of(struct wavu_node *node);

/** End all streams, which are told WAVU_ERR_SHUTDOWN, and free. NULL is fine. */
void wavu_p2p_free(struct wavu_p2p *p);

/* From wavu_p2p_tags.c. */
void wavu_p2p_tags_init(struct wavu_p2p_tags *t, struct wavu_node *node);
void wavu_p2p_tags_clear(struct wavu_p2p_tags *t);

#endif
