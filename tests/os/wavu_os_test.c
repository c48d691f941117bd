/* The public face of os/: clocks, randomness, signals. */
#include "wavu/os.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <uv.h>

#include "os/wavu_os.h"
#include "tests/os/world.h"

struct heard {
    struct wavu_os *os;
    int number;
    int count;
};

static void on_signal(void *context, int number)
{
    struct heard *h = context;
    h->number = number;
    h->count++;
    wavu_os_stop(h->os);
}

static void test_nothing(void **state)
{
    (void)state;
    struct wavu_os *os = wavu_os_new();
    assert_non_null(os);
    wavu_os_free(os);
    wavu_os_free(NULL);
    wavu_os_port_free(NULL);
}

static void test_clocks(void **state)
{
    (void)state;
    struct wavu_os *os = wavu_os_new();
    struct port *port = wavu_os_port_new(os, NULL);
    uint64_t a = wavu_os_now_ns();
    uint64_t b = port->precise_ns(port);
    uint64_t c = wavu_os_now_ns();
    assert_true(a <= b && b <= c);
    wavu_os_run(os, 0);
    assert_true(port->turn.now_ns >= c && port->turn.now_ns <= wavu_os_now_ns());
    uint64_t before_ms = (uint64_t)time(NULL) * 1000;
    uint64_t wall_ms = port->wall_ms(port);
    assert_true(wall_ms + 1000 > before_ms &&
                wall_ms < ((uint64_t)time(NULL) + 2) * 1000); /* time() may be a tick late */
    wavu_os_port_free(port);
    wavu_os_free(os);
}

static void test_randomness(void **state)
{
    uint8_t bytes[2][4096];
    size_t counts[256] = {0};
    (void)state;
    struct wavu_os *os = wavu_os_new();
    struct port *port = wavu_os_port_new(os, NULL);
    random_fill(&port->random, bytes[0], sizeof bytes[0]);
    random_fill(&port->random, bytes[1], sizeof bytes[1]);
    random_fill(&port->random, NULL, 0);
    assert_memory_not_equal(bytes[0], bytes[1], sizeof bytes[0]);
    for (size_t i = 0; i < sizeof bytes; i++) {
        counts[bytes[i / 4096][i % 4096]]++;
    }
    for (size_t i = 0; i < 256; i++) { /* 32 each; the chance of one outside is below 10^-9 */
        assert_true(counts[i] > 0 && counts[i] < 100);
    }
    wavu_os_port_free(port);
    wavu_os_free(os);
}

static void test_signals(void **state)
{
    struct heard h = {.number = 0};
    (void)state;
    h.os = wavu_os_new();
    wavu_os_on_signal(h.os, on_signal, &h);
    assert_int_equal(raise(SIGTERM), 0);
    wavu_os_run(h.os, 20000); /* the signal ends it */
    assert_int_equal(h.number, SIGTERM);
    assert_int_equal(raise(SIGINT), 0);
    wavu_os_run(h.os, 20000);
    assert_int_equal(h.number, SIGINT);
    assert_int_equal(raise(SIGHUP), 0);
    wavu_os_run(h.os, 20000);
    assert_int_equal(h.number, SIGHUP);
    assert_int_equal(raise(SIGUSR1), 0);
    wavu_os_run(h.os, 20000);
    assert_int_equal(h.number, SIGUSR1);
    assert_int_equal(h.count, 4);
    wavu_os_on_signal(h.os, NULL, NULL);
    wavu_os_on_signal(h.os, on_signal, &h); /* and once more */
    assert_int_equal(raise(SIGTERM), 0);
    wavu_os_run(h.os, 20000);
    assert_int_equal(h.count, 5);
    wavu_os_free(h.os);
}

/* With NULL the default action is back, which ends the process. */
static void test_signals_no_more(void **state)
{
    int status = 0;
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct heard h = {.number = 0};
        h.os = wavu_os_new();
        wavu_os_on_signal(h.os, on_signal, &h);
        wavu_os_on_signal(h.os, NULL, NULL);
        wavu_os_run(h.os, 0);
        (void)raise(SIGTERM);
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}

/* Loops are alone: what one does, another does not notice. */
static void test_two_loops(void **state)
{
    (void)state;
    struct wavu_os *a = wavu_os_new();
    struct wavu_os *b = wavu_os_new();
    struct port *port_a = wavu_os_port_new(a, NULL);
    struct port *port_b = wavu_os_port_new(b, NULL);
    wavu_os_run(a, 0);
    assert_true(port_a->turn.turns > 0);
    assert_int_equal(port_b->turn.turns, 0);
    wavu_os_port_free(port_a);
    wavu_os_free(a);
    wavu_os_run(b, 0);
    assert_true(port_b->turn.turns > 0);
    wavu_os_port_free(port_b);
    wavu_os_free(b);
}

/* ---- A loop that polls by itself ---- */

struct polled {
    struct wavu_os *os;
    struct timer timer;
    bool is_fired;
};

static void on_polled(struct timer *timer, uint64_t now)
{
    (void)now;
    LIST_OF(timer, struct polled, timer)->is_fired = true;
}

/* Deadlines alone wake it: a timer set from outside is in the next wait, and that wait is no longer
 * and no shorter than it takes. */
static void test_polled(void **state)
{
    struct polled p = {.is_fired = false};
    size_t rounds = 0;

    (void)state;
    p.os = wavu_os_new();
    struct port *port = wavu_os_port_new(p.os, NULL);
    wavu_os_process(p.os);
    timers_prepare(&p.timer, on_polled);
    timers_set(&port->turn.timers, &p.timer, port->turn.now_ns + 30 * TIMERS_MS, 0);
    int wait_ms = wavu_os_wait_ms(p.os);
    assert_in_range(wait_ms, 0, 30);
    while (!p.is_fired) {
        struct pollfd fd = {.fd = wavu_os_fd(p.os), .events = POLLIN};

        assert_true(poll(&fd, 1, wavu_os_wait_ms(p.os)) >= 0);
        wavu_os_process(p.os);
        assert_true(++rounds < 20); /* it waits, and does not spin */
    }
    wavu_os_port_free(port);
    wavu_os_free(p.os);
}

struct foreign {
    struct wavu_os *os;
    const struct port *port;
    uint64_t began_ns;
    bool has_come;
    bool is_closed;
};

static void on_foreign(uv_timer_t *timer)
{
    struct foreign *f = timer->data;
    wavu_os_enter(f->os);
    f->has_come = f->port->turn.now_ns > f->began_ns; /* it is this moment for nodes, too */
    wavu_os_stop(f->os);
}

static void on_foreign_closed(uv_handle_t *handle)
{
    struct foreign *f = handle->data;
    f->is_closed = true;
}

/* A handle of a library that serves on the same loop, and closes it before the loop goes. */
static void test_foreign(void **state)
{
    (void)state;
    uv_timer_t timer;
    struct foreign f = {.os = wavu_os_new()};
    struct port *port = wavu_os_port_new(f.os, NULL);
    f.port = port;
    f.began_ns = port->turn.now_ns;
    assert_int_equal(uv_timer_init(wavu_os_foreign(f.os), &timer), 0);
    timer.data = &f;
    assert_int_equal(uv_timer_start(&timer, on_foreign, 1, 0), 0);
    wavu_os_run(f.os, 10000);
    assert_true(f.has_come);
    uv_close((uv_handle_t *)&timer, on_foreign_closed);
    wavu_os_process(f.os);
    assert_true(f.is_closed);
    wavu_os_port_free(port);
    wavu_os_free(f.os);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_nothing),         UNIT(test_clocks),    UNIT(test_randomness), UNIT(test_signals),
        UNIT(test_signals_no_more), UNIT(test_two_loops), UNIT(test_polled),     UNIT(test_foreign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
