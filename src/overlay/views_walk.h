/*
 * Part of views: what goes through the mesh by random walks, and what is learnt by it. Only views
 * includes it.
 */
#ifndef OVERLAY_VIEWS_WALK_H
#define OVERLAY_VIEWS_WALK_H

#include "overlay/views.h"

/** A refusal or a leave names others to ask: go there at once when one is missing. Links move. */
void views_walk_follow(struct views *v, uint64_t now, const struct views_msg *m,
                       const struct overlay_id *from);

/** A newcomer's walks begin at all other neighbours. */
void views_walk_start_join(struct views *v, const struct overlay_id *who);

/** Exchange peers with the end of a random walk. */
void views_walk_start_shuffle(struct views *v, uint64_t now);

/** JOIN, SHUFFLE or REPLY; from a neighbour, others are ignored. Links move. */
void views_walk_take(struct views *v, uint64_t now, const struct overlay_id *from,
                     const struct views_msg *m);

#endif
