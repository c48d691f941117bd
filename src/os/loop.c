/*
 * The loop: input arrives in libuv's poll phase; behind it every port runs its turn.
 */
#include "os/loop.h"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "os/lookup.h"
#include "port/net.h"

uint64_t loop_clock_ns(void)
{
    struct timespec t;
    CHECK(clock_gettime(CLOCK_BOOTTIME, &t) == 0);
    return (uint64_t)t.tv_sec * TIMERS_SECOND + (uint64_t)t.tv_nsec;
}

void loop_enter(struct loop *l)
{
    if (l->is_now_read) {
        return;
    }
    l->is_now_read = true;
    l->now_ns = loop_clock_ns();
    for (struct list *n = list_next(&l->ports, &l->ports); n != NULL; n = list_next(&l->ports, n)) {
        LIST_OF(n, struct os_port, link)->port.turn.now_ns = l->now_ns;
    }
}

uint8_t *loop_read_buffer(struct loop *l)
{
    if (l->read_buffer == NULL) {
        uint8_t *space = mem_new_raw(PORT_NET_HEADROOM + PORT_NET_READ_MAX);
        l->read_buffer = space + PORT_NET_HEADROOM;
    }
    l->is_read_used = true;
    l->read_used_ns = l->now_ns;
    return l->read_buffer;
}

static void loop_on_timer(uv_timer_t *timer)
{
    struct loop *l = timer->data;
    l->armed_ns = TIMERS_NEVER; /* the check phase runs what is due */
}

static void loop_on_idle(uv_idle_t *idle)
{
    (void)idle; /* its being active keeps poll from blocking */
}

/* Arm libuv's timer (milliseconds) so that it does not fire before `due`. */
static void loop_arm(struct loop *l, uint64_t due)
{
    if (l->is_read_used && due > l->read_used_ns + LOOP_READ_IDLE_NS) {
        due = l->read_used_ns + LOOP_READ_IDLE_NS; /* to give the buffer back */
    }
    if (due == l->armed_ns) {
        return;
    }
    l->armed_ns = due;
    if (due == TIMERS_NEVER) {
        CHECK(uv_timer_stop(&l->timer) == 0);
        return;
    }
    uint64_t now_ns = loop_clock_ns(); /* the turn took some of the time */
    uint64_t wait_ns = due > now_ns ? due - now_ns : 0;
    wait_ns = wait_ns < LOOP_WAIT_NS_MAX ? wait_ns : LOOP_WAIT_NS_MAX;
    uv_update_time(&l->uv);
    CHECK(uv_timer_start(&l->timer, loop_on_timer, (wait_ns + TIMERS_MS - 1) / TIMERS_MS, 0) == 0);
}

static void loop_on_prepare(uv_prepare_t *prepare)
{
    struct loop *l = prepare->data;
    struct heap_node *first = heap_first(&l->dues);
    uint64_t due = first == NULL ? TIMERS_NEVER : first->key;
    l->is_now_read = false;
    if (!list_is_empty(&l->ready) || due <= l->now_ns || l->is_stopping) {
        CHECK(uv_idle_start(&l->idle, loop_on_idle) == 0);
        return;
    }
    CHECK(uv_idle_stop(&l->idle) == 0);
    loop_arm(l, due);
}

/* Give the read buffer's pages back when nothing was read for a while. The buffer itself stays:
 * freed, it would end in the heap of the C library, which keeps its pages. */
static void loop_trim(struct loop *l)
{
    if (!l->is_read_used || l->now_ns - l->read_used_ns < LOOP_READ_IDLE_NS) {
        return;
    }
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uint8_t *from = l->read_buffer - PORT_NET_HEADROOM;
    size_t skip = (page - (uintptr_t)from % page) % page; /* the heap's own bytes are before it */
    size_t len = (PORT_NET_HEADROOM + PORT_NET_READ_MAX - skip) / page * page;
    (void)madvise(from + skip, len, MADV_DONTNEED); /* refused: the pages stay ours */
    l->is_read_used = false;
}

static void loop_make_ready(struct loop *l, struct os_port *p)
{
    if (!list_is_linked(&p->ready)) {
        list_push_back(&l->ready, &p->ready);
    }
}

void loop_touch_all(struct loop *l)
{
    for (struct list *n = list_next(&l->ports, &l->ports); n != NULL; n = list_next(&l->ports, n)) {
        loop_make_ready(l, LIST_OF(n, struct os_port, link));
    }
}

/* When it wants its next turn. */
static void loop_plan(struct loop *l, struct os_port *p)
{
    uint64_t due = turn_deadline(&p->port.turn);
    if (due == 0) {
        loop_make_ready(l, p); /* work is left: again in the next iteration */
        due = l->now_ns;
    }
    if (heap_has(&p->due)) {
        heap_remove(&l->dues, &p->due);
    }
    if (due != TIMERS_NEVER) {
        heap_add(&l->dues, &p->due, due);
    }
}

static void loop_run_port(struct loop *l, struct os_port *p)
{
    turn_run(&p->port.turn);
    loop_plan(l, p);
}

static void loop_on_check(uv_check_t *check)
{
    struct loop *l = check->data;
    struct list batch;
    loop_enter(l);
    struct heap_node *first = heap_first(&l->dues);
    while (first != NULL && first->key <= l->now_ns) {
        heap_remove(&l->dues, first);
        loop_make_ready(l, LIST_OF(first, struct os_port, due));
        first = heap_first(&l->dues);
    }
    list_init(&batch);
    list_splice_back(&batch, &l->ready);
    struct list *n = list_pop_front(&batch);
    while (n != NULL) {
        loop_run_port(l, LIST_OF(n, struct os_port, ready));
        n = list_pop_front(&batch);
    }
    loop_trim(l);
    if (l->is_stopping) {
        uv_stop(&l->uv);
    }
}

void loop_touch(struct port *port)
{
    struct os_port *p = (struct os_port *)(void *)port;
    loop_enter(p->loop);
    loop_make_ready(p->loop, p);
}

/* Its arrival ends a blocking poll; and what other threads ask for is like input. */
static void loop_on_nudge(uv_async_t *nudge)
{
    struct loop *l = nudge->data;

    loop_enter(l);
    if (calls_run(&l->calls)) {
        loop_touch_all(l);
    }
}

/* The turn asks to be run although no input came. */
static void loop_on_wake(struct turn *turn)
{
    struct os_port *p = LIST_OF(turn, struct os_port, port.turn);
    loop_make_ready(p->loop, p);
}

void loop_add(struct loop *l, struct os_port *p)
{
    p->loop = l;
    turn_init(&p->port.turn, loop_on_wake);
    l->now_ns = loop_clock_ns();
    p->port.turn.now_ns = l->now_ns;
    list_push_back(&l->ports, &p->link);
}

void loop_remove(struct os_port *p)
{
    list_remove(&p->ready);
    list_remove(&p->link);
    if (heap_has(&p->due)) {
        heap_remove(&p->loop->dues, &p->due);
    }
    turn_clear(&p->port.turn);
    list_remove(&p->ready); /* clearing may have woken it */
}

static void loop_on_bound(uv_timer_t *timer)
{
    loop_stop(timer->data);
}

void loop_run(struct loop *l, int64_t timeout_ms)
{
    l->is_stopping = false;
    loop_touch_all(l);
    if (timeout_ms >= 0) {
        uv_update_time(&l->uv);
        CHECK(uv_timer_start(&l->bound, loop_on_bound, (uint64_t)timeout_ms, 0) == 0);
    }
    (void)uv_run(&l->uv, UV_RUN_DEFAULT); /* ends by uv_stop only: prepare and check stay active */
    CHECK(uv_timer_stop(&l->bound) == 0);
}

void loop_stop(struct loop *l)
{
    l->is_stopping = true;
    (void)uv_async_send(&l->nudge); /* fails only for a closed handle */
}

void loop_step(struct loop *l)
{
    l->is_stopping = false;
    loop_touch_all(l);
    (void)uv_run(&l->uv, UV_RUN_NOWAIT);
}

int loop_fd(const struct loop *l)
{
    return uv_backend_fd(&l->uv);
}

int loop_wait_ms(struct loop *l)
{
    for (struct list *n = list_next(&l->ports, &l->ports); n != NULL; n = list_next(&l->ports, n)) {
        loop_plan(l, LIST_OF(n, struct os_port, link)); /* as calls left it since the last turn */
    }
    l->now_ns = loop_clock_ns();
    loop_on_prepare(&l->prepare);
    return uv_backend_timeout(&l->uv); /* 0, too, while the descriptor does not know all sockets */
}

int loop_init(struct loop *l)
{
    list_init(&l->ports);
    list_init(&l->ready);
    heap_init(&l->dues);
    l->armed_ns = TIMERS_NEVER;
    if (calls_init(&l->calls) < 0) {
        return WAVU_ERR_LIMIT;
    }
    if (uv_loop_init(&l->uv) != 0) {
        calls_clear(&l->calls);
        return WAVU_ERR_LIMIT;
    }
    if (uv_async_init(&l->uv, &l->nudge, loop_on_nudge) != 0) {
        CHECK(uv_loop_close(&l->uv) == 0);
        calls_clear(&l->calls);
        return WAVU_ERR_LIMIT;
    }
    l->nudge.data = l;
    CHECK(uv_prepare_init(&l->uv, &l->prepare) == 0);
    CHECK(uv_check_init(&l->uv, &l->check) == 0);
    CHECK(uv_idle_init(&l->uv, &l->idle) == 0);
    CHECK(uv_timer_init(&l->uv, &l->timer) == 0);
    CHECK(uv_timer_init(&l->uv, &l->bound) == 0);
    l->prepare.data = l;
    l->check.data = l;
    l->timer.data = l;
    l->bound.data = l;
    CHECK(uv_prepare_start(&l->prepare, loop_on_prepare) == 0);
    CHECK(uv_check_start(&l->check, loop_on_check) == 0);
    return 0;
}

static void loop_close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

void loop_clear(struct loop *l)
{
    CHECK(list_is_empty(&l->ports));
    lookup_stop(l->lookups);
    uv_walk(&l->uv, loop_close_handle, NULL);
    while (uv_loop_close(&l->uv) != 0) {
        (void)uv_run(&l->uv, UV_RUN_NOWAIT); /* close callbacks */
    }
    calls_clear(&l->calls);
    if (l->read_buffer != NULL) {
        mem_free(l->read_buffer - PORT_NET_HEADROOM);
    }
    heap_clear(&l->dues);
}
