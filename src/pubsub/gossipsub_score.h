/*
 * What peers did for us and against us, as one number each: P1 to P7 of gossipsub v1.1. A part of
 * the machine gossipsub, which says what happened and asks for scores. Numbers are of fixed point:
 * a run must repeat.
 *
 * Peers are told apart by handles, topics by small numbers that gossipsub gives them.
 */
#ifndef PUBSUB_GOSSIPSUB_SCORE_H
#define PUBSUB_GOSSIPSUB_SCORE_H

#include "base/random.h"
#include "crypto/peerid.h"

#define GOSSIPSUB_SCORE_ONE INT64_C(1000000) /* a score, weight or counter of 1 */
#define GOSSIPSUB_SCORE_TOPICS_MAX 256u      /* numbers of topics */
#define GOSSIPSUB_SCORE_KEPT_MAX 16384u      /* scores of peers that left: the oldest gives way */

/* Below or above which ... All in GOSSIPSUB_SCORE_ONE. */
struct gossipsub_score_thresholds {
    int64_t gossip;        /* below: no gossip with it */
    int64_t publish;       /* below: own messages are not flooded to it */
    int64_t graylist;      /* below: nothing of it is read */
    int64_t accept_px;     /* from here on: peers that it names are dialled */
    int64_t opportunistic; /* a mesh whose median is below takes better peers in */
};

/* One topic: P1 to P4 as v1.1 names them. Weights, caps and counters in GOSSIPSUB_SCORE_ONE; a
 * decay is what is left of a counter after a decay interval, in GOSSIPSUB_SCORE_ONE, below 1. */
struct gossipsub_score_topic {
    int64_t weight; /* of all below together */
    /* P1: time in the mesh. */
    int64_t time_weight;
    uint64_t time_quantum_ns;
    int64_t time_cap;
    /* P2: first to bring a message. */
    int64_t first_weight;
    int64_t first_decay;
    int64_t first_cap;
    /* P3: brings too few of the mesh's messages, first or nearly so; P3b: was put out for that. */
    int64_t mesh_weight; /* negative, or 0: not counted */
    int64_t mesh_decay;
    int64_t mesh_cap;
    int64_t mesh_threshold;
    uint64_t mesh_window_ns;     /* a duplicate so long after the first still counts */
    uint64_t mesh_activation_ns; /* in the mesh before it counts */
    int64_t failure_weight;
    int64_t failure_decay;
    /* P4: invalid messages. */
    int64_t invalid_weight;
    int64_t invalid_decay;
};

struct gossipsub_score_config {
    struct gossipsub_score_topic topic; /* where who joins names none */
    int64_t topic_cap;                  /* of what all topics give together; 0: none */
    int64_t application_weight;         /* P5 */
    int64_t group_weight;               /* P6: negative */
    unsigned group_threshold;           /* so many of one group of addresses are free */
    int64_t behaviour_weight;           /* P7: negative */
    int64_t behaviour_threshold;
    int64_t behaviour_decay;
    uint64_t decay_ns;     /* interval of all decays */
    int64_t decay_to_zero; /* counters below are 0 */
    uint64_t retain_ns;    /* a score is known so long after its peer left */
};

struct gossipsub_score;      /* opaque */
struct gossipsub_score_peer; /* opaque */

struct gossipsub_score_config gossipsub_score_config_default(void);
struct gossipsub_score_thresholds gossipsub_score_thresholds_default(void);

/* What v1.1 allows: rewards and decays that are none, caps below thresholds, a graylist above the
 * gossip's threshold and the like are refused, and what would not fit into 64 bits. What has no
 * weight may be anything. */
bool gossipsub_score_topic_is_valid(const struct gossipsub_score_topic *t);
bool gossipsub_score_config_is_valid(const struct gossipsub_score_config *c);
bool gossipsub_score_thresholds_are_valid(const struct gossipsub_score_thresholds *t);

/** `config` is valid and copied; NULL: the defaults. `random` is borrowed. */
WARN_UNUSED struct gossipsub_score *gossipsub_score_new(const struct gossipsub_score_config *config,
                                                        const struct random *random, uint64_t now);
void gossipsub_score_free(struct gossipsub_score *s);

/** A peer is connected, over an address of `group` (0: counts with nobody). What is still known of
 * its earlier days is taken up again. The handle is good until gossipsub_score_down. */
WARN_UNUSED struct gossipsub_score_peer *gossipsub_score_up(struct gossipsub_score *s, uint64_t now,
                                                            const struct peerid *id,
                                                            uint64_t group);
void gossipsub_score_down(struct gossipsub_score *s, uint64_t now, struct gossipsub_score_peer *p);

/** The score now. */
int64_t gossipsub_score_of(struct gossipsub_score *s, uint64_t now, struct gossipsub_score_peer *p);

/** Topic number `topic` (small; of one that was left it is given again) is joined, with `params` or
 * the defaults (NULL); or left: what is known of it is forgotten, of all peers. */
void gossipsub_score_join(struct gossipsub_score *s, unsigned topic,
                          const struct gossipsub_score_topic *params);
void gossipsub_score_leave(struct gossipsub_score *s, unsigned topic);

/** It entered our mesh, or left it for whatever reason (before it is down, too). */
void gossipsub_score_grafted(struct gossipsub_score *s, uint64_t now,
                             struct gossipsub_score_peer *p, unsigned topic);
void gossipsub_score_pruned(struct gossipsub_score *s, uint64_t now, struct gossipsub_score_peer *p,
                            unsigned topic);

/** It was the first to bring a message that was then found valid: P2 and P3. */
void gossipsub_score_first(struct gossipsub_score *s, uint64_t now, struct gossipsub_score_peer *p,
                           unsigned topic);

/** It brought a valid message, too, `after_ns` after that was found valid (0: before): P3, when it
 * is in the mesh and within the topic's window. */
void gossipsub_score_duplicate(struct gossipsub_score *s, uint64_t now,
                               struct gossipsub_score_peer *p, unsigned topic, uint64_t after_ns);

/** It brought an invalid message: P4. */
void gossipsub_score_invalid(struct gossipsub_score *s, uint64_t now,
                             struct gossipsub_score_peer *p, unsigned topic);

/** It broke the rules, or a promise, so often: P7. */
void gossipsub_score_misbehaved(struct gossipsub_score *s, uint64_t now,
                                struct gossipsub_score_peer *p, unsigned count);

/** What the application thinks of it: P5, in GOSSIPSUB_SCORE_ONE. */
void gossipsub_score_application(struct gossipsub_score *s, struct gossipsub_score_peer *p,
                                 int64_t value);

/** When to tick next; decay and what is forgotten. */
uint64_t gossipsub_score_deadline(const struct gossipsub_score *s);
void gossipsub_score_tick(struct gossipsub_score *s, uint64_t now);

void gossipsub_score_check(const struct gossipsub_score *s);

#endif
