/*
 * The public face of os/: loops and ports.
 */
#include "wavu/os.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/check.h"
#include "base/mem.h"
#include "os/home.h"
#include "os/lookup.h"
#include "os/libs.h"
#include "os/loop.h"
#include "os/sock.h"
#include "os/udp.h"
#include "os/wavu_os.h"
#include "os/work.h"

struct wavu_os {
    struct loop loop; /* first */
};

static const struct port_net wavu_os_net = {
    .tcp_listen = sock_listen,
    .listener_address = sock_listener_address,
    .listener_close = sock_listener_close,
    .tcp_dial = sock_dial,
    .tcp_attach = sock_attach,
    .tcp_send = sock_send,
    .tcp_pause = sock_pause,
    .tcp_addresses = sock_addresses,
    .tcp_close = sock_close,
    .udp_open = udp_open,
    .udp_address = udp_address,
    .udp_join = udp_join,
    .udp_send = udp_send,
    .udp_close = udp_close,
    .udp_interfaces = udp_interfaces,
    .lookup = lookup_start,
    .lookup_cancel = lookup_cancel,
    .interfaces = lookup_interfaces,
};

struct loop *wavu_os_loop(struct wavu_os *os)
{
    return &os->loop;
}

void *wavu_os_foreign(struct wavu_os *os)
{
    return &os->loop.uv;
}

void wavu_os_enter(struct wavu_os *os)
{
    loop_enter(&os->loop);
}

static void wavu_os_fill(void *context, uint8_t *out, size_t len)
{
    (void)context;
    while (len > 0) {
        ssize_t got = getrandom(out, len, 0);
        CHECK(got > 0 || errno == EINTR); /* without randomness there is no node */
        if (got > 0) {
            out += got;
            len -= (size_t)got;
        }
    }
}

static uint64_t wavu_os_wall_ms(struct port *port)
{
    struct timespec t;
    (void)port;
    CHECK(clock_gettime(CLOCK_REALTIME, &t) == 0);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / TIMERS_MS;
}

static uint64_t wavu_os_precise_ns(struct port *port)
{
    (void)port;
    return loop_clock_ns();
}

uint64_t wavu_os_now_ns(void)
{
    return loop_clock_ns();
}

struct wavu_os *wavu_os_new(void)
{
    struct wavu_os *os = mem_new(sizeof *os);
    if (loop_init(&os->loop) < 0) {
        mem_free(os);
        return NULL;
    }
    return os;
}

void wavu_os_free(struct wavu_os *os)
{
    if (os != NULL) {
        loop_clear(&os->loop);
        mem_free(os);
    }
}

struct port *wavu_os_port_new(struct wavu_os *os, const char *home)
{
    struct os_port *p = mem_new(sizeof *p);
    p->port.random.fill = wavu_os_fill;
    p->port.net = &wavu_os_net;
    p->port.files = &home_files;
    p->port.work = &work_threads;
    p->port.libs = &libs_dl;
    p->port.wall_ms = wavu_os_wall_ms;
    p->port.precise_ns = wavu_os_precise_ns;
    p->home = home == NULL ? NULL : mem_copy_text(home);
    if (home != NULL) {
        home_sweep(home);
    }
    loop_add(&os->loop, p);
    return &p->port;
}

void wavu_os_port_free(struct port *port)
{
    struct os_port *p = (struct os_port *)(void *)port;
    if (p == NULL) {
        return;
    }
    turn_reap(&p->port.turn);
    CHECK(p->handles == 0); /* the node on it was freed before */
    loop_remove(p);
    mem_free(p->home);
    mem_free(p);
}

void wavu_os_run(struct wavu_os *os, int64_t timeout_ms)
{
    loop_run(&os->loop, timeout_ms);
}

void wavu_os_stop(struct wavu_os *os)
{
    loop_stop(&os->loop);
}

int wavu_os_fd(const struct wavu_os *os)
{
    return loop_fd(&os->loop);
}

int wavu_os_wait_ms(struct wavu_os *os)
{
    return loop_wait_ms(&os->loop);
}

void wavu_os_process(struct wavu_os *os)
{
    loop_step(&os->loop);
}

/* ---- A thread of its own ---- */

static void wavu_os_thread_run(void *context)
{
    struct wavu_os *os = context;

    loop_run(&os->loop, -1);
}

int wavu_os_start(struct wavu_os *os)
{
    return calls_start(&os->loop.calls, wavu_os_thread_run, os);
}

/* Asked on the thread itself, so that it cannot come before the loop has begun. */
static void wavu_os_thread_stop(void *context)
{
    wavu_os_stop(context);
}

static void wavu_os_thread_end(void *context)
{
    struct wavu_os *os = context;

    (void)!calls_ask(&os->loop.calls, wavu_os_thread_stop, os,
                     &os->loop.nudge); /* or it has ended */
}

void wavu_os_join(struct wavu_os *os)
{
    calls_join(&os->loop.calls, wavu_os_thread_end, os);
}

int wavu_os_call(struct wavu_os *os, void (*call)(void *context), void *context)
{
    if (!calls_is_foreign(&os->loop.calls)) {
        call(context);
        return 0;
    }
    return calls_ask(&os->loop.calls, call, context, &os->loop.nudge) ? 0 : WAVU_ERR_SHUTDOWN;
}

static void wavu_os_signalled(uv_signal_t *handle, int number)
{
    struct loop *l = handle->data;
    loop_enter(l);
    if (l->on_signal != NULL) {
        l->on_signal(l->on_signal_context, number);
    }
}

void wavu_os_on_signal(struct wavu_os *os, void (*fire)(void *context, int signal_number),
                       void *context)
{
    static const int numbers[LOOP_SIGNALS] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    struct loop *l = &os->loop;
    l->on_signal = fire;
    l->on_signal_context = context;
    for (size_t i = 0; i < LOOP_SIGNALS; i++) {
        if (!l->has_signals) {
            CHECK(uv_signal_init(&l->uv, &l->signals[i]) == 0);
            l->signals[i].data = l;
        }
        if (fire != NULL) {
            CHECK(uv_signal_start(&l->signals[i], wavu_os_signalled, numbers[i]) == 0);
        } else {
            CHECK(uv_signal_stop(&l->signals[i]) == 0);
        }
    }
    l->has_signals = true;
}
