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

/* Below or above which ... All in GOSSIPSUB_SCORE_ONE. */
struct gossipsub_score_thresholds {
    int64_t gossip;        /* below: no gossip with it */
    int64_t publish;       /* below: own messages are not flooded to it */
    int64_t graylist;      /* below: nothing of it is read */
    int64_t accept_px;     /* from here on: peers that it names are dialled */
    int64_t opportunistic; /* a mesh whose median is below takes better peers in */
};

struct gossipsub_score_topic; /* weights, caps and decays of one topic: P1 to P4 */
struct gossipsub_score_config;
struct gossipsub_score;
struct gossipsub_score_peer; /* opaque */

/** `config` is copied; NULL: the defaults. `random` is borrowed. */
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
int64_t gossipsub_score_of(const struct gossipsub_score *s, uint64_t now,
                           const struct gossipsub_score_peer *p);

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
