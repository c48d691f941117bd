/*
 * Wakeups a minute: counted right, and what `power = low` makes of them in an idle mesh.
 */
#include "node/wavu_wakeups.h"

#include <string.h>

#include "sim/sim.h"
#include "sim/sim_host.h"
#include "sim/sim_lan.h"
#include "tests/base/unit.h"
#include "wavu/mesh.h"

#define NODES 8
#define MINUTES 10

static void turns_are_counted_by_the_minute(void **state)
{
    (void)state;
    struct turn turn;
    struct metric_set metrics = {.first = NULL};
    struct wavu_wakeups w;
    turn_init(&turn, NULL);
    wavu_wakeups_init(&w, &turn, &metrics);
    assert_int_equal(wavu_wakeups_per_minute(&w), 0);
    for (unsigned i = 1; i <= 200; i++) { /* one each half second */
        turn.now_ns = i * 500 * TIMERS_MS;
        turn_run(&turn);
        if (i == 20) {
            assert_in_range(wavu_wakeups_per_minute(&w), 115, 125); /* no whole minute yet */
        }
    }
    assert_in_range(wavu_wakeups_per_minute(&w), 118, 122);
    for (unsigned i = 1; i <= 200; i++) { /* then one each second: the last minute counts */
        turn.now_ns = 100 * TIMERS_SECOND + i * TIMERS_SECOND;
        turn_run(&turn);
    }
    assert_in_range(metric_find(&metrics, "wakeups_per_minute")->value, 59, 61);
    /* Left alone, counting wakes by itself once a minute and a half at most. */
    assert_true(turn_deadline(&turn) >= turn.now_ns + TIMERS_SECOND);
    wavu_wakeups_clear(&w);
    turn_clear(&turn);
}

static struct sim *sim;
static struct wavu_node *nodes[NODES];
static struct sim_host *hosts[NODES];
static size_t heard[NODES];
static uint64_t first_down_ns; /* 0: nobody is down yet */

static void on_event(void *context, const struct wavu_mesh_event *event)
{
    *(size_t *)context += event->kind == WAVU_MESH_MESSAGE ? 1 : 0;
    if (event->kind == WAVU_MESH_DOWN && first_down_ns == 0) {
        first_down_ns = sim_now(sim);
    }
}

struct cost {
    uint64_t wakeups;  /* a minute and node, by the node's own count */
    uint64_t bytes;    /* sent, a second and node */
    uint64_t crash_ms; /* until the first one notices that a node has vanished */
};

/* A node vanishes: how long until somebody says so? */
static uint64_t notice(size_t who)
{
    first_down_ns = 0;
    uint64_t crashed_ns = sim_now(sim);
    sim_host_crash(hosts[who], true);
    wavu_node_free(nodes[who]);
    sim_run_for(sim, 120 * TIMERS_SECOND);
    assert_true(first_down_ns > 0);
    return (first_down_ns - crashed_ns) / TIMERS_MS;
}

/* An idle mesh on one LAN; the first `low` nodes save power. */
static struct cost idle(uint64_t seed, size_t low, size_t from, size_t to)
{
    struct cost cost = {.wakeups = 0};
    uint64_t before[NODES];
    struct wavu_status status;
    struct wavu_mesh_status mesh_status;
    sim = sim_new(seed);
    for (size_t i = 0; i < NODES; i++) {
        char address[64];
        const struct wavu_mesh_config mesh = {
            .has_discovery = true, .has_mdns = true, .is_low_power = i < low};
        (void)snprintf(address, sizeof address, "10.0.0.%zu", i + 1);
        hosts[i] = sim_host_new(sim, address);
        sim_lan_plug(hosts[i], 1, NULL);
        const struct wavu_config config = {
            .port = sim_host_port(hosts[i]), .is_ephemeral = true, .mesh = &mesh};
        assert_int_equal(wavu_node_new(&config, &nodes[i]), 0);
        (void)snprintf(address, sizeof address, "10.0.0.%zu:9000", i + 1);
        assert_int_equal(wavu_node_listen(nodes[i], address), 0);
        heard[i] = 0;
        assert_int_equal(wavu_mesh_listen(nodes[i], on_event, &heard[i]), 0);
    }
    sim_run_for(sim, 3 * 60 * TIMERS_SECOND);
    for (size_t i = 0; i < NODES; i++) {
        assert_true(wavu_mesh_status(nodes[i], &mesh_status));
        assert_int_equal(mesh_status.members, NODES);
        wavu_node_status(nodes[i], &status);
        before[i] = status.bytes_sent;
    }
    for (size_t minute = 0; minute < MINUTES; minute++) {
        sim_run_for(sim, 60 * TIMERS_SECOND);
        for (size_t i = from; i < to; i++) {
            wavu_node_status(nodes[i], &status);
            cost.wakeups += status.wakeups_per_minute;
        }
    }
    for (size_t i = from; i < to; i++) {
        wavu_node_status(nodes[i], &status);
        cost.bytes += status.bytes_sent - before[i];
    }
    cost.wakeups /= MINUTES * (to - from);
    cost.bytes /= MINUTES * 60 * (to - from);
    /* What saves power still carries a broadcast at once. */
    assert_int_equal(wavu_broadcast(nodes[0], "x", 1), 0);
    sim_run_for(sim, TIMERS_SECOND);
    for (size_t i = 1; i < NODES; i++) {
        assert_int_equal(heard[i], 1);
    }
    cost.crash_ms = notice(NODES - 1);
    for (size_t i = 0; i < NODES - 1; i++) {
        wavu_node_free(nodes[i]);
    }
    sim_free(sim);
    return cost;
}

static void low_power_wakes_seldom(void **state)
{
    (void)state;
    struct cost normal = idle(1, 0, 0, NODES);
    struct cost low = idle(1, NODES, 0, NODES);
    struct cost alone = idle(1, 1, 0, 1);
    print_message(
        "idle, 8 nodes: normal %llu wakeups a minute and %llu bytes a second, low %llu and "
        "%llu; one low among normal ones %llu and %llu\n",
        (unsigned long long)normal.wakeups, (unsigned long long)normal.bytes,
        (unsigned long long)low.wakeups, (unsigned long long)low.bytes,
        (unsigned long long)alone.wakeups, (unsigned long long)alone.bytes);
    print_message("a node that vanishes is noticed after %llu ms, with low power after %llu\n",
                  (unsigned long long)normal.crash_ms, (unsigned long long)low.crash_ms);
    assert_true(normal.crash_ms < 10 * 1000 && low.crash_ms < 45 * 1000);
    assert_true(low.wakeups * 5 < normal.wakeups);
    assert_true(low.bytes * 3 < normal.bytes);
    assert_true(alone.wakeups * 2 < normal.wakeups); /* its neighbours keep to its pace */
    assert_true(normal.bytes < 650); /* so that 100 members stay below 1,000: bench_mesh_idle */
}

/* Nobody there and nothing to write: the mesh looks around now and then, the store sleeps. */
static void a_lone_node_that_saves_power_sleeps(void **state)
{
    const struct wavu_mesh_config mesh = {
        .has_discovery = true, .has_mdns = true, .is_low_power = true};
    struct wavu_status status;
    uint64_t wakeups = 0;
    (void)state;
    sim = sim_new(1);
    struct sim_host *host = sim_host_new(sim, "10.0.0.1");
    sim_lan_plug(host, 1, NULL);
    const struct wavu_config config = {
        .port = sim_host_port(host), .is_ephemeral = true, .mesh = &mesh};
    assert_int_equal(wavu_node_new(&config, &nodes[0]), 0);
    assert_int_equal(wavu_node_listen(nodes[0], "10.0.0.1:9000"), 0);
    sim_run_for(sim, 3 * 60 * TIMERS_SECOND);
    for (size_t minute = 0; minute < MINUTES; minute++) {
        sim_run_for(sim, 60 * TIMERS_SECOND);
        wavu_node_status(nodes[0], &status);
        wakeups += status.wakeups_per_minute;
    }
    print_message("alone, low power: %llu wakeups in %d minutes\n", (unsigned long long)wakeups,
                  MINUTES);
    assert_in_range(wakeups, 1, 25 * MINUTES);
    wavu_node_free(nodes[0]);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(turns_are_counted_by_the_minute),
        UNIT(low_power_wakes_seldom),
        UNIT(a_lone_node_that_saves_power_sleeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
