/*
 * Plumtree machines on a mesh, for tests: what is said is counted at everyone.
 */
#ifndef TESTS_SUPPORT_PLUMTREE_WORLD_H
#define TESTS_SUPPORT_PLUMTREE_WORLD_H

#include "overlay/plumtree.h"
#include "tests/support/gossip_mesh.h"

#define PLUMTREE_WORLD_SAID_MAX 64

struct plumtree_world_said {
    size_t origin;
    uint64_t generation;
    uint32_t sequence;
    uint64_t at;
    uint64_t last_at;
    uint32_t hops_max;
    size_t delivered;
};

struct plumtree_world {
    struct gossip_mesh mesh;
    struct plumtree *nodes;
    struct overlay_id *ids;
    struct overlay_sign *signs;
    uint8_t *got; /* PLUMTREE_WORLD_SAID_MAX counts a node */
    struct plumtree_world_said said[PLUMTREE_WORLD_SAID_MAX];
    size_t said_count;
    uint64_t errors;  /* of plumtree_feed */
    uint64_t strange; /* deliveries of what nobody said, or with other bytes */
    bool is_checked;  /* plumtree_check after every call */
};

struct plumtree_world_totals {
    uint64_t duplicates;
    uint64_t delivered;
    uint64_t grafts;
    uint64_t swaps;
    uint64_t repaired;
};

/** Nodes on random rings, all linked. */
struct plumtree_world *plumtree_world_new(size_t count, size_t degree, uint64_t seed);
void plumtree_world_free(struct plumtree_world *w);

/** Start a node (again), without links. */
void plumtree_world_start(struct plumtree_world *w, size_t node, uint64_t generation);

/** Both ends learn that their link is up or down. */
void plumtree_world_link(struct plumtree_world *w, size_t a, size_t b, bool is_up);

/** All links of one node, at both ends. */
void plumtree_world_link_all(struct plumtree_world *w, size_t node, bool is_up);

/** 100 bytes from `node`; returns its index in `said`. */
size_t plumtree_world_say(struct plumtree_world *w, size_t node);
void plumtree_world_run(struct plumtree_world *w, uint64_t ns);

/** Take a node's events. */
void plumtree_world_drain(struct plumtree_world *w, size_t node);

/** Nodes at which `said` did not come exactly once, among those that live and did not say it. */
size_t plumtree_world_wrong(const struct plumtree_world *w, size_t said);
struct plumtree_world_totals plumtree_world_totals(const struct plumtree_world *w);

#endif
