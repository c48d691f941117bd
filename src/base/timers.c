/*
 * Deadlines in a heap that is ordered by the latest moment at which each may fire (due + slack).
 *
 * The port sleeps until timers_deadline, the smallest of those. A tick then pops in that order for
 * as long as the first timer is due, and so takes along every follower whose slack has begun, up to
 * the first that is not due yet. A due timer behind such a one waits for a later tick, at the
 * latest its own deadline: coalescing is best effort in O(log n) a timer, lateness beyond the slack
 * is not possible.
 */
#include "base/timers.h"

#include "base/check.h"
#include "base/list.h"

void timers_init(struct timers *t)
{
    *t = (struct timers){0};
    heap_init(&t->heap);
}

void timers_clear(struct timers *t)
{
    CHECK(!t->is_ticking);
    heap_clear(&t->heap);
}

void timers_prepare(struct timer *timer, void (*fire)(struct timer *, uint64_t now))
{
    *timer = (struct timer){.fire = fire};
}

void timers_set(struct timers *t, struct timer *timer, uint64_t due_ns, uint64_t slack_ns)
{
    CHECK(timer->fire != NULL);
    if (due_ns == TIMERS_NEVER) {
        timers_cancel(t, timer);
        return;
    }
    if (t->is_ticking && due_ns <= t->tick_ns) {
        due_ns = t->tick_ns + 1; /* time must pass first, or a tick could go on for ever */
    }
    uint64_t slack_max = TIMERS_NEVER - 1 - due_ns;
    uint64_t key = due_ns + (slack_ns < slack_max ? slack_ns : slack_max);

    timer->due_ns = due_ns;
    if (timers_is_set(timer)) {
        heap_move(&t->heap, &timer->node, key);
    } else {
        heap_add(&t->heap, &timer->node, key);
    }
}

void timers_cancel(struct timers *t, struct timer *timer)
{
    if (timers_is_set(timer)) {
        heap_remove(&t->heap, &timer->node);
    }
}

bool timers_is_set(const struct timer *timer)
{
    return heap_has(&timer->node);
}

uint64_t timers_deadline(const struct timers *t)
{
    const struct heap_node *first = heap_first(&t->heap);

    return first == NULL ? TIMERS_NEVER : first->key;
}

void timers_tick(struct timers *t, uint64_t now)
{
    CHECK(!t->is_ticking && now < TIMERS_NEVER - 1);
    t->is_ticking = true;
    t->tick_ns = now;
    for (;;) {
        struct heap_node *first = heap_first(&t->heap);

        if (first == NULL) {
            break;
        }
        struct timer *timer = LIST_OF(first, struct timer, node);

        if (timer->due_ns > now) {
            break;
        }
        heap_remove(&t->heap, first);
        timer->fire(timer, now); /* may arm or cancel any timer */
    }
    t->is_ticking = false;
}
