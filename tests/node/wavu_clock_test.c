/*
 * A clock that is wrong by a day: told to its person and, where two are alone, to the other; and
 * that it was set, too.
 */
#include "node/wavu_clock.h"

#include "node/wavu_node.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"
#include "wavu/mesh.h"

#define NODES 3
#define DAY_MS INT64_C(86400000)

static struct sim *sim;
static struct sim_host *hosts[NODES];
static struct wavu_node *nodes[NODES];
static unsigned told[NODES];

static void on_event(void *context, const struct wavu_mesh_event *event)
{
    *(unsigned *)context += event->kind == WAVU_MESH_CLOCK ? 1 : 0;
}

/* A mesh of `count`; the clock of the first shows `skew_ms` more than the others'. */
static void start(uint64_t seed, size_t count, int64_t skew_ms)
{
    static const char *const seeds[] = {"10.0.0.1:9000"};
    sim = sim_new(seed);
    for (size_t i = 0; i < count; i++) {
        char address[64];
        (void)snprintf(address, sizeof address, "10.0.0.%zu", i + 1);
        hosts[i] = sim_host_new(sim, address);
        sim_host_set_skew(hosts[i], i == 0 ? skew_ms : 0);
        const struct wavu_mesh_config mesh = {.seeds = seeds, .seed_count = i == 0 ? 0 : 1};
        const struct wavu_config config = {
            .port = sim_host_port(hosts[i]), .is_ephemeral = true, .mesh = &mesh};
        assert_int_equal(wavu_node_new(&config, &nodes[i]), 0);
        (void)snprintf(address, sizeof address, "10.0.0.%zu:9000", i + 1);
        assert_int_equal(wavu_node_listen(nodes[i], address), 0);
        told[i] = 0;
        assert_int_equal(wavu_mesh_listen(nodes[i], on_event, &told[i]), 0);
    }
    sim_run_for(sim, 20 * TIMERS_SECOND);
}

static void stop(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wavu_node_free(nodes[i]);
    }
    sim_free(sim);
}

/* `others` say to node `i` that it is `ahead_ms` before them, within some seconds. */
static void says(size_t i, int64_t ahead_ms, uint32_t others)
{
    struct wavu_status status;
    wavu_node_status(nodes[i], &status);
    assert_int_equal(status.clock_others, others);
    assert_in_range(status.clock_ahead_ms - ahead_ms + 5000, 0, 10000);
}

static void who_is_wrong_among_three_is_told(void **state)
{
    (void)state;
    start(1, NODES, DAY_MS);
    says(0, DAY_MS, 2);
    assert_int_equal(told[0], 1);
    for (size_t i = 1; i < NODES; i++) {
        says(i, 0, 0); /* the third agrees */
    }
    sim_host_set_skew(hosts[0], 0);
    says(0, 0, 0);
    sim_run_for(sim, 120 * TIMERS_SECOND);
    assert_int_equal(told[0], 2); /* and not any more */
    stop(NODES);
}

static void of_two_both_are_told_until_it_is_set(void **state)
{
    (void)state;
    start(2, 2, -DAY_MS);
    says(0, -DAY_MS, 1);
    says(1, DAY_MS, 1);
    assert_int_equal(told[1], 1);
    sim_run_for(sim, 600 * TIMERS_SECOND);
    assert_int_equal(told[1], 1); /* once */
    sim_host_set_skew(hosts[0], 0);
    sim_run_for(sim, 120 * TIMERS_SECOND);
    says(0, 0, 0);
    says(1, 0, 0);
    assert_int_equal(told[1], 2);
    stop(2);
}

static void clocks_that_agree_are_no_news(void **state)
{
    (void)state;
    start(3, NODES, 30 * 60 * 1000); /* half an hour */
    sim_run_for(sim, 600 * TIMERS_SECOND);
    for (size_t i = 0; i < NODES; i++) {
        says(i, 0, 0);
        assert_int_equal(told[i], 0);
    }
    stop(NODES);
}

/* A peer that says another time each moment makes no flood of news. */
static void who_says_much_is_told_seldom(void **state)
{
    (void)state;
    start(4, 2, 0);
    struct wavu_node *node = nodes[0];
    struct peer *peer = swarm_peer(&node->swarm, &nodes[1]->swarm.self);
    assert_non_null(peer);
    for (uint64_t i = 0; i < 1000; i++) {
        clocks_note(peer, i % 2 == 0 ? 1000 : SIM_WALL_START_MS + 20000, node->port->turn.now_ns);
        node->identify.heard_clock(node->identify.clock_context);
    }
    assert_int_equal(told[0], 1);
    stop(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_is_wrong_among_three_is_told),
        UNIT(of_two_both_are_told_until_it_is_set),
        UNIT(clocks_that_agree_are_no_news),
        UNIT(who_says_much_is_told_seldom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
