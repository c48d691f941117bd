/*
 * The turn: in, time, work, out, reap. One for each node, the same under libuv and in the
 * simulator.
 *
 * The port delivers input ("in": handlers feed and queue), then calls turn_run, which ticks due
 * timers
 * ("time"), runs queued jobs within a bound ("work"), lets every dirty object send once ("out"),
 * and frees what was closed ("reap"). Handlers may queue, write or close; they may not free or
 * block.
 *
 * `now` is set by the port once a turn and kept only as deadlines. Costs are declared, not
 * measured, so that a turn is the same in the simulator.
 */
#ifndef BASE_TURN_H
#define BASE_TURN_H

#include "base/budget.h"
#include "base/list.h"
#include "base/timers.h"

#define TURN_WORK_US_MAX 8000                        /* declared cost of jobs in one turn */
#define TURN_HANDSHAKE_US_MAX (TURN_WORK_US_MAX / 4) /* of which handshakes: DESIGN.md law 6 */

/* A turn in which data streams is short, so that a quarter of the whole bound, turn by turn, would
 * be most of the time. While established connections move this much, newcomers therefore get a
 * little of each second, and a share of the work that the data makes (a core moves 1.3 GB/s): all
 * together below a tenth, also when the node gets but a part of a core. */
#define TURN_BUSY_WINDOW_NS UINT64_C(100000000)
#define TURN_BUSY_BYTES (UINT64_C(4) * 1024 * 1024) /* in one window: 40 MB/s */
#define TURN_BUSY_HOLD_NS UINT64_C(1000000000)      /* so long it counts as busy afterwards */
#define TURN_BUSY_HANDSHAKE_US 20000    /* declared cost of handshakes a second: 50 whole ones */
#define TURN_BUSY_HANDSHAKE_BYTES 80000 /* moved for 1 us more: 40 whole ones at 1.3 GB/s */
#define TURN_BUSY_ADMITS 100            /* connections accepted a second */
#define TURN_BUSY_ADMITS_BYTES 12000000 /* moved for one more */
#define TURN_BUSY_ADMITS_BURST 16

enum turn_class {
    TURN_JOB_PLAIN,     /* bounded by TURN_WORK_US_MAX */
    TURN_JOB_HANDSHAKE, /* bounded by TURN_HANDSHAKE_US_MAX as well */
    TURN_JOB_CLASSES
};

/* One queued piece of CPU work; embedded in its owner, who outlives it or cancels it. */
struct turn_job {
    struct list link;
    void (*run)(struct turn_job *, uint64_t now);
    uint32_t cost_us; /* declared, microseconds on a slow core */
    enum turn_class class;
};

/* Something with output to send: `out` is called once in the out phase after turn_mark. */
struct turn_dirty {
    struct list link;
    void (*out)(struct turn_dirty *, uint64_t now);
};

/* Something closed: `reap` is called at the end of the turn and may free its object. */
struct turn_dead {
    struct list link;
    void (*reap)(struct turn_dead *);
};

struct turn {
    uint64_t now_ns; /* boot time of this turn; set by the port before "in" */
    struct timers timers;
    struct list jobs[TURN_JOB_CLASSES];
    struct list dirty;
    struct list dead;
    void (*wake)(struct turn *);     /* set by the port: run a turn soon, although no input came */
    struct budget_bucket handshakes; /* microseconds that they may cost while busy */
    struct budget_bucket admits;     /* connections that may be accepted while busy */
    uint64_t moved_bytes;            /* by established connections since moved_since_ns */
    uint64_t moved_since_ns;
    uint64_t busy_until_ns;
    uint64_t handshakes_due_ns; /* when the next is paid for; in the past: now */
    bool is_running;
    uint64_t turns; /* counted */
};

/** An idle turn. `wake` may be NULL where the owner runs turns anyway. */
void turn_init(struct turn *t, void (*wake)(struct turn *));

/** Reap what is dead and free the timers. Nothing may be queued or dirty that still wants to run.
 */
void turn_clear(struct turn *t);

/** Time, work, out, reap. The port calls it after "in", with t->now_ns set. */
void turn_run(struct turn *t);

/** When the next turn is needed without input: 0 at once (jobs are left), or a deadline, or
 * TIMERS_NEVER. */
uint64_t turn_deadline(const struct turn *t);

/** An established connection moved `bytes`: enough of them make the turn busy. */
void turn_moved(struct turn *t, size_t bytes);

/** True while established connections move so much that newcomers have to share. */
bool turn_is_busy(const struct turn *t);

/** May one more connection be accepted now? Counts it. Always while not busy. */
WARN_UNUSED bool turn_admit(struct turn *t);

/** Queue a job once; nothing happens when it is queued already. Wakes the port when outside a turn.
 */
void turn_queue(struct turn *t, struct turn_job *job);

/** Take the job out wherever it waits; nothing happens when it does not. */
void turn_cancel(struct turn_job *job);

/** Mark as having output; once is enough. Wakes the port when outside a turn. */
void turn_mark(struct turn *t, struct turn_dirty *dirty);

/** Take the mark back; to be called before the object is freed. */
void turn_unmark(struct turn_dirty *dirty);

/**
 * The reap phase alone: free what was closed, and what is closed by that. For owners that go down
 * outside a turn; never for handlers.
 */
void turn_reap(struct turn *t);

/** Hand over for reaping at the end of this turn; once. Wakes the port when outside a turn. */
void turn_bury(struct turn *t, struct turn_dead *dead);

#endif
