/*
 * Messages that build on something not yet here: a parent, a view, the base of a wrap. They wait in
 * few places, which members share. Source: docs/protocol/epoch.md, "Waiting".
 */
#ifndef GROUP_EPOCH_WAIT_H
#define GROUP_EPOCH_WAIT_H

#include "group/epoch_take.h"

/** Keep the message of `f` for later: AGAIN. LIMIT when its sender is no member: that waits
 * nowhere. In a full house the oldest of who has the most there goes. */
WARN_UNUSED int epoch_wait_for(struct epoch *e, const struct epoch_take *f);

/** Ask the owner for the view of those log heads, which the message of `f` needs: only on a
 * member's word, not while another message waits for the same, and at a rate. False: another time.
 */
WARN_UNUSED bool epoch_wait_ask(struct epoch_take *f, struct epoch_msg_ids log_heads);

/** Put a message back from a saved state. False when there is no place. */
WARN_UNUSED bool epoch_wait_restore(struct epoch *e, const uint8_t from[32], uint64_t since,
                                    struct span message);

/** Try each that waits once. Returns whether something came of it. */
bool epoch_wait_retry(struct epoch *e, uint64_t now);

/** When one is to be tried again or has waited too long, in the machine's own time; UINT64_MAX:
 * never. */
uint64_t epoch_wait_deadline(const struct epoch *e);

void epoch_wait_clear(struct epoch *e);

#endif
