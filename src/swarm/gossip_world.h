/*
 * Gossipsub by the thousand: `struct gossipsub`, the very machine that real nodes run, over encoded
 * RPCs on virtual time, with null signatures. One topic, in which everybody is. Each honest node
 * dials so many others; hostile ones are no machines but scripts (gossip_world_hostile.c) that
 * speak the same RPCs. Cables keep order and lose nothing, as streams do. One thread, everything
 * from the seed.
 */
#ifndef SWARM_GOSSIP_WORLD_H
#define SWARM_GOSSIP_WORLD_H

#include "pubsub/gossipsub.h"

#define GOSSIP_WORLD_MS UINT64_C(1000000)
#define GOSSIP_WORLD_S (UINT64_C(1000) * GOSSIP_WORLD_MS)

/* What hostile nodes do. All enter every mesh that takes them, and come again when they may. */
enum gossip_world_harm {
    GOSSIP_WORLD_SILENT, /* hand nothing on */
    GOSSIP_WORLD_LATE,   /* hand on what comes, but late */
    GOSSIP_WORLD_HOLD,   /* hand nothing on, announce what came at once, and never give it */
    GOSSIP_WORLD_SPAM    /* hand nothing on, announce what nobody has, lie about authors, GRAFT
                               within the backoff */
};

struct gossip_world_config {
    uint64_t seed;
    uint32_t nodes; /* honest */
    uint32_t links; /* to others that an honest node dials, at random */
    uint32_t hostile;
    uint32_t hostile_links; /* likewise of hostile nodes: to honest ones */
    uint32_t hostile_own;   /* of a hundred that an honest node dials, so many are hostile */
    uint32_t victims;       /* hostile nodes dial only the first so many; 0: all */
    uint32_t groups;        /* addresses that hostile nodes have; 0: each its own */
    uint32_t delay_min_ms;  /* of a cable, one way, drawn once for each pair */
    uint32_t delay_max_ms;
    uint32_t bytes_s;         /* that a node sends a second; 0: no bound */
    uint64_t late_ns;         /* GOSSIP_WORLD_LATE: so much */
    uint32_t payload;         /* bytes of a message, at least 4 */
    uint64_t start_ns;        /* honest nodes start within that time */
    uint64_t hostile_at_ns;   /* hostile nodes start from then on, */
    uint64_t hostile_span_ns; /* within that time */
    uint64_t turn_ns;         /* until then hostile nodes behave well */
    enum gossip_world_harm harm;
    enum gossipsub_version version;
    const struct gossipsub_params *params; /* NULL: the machine's defaults; without peer exchange */
    const struct gossipsub_score_config *score; /* NULL: the defaults */
    bool no_score;
};

/* Since the last gossip_world_mark; of honest nodes. `owed` and the times are of deliveries to
 * nodes that had started when it was said; times from publishing to delivery. */
struct gossip_world_figures {
    uint64_t said;
    uint64_t owed;
    uint64_t delivered;
    uint64_t victim_owed; /* of these, to the first `victims` nodes */
    uint64_t victim_delivered;
    uint64_t duplicates; /* messages that came in vain */
    uint64_t repaired;   /* that came because they were asked for */
    uint64_t bytes;      /* of RPCs that honest nodes sent */
    uint32_t p50_ms;
    uint32_t p99_ms;
    uint32_t last_ms; /* the latest of all */
    uint32_t victim_p99_ms;
    uint32_t victim_last_ms;
    uint32_t hostile_milli; /* of all places in meshes, those of hostile nodes; as it is now */
};

struct gossip_world;

struct gossip_world *gossip_world_new(const struct gossip_world_config *config);
void gossip_world_free(struct gossip_world *w);

/** Let time pass. */
void gossip_world_run(struct gossip_world *w, uint64_t ns);

/** Honest nodes, drawn at random, say `count` messages within `ns`, evenly; time passes. */
void gossip_world_talk(struct gossip_world *w, uint32_t count, uint64_t ns);

/** The first node says one. */
void gossip_world_say_first(struct gossip_world *w);

/** From now on figures begin anew; what was said before counts no more. */
void gossip_world_mark(struct gossip_world *w);
struct gossip_world_figures gossip_world_figures(const struct gossip_world *w);

/** A hash of all deliveries: the same in each run of one config. */
uint64_t gossip_world_hash(const struct gossip_world *w);

void gossip_world_check(const struct gossip_world *w);

#endif
