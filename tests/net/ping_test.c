/*
 * ping: round trips as long as the cable, echoes that lie, peers that go silent.
 */
#include "tests/base/unit.h"
#include "tests/support/net_ear.h"

static struct net_world w;

struct pings {
    size_t count;
    uint64_t rtt_ns;
    int err;
};

static void heard(void *context, int err, uint64_t rtt_ns)
{
    struct pings *p = context;
    p->err = err;
    if (err == 0) {
        p->count++;
        p->rtt_ns = rtt_ns;
    }
}

static bool is_over(void *context)
{
    return ((struct pings *)context)->err != 0;
}

static struct conn *start(uint64_t seed, uint64_t latency_ns)
{
    int err = 0;
    struct sim_cable_settings cable = {.latency_ns = latency_ns, .loss_whole = 1, .mtu = 1500};
    net_world_start(&w, seed, 2);
    sim_cable_set(w.hosts[0], w.hosts[1], &cable);
    return net_world_dial(&w, 0, 1, &err);
}

static void round_trips_are_as_long_as_the_cable(void **state)
{
    (void)state;
    struct pings p = {.count = 0};
    struct ping_run *run = NULL;
    struct conn *c = start(1, 50 * TIMERS_MS);
    struct ping_user user = {.done = heard, .context = &p};
    assert_int_equal(ping_start(&w.nodes[0].ping, c, 5, TIMERS_SECOND, user, &run), 0);
    assert_true(sim_run_until(w.sim, is_over, &p, 60 * TIMERS_SECOND));
    assert_int_equal(p.err, WAVU_ERR_CLOSED);
    assert_int_equal(p.count, 5);
    assert_true(p.rtt_ns >= 100 * TIMERS_MS && p.rtt_ns < 110 * TIMERS_MS);
    net_world_stop(&w);
}

static void silence_is_a_time_out(void **state)
{
    (void)state;
    struct pings p = {.count = 0};
    struct ping_run *run = NULL;
    struct conn *c = start(2, TIMERS_MS);
    struct ping_user user = {.done = heard, .context = &p};
    assert_int_equal(ping_start(&w.nodes[0].ping, c, 0, TIMERS_SECOND, user, &run), 0);
    sim_run_for(w.sim, 3 * TIMERS_SECOND + TIMERS_SECOND / 2);
    assert_int_equal(p.count, 4);
    sim_cable_cut(w.hosts[0], w.hosts[1], true);
    assert_true(sim_run_until(w.sim, is_over, &p, 20 * TIMERS_SECOND));
    assert_int_equal(p.err, WAVU_ERR_TIMEOUT);
    net_world_stop(&w);
}

static void a_wrong_echo_ends_the_run(void **state)
{
    (void)state;
    struct pings p = {.count = 0};
    struct ping_run *run = NULL;
    static struct net_ear liar;
    struct conn *c = start(3, TIMERS_MS);
    ping_clear(&w.nodes[1].ping);
    net_ear_init(&liar, PING_NAME);
    assert_int_equal(stream_register(&w.nodes[1].swarm, &liar.protocol), 0);
    struct ping_user user = {.done = heard, .context = &p};
    assert_int_equal(ping_start(&w.nodes[0].ping, c, 3, 0, user, &run), 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    net_ear_say(&liar, "0123456789012345678901234567890-");
    assert_true(sim_run_until(w.sim, is_over, &p, 5 * TIMERS_SECOND));
    assert_int_equal(p.err, WAVU_ERR_PROTO);
    stream_unregister(&w.nodes[1].swarm, &liar.protocol);
    assert_int_equal(ping_init(&w.nodes[1].ping, &w.nodes[1].swarm), 0);
    net_world_stop(&w);
}

static void cancelling_says_nothing(void **state)
{
    (void)state;
    struct pings p = {.count = 0};
    struct ping_run *run = NULL;
    struct conn *c = start(4, TIMERS_MS);
    struct ping_user user = {.done = heard, .context = &p};
    assert_int_equal(ping_start(&w.nodes[0].ping, c, 0, TIMERS_SECOND, user, &run), 0);
    sim_run_for(w.sim, TIMERS_SECOND / 2);
    size_t before = p.count;
    ping_cancel(run);
    sim_run_for(w.sim, 30 * TIMERS_SECOND);
    assert_int_equal(p.count, before);
    assert_int_equal(p.err, 0);
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(round_trips_are_as_long_as_the_cable),
        UNIT(silence_is_a_time_out),
        UNIT(a_wrong_echo_ends_the_run),
        UNIT(cancelling_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
