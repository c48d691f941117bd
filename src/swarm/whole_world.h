/*
 * Whole nodes on the simulator, as a scenario has them: each on a host of its own, with a disk,
 * its device key on it, real cryptography, and the public interface as the only way in. They find
 * each other on a local network, or through seeds; the scenario's seed says which.
 *
 * What a node tells goes up through the watch. Faults of cables are whole_fault's.
 */
#ifndef SWARM_WHOLE_WORLD_H
#define SWARM_WHOLE_WORLD_H

#include "overlay/overlay_id.h"
#include "swarm/census.h"
#include "swarm/scenario.h"
#include "wavu/mesh.h"

#define WHOLE_WORLD_MS UINT64_C(1000000)
#define WHOLE_WORLD_SEED_TRIES 64 /* draws for a seed that stays; then any that is up */

struct sim;
struct sim_host;
struct mesh;
struct whole_world;

struct whole_world_watch {
    void *context;
    /* Nothing here may start or end nodes. */
    void (*event)(void *context, uint32_t node, const struct wavu_mesh_event *e);
};

struct whole_world_node {
    struct whole_world *world; /* back */
    struct sim_host *host;
    struct wavu_node *node; /* NULL: down */
    char id[WAVU_PEER_TEXT_MAX];
    struct overlay_id key;
    uint64_t born_ns;
    uint64_t died_ns;
    uint32_t number;
    uint32_t lives;
    bool is_hostile; /* at any time of the scenario: no delivery is owed to it or by it */
    bool is_harmful; /* hostile now; afterwards it is a node like others: whole_fault sets it */
    bool is_mortal;  /* crashes and does not come back: nobody's seed */
    bool is_reset;   /* died in a way that resets links and refuses dials */
};

/* Sums over all nodes and lives. */
struct whole_world_sums {
    uint64_t messages;   /* frames of the overlay, and datagrams */
    uint64_t bytes;      /* on connections, and in datagrams */
    uint64_t duplicates; /* payloads received beyond the first; of the nodes that are up */
};

struct whole_world {
    const struct scenario *s; /* borrowed */
    struct whole_world_watch watch;
    struct sim *sim;                                          /* owned */
    struct whole_world_node *nodes;                           /* owned: s->nodes of them */
    const struct scenario_fault *faults[SCENARIO_FAULTS_MAX]; /* that are on: whole_fault.h */
    size_t fault_count;
    struct whole_world_sums past; /* of lives that are over */
    bool has_lan;
};

/** Hosts and cables for `s` (borrowed until whole_world_free), nothing running yet. */
WARN_UNUSED struct whole_world *whole_world_new(const struct scenario *s,
                                                const struct whole_world_watch *watch);
void whole_world_free(struct whole_world *w);

/** Start node `i`, which is down. WAVU_ERR_... as wavu_node_new's and wavu_node_listen's;
 * WAVU_ERR_PEER_ID: it is not who it was in its life before. */
WARN_UNUSED int whole_world_start(struct whole_world *w, uint32_t i);

/** End node `i` at once, its disk torn. With `is_reset` its peers hear of it and dials are refused;
 * otherwise it is silent. */
void whole_world_crash(struct whole_world *w, uint32_t i, bool is_reset);

/** Let time pass. */
void whole_world_run(struct whole_world *w, uint64_t until_ns);

/** Which node `peer` is, by its text or its key; s->nodes: none of them. */
uint32_t whole_world_number(const struct whole_world *w, const char *peer);
uint32_t whole_world_number_of(const struct whole_world *w, const struct overlay_id *key);

/** For looking. NULL: it is down. */
const struct mesh *whole_world_mesh(const struct whole_world *w, uint32_t i);

/** Nodes that are up and mean no harm now, and how they are linked. */
void whole_world_census(const struct whole_world *w, struct census *out);

/** Whether the shared states of all these are the same. */
bool whole_world_is_agreed(const struct whole_world *w);

/** Walk every node that is up and CHECK its invariants. */
void whole_world_check(const struct whole_world *w);

void whole_world_sum(const struct whole_world *w, struct whole_world_sums *out);

#endif
