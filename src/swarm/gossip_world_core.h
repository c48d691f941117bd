/*
 * What gossip_world and its hostile nodes share. Private: whoever owns a world includes
 * gossip_world.h.
 */
#ifndef SWARM_GOSSIP_WORLD_CORE_H
#define SWARM_GOSSIP_WORLD_CORE_H

#include "base/random.h"
#include "base/ring.h"
#include "swarm/gossip_world.h"
#include "swarm/wheel.h"

#define GOSSIP_WORLD_RECENT 256 /* messages that a hostile node knows to have handed on */

/* One of two ends. */
struct gossip_world_link {
    uint32_t peer;
    bool is_dialled;
    bool is_up;
    /* Of a hostile node. */
    bool is_in_mesh; /* as far as it knows */
    uint64_t graft_ns;
};

struct gossip_world_node {
    struct gossipsub *machine; /* NULL: hostile, or not started */
    struct peerid id;
    struct gossipsub_sign sign;
    struct gossip_world_link *links; /* owned array */
    uint32_t link_count;
    uint32_t link_cap;
    struct ring ready; /* of uint32_t: peers for which something waits */
    uint64_t line_ns;  /* what it sends leaves no earlier */
    uint64_t tick_ns;  /* of the tick that counts; UINT64_MAX: none */
    uint32_t tick;     /* its number: an earlier one counts no more */
    uint64_t born_ns;
    bool is_draining; /* a drain is in the wheel */
    bool is_up;
    uint32_t *recent; /* owned, of a hostile one: numbers of messages; NULL: none yet */
};

enum gossip_world_kind {
    GOSSIP_WORLD_RPC,  /* its body is a pointer to the bytes */
    GOSSIP_WORLD_TICK, /* the machine's deadline, or a hostile node's second */
    GOSSIP_WORLD_DRAIN,
    GOSSIP_WORLD_START
};

struct gossip_world_said {
    uint64_t at_ns;
    uint32_t by;
};

struct gossip_world {
    struct gossip_world_config config;
    struct random_seeded seeded;
    struct random random;
    struct wheel wheel;
    struct gossip_world_node *nodes; /* honest ones first */
    uint32_t count;
    uint32_t honest_up;
    uint32_t victims_up;
    struct gossip_world_said *said; /* owned array: a message's number is its place */
    uint32_t said_count;
    uint32_t said_cap;
    uint32_t said_first; /* since the mark */
    uint32_t *times;     /* owned: deliveries by milliseconds */
    uint32_t *victim_times;
    uint64_t bytes;
    uint64_t duplicates_before; /* as of the mark */
    uint64_t repaired_before;
    uint64_t owed;
    uint64_t victim_owed;
    uint64_t hash;
    uint8_t *payload; /* owned; room for one */
    struct buf rpc;
};

static inline uint64_t gossip_world_now(const struct gossip_world *w)
{
    return wheel_now(&w->wheel);
}

static inline bool gossip_world_is_hostile(const struct gossip_world *w, uint32_t at)
{
    return at >= w->config.nodes;
}

/** The topic. */
struct span gossip_world_topic(void);

/** The end of `at` that leads to `peer`; NULL: there is none. */
struct gossip_world_link *gossip_world_link(const struct gossip_world *w, uint32_t at,
                                            uint32_t peer);

/** Put an RPC on the cable, to leave at `at_ns`. */
void gossip_world_send(struct gossip_world *w, uint64_t at_ns, uint32_t from, uint32_t to,
                       struct span rpc);

/** Put a TICK, DRAIN or START of a node. */
void gossip_world_plan(struct gossip_world *w, uint64_t at_ns, uint32_t to,
                       enum gossip_world_kind kind);

/* Hostile nodes. */
void gossip_world_hostile_up(struct gossip_world *w, uint32_t at, struct gossip_world_link *link);
void gossip_world_hostile_feed(struct gossip_world *w, uint32_t at, uint32_t from, struct span rpc);
void gossip_world_hostile_tick(struct gossip_world *w, uint32_t at);

#endif
