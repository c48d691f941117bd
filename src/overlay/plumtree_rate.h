/*
 * What origins may say: a share that is each member's own (plumtree_payer), and one that all of a
 * network have in common, which is drawn on when the own one is used up. A machine without state of
 * its own.
 *
 * It protects a small machine's processor and link. A few who speak get nearly all of the common
 * share, and so does one who floods; whoever keeps to the own share is heard beside that.
 *
 * Source: docs/protocol/plumtree.md, "Rates".
 */
#ifndef OVERLAY_PLUMTREE_RATE_H
#define OVERLAY_PLUMTREE_RATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/budget.h"

/* What the shortest broadcast costs, for its signature and its frames, in tokens; and for so many
 * bytes of payload one more. */
#define PLUMTREE_TOKENS_EACH 5
#define PLUMTREE_TOKEN_BYTES 512
/* Tokens a second of one member, all its devices in all their lives: 100 short broadcasts, 400 at
 * once. */
#define PLUMTREE_ORIGIN_RATE 500
#define PLUMTREE_ORIGIN_BURST 2000
/* Tokens a second of a network: 600 short broadcasts, or 1.4 MiB, which are 4,800 messages of 100
 * letters when many go in one. With an own share it is below what one link may bring of either, so
 * that who floods leaves room on it for others. */
#define PLUMTREE_COMMON_RATE 3000
#define PLUMTREE_COMMON_BURST 6000
/* Tokens a second of all together who are not known to belong, who have no other share: 20 short
 * broadcasts, 100 at once. A newcomer's first ones may outrun the news of its coming. */
#define PLUMTREE_STRANGERS_RATE 100
#define PLUMTREE_STRANGERS_BURST 500

/** What a payload of `len` bytes costs. */
uint32_t plumtree_rate_price(size_t len);

/** A receiver's view: pay from `own` or, when that is used up, from `common`. WAVU_ERR_LIMIT. */
WARN_UNUSED int plumtree_rate_take(struct budget_bucket *own, struct budget_bucket *common,
                                   uint32_t price, uint64_t now);

/** Would plumtree_rate_take be paid? `common` may be NULL: there is none. */
bool plumtree_rate_has(struct budget_bucket *own, struct budget_bucket *common, uint32_t price,
                       uint64_t now);

/** What came because it was asked for costs this much more than asking did: pay as much of it as
 * there is. */
void plumtree_rate_owe(struct budget_bucket *own, uint32_t price, uint64_t now);

/** A sender's view: likewise, but leave half of what can be saved up, since a path bunches and
 * others speak at the same moment. WAVU_ERR_AGAIN. */
WARN_UNUSED int plumtree_rate_say(struct budget_bucket *own, struct budget_bucket *common,
                                  uint32_t price, uint64_t now);

#endif
