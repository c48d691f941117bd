/*
 * What the files of kad_world share and nobody else includes.
 */
#ifndef SWARM_KAD_WORLD_CORE_H
#define SWARM_KAD_WORLD_CORE_H

#include "swarm/kad_world.h"
#include "swarm/wheel.h"

struct kad_world_warm {
    uint32_t peer;
    uint32_t used_ms;
};

struct kad_world_node {
    struct kad kad;
    struct kad_quests quests;
    uint32_t *kept; /* owned: records that it keeps */
    uint32_t kept_count;
    struct peerid id;
    uint64_t place;              /* its leading bits */
    struct kad_world_warm *warm; /* owned; NULL until it spoke with anybody */
    uint16_t warm_count;
    uint16_t warm_room;
    uint32_t life; /* what was under way to an earlier one is lost */
    uint64_t tick_ns;
    uint32_t watch; /* of kad_world.watches, counted from 1; 0: none */
    bool is_up;
    bool is_hostile;
};

/* A quest of a plan that is under way. */
struct kad_world_watch {
    uint32_t from;
    uint32_t wanted; /* a node, or a record */
    uint32_t wanted_life;
    uint32_t quest;
    uint64_t begun_ns;
    struct kad_world_found found; /* so far */
    bool is_record;
    bool is_over; /* kad_world_find looks at it */
    bool is_second;
    bool is_lost; /* who asked has ended */
    bool is_used;
};

#define KAD_WORLD_RECORD_SIZE 8 /* of a record's key */

struct kad_world {
    struct kad_world_config config;
    struct random_seeded seeded;
    struct random random;
    struct wheel wheel;
    struct kad_world_node *nodes;
    uint32_t count;
    uint32_t room;
    struct kad_harm harm;
    uint64_t requests;
    uint64_t next_end_ns; /* churn */
    uint64_t next_push_ns;
    struct kad_world_watch *watches; /* owned, by kad_world_find while it runs */
    uint32_t watch_count;
    uint32_t watch_room;
    uint32_t open; /* look-ups under way */
    uint32_t over; /* of these, at which nobody has looked yet */
};

uint64_t kad_world_now(const struct kad_world *w);

/** One more thing happens, up to `until_ns`; false: nothing does any more. */
bool kad_world_step(struct kad_world *w, uint64_t until_ns);

/** Turn the node's machine until it has nothing to say. */
void kad_world_pump(struct kad_world *w, uint32_t at);

/** A node of that number begins; one of it that was there before has ended. */
void kad_world_born(struct kad_world *w, uint32_t at, const struct peerid *id, bool is_hostile);

/** It knows somebody that is there, and looks itself up. */
void kad_world_join(struct kad_world *w, uint32_t at);

/** The key of a record, and the record of a key. The value is the number. */
struct span kad_world_record_key(uint32_t record, uint8_t out[KAD_WORLD_RECORD_SIZE]);
bool kad_world_record_read(struct span key, uint32_t *record);
extern const struct kad_validators kad_world_record_validators;

bool kad_world_record_is_kept(const struct kad_world_node *n, uint32_t record);
void kad_world_record_keep(struct kad_world_node *n, uint32_t record);

/** All nodes know others, as after hours. */
void kad_world_settle(struct kad_world *w);

/** The hostile take note of who is one of them. */
void kad_world_muster(struct kad_world *w);

/** The number of an honest node at random that is not `but`. */
uint32_t kad_world_honest(struct kad_world *w, uint32_t but);

#endif
