/*
 * What the members that are connected say of the time, against this machine's clock. A hint for
 * people: each of them may lie or be wrong itself, and nothing is decided by it.
 */
#ifndef NET_CLOCKS_H
#define NET_CLOCKS_H

#include "net/swarm.h"

#define CLOCKS_MAX 64                             /* members that are asked */
#define CLOCKS_APART_MS (INT64_C(60) * 60 * 1000) /* nobody minds an hour */
#define CLOCKS_UNIX_MS_MAX (UINT64_C(1) << 48)    /* the year 10889: no clock shows more */

struct clocks {
    int64_t ahead_ms; /* our clock before theirs, negative: behind; 0: it is not said to be wrong */
    uint32_t others;  /* whose clocks are apart from ours, and more than those that are not; or 0 */
};

/** The peer's clock shows `unix_ms` now; 0 or beyond the maximum: nothing is known of it. */
void clocks_note(struct peer *peer, uint64_t unix_ms, uint64_t now_ns);

/** By how much ours is ahead of `count` others', which are sorted: the middle one, when more than
 * half are more than CLOCKS_APART_MS away. */
struct clocks clocks_judge(int64_t *ahead_ms, size_t count);

/** Judge by the members that are connected to `s` now. */
struct clocks clocks_look(const struct swarm *s);

#endif
