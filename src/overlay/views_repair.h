/*
 * Part of views: filling the active view from those known, and what the detector finds out about
 * them when it hears nobody. Included by views, and by who owns views and a detector.
 */
#ifndef OVERLAY_VIEWS_REPAIR_H
#define OVERLAY_VIEWS_REPAIR_H

#include "overlay/views.h"

#define VIEWS_REPAIR_MORE 8 /* dials at once beyond the neighbours missing, when many are dead */
#define VIEWS_REPAIR_SLOW_NS (UINT64_C(1) * 1000000000) /* not answered by then holds up nobody */
#define VIEWS_REPAIR_SOUGHT_MAX 32 /* remembered of those sought: 5 s of the detector's tries */
#define VIEWS_REPAIR_SOUGHT_NS (UINT64_C(10) * 1000000000) /* what is known of them is old then */

/* A passive peer that was sought while nobody was heard. */
struct views_sought {
    struct overlay_id id;
    uint64_t end_ns;
    bool is_there;
};

/** Ask as many peers at once as are missing, more when many are dead; say when to look again. */
void views_repair_run(struct views *v, uint64_t now);

/** A peer that was asked is none: have another asked at once, or all again after a pause. */
void views_repair_after_failure(struct views *v, uint64_t now);

/** The next passive peer to be tried, each in turn; NULL when there is none. For who hears nobody
 * and does not know whether that is its own fault. Borrowed until the next call. */
const struct views_peer *views_repair_seek(struct views *v, uint64_t now);

/** One that was sought is there: it is asked first when neighbours are missing. Others are not
 * noted: whom a neighbour has us reach shall not gain by it. */
void views_repair_found(struct views *v, uint64_t now, const struct overlay_id *id);

#endif
