/*
 * The node's lasting time: ns that it measured, going on over restarts. Boot time and the wall
 * clock come in; what outbox, mailbox and the memory of names take for `now` goes out. It never
 * goes back, and is never ahead of what really went by: things live longer, not shorter.
 *
 * Source: docs/protocol/mailbox.md, "Durable".
 */
#ifndef COURIER_LASTING_H
#define COURIER_LASTING_H

#include "base/wr.h"

#define LASTING_SIZE 17                           /* format 1, lasting ns 8, wall clock s 8 */
#define LASTING_SAVE_NS UINT64_C(60000000000)     /* a crash costs so much at most */
#define LASTING_AWAY_S_MAX (UINT64_C(30) * 86400) /* a longer absence is a clock that jumped */

struct lasting {
    uint64_t started_ns; /* lasting time at the start */
    uint64_t boot_ns;    /* boot time then */
    uint64_t saved_ns;   /* lasting time when it was saved last */
};

/** Start at boot time `boot`; `wall_s` is the wall clock's seconds since 1970, 0 when there is
 * none. `saved` is what was stored last, or empty at the first start. WAVU_ERR_CORRUPT,
 * WAVU_ERR_UNSUPPORTED (newer): the time then begins anew. */
WARN_UNUSED int lasting_start(struct lasting *l, uint64_t boot, uint64_t wall_s, struct span saved);

/** The lasting time at boot time `boot`. */
uint64_t lasting_now(const struct lasting *l, uint64_t boot);

/** Append what is to be stored. */
void lasting_save(struct wr *w, struct lasting *l, uint64_t boot, uint64_t wall_s);

/** The boot time at which to store it again. */
uint64_t lasting_deadline(const struct lasting *l);

#endif
