/*
 * The way of messages through gossipsub: what comes is known or new, verified, asked about,
 * delivered and handed on. Private to gossipsub.
 */
#ifndef PUBSUB_GOSSIPSUB_FLOW_H
#define PUBSUB_GOSSIPSUB_FLOW_H

#include "pubsub/gossipsub.h"

#define GOSSIPSUB_FLOW_PENDING_MAX 1024u /* messages that wait for a verdict */
#define GOSSIPSUB_FLOW_SHARE_MAX 64u     /* of these, brought by one peer */
#define GOSSIPSUB_FLOW_OTHERS_MAX 16u    /* that brought one meanwhile, and are counted */

struct gossipsub_peer;
struct gossipsub_topic;

/** Take a message that a peer brought. */
void gossipsub_flow_take(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                         const struct gossipsub_msg_publish *publish);

/** Say what is signed already, or need not be, to all that are to have it. */
int gossipsub_flow_publish(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic,
                           struct span bytes, struct gossipsub_sign_id *id);

/** As gossipsub_validated. */
void gossipsub_flow_validated(struct gossipsub *g, uint64_t now, uint64_t ticket,
                              enum gossipsub_verdict verdict);

/** Verdicts that did not come in time, or all of a topic that is left (not NULL). */
void gossipsub_flow_expire(struct gossipsub *g, uint64_t now, const struct gossipsub_topic *left);

/** When the first is due. */
uint64_t gossipsub_flow_deadline(const struct gossipsub *g);

/** Forget all that waits. */
void gossipsub_flow_clear(struct gossipsub *g);

#endif
