/*
 * A world of bare overlays: `struct mesh` by the thousand, the very code that real nodes run, over
 * cables of ours, with null signatures. One thread, virtual time, everything from the seed.
 *
 * Cables carry frames, encoded. On message cables each arrives whole or is lost; on stream cables
 * loss becomes a stall of 200 ms and two trips, as TCP makes it. Links are made by dials and end
 * with a word, a reset or silently. Time goes in slots of 65.5 us (wheel.h).
 *
 * Faults are switched on and off here (world_fault); which and when is run's to say.
 */
#ifndef SWARM_WORLD_H
#define SWARM_WORLD_H

#include "base/random.h"
#include "overlay/mesh.h"
#include "swarm/scenario.h"
#include "swarm/wheel.h"

#define WORLD_MS UINT64_C(1000000)
#define WORLD_S (1000 * WORLD_MS)
#define WORLD_COMING 4
#define WORLD_KNOWN_MAX 8 /* peers that a node remembers over a crash */

struct world_config {
    uint64_t seed;
    uint32_t nodes;
    bool is_stream;
    uint32_t delay_min_ms;
    uint32_t delay_max_ms;
    struct mesh_config mesh; /* numbers only; who a node is comes from here */
};

/* What happens, for checks and figures. Any may be NULL. Nothing here may change the world. */
struct world_watch {
    void *context;
    void (*delivered)(void *context, uint32_t node, uint32_t origin, const struct mesh_event *e);
    void (*down)(void *context, uint32_t node, uint32_t about);
    void (*broken)(void *context, uint32_t node, uint32_t by, int err); /* a peer broke the rules */
};

struct world_link {
    uint32_t peer;
    uint32_t tag; /* the same at both ends, of no other link; 0: the peer's end is gone */
    uint64_t delay_ns;
    uint64_t clear_ns; /* what is sent arrives no earlier: order */
    bool is_dead;      /* taken out at the end of the turn */
};

struct world_node {
    struct mesh mesh;
    struct overlay_id id;
    struct random_seeded seeded;
    struct random random;
    struct overlay_sign sign;
    uint64_t tick_ns; /* the earliest tick that is in the wheel, world time */
    struct world_link *links;
    uint32_t *known;   /* WORLD_KNOWN_MAX, of an earlier life; NULL before */
    uint64_t ahead_ns; /* its clock minus the world's */
    uint64_t born_ns;
    uint64_t died_ns;
    uint64_t still_until_ns; /* it stands still */
    uint64_t awake_until_ns; /* and may not again before */
    uint64_t line_ns;        /* bandwidth: what it sends leaves no earlier */
    uint32_t lives;
    uint32_t seed; /* whom it dials while it knows nobody */
    uint8_t seed_tries;
    uint8_t link_count;
    uint8_t link_cap;
    uint8_t hostile;  /* enum scenario_fault_kind, or 0 */
    uint64_t harm_ns; /* hostile: from one act to the next */
    bool is_up;
    bool has_met_seed; /* in this life: else it is dialled for ever */
    bool is_seeking;   /* the next dial of its seed is in the wheel */
    bool is_reset;     /* died in a way that resets links and refuses dials */
};

struct world_fault;   /* private: one that is on */
struct world_hostile; /* private: what hostile nodes share */

struct world_stats {
    uint64_t events; /* items that happened: frames, ticks, news of links */
    uint64_t ticks;
    uint64_t messages; /* sent */
    uint64_t bytes;    /* of them, frame heads included */
    uint64_t lost;
    uint64_t refused; /* frames that broke the rules */
};

struct world {
    struct world_config config;
    struct world_watch watch;
    struct wheel wheel;
    struct world_node *nodes; /* owned */
    struct world_fault *faults;
    struct world_hostile *hostile; /* NULL before the first */
    size_t fault_count;
    struct world_stats stats;
    struct random_seeded seeded;
    struct random random; /* of scenarios' choices, not of nodes */
    uint8_t *scratch;     /* the meshes' */
    struct world_coming {
        uint32_t to;
        uint32_t from;
        uint8_t frame;      /* its kind; 0: none */
    } coming[WORLD_COMING]; /* items whose nodes are loaded ahead */
    unsigned coming_at;
    uint64_t hash;
    uint32_t tags;
};

struct world *world_new(const struct world_config *config, const struct world_watch *watch);
void world_free(struct world *w);

static inline uint64_t world_now(const struct world *w)
{
    return wheel_now(&w->wheel);
}

/** Start node `i`, which dials `seed` (its own number: nobody). It must be down. */
void world_start(struct world *w, uint32_t i, uint32_t seed);

/** End node `i` at once. With `is_reset` its peers hear of it and dials are refused; otherwise it
 * is silent. */
void world_crash(struct world *w, uint32_t i, bool is_reset);

/** Take leave in good order, then end. */
void world_quit(struct world *w, uint32_t i);

/** Let time pass. */
void world_run(struct world *w, uint64_t until_ns);

/** Node `i` says `payload` to all. As plumtree_broadcast. */
WARN_UNUSED int world_say(struct world *w, uint32_t i, struct span payload, uint32_t *sequence);

/** Node `i` writes a key of its own. As state_set. */
WARN_UNUSED int world_set(struct world *w, uint32_t i, struct span key, struct span value);

/** The clock of node `i` was changed: it looks what is due. */
void world_wake(struct world *w, uint32_t i);

/** Switch a fault on or off, now. CRASH, RESET, CHURN and SKEW are the caller's. */
void world_fault_on(struct world *w, const struct scenario_fault *fault);
void world_fault_off(struct world *w, uint32_t fault_id);

/** Whether `to` can hear `from` now: both are up, no partition, not one-way. */
bool world_is_open(const struct world *w, uint32_t from, uint32_t to);

/** Whether anything can pass now: it is open, and no cable is clogged. */
bool world_is_heard(const struct world *w, uint32_t from, uint32_t to);

uint32_t world_number(const struct overlay_id *id);

#endif
