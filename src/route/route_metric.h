/*
 * What a link costs: the one place that says which way is better. The facts of a link come from the
 * shared state, a number goes to the search for ways. A learned metric is another provider, and so
 * is a module's (node/wavu_modules.c).
 *
 * The choice is this node's own: nothing here is told to others. Where the members' metrics differ,
 * ways may meet themselves; forward.c ends loops, and its origin tries another neighbour.
 */
#ifndef ROUTE_ROUTE_METRIC_H
#define ROUTE_ROUTE_METRIC_H

#include <stdint.h>

#include "overlay/overlay_id.h"

#define ROUTE_METRIC_HOP_US                                                                        \
    500 /* what a node on the way adds: its turn and its signature check                           \
         */
#define ROUTE_METRIC_RTT_US 100000 /* taken for a link that nobody has measured */
#define ROUTE_METRIC_SHARE_MIN                                                                     \
    1024u /* of 65536: a link that brings less is as bad as one that does */

/* The worse of what its two ends say. */
struct route_metric_facts {
    uint32_t rtt_us; /* 0: not measured */
    uint16_t loss;   /* 65536ths of what is sent */
};

/* Borrowed until return. */
struct route_metric_link {
    const struct overlay_id *a; /* its ends, in no order */
    const struct overlay_id *b;
    struct route_metric_facts facts;
};

struct route_metric {
    /* From 1 on; costs of the links of a way are added. Both directions cost the same. */
    uint32_t (*cost)(void *context, const struct route_metric_link *link);
    void *context;
};

/** The default: the expected time until a message and its answer are through, in microseconds. */
struct route_metric route_metric_default(void);

#endif
