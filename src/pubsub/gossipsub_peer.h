/*
 * One peer of gossipsub: its topics, what it did in this heartbeat, and what waits to be sent to
 * it. What waits is bounded: when it is too much, gossip goes first, then others' messages, own
 * ones last.
 */
#ifndef PUBSUB_GOSSIPSUB_PEER_H
#define PUBSUB_GOSSIPSUB_PEER_H

#include "base/buf.h"
#include "base/list.h"
#include "base/ring.h"
#include "pubsub/gossipsub.h"
#include "pubsub/gossipsub_cache.h"

#define GOSSIPSUB_PEER_QUEUE_MAX (1024u * 1024u)  /* bytes that wait for one peer */
#define GOSSIPSUB_PEER_MESSAGES_MAX 8192u         /* messages that wait for it, of either kind */
#define GOSSIPSUB_PEER_CONTROL_MAX (256u * 1024u) /* of these, what must not be dropped */
#define GOSSIPSUB_PEER_ITEM_MAX 61440u            /* of one item of the control part that we make */
#define GOSSIPSUB_PEER_TOPICS_MAX 1024u           /* topics of it that are kept */
#define GOSSIPSUB_PEER_NAMES_MAX 65536u           /* bytes of their names */
#define GOSSIPSUB_PEER_UNWANTED_MAX 4096u         /* ids that it declined, at once */
#define GOSSIPSUB_PEER_SERVED_MAX 1024u           /* ids that it asked for, as remembered */

struct gossipsub_edge; /* a peer in a topic: gossipsub_topic.h */

struct gossipsub_peer {
    struct peerid id;    /* the map's key */
    struct list link;    /* all peers, oldest first */
    struct list ready;   /* WRITABLE is to be told of it */
    uint64_t hash;       /* of its id: what outlives it knows it by this */
    uint32_t number;     /* never that of another peer again */
    uint32_t asked;      /* messages that it announced and owes */
    uint32_t slow_until; /* heartbeat until which it is asked only when nobody else may be */
    uint32_t broken;     /* the request of which a broken promise was counted last */
    enum gossipsub_version version;
    bool is_dialled;
    bool is_direct;
    bool is_by_key;                     /* it names signed messages as js-libp2p does */
    bool is_told;                       /* WRITABLE was told, and it has not pulled all since */
    bool has_given;                     /* it brought a message that was new and signed */
    bool is_closing;                    /* CLOSE was told, or is to be */
    struct gossipsub_score_peer *score; /* NULL: without scores, or direct */
    struct gossipsub_edge **edges;      /* owned array */
    uint32_t edge_count;
    uint32_t edge_cap;
    uint32_t names; /* bytes of its topics' names */

    /* What waits. */
    struct buf subscriptions; /* items of an RPC */
    struct buf control;       /* items of a control part: GRAFT, PRUNE */
    struct buf declined;      /* ids of IDONTWANT */
    struct buf gossip;        /* items of a control part: IHAVE, IWANT */
    struct ring own;          /* of messages, a reference each */
    struct ring others;
    size_t message_bytes;

    /* In this heartbeat. */
    uint32_t changes;    /* subscriptions that came */
    uint32_t controls;   /* GRAFT and PRUNE that came */
    uint32_t ihaves;     /* RPCs with IHAVE that came */
    uint32_t wanted;     /* ids that we asked of it */
    uint32_t served_ids; /* ids of IWANT that came */
    uint32_t declines;   /* ids of IDONTWANT that came */
    uint32_t penalties;

    uint32_t waiting;               /* messages of it that wait for a verdict */
    struct gossipsub_keys unwanted; /* values: the heartbeat from which on it is forgotten */
    struct gossipsub_keys served;   /* values: how often it asked */
};

void gossipsub_peer_init(struct gossipsub_peer *p);

/** Drop all that waits. Edges are the owner's to take away before. */
void gossipsub_peer_clear(struct gossipsub_peer *p);

/** Queue a message, of our own or another's; a reference is taken. Returns how many messages were
 * dropped for want of room, this one perhaps. */
size_t gossipsub_peer_push(struct gossipsub_peer *p, struct gossipsub_message *m, bool is_own);

/** Queue what must arrive: a subscription, or an item of the control part. WAVU_ERR_LIMIT: the peer
 * has not read for so long that it is to be closed. */
WARN_UNUSED int gossipsub_peer_subscribe(struct gossipsub_peer *p, struct span topic, bool is_on);
WARN_UNUSED int gossipsub_peer_control(struct gossipsub_peer *p, struct span item);

/** Queue what may be dropped: an id that is not wanted, or an item of the control part. False: it
 * was dropped. */
bool gossipsub_peer_decline(struct gossipsub_peer *p, struct span id);
bool gossipsub_peer_gossip(struct gossipsub_peer *p, struct span item);

bool gossipsub_peer_has_output(const struct gossipsub_peer *p);

/** As gossipsub_pull. Counts into `stats`. */
WARN_UNUSED bool gossipsub_peer_pull(struct gossipsub_peer *p, struct buf *out,
                                     struct gossipsub_stats *stats);

/** A heartbeat passed. */
void gossipsub_peer_beat(struct gossipsub_peer *p, uint32_t beat);

/** It does not want that message, until heartbeat `until`. */
void gossipsub_peer_unwant(struct gossipsub_peer *p, uint64_t key, uint32_t until);

/** It asks for a message once more: how often that was, this time included. */
unsigned gossipsub_peer_serve(struct gossipsub_peer *p, uint64_t key);

size_t gossipsub_peer_memory(const struct gossipsub_peer *p);
void gossipsub_peer_check(const struct gossipsub_peer *p);

#endif
