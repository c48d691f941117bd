/*
 * Is that node of my component? Each node keeps the 8 ids of lowest hash that it hears of; their
 * owners renew them with a counter, neighbours pass them on with their age, and what is not renewed
 * dies everywhere, whoever tells of it still. So the nodes of one component agree, up to the news
 * under way, and two components do not. Roots come from neighbours' AUDIT messages, and go into
 * ours. Pure.
 *
 * It is advice: a node that lies can make components look equal or different, which costs a probe
 * or a link too few or too many, and nothing else hangs on it.
 */
#ifndef OVERLAY_VIEWS_ROOTS_H
#define OVERLAY_VIEWS_ROOTS_H

#include "overlay/views_msg.h"

#define VIEWS_ROOTS_MAX VIEWS_MSG_ROOTS_MAX
#define VIEWS_ROOTS_ROUNDS 36 /* not renewed for so many intervals: dead. News takes one a hop */

struct views_roots {
    struct views_msg_root items[VIEWS_ROOTS_MAX]; /* ascending by hash; ours among them if low */
    uint64_t heard_ns[VIEWS_ROOTS_MAX];           /* when the counter rose last, at its owner */
    uint64_t self;                                /* hash of this node */
    uint32_t self_count;
    uint8_t count;
};

/** `count`: higher than in earlier lives; for example the seconds of `now`. */
void views_roots_init(struct views_roots *r, const struct overlay_id *self, uint32_t count,
                      uint64_t now);

/** Renew this node's own, and forget those not renewed for `life_ns`. */
void views_roots_renew(struct views_roots *r, uint64_t now, uint64_t life_ns);

/** Take in what a neighbour says. */
void views_roots_merge(struct views_roots *r, uint64_t now, const struct views_msg *m);

/** True when more than half of the lowest roots of both are missing on a side, or further behind
 * than news takes to travel. */
bool views_roots_differ(const struct views_roots *r, const struct views_msg *m);

/** Into an AUDIT message. */
void views_roots_put(const struct views_roots *r, uint64_t now, struct views_msg *m);

/** The number by which messages name the list of hashes, and that of a message's list; never 0.
 * Two lists have the same one by chance once in 2^32. */
uint32_t views_roots_list(const struct views_roots *r);
uint32_t views_roots_list_of(const struct views_msg *m);

/** Leave the hashes out of what views_roots_put wrote, for one who has the same list. */
void views_roots_shorten(struct views_msg *m);

/** Put the hashes back into a brief message. False when it is of another list than the one here:
 * then it says nothing. One that is not brief stays as it is. */
WARN_UNUSED bool views_roots_complete(const struct views_roots *r, struct views_msg *m);

/** Nodes in the component, estimated. */
uint64_t views_roots_estimate(const struct views_roots *r);

/** The hash by which ids compete. */
uint64_t views_roots_hash(const struct overlay_id *id);

void views_roots_check(const struct views_roots *r);

#endif
