/*
 * Leaf keys of devices, to which wraps are made: what each device says of its own, before it has
 * made a change of its own and after. Parts of the machine group/epoch.h.
 *
 * Source: docs/protocol/epoch.md, "A leaf".
 */
#ifndef GROUP_EPOCH_LEAF_H
#define GROUP_EPOCH_LEAF_H

#include "group/epoch.h"

/** Say one's first leaf, so that wraps can be made to it before one has made a change: signed, and
 * durable (EPOCH_SAVE) before epoch_leaf_own gives it. Nothing happens when it was said, or one
 * does not belong. */
void epoch_leaf_say(struct epoch *e);

/** What says one's own leaves now, when it is durable; else empty: the full one, and the light one
 * of a later light change. Borrowed. */
void epoch_leaf_own(const struct epoch *e, struct span *full, struct span *light);

/** The same of all devices, from `*at` (0 at first) on; empty at the end. */
struct span epoch_leaf_next(const struct epoch *e, size_t *at);

/** Take the leaf key of such a message: the statement of a device that has made no change, or a
 * change, whose place in the graph nobody needs any more. It may come from anybody. CRYPTO,
 * UNSUPPORTED: refused; NOT_FOUND: its device is not known, or oneself. */
WARN_UNUSED int epoch_leaf_learn(struct epoch *e, struct span message);

#endif
