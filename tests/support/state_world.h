/*
 * State machines on a mesh, for tests.
 */
#ifndef TESTS_SUPPORT_STATE_WORLD_H
#define TESTS_SUPPORT_STATE_WORLD_H

#include "overlay/state.h"
#include "tests/support/gossip_mesh.h"

struct state_world {
    struct gossip_mesh mesh;
    struct state *nodes;
    struct overlay_id *ids;
    struct overlay_sign *signs;
    uint64_t changes; /* events of all nodes */
    uint64_t forgotten;
    uint64_t errors;    /* of state_feed */
    uint64_t forget_ns; /* for nodes started from now on; 0: the default */
    bool is_checked;    /* state_check after every call */
};

/** Nodes on random rings, all linked. */
struct state_world *state_world_new(size_t count, size_t degree, uint64_t seed, uint64_t forget_ns);
void state_world_free(struct state_world *w);

/** Start a node (again), without links. */
void state_world_start(struct state_world *w, size_t node, uint64_t generation);

/** Both ends of all links of one node learn that they are up or down. */
void state_world_link_all(struct state_world *w, size_t node, bool is_up);

/** Write a key; NULL deletes it. Returns what the machine does. */
WARN_UNUSED int state_world_write(struct state_world *w, size_t node, const char *key,
                                  const char *value);
void state_world_run(struct state_world *w, uint64_t ns);

/** Take a node's events. */
void state_world_drain(struct state_world *w, size_t node);

/** Seconds, which are rounds, until all that live have the same; `max` when they do not. */
unsigned state_world_rounds(struct state_world *w, unsigned max);

/** What `node` thinks that `owner` says under `key`: equal to `value`, or with NULL not there. */
bool state_world_has(const struct state_world *w, size_t node, size_t owner, const char *key,
                     const char *value);

#endif
