/*
 * Timers against their promises: never early, never later than the slack when the port keeps the
 * deadline, once for each arming, once a tick, also when handlers arm and cancel each other.
 *
 * Three input bytes are one operation. What a handler does was laid down by an earlier operation.
 */
#include "base/timers.h"

#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"

#define TIMERS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct probe {
    struct timer timer;
    bool is_armed;       /* model */
    uint64_t due_ns;     /* model */
    uint64_t latest_ns;  /* model: due + slack */
    uint64_t ticks_then; /* number of the tick in which it fired last */
    uint8_t plan[2];     /* what its handler does */
};

static struct timers timers;
static struct probe probes[TIMERS];
static uint64_t now_ns;
static uint64_t ticks;
static bool is_ticking;

static void arm(struct probe *p, uint64_t due_ns, uint64_t slack_ns)
{
    timers_set(&timers, &p->timer, due_ns, slack_ns);
    if (is_ticking && due_ns <= now_ns) {
        due_ns = now_ns + 1;
    }
    p->is_armed = true;
    p->due_ns = due_ns;
    p->latest_ns = due_ns + slack_ns;
}

static void cancel(struct probe *p)
{
    timers_cancel(&timers, &p->timer);
    p->is_armed = false;
}

/* Arm or cancel what the two bytes say. */
static void act(uint8_t what, uint8_t when)
{
    struct probe *p = &probes[what % TIMERS];

    if (what & 0x80) {
        cancel(p);
    } else {
        uint64_t ahead = when & 15;
        uint64_t due_ns = now_ns + ahead > 8 ? now_ns + ahead - 8 : 0; /* also in the past */

        arm(p, due_ns, when >> 4);
    }
}

static void on_fire(struct timer *timer, uint64_t now)
{
    struct probe *p = LIST_OF(timer, struct probe, timer);

    CHECK(is_ticking && now == now_ns);
    CHECK(p->is_armed && p->due_ns <= now && !timers_is_set(timer));
    CHECK(p->ticks_then != ticks);
    p->ticks_then = ticks;
    p->is_armed = false;
    if (p->plan[0] != 0) {
        act(p->plan[0], p->plan[1]);
    }
}

static void check(void)
{
    uint64_t deadline = TIMERS_NEVER;

    heap_check(&timers.heap);
    for (size_t i = 0; i < TIMERS; i++) {
        const struct probe *p = &probes[i];

        CHECK(timers_is_set(&p->timer) == p->is_armed);
        if (p->is_armed && p->latest_ns < deadline) {
            deadline = p->latest_ns;
        }
    }
    CHECK(timers_deadline(&timers) == deadline);
}

static void tick(void)
{
    ticks++;
    is_ticking = true;
    timers_tick(&timers, now_ns);
    is_ticking = false;
    for (size_t i = 0; i < TIMERS; i++) {
        CHECK(!probes[i].is_armed || probes[i].latest_ns > now_ns);
    }
}

static void step(const uint8_t *in)
{
    switch (in[0] & 3) {
    case 0:
        act(in[1], in[2]);
        break;
    case 1:
        memcpy(probes[in[0] >> 2 & (TIMERS - 1)].plan, in + 1, 2);
        break;
    case 2: /* input came: a tick at any moment */
        now_ns += in[1] & 15;
        tick();
        break;
    default: /* the port slept until the deadline */
        if (timers_deadline(&timers) != TIMERS_NEVER) {
            now_ns = timers_deadline(&timers) > now_ns ? timers_deadline(&timers) : now_ns;
            tick();
        }
        break;
    }
    check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t live = mem_live_count();

    now_ns = 0;
    ticks = 0;
    timers_init(&timers);
    for (size_t i = 0; i < TIMERS; i++) {
        probes[i] = (struct probe){0};
        timers_prepare(&probes[i].timer, on_fire);
    }
    for (size_t i = 0; i + 2 < len; i += 3) {
        step(data + i);
    }
    timers_clear(&timers);
    CHECK(mem_live_count() == live);
    return 0;
}
