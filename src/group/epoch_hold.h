/*
 * The epoch that one wrote under until now, held on to while a new one comes to all: nobody stops
 * because keys change as planned. And where the secret of a head is missing, or there are too many
 * heads, the epoch of one head that can be read: nobody stops because many come in at once.
 *
 * Only where the machine's owner wants it (epoch_config.hold_ns), and only while all who can read
 * under it belong now: never behind a removal. Who belongs and cannot read under it gets the entry
 * in stored form; where the heads can be written under, that is no newcomer. Source:
 * docs/protocol/epoch.md, "Holding on".
 */
#ifndef GROUP_EPOCH_HOLD_H
#define GROUP_EPOCH_HOLD_H

#include "group/epoch.h"

/* A chain is worn from a generation on that is drawn for each device and epoch, so that not all
 * make the change at once: half of the chain at the earliest, a quarter is left at the latest. */
#define EPOCH_HOLD_WORN_MIN (CHAIN_GENERATIONS_MAX / 2)
#define EPOCH_HOLD_WORN_SPREAD (CHAIN_GENERATIONS_MAX / 4)
_Static_assert(EPOCH_HOLD_WORN_SPREAD == 256, "a byte draws it");

/** Own chain in the epoch of the heads is worn: a change is due, long before the chain ends. */
bool epoch_hold_is_worn(const struct epoch *e);

/** One may write under `e->held` now, though the heads are others. */
bool epoch_hold_may(const struct epoch *e);

/** One may write: under the heads' epoch or under the one before. */
bool epoch_hold_may_write(const struct epoch *e);

/** One wrote under `s`, of the heads of now. */
void epoch_hold_wrote(struct epoch *e, struct epoch_set *s);

/** The heads, the bar or the view may be others, or time has passed. */
void epoch_hold_settle(struct epoch *e, uint64_t now);

/** When the hold ends; UINT64_MAX: there is none. In the machine's own time. */
uint64_t epoch_hold_deadline(const struct epoch *e);

#endif
