/*
 * Meshes and fan-outs: who is taken in, who is put out, and what others say to that. Private to
 * gossipsub.
 */
#ifndef PUBSUB_GOSSIPSUB_MESH_H
#define PUBSUB_GOSSIPSUB_MESH_H

#include "pubsub/gossipsub.h"

#define GOSSIPSUB_MESH_PX_BYTES_MAX 32768u /* of peers that one PRUNE names */
#define GOSSIPSUB_MESH_BACKOFF_S_MAX 3600u /* that is believed of a PRUNE */

struct gossipsub_peer;
struct gossipsub_topic;
struct gossipsub_edge;

/** The topic was joined, with its fan-out as front: make a mesh of it. */
void gossipsub_mesh_join(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic);

/** The topic is to be left: nobody is in the mesh afterwards. */
void gossipsub_mesh_leave(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic);

/** A peer sent GRAFT, or PRUNE. */
void gossipsub_mesh_grafted(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                            const struct gossipsub_msg_item *item);
void gossipsub_mesh_pruned(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                           struct gossipsub_msg_item *item);

/** Put a peer out of the mesh of a topic that we are in, and tell it. */
void gossipsub_mesh_put_out(struct gossipsub *g, uint64_t now, struct gossipsub_edge *edge,
                            bool with_px);

/** The peers to which own messages in a topic go in which we are not. */
void gossipsub_mesh_fan_out(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic);

/** A heartbeat: all meshes and fan-outs. */
void gossipsub_mesh_beat(struct gossipsub *g, uint64_t now);

#endif
