/*
 * Gossipsub machines on cables with a delay, for tests: what is said is counted at everyone. A run
 * repeats by its seed.
 */
#ifndef TESTS_SUPPORT_GOSSIPSUB_WORLD_H
#define TESTS_SUPPORT_GOSSIPSUB_WORLD_H

#include "base/heap.h"
#include "base/list.h"
#include "base/timers.h"
#include "pubsub/gossipsub.h"

#define GOSSIPSUB_WORLD_SAID_MAX 512
#define GOSSIPSUB_WORLD_HEAD 8 /* bytes of a message's data before its padding: its number */

struct gossipsub_world_node {
    struct gossipsub *machine; /* NULL: it is down */
    struct peerid id;
    struct random_seeded seeded;
    struct random random;
    struct gossipsub_sign sign;
    enum gossipsub_version version;
    bool is_deaf; /* what is sent to it waits at the sender */
    bool asks;    /* joins with a validator, which does as `verdict` */
    enum gossipsub_verdict verdict;
    bool is_mute; /* it never answers with a verdict */
    uint64_t lives;
    uint64_t closes;   /* CLOSE events */
    uint64_t connects; /* CONNECT events */
    struct peerid connect;
    uint64_t peers_on;
    uint64_t peers_off;
    uint8_t got[GOSSIPSUB_WORLD_SAID_MAX];
};

struct gossipsub_world {
    struct gossipsub_world_node *nodes;
    size_t count;
    uint8_t *links; /* count * count: who hears whom */
    uint64_t seed;
    uint64_t now;
    uint64_t delay_ns; /* of each cable, at least */
    uint64_t jitter_ns;
    struct heap packets;
    struct random_seeded seeded;
    struct random random;
    struct gossipsub_config config; /* of every node that is started from now on */
    struct gossipsub_topic_config topic;
    size_t said;
    size_t padding;   /* bytes behind the head of a message's data */
    uint64_t strange; /* deliveries of what nobody said */
    uint64_t bytes;   /* that went over cables */
    uint64_t refused; /* gossipsub_feed that did not like it */
};

/** `count` nodes, started, without links; nobody is in a topic. */
struct gossipsub_world *gossipsub_world_new(size_t count, uint64_t seed);
void gossipsub_world_free(struct gossipsub_world *w);

/** End a node, or begin it anew. Links are the caller's to make again. */
void gossipsub_world_stop(struct gossipsub_world *w, size_t node);
void gossipsub_world_start(struct gossipsub_world *w, size_t node);

/** `from` dials `to`; or both ends learn that it is over. */
void gossipsub_world_link(struct gossipsub_world *w, size_t from, size_t to, bool is_up);
/** Each node dials `degree` others at random. */
void gossipsub_world_link_random(struct gossipsub_world *w, size_t degree);

void gossipsub_world_join(struct gossipsub_world *w, size_t node, const char *topic);
void gossipsub_world_join_all(struct gossipsub_world *w, const char *topic);

/** Say something; its number. */
size_t gossipsub_world_say(struct gossipsub_world *w, size_t node, const char *topic);

/** An RPC to `to` as if it came from `from`, now. */
int gossipsub_world_inject(struct gossipsub_world *w, size_t from, size_t to, struct span rpc);

void gossipsub_world_run(struct gossipsub_world *w, uint64_t ns);

/** Take a node's events and what it sends. */
void gossipsub_world_drain(struct gossipsub_world *w, size_t node);

/** Nodes that are up, but `origin`, at which message `said` did not come exactly once. */
size_t gossipsub_world_wrong(const struct gossipsub_world *w, size_t said, size_t origin);

bool gossipsub_world_is_in_mesh(const struct gossipsub_world *w, size_t a, size_t b,
                                const char *topic);

/** A provider of signatures without cost: 64 bytes that name the author. */
struct gossipsub_sign gossipsub_world_sign(void);

#endif
