/*
 * Kademlia by the hundred thousand: `struct kad`, the very machine that real nodes run, over
 * requests and answers of ours, encoded, on virtual time. Every node is a server with one
 * address. A first contact costs `cold_trips` round trips more than a warm one (TCP, security,
 * muxer); a connection that was idle for a minute is gone. One thread, everything from the seed.
 */
#ifndef SWARM_KAD_WORLD_H
#define SWARM_KAD_WORLD_H

#include "discovery/kad.h"
#include "swarm/wheel.h"

#define KAD_WORLD_MS UINT64_C(1000000)
#define KAD_WORLD_S (UINT64_C(1000) * KAD_WORLD_MS)
#define KAD_WORLD_WARM_MAX 256 /* connections that one node keeps; the one idle longest goes */

/* What hostile nodes do. */
enum kad_world_harm {
    KAD_WORLD_COLLUDE, /* name the nearest of their own kind, and nobody else */
    KAD_WORLD_SILENT,  /* answer nothing */
    KAD_WORLD_POISON   /* name ids that nobody has, near the target */
};

struct kad_world_config {
    uint64_t seed;
    uint32_t nodes;
    uint32_t trip_ms;            /* a round trip, half to three halves of it by pair */
    uint32_t cold_trips;         /* more for a first contact */
    uint32_t churn_percent_hour; /* so many nodes of a hundred end an hour, each replaced */
    uint32_t hostile_percent;
    enum kad_world_harm harm;
    struct kad_config kad; /* numbers only */
};

/* What became of one look-up. */
struct kad_world_found {
    bool is_found; /* the node that was sought has answered */
    uint64_t took_ns;
    uint32_t asked;
    uint32_t hops; /* of the node that was found */
};

struct kad_world;

/** Nodes whose tables are as after some hours: each met random others, and those nearest to it. */
struct kad_world *kad_world_new(const struct kad_world_config *config);
void kad_world_free(struct kad_world *w);

/** Let time pass: churn, upkeep. */
void kad_world_run(struct kad_world *w, uint64_t ns);

/** An honest node looks up an honest one, both at random, over so many paths. */
struct kad_world_found kad_world_find(struct kad_world *w, unsigned paths);

/** The same, warm: the look-up is done once before. */
struct kad_world_found kad_world_find_again(struct kad_world *w, unsigned paths);

/** Place `count` hostile nodes nearer to an honest node than any honest other, let each join, and
 * look that node up. */
struct kad_world_found kad_world_find_besieged(struct kad_world *w, unsigned paths, unsigned count);

/** Requests sent so far, by all. */
uint64_t kad_world_requests(const struct kad_world *w);

/** Bytes on the heap that all tables take, and entries in them. */
uint64_t kad_world_table_bytes(const struct kad_world *w);
uint64_t kad_world_entries(const struct kad_world *w);

/** Of all entries of honest tables, those of hostile nodes, in a thousand. */
unsigned kad_world_poisoned(const struct kad_world *w);

void kad_world_check(const struct kad_world *w);

#endif
