/*
 * How many servers there are, from how dense they stand; and whether what a look-up found can be
 * true. A machine of numbers.
 *
 * Of N places at random the i-th nearest to a place is at i / (N + 1) of the space on average, and
 * how many are within a share x of it is Poisson's with mean N x, as long as x is small. So each
 * look-up of a random place gives a slope (least squares through the origin over its i-th
 * distances), and N is the inverse of the mean of the last slopes. Samples are look-ups of places
 * that we drew ourselves: near those nobody can have placed ids. What cannot be true is left out.
 * Source: order statistics of uniform variables; docs/protocol/kad.md, "How many we are".
 */
#ifndef DISCOVERY_KAD_SIZE_H
#define DISCOVERY_KAD_SIZE_H

#include "discovery/kad_key.h"
#include "discovery/kad_table.h"

#define KAD_SIZE_SAMPLES_MAX 32
#define KAD_SIZE_SAMPLES_LEAST 4 /* fewer say nothing */
#define KAD_SIZE_FOUND_LEAST 3   /* places of one look-up; fewer are no sample */

struct kad_size {
    double slopes[KAD_SIZE_SAMPLES_MAX]; /* distance per rank, of 2^64; the newest, in a ring */
    unsigned count;
    unsigned next;
};

enum kad_size_verdict {
    KAD_SIZE_TRUE,
    KAD_SIZE_NEAR, /* too many are too near: ids were placed there */
    KAD_SIZE_FAR   /* the near ones are missing: they are hidden */
};

/** Take the `count` nearest places that a look-up of `target`, a place that we drew, found; nearest
 * first. What cannot be true by what is known is left out. */
void kad_size_add(struct kad_size *s, const struct kad_key *target, const struct kad_key *found,
                  size_t count);

/** How many servers there are besides us; 0: not known yet. */
double kad_size_estimate(const struct kad_size *s);

/** How many of them are expected nearer to `target` than `place`; negative: not known. */
double kad_size_nearer(const struct kad_size *s, const struct kad_key *target,
                       const struct kad_key *place);

/** Is `place` among the k nearest to `target` with a chance of 9 in 10 or more? False also when the
 * number is not known. */
bool kad_size_is_near(const struct kad_size *s, const struct kad_key *target,
                      const struct kad_key *place, unsigned k);

/** Can these be the nearest to `target`, nearest first? Of honest networks one in 10,000 at most is
 * called untrue each way, as long as the estimate is right. KAD_SIZE_TRUE when it is not known. */
enum kad_size_verdict kad_size_judge(const struct kad_size *s, const struct kad_key *target,
                                     const struct kad_key *found, size_t count);

#endif
