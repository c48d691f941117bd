/*
 * Who pays for what origins say: a member for all its devices together, in all their lives; where
 * nobody knows whose a device is, each for itself. A payer is there while one of its origins is
 * remembered. A container.
 *
 * Source: docs/protocol/plumtree.md, "Rates".
 */
#ifndef OVERLAY_PLUMTREE_PAYER_H
#define OVERLAY_PLUMTREE_PAYER_H

#include "base/budget.h"
#include "base/map.h"
#include "overlay/overlay_id.h"

struct plumtree_payer {
    struct overlay_id id; /* the member's; or the device's own */
    size_t origins;       /* lives that it pays for */
    struct budget_bucket rate;
};

struct plumtree_payers {
    struct map by_id;
};

void plumtree_payer_init(struct plumtree_payers *p, const struct random *random);

/** Forget all, with whatever still points to them. */
void plumtree_payer_clear(struct plumtree_payers *p);

/** That one, or NULL. */
struct plumtree_payer *plumtree_payer_find(const struct plumtree_payers *p,
                                           const struct overlay_id *id);

/** That one pays for one more origin; the first time with a full bucket. */
struct plumtree_payer *plumtree_payer_take(struct plumtree_payers *p, const struct overlay_id *id,
                                           uint64_t now);

/** It pays for one less. */
void plumtree_payer_drop(struct plumtree_payers *p, struct plumtree_payer *payer);

#endif
