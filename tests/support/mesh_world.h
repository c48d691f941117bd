/*
 * A mesh of bare views and detectors over message cables, for tests: a queue of events, delays,
 * loss, partitions, crashes and nodes that stand still for a while. Everything comes from the seed.
 *
 * Cables drop messages (loss is not turned into delay), keep their order, and take 5 to 25 ms. A
 * dial takes two of these times; a node that crashed or is behind a partition never answers it.
 */
#ifndef TESTS_SUPPORT_MESH_WORLD_H
#define TESTS_SUPPORT_MESH_WORLD_H

#include "overlay/detector.h"
#include "overlay/views.h"

#define MESH_MAX 1000
#define MESH_MS UINT64_C(1000000)
#define MESH_S (1000 * MESH_MS)

struct mesh_node {
    struct views views;
    struct detector detector;
    struct random random;
    struct random_seeded seeded;
    struct overlay_id id;
    uint64_t tick_at;     /* the tick that is in the queue */
    uint64_t still_until; /* it does nothing before */
    uint64_t crashed_at;
    bool is_up;
    bool is_slow;
    uint8_t side; /* of the partition */
};

struct mesh_event;

struct mesh {
    struct mesh_node *nodes;
    size_t count;
    uint8_t *linked; /* count x count: row believes in a link to column */
    struct mesh_event *queue;
    size_t queued;
    size_t queue_cap;
    uint64_t now;
    uint64_t seq;
    uint64_t seed;
    struct random_seeded seeded;
    struct random random;
    uint32_t loss_permille;
    bool is_parted;
    uint64_t messages;         /* sent */
    uint64_t bytes;            /* of these, as encoded, with 2 bytes of frame */
    uint64_t false_downs;      /* verdicts about nodes that live, the partition apart */
    uint64_t false_downs_well; /* of these: about nodes that are not slow */
    uint64_t detected[4096];   /* times from crash to each neighbour's verdict */
    size_t detected_count;
};

void mesh_init(struct mesh *m, size_t count, uint64_t seed, const struct views_config *views,
               const struct detector_config *detector);
void mesh_clear(struct mesh *m);

/** Start node `i`; it links to node `seed` first (its own number: it knows nobody). */
void mesh_start(struct mesh *m, size_t i, size_t seed);

/** All nodes, `pause` apart, each told one started before it. */
void mesh_start_all(struct mesh *m, uint64_t pause);

/** Stop node `i` without a word. */
void mesh_crash(struct mesh *m, size_t i);

/** Let time pass. Slow nodes (is_slow) stand still now and then. */
void mesh_run(struct mesh *m, uint64_t ns);

/** Components among the nodes that are up, by links that both ends hold for active. */
size_t mesh_components(const struct mesh *m);

/** Links between the sides of the partition. */
size_t mesh_cross_links(const struct mesh *m);

/** Smallest, largest number of neighbours of nodes that are up, and their sum. */
void mesh_degrees(const struct mesh *m, size_t *least, size_t *most, size_t *sum);

#endif
