/* Calls of other threads into a loop: done there, one after the other, waited for; none is lost
 * without a word when the loop ends. */
#include "os/calls.h"

#include "os/loop.h"
#include "os/wavu_os.h"
#include "tests/os/world.h"

#define ASKERS 4
#define ASKS 500

struct fixture {
    struct wavu_os *os;
    struct port *port;
    struct timer timer;
    uint64_t count; /* touched on the loop's thread only */
    uint64_t refused[ASKERS];
    uint64_t done[ASKERS];
};

struct asker {
    struct fixture *f;
    size_t at;
};

static int setup(void **state)
{
    struct fixture *f = mem_new(sizeof *f);

    f->os = wavu_os_new();
    f->port = wavu_os_port_new(f->os, NULL);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    wavu_os_port_free(f->port);
    wavu_os_free(f->os);
    mem_free(f);
    return mem_live_count() == 0 ? 0 : -1;
}

static void count(void *context)
{
    struct fixture *f = context;

    f->count++;
}

static void *ask(void *context)
{
    const struct asker *a = context;

    for (size_t i = 0; i < ASKS; i++) {
        if (wavu_os_call(a->f->os, count, a->f) == 0) {
            a->f->done[a->at]++;
        } else {
            a->f->refused[a->at]++;
        }
    }
    return NULL;
}

static void start_askers(struct fixture *f, pthread_t threads[ASKERS], struct asker askers[ASKERS])
{
    for (size_t i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){.f = f, .at = i};
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
    }
}

static void test_without_a_thread(void **state)
{
    struct fixture *f = *state;

    assert_false(calls_is_foreign(&wavu_os_loop(f->os)->calls));
    assert_int_equal(wavu_os_call(f->os, count, f), 0); /* at once, here */
    assert_int_equal(f->count, 1);
    wavu_os_join(f->os);
}

static void test_all_are_done(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[ASKERS];
    struct asker askers[ASKERS];

    assert_int_equal(wavu_os_start(f->os), 0);
    assert_int_equal(wavu_os_start(f->os), WAVU_ERR_EXISTS);
    assert_true(calls_is_foreign(&wavu_os_loop(f->os)->calls));
    start_askers(f, threads, askers);
    for (size_t i = 0; i < ASKERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(f->done[i], ASKS);
    }
    wavu_os_join(f->os);
    assert_int_equal(f->count, ASKERS * ASKS);
}

/* The loop ends while others ask: each ask is done or refused, and nobody waits for ever. */
static void test_the_end(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[ASKERS];
    struct asker askers[ASKERS];
    uint64_t done = 0;

    assert_int_equal(wavu_os_start(f->os), 0);
    start_askers(f, threads, askers);
    assert_int_equal(wavu_os_call(f->os, count, f), 0);
    wavu_os_stop(f->os);
    for (size_t i = 0; i < ASKERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(f->done[i] + f->refused[i], ASKS);
        done += f->done[i];
    }
    assert_int_equal(wavu_os_call(f->os, count, f), WAVU_ERR_SHUTDOWN);
    wavu_os_join(f->os);
    assert_int_equal(f->count, done + 1);
    assert_int_equal(wavu_os_start(f->os), 0); /* and again */
    assert_int_equal(wavu_os_call(f->os, count, f), 0);
    wavu_os_join(f->os);
    assert_int_equal(f->count, done + 2);
}

static void on_fire(struct timer *timer, uint64_t now)
{
    struct fixture *f = LIST_OF(timer, struct fixture, timer);

    (void)now;
    f->count++;
    wavu_os_stop(f->os);
}

static void set_timer(void *context)
{
    struct fixture *f = context;

    timers_prepare(&f->timer, on_fire);
    timers_set(&f->port->turn.timers, &f->timer, f->port->turn.now_ns + 5 * TIMERS_MS, 0);
    assert_int_equal(wavu_os_call(f->os, count, f), 0); /* from the loop's own thread */
}

/* What a call sets is seen by the turn behind it. */
static void test_a_call_is_like_input(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(wavu_os_start(f->os), 0);
    assert_int_equal(wavu_os_call(f->os, set_timer, f), 0);
    while (wavu_os_call(f->os, count, f) == 0) { /* until the timer stops it */
    }
    wavu_os_join(f->os);
    assert_true(f->count > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_without_a_thread, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_are_done, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_call_is_like_input, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
