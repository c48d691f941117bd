/*
 * Kademlia by the hundred thousand: `struct kad` and `struct kad_quests`, the very machines that
 * real nodes run, over requests and answers of ours, encoded, on virtual time. Every node is a
 * server with one address. A first contact costs `cold_trips` round trips more than a warm one
 * (TCP, security, muxer); a connection that was idle for a minute is gone. One thread, everything
 * from the seed.
 */
#ifndef SWARM_KAD_WORLD_H
#define SWARM_KAD_WORLD_H

#include "discovery/kad_quests.h"
#include "swarm/kad_harm.h"

#define KAD_WORLD_MS UINT64_C(1000000)
#define KAD_WORLD_S (UINT64_C(1000) * KAD_WORLD_MS)
#define KAD_WORLD_WARM_MAX 256 /* connections that one node keeps; the one idle longest goes */

struct kad_world_config {
    uint64_t seed;
    uint32_t nodes;
    uint32_t trip_ms;            /* a round trip, half to three halves of it by pair */
    uint32_t cold_trips;         /* more for a first contact */
    uint32_t churn_percent_hour; /* so many honest nodes of a hundred end an hour, each replaced;
                                  * the hostile stay */
    uint32_t hostile_percent;
    enum kad_harm_kind harm;
    uint32_t pushes_minute; /* requests of each hostile node to honest ones, so that they know it:
                             * every second one under an id made for that node's nearest bucket */
    struct kad_config kad;  /* numbers only */
};

#define KAD_WORLD_ANYBODY UINT32_MAX

/* Quests of honest nodes at random, `a_second` of them beginning a second: for honest peers, or for
 * records, which have numbers. */
struct kad_world_plan {
    enum kad_quest_kind kind; /* PEER, GET or PUT */
    unsigned paths;
    uint32_t count;
    uint32_t a_second;
    uint32_t wanted; /* PEER: whom all look up; GET, PUT: the record, or one for each, counted up;
                      * KAD_WORLD_ANYBODY */
    uint32_t first;  /* GET, PUT: the number of the first record */
    bool is_warm;    /* each is done twice, and the second counts */
};

/* What became of one quest. */
struct kad_world_found {
    bool is_found; /* PEER: it has answered; GET: the value came */
    uint64_t took_ns;
    uint32_t asked;
    uint32_t hops; /* PEER: of the node that was found */
    uint32_t kept; /* PUT: by how many, as far as they say */
};

struct kad_world;

/** Nodes whose tables are as after some hours: every bucket is as full as it can be, with others at
 * random. */
struct kad_world *kad_world_new(const struct kad_world_config *config);
void kad_world_free(struct kad_world *w);

/** Let time pass: churn, upkeep. */
void kad_world_run(struct kad_world *w, uint64_t ns);

/** From now on so many of a hundred honest nodes end an hour. */
void kad_world_set_churn(struct kad_world *w, uint32_t percent_hour);

/** Carry out the plan; `found` has room for its count. A quest whose either end left meanwhile does
 * not count, and another is begun. */
void kad_world_find(struct kad_world *w, const struct kad_world_plan *plan,
                    struct kad_world_found *found);

/** How many honest nodes keep that record now. */
uint32_t kad_world_keepers(const struct kad_world *w, uint32_t record);

/** Place `count` hostile nodes nearer to a place than any honest one, and let each join: next to an
 * honest node, whose number is returned, or next to a record. At most KAD_WORLD_SIEGE_MAX in all.
 */
#define KAD_WORLD_SIEGE_MAX 256
uint32_t kad_world_besiege(struct kad_world *w, unsigned count);
void kad_world_besiege_record(struct kad_world *w, uint32_t record, unsigned count);

/** Requests sent so far, by all. */
uint64_t kad_world_requests(const struct kad_world *w);

/** Bytes on the heap that all tables take, entries in them, and of these those that do not wait. */
uint64_t kad_world_table_bytes(const struct kad_world *w);
uint64_t kad_world_entries(const struct kad_world *w);
uint64_t kad_world_places(const struct kad_world *w);

/** Of all entries of honest tables, those of hostile nodes and of nobody, in a thousand. */
unsigned kad_world_poisoned(const struct kad_world *w);

void kad_world_check(const struct kad_world *w);

#endif
