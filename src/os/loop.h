/*
 * One libuv loop and the ports on it: drives their turns.
 *
 *   uv_prepare: choose how long to poll        uv poll: sockets deliver "in"
 *   uv_check:   turn_run for every port that has input, due timers or work
 *
 * Private to os/. One thread, but for loop_stop and what calls.h says.
 */
#ifndef OS_LOOP_H
#define OS_LOOP_H

#include <stdatomic.h>
#include <uv.h>

#include "base/heap.h"
#include "base/list.h"
#include "os/calls.h"
#include "port/port.h"
#include "wavu/err.h"

/* libuv's clock stands still while the machine sleeps, ours does not: deadlines that passed
 * meanwhile are seen at most so late. One wakeup a minute, and only while something is due later.
 */
#define LOOP_WAIT_NS_MAX (UINT64_C(60) * 1000000000)
#define LOOP_READ_IDLE_NS                                                                          \
    (UINT64_C(500) * 1000000) /* without a read: the read buffer is given back */

struct lookup_pool; /* os/lookup.h */

#define LOOP_SIGNALS 4 /* SIGTERM, SIGINT, SIGHUP, SIGUSR1 */

struct loop {
    uv_loop_t uv; /* its handles' data points here */
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;     /* active: do not block in poll */
    uv_timer_t timer;   /* the earliest deadline */
    uv_timer_t bound;   /* loop_run's own */
    uv_async_t nudge;   /* wakes a poll that blocks: for loop_stop from a signal, for calls */
    struct calls calls; /* of other threads */
    uv_signal_t signals[LOOP_SIGNALS];
    void (*on_signal)(void *context, int number);
    void *on_signal_context;
    struct list ports;           /* of struct os_port */
    struct list ready;           /* ports that want a turn in this iteration */
    struct heap dues;            /* of struct os_port by turn_deadline */
    uint64_t now_ns;             /* boot time, read once an iteration */
    uint64_t armed_ns;           /* what `timer` stands for, or TIMERS_NEVER */
    uint8_t *read_buffer;        /* shared by all sockets, behind its headroom; NULL until needed */
    uint64_t read_used_ns;       /* when it was last used */
    struct lookup_pool *lookups; /* NULL until the first */
    bool is_read_used;           /* the read buffer holds pages that can be given back */
    bool is_now_read;            /* now_ns is of this iteration */
    atomic_bool is_stopping;
    bool has_signals;
};

/* A port on a loop. */
struct os_port {
    struct port port; /* first: handed to the node */
    struct loop *loop;
    struct list link; /* in loop->ports */
    struct list ready;
    struct heap_node due;
    char *home;     /* or NULL */
    size_t handles; /* sockets, listeners, look-ups and jobs not yet closed */
    size_t jobs;    /* of them, jobs */
};

WARN_UNUSED int loop_init(struct loop *l);
void loop_clear(struct loop *l);
void loop_add(struct loop *l, struct os_port *p);
void loop_remove(struct os_port *p);

/** Run until loop_stop, or for `timeout_ms` (negative: no bound). */
void loop_run(struct loop *l, int64_t timeout_ms);
void loop_stop(struct loop *l);

/** One turn without waiting: what is there and what is due. */
void loop_step(struct loop *l);

/** For who polls by himself: the descriptor that is readable when there is something to do, and
 * how long to wait for that at most, in ms; negative: for ever. */
int loop_fd(const struct loop *l);
int loop_wait_ms(struct loop *l);

/** A callback of the loop begins: bring all ports' `now` up to date, once an iteration. */
void loop_enter(struct loop *l);

/** Input for `port` is about to be delivered: loop_enter, and a turn behind it. */
void loop_touch(struct port *port);

/** Somebody outside was heard, who may ask any node for anything: a turn of every port behind it,
 * which looks what was left. */
void loop_touch_all(struct loop *l);

/** The shared read buffer (behind its headroom), PORT_NET_READ_MAX bytes. */
uint8_t *loop_read_buffer(struct loop *l);

/** Boot time. */
uint64_t loop_clock_ns(void);

static inline struct loop *loop_of(struct port *port)
{
    return ((struct os_port *)(void *)port)->loop;
}

#endif
