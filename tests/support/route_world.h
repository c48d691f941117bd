/*
 * Nodes that forward to each other over message cables of 10 ms with loss, for tests of route/.
 */
#ifndef TESTS_SUPPORT_ROUTE_WORLD_H
#define TESTS_SUPPORT_ROUTE_WORLD_H

#include "route/forward.h"
#include "tests/support/overlay_null.h"

#define ROUTE_WORLD_NODES 36
#define ROUTE_WORLD_FLIGHTS 256
#define ROUTE_WORLD_DELAY_NS (UINT64_C(10) * 1000000)

struct route_world_flight {
    uint64_t due_ns;
    size_t from;
    size_t to;
    uint8_t *bytes; /* owned; NULL: free */
    size_t len;
};

struct route_world {
    size_t count;
    struct overlay_id ids[ROUTE_WORLD_NODES];
    struct overlay_sign signs[ROUTE_WORLD_NODES];
    struct paths paths[ROUTE_WORLD_NODES];
    struct forward nodes[ROUTE_WORLD_NODES];
    bool links[ROUTE_WORLD_NODES][ROUTE_WORLD_NODES];
    bool is_deaf[ROUTE_WORLD_NODES]; /* crashed, or swallows: hears nothing */
    struct route_world_flight flights[ROUTE_WORLD_FLIGHTS];
    struct random_seeded seeded;
    struct random random;
    uint32_t loss_percent;
    uint64_t now;
    size_t sent;                         /* messages on cables */
    size_t delivered[ROUTE_WORLD_NODES]; /* payloads, by the node that got them */
    size_t done_ok;
    size_t done_timeout;
    size_t done_unreachable;
    uint32_t hops; /* of the last that was acknowledged */
};

void route_world_init(struct route_world *w, size_t count, uint32_t hops, uint64_t seed);
void route_world_clear(struct route_world *w);

/** Lay a cable. */
void route_world_link(struct route_world *w, size_t a, size_t b);

/** Tell every node of every cable, as the shared state would. */
void route_world_gossip(struct route_world *w);

/** Take events of all nodes and let time go on until nothing is under way. */
void route_world_run(struct route_world *w);

#endif
