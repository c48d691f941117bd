/* Turns: when they come, what goes into one, what they cost. */
#include "sim/sim_life.h"

#include "tests/base/death.h"
#include "tests/sim/pair.h"

struct probe {
    struct timer timer;
    struct turn_job job;
    struct sim *sim;
    struct port *port;
    unsigned fired;
    unsigned ran;
    unsigned again; /* how often the job queues itself once more */
    uint64_t at_ns;
};

static void on_fire(struct timer *timer, uint64_t now)
{
    struct probe *p = LIST_OF(timer, struct probe, timer);

    assert_int_equal(now, p->port->turn.now_ns);
    p->fired++;
    p->at_ns = sim_now(p->sim);
}

static void on_run(struct turn_job *job, uint64_t now)
{
    struct probe *p = LIST_OF(job, struct probe, job);

    (void)now;
    p->ran++;
    p->at_ns = sim_now(p->sim);
    if (p->again > 0) {
        p->again--;
        turn_queue(&p->port->turn, &p->job);
    }
}

static void probe_init(struct probe *p, struct sim *sim, struct port *port)
{
    *p = (struct probe){.sim = sim, .port = port, .job = {.run = on_run, .cost_us = 1}};
    timers_prepare(&p->timer, on_fire);
}

static void test_timers_and_wakes_bring_turns(void **state)
{
    struct sim *sim = sim_new(1);
    struct sim_host *host = sim_host_new(sim, NULL);
    struct port *port = sim_host_port(host);
    struct probe p;

    (void)state;
    probe_init(&p, sim, port);
    timers_set(&port->turn.timers, &p.timer, port->turn.now_ns + 5 * TIMERS_SECOND, 0);
    sim_run_for(sim, 5 * TIMERS_SECOND - 1);
    assert_int_equal(p.fired, 0);
    assert_int_equal(port->turn.turns, 0);
    sim_run_for(sim, 1);
    assert_int_equal(p.fired, 1);
    assert_int_equal(port->turn.turns, 1);
    p.again = 3;
    turn_queue(&port->turn, &p.job);
    sim_run_for(sim, 0);
    assert_int_equal(p.ran, 4);
    timers_set(&port->turn.timers, &p.timer, port->turn.now_ns + TIMERS_SECOND, 0);
    sim_run_for(sim, 1);
    timers_set(&port->turn.timers, &p.timer, port->turn.now_ns + 9 * TIMERS_SECOND, 0);
    sim_run_for(sim, 8 * TIMERS_SECOND);
    assert_int_equal(p.fired, 1); /* it was put off */
    assert_int_equal(port->turn.turns, 5);
    sim_host_jump(host, 10 * TIMERS_SECOND);
    sim_run_for(sim, 0);
    assert_int_equal(p.fired, 2); /* the clock leapt over it */
    timers_set(&port->turn.timers, &p.timer, port->turn.now_ns + 1, 0);
    sim_host_crash(host, false);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(p.fired, 2);
    timers_cancel(&port->turn.timers, &p.timer);
    sim_free(sim);
}

static void test_one_instant_is_one_turn(void **state)
{
    struct pair p;
    struct pair_end more[4];
    struct pair_end theirs[4];
    struct multiaddr_ip to = pair_bob_ip();

    (void)state;
    pair_start(&p, 2);
    sim_settings(p.sim)->split_part = 0;
    assert_int_equal(pair_listen(&p), 0);
    for (size_t i = 0; i < 4; i++) {
        pair_reset_end(&more[i], p.sim, p.alice.port);
        pair_reset_end(&theirs[i], p.sim, p.bob.port);
        p.door.accepts_into = &theirs[i];
        assert_int_equal(
            p.alice.port->net->tcp_dial(p.alice.port, &to, &pair_user, &more[i], &more[i].tcp), 0);
        sim_run_for(p.sim, TIMERS_SECOND);
    }
    uint64_t turns = p.bob.port->turn.turns;

    for (size_t i = 0; i < 4; i++) {
        more[i].to_send = 100;
        pair_push(&more[i]);
    }
    sim_run_for(p.sim, TIMERS_SECOND);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(theirs[i].received, 100);
        assert_int_equal(theirs[i].last_ns, theirs[0].last_ns);
    }
    assert_true(p.bob.port->turn.turns <= turns + 2); /* a short send may have cost one more */
    for (size_t i = 0; i < 4; i++) {
        pair_close(&more[i], true);
        pair_close(&theirs[i], true);
    }
    pair_stop(&p);
}

static void test_slow_hosts_take_their_time(void **state)
{
    struct sim *sim = sim_new(3);
    struct sim_host *host = sim_host_new(sim, NULL);
    struct probe p;

    (void)state;
    probe_init(&p, sim, sim_host_port(host));
    sim_host_set_turn_cost(host, 10 * TIMERS_MS);
    p.again = 4;
    turn_queue(&p.port->turn, &p.job);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(p.ran, 5);
    assert_int_equal(p.at_ns, 40 * TIMERS_MS);
    sim_free(sim);
}

static void test_a_stalled_host_does_nothing_until_it_is_over(void **state)
{
    struct sim *sim = sim_new(5);
    struct sim_host *host = sim_host_new(sim, NULL);
    struct probe p;

    (void)state;
    probe_init(&p, sim, sim_host_port(host));
    sim_host_stall(host, 3 * TIMERS_SECOND);
    sim_host_stall(host, TIMERS_SECOND); /* the longer one holds */
    turn_queue(&p.port->turn, &p.job);
    sim_run_for(sim, 2999 * TIMERS_MS);
    assert_int_equal(p.ran, 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(p.ran, 1);
    assert_int_equal(p.at_ns, 3 * TIMERS_SECOND);
    sim_free(sim);
}

static void stop_the_clock(void)
{
    struct sim *sim = sim_new(4);
    struct probe p;

    probe_init(&p, sim, sim_host_port(sim_host_new(sim, NULL)));
    p.again = SIM_TURNS_AT_ONCE_MAX + 1;
    turn_queue(&p.port->turn, &p.job);
    sim_run_for(sim, 1);
}

static void test_a_node_that_stops_the_clock_is_found(void **state)
{
    char said[256];

    (void)state;
    assert_true(death_by_check(stop_the_clock, said, sizeof(said)));
    assert_non_null(strstr(said, "waking itself"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_timers_and_wakes_bring_turns),
        UNIT(test_one_instant_is_one_turn),
        UNIT(test_slow_hosts_take_their_time),
        UNIT(test_a_stalled_host_does_nothing_until_it_is_over),
        UNIT(test_a_node_that_stops_the_clock_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
