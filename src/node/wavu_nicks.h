/*
 * What the person of a device is called, also while nobody is near: one place for members,
 * messages, chats and files. Private to node/.
 *
 * The shared state of the network goes before all else. What it last said of each device that
 * belongs is kept in the table `nicks` (docs/protocol/keep.md), and stands in for it until a
 * neighbour brings the state; where neither is, what a pairing of this run told.
 *
 * Comes in: the shared state, the members, what an earlier life kept. Goes out: rows that differ,
 * with the other tables of wavu_keep.c, in their commit.
 */
#ifndef NODE_WAVU_NICKS_H
#define NODE_WAVU_NICKS_H

#include "node/wavu_networks.h"

#define WAVU_NICKS_MAX 16384 /* devices with a name, as many as can ever say something */

struct wavu_nicks; /* opaque */

/** Load what is kept of the network, whose overlay need not be there yet. What the store says. */
WARN_UNUSED int wavu_nicks_new(const struct wavu_networks_one *o, struct wavu_nicks **out);

/** NULL is fine. */
void wavu_nicks_free(struct wavu_nicks *n);

/** Write what differs, and take out whom the log does not know; when the table is full also who
 * belongs no more: for wavu_keep_config.look. */
WARN_UNUSED int wavu_nicks_look(void *nicks);

/** The shared state said what a device's person is called: is that new? */
bool wavu_nicks_is_new(const struct wavu_nicks *n, const uint8_t device[32], struct span nick);

/** What the shared state says now. True when it says something: "" when that is no good name. */
bool wavu_nicks_said(const struct wavu_networks_one *o, const uint8_t device[32],
                     char nick[WAVU_NAME_MAX]);

/** What the person of `device` is called; "" while unknown. */
void wavu_nicks_of(const struct wavu_networks_one *o, const uint8_t device[32],
                   char nick[WAVU_NAME_MAX]);

/** What the member at that place of the log is called: what one of its devices says goes before
 * what was kept of another; of who is gone what was kept last. False: none of its devices belongs.
 */
bool wavu_nicks_of_member(const struct wavu_networks_one *o, uint32_t member,
                          char nick[WAVU_NAME_MAX]);

#endif
