/*
 * Topics that we are in, or of which peers say that they are in them; who is in which; and whom not
 * to ask into a mesh for a while.
 *
 * The first peers of a topic are its front: the mesh of one that we are in, else those to which
 * our own messages go.
 */
#ifndef PUBSUB_GOSSIPSUB_TOPIC_H
#define PUBSUB_GOSSIPSUB_TOPIC_H

#include "base/map.h"
#include "pubsub/gossipsub_peer.h"

#define GOSSIPSUB_TOPIC_COUNT_MAX 32768u  /* topics that only others are in */
#define GOSSIPSUB_TOPIC_EDGES_MAX 131072u /* of peers in these */
#define GOSSIPSUB_TOPIC_HELPERS 2u        /* peers that are taken in when a mesh fails */
#define GOSSIPSUB_TOPIC_BACKOFF_MAX 4096u /* peers of one topic */

struct gossipsub_edge {
    struct gossipsub_peer *peer;
    struct gossipsub_topic *topic;
    uint32_t at; /* place in the topic's edges */
};

struct gossipsub_topic {
    struct list link;              /* in one of the lists below, or in none */
    struct gossipsub_edge **edges; /* owned array */
    uint32_t edge_count;
    uint32_t edge_cap;
    uint32_t front;       /* so many at the beginning */
    uint32_t messages;    /* that name this topic */
    uint32_t turn;        /* whom gossip reached last, counted from the front */
    uint32_t urgent_turn; /* likewise between heartbeats */
    uint32_t came;        /* new messages since the heartbeat */
    uint32_t repaired;    /* of these, those that came because we asked */
    uint32_t helpers[GOSSIPSUB_TOPIC_HELPERS]; /* numbers of peers that brought such; 0: none */
    bool is_urgent;                            /* some came since the last round of gossip */
    int number;                                /* of one that we are in; else -1 */
    bool asks;
    bool in_order;
    enum gossipsub_sign_policy policy;
    uint64_t fanout_until_ns;      /* of one that we are not in; 0: we do not publish in it */
    struct gossipsub_keys backoff; /* hashes of peers; values: nanoseconds */
    struct gossipsub_keys authors; /* in_order: hashes of authors; values: their last seqno */
    size_t name_len;
    uint8_t name[];
};

struct gossipsub_topics {
    struct map by_name;
    struct list joined; /* in the order of joining */
    struct list fanout; /* we publish there without being there */
    struct list left;   /* of neither kind any more, but perhaps held by what is to be forgotten */
    uint64_t numbers[GOSSIPSUB_JOINED_MAX / 64]; /* bits: taken */
    size_t joined_count;
    size_t other_edges; /* peers in topics that we are not in */
    size_t memory;
};

void gossipsub_topic_init(struct gossipsub_topics *t, const struct random *random);

/** Free all; no edges and no messages are left. */
void gossipsub_topic_clear(struct gossipsub_topics *t);

/** The topic of that name, or NULL. */
struct gossipsub_topic *gossipsub_topic_get(const struct gossipsub_topics *t, struct span name);

/** The topic of that name, made if need be. NULL: there are too many; never when we are to join it,
 * and may. */
struct gossipsub_topic *gossipsub_topic_need(struct gossipsub_topics *t, struct span name,
                                             bool is_joining);

/** Free the topic when nothing holds it any more. */
void gossipsub_topic_release(struct gossipsub_topics *t, struct gossipsub_topic *topic);

/** We are in it from now on, or no longer. */
void gossipsub_topic_join(struct gossipsub_topics *t, struct gossipsub_topic *topic);
void gossipsub_topic_leave(struct gossipsub_topics *t, struct gossipsub_topic *topic);

/** We publish in it without being in it, or no longer. */
void gossipsub_topic_fanout(struct gossipsub_topics *t, struct gossipsub_topic *topic,
                            uint64_t until_ns);

static inline bool gossipsub_topic_is_joined(const struct gossipsub_topic *topic)
{
    return topic->number >= 0;
}

static inline struct span gossipsub_topic_name(const struct gossipsub_topic *topic)
{
    return span_of(topic->name, topic->name_len);
}

/** Where the peer is in the topic, or NULL. */
struct gossipsub_edge *gossipsub_topic_edge(const struct gossipsub_topic *topic,
                                            const struct gossipsub_peer *peer);

/** The peer is in the topic. NULL: one of the limits. */
struct gossipsub_edge *gossipsub_topic_enter(struct gossipsub_topics *t,
                                             struct gossipsub_topic *topic,
                                             struct gossipsub_peer *peer);

/** The peer is no longer in it; it may be in the front. The edge is freed, and the topic when
 * nothing holds it. */
void gossipsub_topic_exit(struct gossipsub_topics *t, struct gossipsub_edge *edge);

static inline bool gossipsub_topic_is_front(const struct gossipsub_edge *edge)
{
    return edge->at < edge->topic->front;
}

/** Take it into the front, or out. */
void gossipsub_topic_to_front(struct gossipsub_edge *edge);
void gossipsub_topic_from_front(struct gossipsub_edge *edge);

/** Peer `hash` is not to be asked into the mesh before then; a later time stays. */
void gossipsub_topic_back_off(struct gossipsub_topic *topic, uint64_t hash, uint64_t until_ns);

/** Until when; 0: it may be asked. */
uint64_t gossipsub_topic_backoff(const struct gossipsub_topic *topic, uint64_t hash);

/** Forget what is over, `slack_ns` after it was. */
void gossipsub_topic_forget(struct gossipsub_topic *topic, uint64_t now, uint64_t slack_ns);

size_t gossipsub_topic_memory(const struct gossipsub_topics *t);
void gossipsub_topic_check(const struct gossipsub_topics *t);

#endif
