/*
 * Secrets of changes that are there already, for a member that asks for them: an answer that makes
 * no new head. A part of group/epoch.h. Source: docs/protocol/epoch.md, "Joining, and coming back".
 */
#ifndef GROUP_EPOCH_GIVE_H
#define GROUP_EPOCH_GIVE_H

#include "group/epoch_take.h"

#define EPOCH_GIVE_MAX 8 /* heads whose secrets one answer gives: 1.2 KiB each; more are joined */

/** Have the secrets of all heads sent to who asked, when it is in the view of each and each comes
 * again from what is kept; true then. False when a change must be made for it. They leave with
 * `ticket`. */
bool epoch_give(struct epoch *e, const struct epoch_msg_ask *ask, uint64_t ticket);

/** Take a wrap as the secret of `c`, of a member that did not make `c`. */
WARN_UNUSED int epoch_give_take(struct epoch_take *f, struct epoch_change *c);

#endif
