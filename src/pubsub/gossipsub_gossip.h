/*
 * Gossip: messages announced to those outside the mesh, asked for, and declined. Private to
 * gossipsub.
 */
#ifndef PUBSUB_GOSSIPSUB_GOSSIP_H
#define PUBSUB_GOSSIPSUB_GOSSIP_H

#include "pubsub/gossipsub.h"

/* In one heartbeat, of one peer: */
#define GOSSIPSUB_GOSSIP_IDS_MAX 5000u       /* ids that we announce to it, or ask of it */
#define GOSSIPSUB_GOSSIP_IHAVES_MAX 10u      /* RPCs with IHAVE that are looked at */
#define GOSSIPSUB_GOSSIP_DECLINES_MAX 10000u /* ids of IDONTWANT that are looked at */
#define GOSSIPSUB_GOSSIP_SERVED_MAX 3u       /* times that it is given one message */
#define GOSSIPSUB_GOSSIP_OWED_MAX 4096u      /* ids that it owes at any time */
#define GOSSIPSUB_GOSSIP_BEATS 3u            /* heartbeats that IDONTWANT holds */
#define GOSSIPSUB_GOSSIP_URGENT_MAX 4u       /* rounds of gossip between two heartbeats */

struct gossipsub_peer;
struct gossipsub_topic;
struct gossipsub_message;

/** A peer announced messages; `is_first`: of this RPC. */
void gossipsub_gossip_have(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                           struct gossipsub_msg_item *item, bool is_first);

/** A peer asks for messages, or declines them. */
void gossipsub_gossip_wanted(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                             struct gossipsub_msg_item *item);
void gossipsub_gossip_declined(struct gossipsub *g, struct gossipsub_peer *p,
                               struct gossipsub_msg_item *item);

/** Tell the mesh, but for who brought it, that this message is here. */
void gossipsub_gossip_decline(struct gossipsub *g, const struct gossipsub_message *m);

/** Announce what was said in the last heartbeats, or urgent: since the last one, to some that are
 * not in the front. */
void gossipsub_gossip_emit(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic,
                           bool is_urgent);

/** Peer `number` brought a message because we asked: the mesh did not. Others may lack it, too, so
 * that gossip goes out before the heartbeat. */
void gossipsub_gossip_repaired(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic,
                               uint32_t number);

/** The round of gossip that is due. */
void gossipsub_gossip_hurry(struct gossipsub *g, uint64_t now);

/** Ask others for what did not come; promises that were broken are punished. */
void gossipsub_gossip_beat(struct gossipsub *g, uint64_t now);

#endif
