/*
 * perf: as many bytes as asked, both ways; a crash in the middle.
 */
#include "tests/base/unit.h"
#include "tests/support/net_ear.h"

static struct net_world w;

struct result {
    bool is_over;
    int err;
};

static void done(void *context, int err)
{
    struct result *r = context;
    r->is_over = true;
    r->err = err;
}

static bool is_over(void *context)
{
    return ((struct result *)context)->is_over;
}

static struct perf_run *start(uint64_t seed, uint64_t up, uint64_t down, struct result *r)
{
    int err = 0;
    struct perf_run *run = NULL;
    struct perf_user user = {.done = done, .context = r};
    net_world_start(&w, seed, 2);
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    assert_int_equal(perf_start(&w.nodes[0].perf, c, up, down, user, &run), 0);
    return run;
}

static void as_many_bytes_as_asked(void **state)
{
    (void)state;
    static const uint64_t sizes[][2] = {{0, 0},       {1, 0},       {0, 1},
                                        {3000000, 0}, {0, 3000000}, {70000, 70001}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct result r = {.is_over = false};
        (void)start(i + 1, sizes[i][0], sizes[i][1], &r);
        assert_true(sim_run_until(w.sim, is_over, &r, 600 * TIMERS_SECOND));
        assert_int_equal(r.err, 0);
        net_world_stop(&w);
    }
}

static void a_crash_in_the_middle_is_an_error(void **state)
{
    (void)state;
    struct result r = {.is_over = false};
    struct perf_run *run = start(9, UINT64_C(1) << 40, 0, &r);
    uint64_t up = 0;
    uint64_t down = 0;
    sim_run_for(w.sim, 2 * TIMERS_SECOND);
    perf_progress(run, &up, &down);
    assert_true(up > 0);
    net_world_crash(&w, 1, false);
    assert_true(sim_run_until(w.sim, is_over, &r, 60 * TIMERS_SECOND));
    assert_true(r.err < 0 && r.err != WAVU_ERR_CLOSED);
    net_world_stop(&w);
}

static void cancelling_says_nothing(void **state)
{
    (void)state;
    struct result r = {.is_over = false};
    struct perf_run *run = start(10, UINT64_C(1) << 40, 0, &r);
    sim_run_for(w.sim, TIMERS_SECOND);
    perf_cancel(run);
    sim_run_for(w.sim, 10 * TIMERS_SECOND);
    assert_false(r.is_over);
    net_world_stop(&w);
}

/* An answerer that ends after less than was asked has not answered. */
static void less_than_asked_is_an_error(void **state)
{
    (void)state;
    static struct net_ear miser;
    struct result r = {.is_over = false};
    int err = 0;
    struct perf_run *run = NULL;
    struct perf_user user = {.done = done, .context = &r};
    net_world_start(&w, 11, 2);
    stream_unregister(&w.nodes[1].swarm, &w.nodes[1].perf.protocol);
    net_ear_init(&miser, PERF_NAME);
    assert_int_equal(stream_register(&w.nodes[1].swarm, &miser.protocol), 0);
    struct conn *c = net_world_dial(&w, 0, 1, &err);
    assert_int_equal(perf_start(&w.nodes[0].perf, c, 0, 1000, user, &run), 0);
    sim_run_for(w.sim, 2 * TIMERS_SECOND);
    net_ear_say(&miser, "ten bytes!");
    stream_finish(miser.stream);
    assert_true(sim_run_until(w.sim, is_over, &r, 60 * TIMERS_SECOND));
    assert_int_equal(r.err, WAVU_ERR_RESET);
    stream_unregister(&w.nodes[1].swarm, &miser.protocol);
    assert_int_equal(stream_register(&w.nodes[1].swarm, &w.nodes[1].perf.protocol), 0);
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(as_many_bytes_as_asked),
        UNIT(a_crash_in_the_middle_is_an_error),
        UNIT(cancelling_says_nothing),
        UNIT(less_than_asked_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
