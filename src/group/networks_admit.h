/*
 * Who may talk about which network's log on a stream of `/wavu/members/1`: its members, such as
 * know it and are not known here yet, guests, and who asks to be let into an open network. Part of
 * networks.
 *
 * Source: docs/protocol/network.md and pairing.md.
 */
#ifndef GROUP_NETWORKS_ADMIT_H
#define GROUP_NETWORKS_ADMIT_H

#include "group/networks_core.h"

/** What the talk's proofs are bound to: ours, or theirs. */
struct gate_link networks_admit_link(const struct networks_talk *t, bool is_ours);

/** A device of that network's log that belongs no more, or is somebody's who was put out. */
bool networks_admit_is_put_out(const struct networks_one *one, const struct overlay_id *device);

/** The peer proved that it knows a network: the log is accepted, withheld or refused. CRYPTO: it is
 * not the network that we asked about. */
WARN_UNUSED int networks_admit_proved(struct networks_talk *t, struct log_talk_event *event);

/** Somebody says to be invited, or asks at an open door: accepted or refused. The talk may be over
 * behind it. */
void networks_admit_guest(struct networks_talk *t, const struct log_talk_event *event);

#endif
