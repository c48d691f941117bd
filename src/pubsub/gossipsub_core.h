/*
 * What the parts of gossipsub share. Private: whoever owns one includes gossipsub.h.
 */
#ifndef PUBSUB_GOSSIPSUB_CORE_H
#define PUBSUB_GOSSIPSUB_CORE_H

#include "pubsub/gossipsub_flow.h"
#include "pubsub/gossipsub_topic.h"
#include "pubsub/gossipsub_want.h"

/* An event that is to be told. */
struct gossipsub_note {
    struct list link;
    enum gossipsub_event_kind kind;
    struct peerid peer;
    struct gossipsub_message *message; /* a reference; DELIVER, VALIDATE */
    uint64_t ticket;
    size_t len; /* of a topic's name, or of a record */
    uint8_t bytes[];
};

/* A message that waits for a verdict. */
struct gossipsub_pending {
    struct list link; /* oldest first */
    struct gossipsub_message *message;
    uint64_t ticket;
    uint64_t due_ns;
    uint32_t others[GOSSIPSUB_FLOW_OTHERS_MAX]; /* that brought it meanwhile */
    uint32_t other_count;
};

struct gossipsub {
    struct gossipsub_config config;
    struct gossipsub_stats stats;
    struct gossipsub_topics topics;
    struct map peers;
    struct list peer_list;         /* oldest first */
    struct gossipsub_peer **slots; /* owned array: a number's low bits lead to its peer */
    uint32_t slot_cap;
    uint32_t peer_serial;
    struct gossipsub_cache cache;
    struct gossipsub_want want;
    struct gossipsub_score *score; /* NULL: everybody's is 0 */
    struct list notes;             /* oldest first */
    struct gossipsub_note *held;   /* the event that was taken last */
    struct list ready;             /* peers of which WRITABLE is to be told */
    struct list pending;
    size_t pending_count;
    uint64_t last_ticket;
    struct peerid *direct; /* owned array */
    size_t direct_count;
    uint64_t seed[2]; /* of all hashes of ids */
    uint64_t beat_due_ns;
    uint64_t urgent_due_ns; /* a round of gossip between heartbeats; TIMERS_NEVER: none */
    uint32_t urgent_rounds; /* since the heartbeat */
    uint32_t beat;
    uint32_t batch; /* number of the last request for messages */
    uint64_t seqno;
};

/** The hash by which ids are known here. */
uint64_t gossipsub_hash(const struct gossipsub *g, struct span id);

/** The peer of that number, if it is still there. */
struct gossipsub_peer *gossipsub_of_number(const struct gossipsub *g, uint32_t number);

/** A peer's score; direct ones have none. */
int64_t gossipsub_rank(const struct gossipsub *g, uint64_t now, const struct gossipsub_peer *p);

/** P7; a peer is punished `GOSSIPSUB_PENALTIES_MAX` times a heartbeat at most. */
void gossipsub_misbehaved(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                          unsigned count);

/** It has something to pull. */
void gossipsub_wake(struct gossipsub *g, struct gossipsub_peer *p);

/** As gossipsub_peer_control, and close who does not read. */
void gossipsub_control(struct gossipsub *g, struct gossipsub_peer *p, struct span item);

/** Tell of something; `message` is referenced, `bytes` are copied. */
void gossipsub_tell(struct gossipsub *g, enum gossipsub_event_kind kind, const struct peerid *peer,
                    struct gossipsub_message *message, struct span bytes);

#endif
