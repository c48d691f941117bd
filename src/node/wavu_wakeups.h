/*
 * How often a node is woken, by itself or by others: turns of its port, counted by the minute. A
 * timer that may wait for company looks once a minute, so that counting costs next to nothing.
 * Private to node/.
 */
#ifndef NODE_WAVU_WAKEUPS_H
#define NODE_WAVU_WAKEUPS_H

#include "base/metric.h"
#include "base/turn.h"

#define WAVU_WAKEUPS_WINDOW_NS (60 * TIMERS_SECOND)
#define WAVU_WAKEUPS_SLACK_NS (30 * TIMERS_SECOND)

struct wavu_wakeups {
    struct turn *turn; /* borrowed */
    struct timer timer;
    struct metric last; /* "wakeups_per_minute": of the last whole window */
    uint64_t mark_ns;   /* when the present window began */
    uint64_t mark_turns;
    bool has_last;
};

void wavu_wakeups_init(struct wavu_wakeups *w, struct turn *turn, struct metric_set *metrics);
void wavu_wakeups_clear(struct wavu_wakeups *w);

/** A minute's wakeups in the last whole window, or until there is one, at the pace since the start.
 */
uint64_t wavu_wakeups_per_minute(const struct wavu_wakeups *w);

#endif
