/*
 * Deadlines with slack, in nanoseconds of boot time.
 *
 * A timer may fire up to its slack late, so that neighbours coalesce into one wakeup.
 */
#ifndef BASE_TIMERS_H
#define BASE_TIMERS_H

#include "base/heap.h"

#define TIMERS_NEVER UINT64_MAX /* a deadline that never comes */

#define TIMERS_US UINT64_C(1000)           /* nanoseconds in a microsecond */
#define TIMERS_MS UINT64_C(1000000)        /* nanoseconds in a millisecond */
#define TIMERS_SECOND UINT64_C(1000000000) /* nanoseconds in a second */

struct timer {
    struct heap_node node;                      /* key: deadline + slack */
    uint64_t due_ns;                            /* earliest moment */
    void (*fire)(struct timer *, uint64_t now); /* set by timers_prepare */
};

struct timers {
    struct heap heap;
    uint64_t tick_ns; /* `now` of the tick that runs or ran last */
    bool is_ticking;
};

void timers_init(struct timers *t);

/** Disarm all and free. */
void timers_clear(struct timers *t);

/** Make `timer` an unarmed timer that calls `fire` once for each arming. */
void timers_prepare(struct timer *timer, void (*fire)(struct timer *, uint64_t now));

/**
 * Arm (again) for `due_ns`, to fire at most `slack_ns` later. due TIMERS_NEVER disarms. What is
 * armed inside a tick for its `now` or earlier is due one nanosecond later: a timer fires once a
 * moment.
 */
void timers_set(struct timers *t, struct timer *timer, uint64_t due_ns, uint64_t slack_ns);

void timers_cancel(struct timers *t, struct timer *timer);
bool timers_is_set(const struct timer *timer);

/** When the next wakeup is needed (due + slack of the most urgent), or TIMERS_NEVER. */
uint64_t timers_deadline(const struct timers *t);

/**
 * Fire what is due at `now`, each at most once a call, in order of due + slack, up to the first
 * timer that is not due: whatever may wait no longer has then fired, and most of what could have
 * waited has come along in the same wakeup. A timer that fires may arm or cancel any timer, itself
 * included.
 */
void timers_tick(struct timers *t, uint64_t now);

#endif
