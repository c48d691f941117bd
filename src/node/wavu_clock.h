/*
 * Whether people are to be told that this machine's clock is wrong, as the members that are
 * connected say: told when it changes; and told to them when this clock was set. Private to node/.
 */
#ifndef NODE_WAVU_CLOCK_H
#define NODE_WAVU_CLOCK_H

#include "base/turn.h"
#include "net/clocks.h"

struct wavu_node; /* wavu/node.h */

#define WAVU_CLOCK_LOOK_NS (60 * TIMERS_SECOND) /* together with wavu_wakeups.h's */
#define WAVU_CLOCK_SLACK_NS (30 * TIMERS_SECOND)
#define WAVU_CLOCK_AGAIN_NS (10 * TIMERS_SECOND) /* people are told so often at most */
#define WAVU_CLOCK_STEP_MS INT64_C(60000)        /* what is less is no news to others */

struct wavu_clock {
    struct wavu_node *node; /* borrowed */
    struct timer timer;
    int64_t told_ms;   /* our clock, less boot time, as others were told of it */
    uint64_t again_ns; /* people are not told before */
    bool is_wrong;     /* as people were told */
};

/** Watch the clock of `node`, whose identify is there. */
void wavu_clock_init(struct wavu_clock *c, struct wavu_node *node);
void wavu_clock_clear(struct wavu_clock *c);

/** What is said of it now. */
struct clocks wavu_clock_look(const struct wavu_clock *c);

#endif
