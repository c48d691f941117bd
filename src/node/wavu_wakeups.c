/*
 * Counting turns.
 */
#include "node/wavu_wakeups.h"

/* Turns since the mark, for a minute. */
static uint64_t wavu_wakeups_pace(const struct wavu_wakeups *w)
{
    uint64_t ms = (w->turn->now_ns - w->mark_ns) / TIMERS_MS;
    uint64_t turns = w->turn->turns - w->mark_turns;
    return ms == 0 ? 0 : turns * (WAVU_WAKEUPS_WINDOW_NS / TIMERS_MS) / ms;
}

static void wavu_wakeups_begin(struct wavu_wakeups *w)
{
    w->mark_ns = w->turn->now_ns;
    w->mark_turns = w->turn->turns;
    timers_set(&w->turn->timers, &w->timer, w->mark_ns + WAVU_WAKEUPS_WINDOW_NS,
               WAVU_WAKEUPS_SLACK_NS);
}

static void wavu_wakeups_on_timer(struct timer *timer, uint64_t now)
{
    struct wavu_wakeups *w = LIST_OF(timer, struct wavu_wakeups, timer);
    (void)now;
    w->last.value = wavu_wakeups_pace(w);
    w->has_last = true;
    wavu_wakeups_begin(w);
}

void wavu_wakeups_init(struct wavu_wakeups *w, struct turn *turn, struct metric_set *metrics)
{
    *w = (struct wavu_wakeups){.turn = turn};
    metric_add(metrics, &w->last, "wakeups_per_minute");
    timers_prepare(&w->timer, wavu_wakeups_on_timer);
    wavu_wakeups_begin(w);
}

void wavu_wakeups_clear(struct wavu_wakeups *w)
{
    timers_cancel(&w->turn->timers, &w->timer);
}

uint64_t wavu_wakeups_per_minute(const struct wavu_wakeups *w)
{
    return w->has_last ? w->last.value : wavu_wakeups_pace(w);
}
