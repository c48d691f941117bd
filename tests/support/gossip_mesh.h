/*
 * A mesh for tests of the overlay's machines: nodes by number, links with delays, loss, doubling
 * and reordering, one event queue, all from one seed. Messages travel encoded.
 */
#ifndef TESTS_SUPPORT_GOSSIP_MESH_H
#define TESTS_SUPPORT_GOSSIP_MESH_H

#include "base/heap.h"
#include "base/random.h"
#include "base/span.h"

#define GOSSIP_MESH_DEGREE_MAX 12

/* What a node does. `context` is the test's. */
struct gossip_mesh_ops {
    void (*feed)(void *context, size_t node, size_t from, struct span bytes);
    void (*tick)(void *context, size_t node);
    uint64_t (*deadline)(void *context, size_t node);
};

struct gossip_mesh_node {
    struct heap_node due; /* in timers, while it has a deadline */
    size_t links[GOSSIP_MESH_DEGREE_MAX];
    uint32_t delay_ms[GOSSIP_MESH_DEGREE_MAX]; /* of each link, the same both ways */
    size_t link_count;
    bool is_down;
    bool is_far; /* on the other side of a partition */
};

struct gossip_mesh {
    struct random_seeded seeded;
    struct random random;
    struct gossip_mesh_ops ops;
    void *context;
    struct gossip_mesh_node *nodes; /* owned */
    size_t count;
    struct heap packets;
    struct heap timers;
    uint64_t now;
    uint32_t loss_permil;
    uint32_t double_permil;
    uint32_t jitter_ms; /* beyond a link's delay: more than between packets reorders them */
    bool is_parted;     /* near and far do not hear each other */
    uint64_t packet_count;
    uint64_t byte_count;
};

void gossip_mesh_init(struct gossip_mesh *m, size_t count, uint64_t seed,
                      const struct gossip_mesh_ops *ops, void *context);
void gossip_mesh_clear(struct gossip_mesh *m);

/** Link nodes so that each has about `degree` neighbours: random rings laid over each other,
 * connected therefore. */
void gossip_mesh_wire(struct gossip_mesh *m, size_t degree);

bool gossip_mesh_is_linked(const struct gossip_mesh *m, size_t a, size_t b);

/** Put a message on the way. Lost when there is no link. */
void gossip_mesh_send(struct gossip_mesh *m, size_t from, size_t to, struct span bytes);

/** A call to `node` was made from outside: ask its deadline again. */
void gossip_mesh_touch(struct gossip_mesh *m, size_t node);

/** Let time go on. */
void gossip_mesh_run(struct gossip_mesh *m, uint64_t until);

#endif
