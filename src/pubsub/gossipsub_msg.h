/*
 * Gossipsub's RPCs as bytes and as items: a codec. docs/protocol/gossipsub.proto, gossipsub.md.
 *
 * An RPC may hold thousands of small things, so that no struct holds it: it is checked whole, then
 * walked.
 *
 *   gossipsub_msg_check -> gossipsub_msg_init -> gossipsub_msg_next, ... (within an item:
 *   gossipsub_msg_next_id, gossipsub_msg_next_peer)
 */
#ifndef PUBSUB_GOSSIPSUB_MSG_H
#define PUBSUB_GOSSIPSUB_MSG_H

#include "base/pb.h"

#define GOSSIPSUB_MSG_SIZE_MAX (1024u * 1024u) /* bytes of one RPC that are read */
#define GOSSIPSUB_MSG_SENT_MAX 65536u /* of one RPC that we make; one message may exceed it */
#define GOSSIPSUB_MSG_TOPIC_MAX 256u  /* of a topic's name, at least 1; UTF-8 */
#define GOSSIPSUB_MSG_ID_MAX 64u      /* of a message's id; longer ones are none of ours */

enum gossipsub_msg_kind {
    GOSSIPSUB_MSG_SUBSCRIBE,
    GOSSIPSUB_MSG_UNSUBSCRIBE,
    GOSSIPSUB_MSG_PUBLISH,
    GOSSIPSUB_MSG_IHAVE,
    GOSSIPSUB_MSG_IWANT,
    GOSSIPSUB_MSG_GRAFT,
    GOSSIPSUB_MSG_PRUNE,
    GOSSIPSUB_MSG_IDONTWANT
};

/* A message as it is published. A span with ptr NULL is absent, one with len 0 is empty. */
struct gossipsub_msg_publish {
    struct span from;
    struct span data;
    struct span seqno;
    struct span topic;
    struct span signature;
    struct span key;
    struct span bytes; /* all of it, as it came: to be handed on unchanged */
};

/* Spans are borrowed from the RPC. */
struct gossipsub_msg_item {
    enum gossipsub_msg_kind kind;
    struct span topic;  /* not with IWANT and IDONTWANT; empty: none was named */
    struct span list;   /* what gossipsub_msg_next_id or _next_peer has not taken yet */
    uint64_t backoff_s; /* PRUNE; 0: none was named */
    struct gossipsub_msg_publish publish;
};

struct gossipsub_msg_peer {
    struct span id;
    struct span record; /* an envelope with a peer record; ptr NULL: none */
};

struct gossipsub_msg {
    struct pb rpc;
    struct pb control;
    bool is_in_control;
    bool has_failed; /* what follows is malformed: gossipsub_msg_next says false */
};

/** Walk the whole RPC, which has no length before it. WAVU_ERR_PROTO: it is malformed somewhere;
 * WAVU_ERR_LIMIT: it is longer than GOSSIPSUB_MSG_SIZE_MAX. Nothing is said of what it means. */
WARN_UNUSED int gossipsub_msg_check(struct span rpc);

/** Begin to walk an RPC that was checked. */
void gossipsub_msg_init(struct gossipsub_msg *m, struct span rpc);

/** The next item in the order of the bytes, unknown fields left out; false at the end. */
WARN_UNUSED bool gossipsub_msg_next(struct gossipsub_msg *m, struct gossipsub_msg_item *item);

/** Take the next id of an IHAVE, IWANT or IDONTWANT, or the next peer of a PRUNE; false at the end.
 * A peer without an id is left out. */
WARN_UNUSED bool gossipsub_msg_next_id(struct gossipsub_msg_item *item, struct span *id);
WARN_UNUSED bool gossipsub_msg_next_peer(struct gossipsub_msg_item *item,
                                         struct gossipsub_msg_peer *peer);

/** Is that a name that a topic may have: UTF-8 without control characters, neither empty nor too
 * long? */
bool gossipsub_msg_is_topic(struct span topic);

/** Read one message, checked or not. WAVU_ERR_PROTO. */
WARN_UNUSED int gossipsub_msg_publish_decode(struct gossipsub_msg_publish *p, struct span bytes);

/** Append the fields of a message in their order, absent ones left out: what a signature is over,
 * with `signature` and `key` absent. */
void gossipsub_msg_publish_encode(struct wr *w, const struct gossipsub_msg_publish *p);

/* Writers of an RPC's items; any number in any order. */
void gossipsub_msg_write_subscription(struct wr *w, struct span topic, bool is_on);
void gossipsub_msg_write_publish(struct wr *w, struct span message);

/* What stands in the control part: written into a stretch of its own, which
 * gossipsub_msg_write_control then puts into the RPC; several parts may stand in one RPC. */
void gossipsub_msg_write_control(struct wr *w, struct span items);
void gossipsub_msg_write_graft(struct wr *w, struct span topic);
/** `peers`: written by gossipsub_msg_write_peer. */
void gossipsub_msg_write_prune(struct wr *w, struct span topic, uint64_t backoff_s,
                               struct span peers);
void gossipsub_msg_write_peer(struct wr *w, const struct gossipsub_msg_peer *peer);
/** `ids`: written by gossipsub_msg_write_id with the same kind. IHAVE with a topic, others without.
 */
void gossipsub_msg_write_ids(struct wr *w, enum gossipsub_msg_kind kind, struct span topic,
                             struct span ids);
void gossipsub_msg_write_id(struct wr *w, enum gossipsub_msg_kind kind, struct span id);

#endif
