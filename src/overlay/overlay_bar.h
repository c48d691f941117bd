/*
 * Who broke the rules of the mesh, and until when nothing is begun with it: a table by device key,
 * in memory only. A machine without clock of its own.
 *
 * A strike bars for OVERLAY_BAR_FIRST_NS; each further one for twice as long as the one before. Who
 * behaves for OVERLAY_BAR_MEMORY_NS after a bar has ended starts anew. Only what a peer signed or
 * encrypted itself is a strike: nobody else can bring one about.
 */
#ifndef OVERLAY_OVERLAY_BAR_H
#define OVERLAY_OVERLAY_BAR_H

#include "overlay/overlay_id.h"
#include "wavu/api.h"

#define OVERLAY_BAR_FIRST_NS (UINT64_C(60) * 1000000000)
#define OVERLAY_BAR_LONGEST_NS (UINT64_C(3600) * 1000000000)
#define OVERLAY_BAR_MEMORY_NS OVERLAY_BAR_LONGEST_NS
#define OVERLAY_BAR_PEERS_MAX 256 /* 12 KiB; whoever makes keys by the hundred is new each time */

/* Zeroed memory is an empty one. */
struct overlay_bar {
    struct overlay_bar_peer *peers; /* owned; grows by doubling */
    size_t count;
    size_t cap;
};

void overlay_bar_clear(struct overlay_bar *b);

/** `id` broke the rules: for so many ns it is barred from now on. When the table is full, the peer
 * whose bar ends, or has ended, first is forgotten for it. */
uint64_t overlay_bar_strike(struct overlay_bar *b, uint64_t now, const struct overlay_id *id);

/** For so many ns `id` is still barred; 0: it is welcome. */
WARN_UNUSED uint64_t overlay_bar_left(const struct overlay_bar *b, uint64_t now,
                                      const struct overlay_id *id);

/** How many are barred. */
WARN_UNUSED size_t overlay_bar_count(const struct overlay_bar *b, uint64_t now);

void overlay_bar_check(const struct overlay_bar *b);

#endif
