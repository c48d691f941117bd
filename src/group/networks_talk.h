/*
 * Talks about logs that are begun by hand, and operations that come by broadcast. Part of networks.
 *
 * Source: docs/protocol/network.md.
 */
#ifndef GROUP_NETWORKS_TALK_H
#define GROUP_NETWORKS_TALK_H

#include "group/networks.h"

/** Operations that `from` has broadcast (NETWORKS_SAY's bytes). What is wrong in them is dropped.
 */
void networks_talk_take(struct networks_one *one, const struct overlay_id *from, struct span bytes);

/** Talk with the peer of `conn` about the log of `one`, unless that was lately. */
void networks_talk_meet(struct networks_one *one, struct conn *conn);

#endif
