/*
 * Operations that reach a peer: connect, ping and perf, their ends, and giving up.
 */
#include "sim/sim.h"
#include "sim/sim_cable.h"
#include "sim/sim_host.h"
#include "base/timers.h"
#include "tests/base/unit.h"
#include "wavu/mesh.h"

static struct sim *sim;
static struct sim_host *hosts[2];
static struct wavu_node *nodes[2];
static char peer_seen[WAVU_PEER_TEXT_MAX];

struct result {
    size_t pings;
    size_t progress;
    uint64_t uploaded;
    uint64_t downloaded;
    bool is_over;
    int err;
};

static void start(uint64_t seed)
{
    sim = sim_new(seed);
    for (size_t i = 0; i < 2; i++) {
        hosts[i] = sim_host_new(sim, i == 0 ? "10.0.0.1" : "10.0.0.2");
        struct wavu_config config = {.port = sim_host_port(hosts[i]), .is_ephemeral = true};
        assert_int_equal(wavu_node_new(&config, &nodes[i]), 0);
    }
    assert_int_equal(wavu_node_listen(nodes[1], "10.0.0.2:4001"), 0);
}

static void stop(void)
{
    wavu_node_free(nodes[0]);
    wavu_node_free(nodes[1]);
    sim_free(sim);
}

static bool is_over(void *context)
{
    return ((struct result *)context)->is_over;
}

static void on_connect(void *context, int err, const char *peer)
{
    struct result *r = context;
    r->is_over = true;
    r->err = err;
    (void)snprintf(peer_seen, sizeof peer_seen, "%s", peer);
}

static void on_ping(void *context, const struct wavu_ping_event *event)
{
    struct result *r = context;
    if (event->err == 0) {
        r->pings++;
        return;
    }
    r->is_over = true;
    r->err = event->err;
}

static void on_perf(void *context, const struct wavu_perf_event *event)
{
    struct result *r = context;
    if (!event->is_final) {
        r->progress++;
        return;
    }
    r->is_over = true;
    r->err = event->err;
    r->uploaded = event->uploaded;
    r->downloaded = event->downloaded;
}

static void connecting_names_the_peer(void **state)
{
    (void)state;
    struct result r = {.pings = 0};
    struct wavu_op *op = NULL;
    char id[WAVU_PEER_TEXT_MAX];
    start(1);
    assert_int_equal(wavu_connect(nodes[0], "nonsense", on_connect, &r, &op), WAVU_ERR_INVALID);
    assert_int_equal(wavu_connect(nodes[0], "10.0.0.2:4001", on_connect, &r, &op), 0);
    assert_true(sim_run_until(sim, is_over, &r, 60 * TIMERS_SECOND));
    assert_int_equal(r.err, 0);
    wavu_node_id(nodes[1], id);
    assert_string_equal(peer_seen, id);
    stop();
}

static void nobody_there_is_refused(void **state)
{
    (void)state;
    struct result r = {.pings = 0};
    struct wavu_op *op = NULL;
    start(2);
    assert_int_equal(wavu_connect(nodes[0], "10.0.0.2:4999", on_connect, &r, &op), 0);
    assert_true(sim_run_until(sim, is_over, &r, 60 * TIMERS_SECOND));
    assert_int_equal(r.err, WAVU_ERR_REFUSED);
    stop();
}

/* The node's own connect_timeout, and what is_wan makes of it. */
static void silence_is_borne_as_long_as_configured(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct result r = {.pings = 0};
        struct wavu_op *op = NULL;
        const struct wavu_mesh_config mesh = {.is_wan = i == 2};
        static const uint64_t wanted_ns[] = {5 * TIMERS_SECOND, 700 * TIMERS_MS, 2100 * TIMERS_MS};
        start(7);
        wavu_node_free(nodes[0]);
        const struct wavu_config config = {.port = sim_host_port(hosts[0]),
                                           .is_ephemeral = true,
                                           .mesh = &mesh,
                                           .connect_timeout_ms = i == 0 ? 0 : 700};
        assert_int_equal(wavu_node_new(&config, &nodes[0]), 0);
        sim_cable_cut(hosts[0], hosts[1], true);
        uint64_t before = sim_now(sim);
        assert_int_equal(wavu_connect(nodes[0], "10.0.0.2:4001", on_connect, &r, &op), 0);
        assert_true(sim_run_until(sim, is_over, &r, 60 * TIMERS_SECOND));
        assert_int_equal(r.err, WAVU_ERR_TIMEOUT);
        assert_in_range(sim_now(sim) - before, wanted_ns[i], wanted_ns[i] + 50 * TIMERS_MS);
        stop();
    }
}

static void pings_are_counted_and_end(void **state)
{
    (void)state;
    struct result r = {.pings = 0};
    struct wavu_op *op = NULL;
    struct wavu_ping_wish wish = {.address = "10.0.0.2:4001", .count = 3, .interval_ms = 100};
    start(3);
    assert_int_equal(wavu_ping(nodes[0], &wish, on_ping, &r, &op), 0);
    assert_true(sim_run_until(sim, is_over, &r, 60 * TIMERS_SECOND));
    assert_int_equal(r.pings, 3);
    assert_int_equal(r.err, WAVU_ERR_CLOSED);
    stop();
}

static void perf_reports_each_second_and_in_all(void **state)
{
    (void)state;
    struct result r = {.pings = 0};
    struct wavu_op *op = NULL;
    struct sim_cable_settings cable = {
        .latency_ns = TIMERS_MS, .bytes_per_second = 1000000, .loss_whole = 1, .mtu = 1500};
    struct wavu_perf_wish wish = {
        .address = "10.0.0.2:4001", .upload = 3000000, .download = 2000000};
    start(4);
    sim_cable_set(hosts[0], hosts[1], &cable);
    assert_int_equal(wavu_perf(nodes[0], &wish, on_perf, &r, &op), 0);
    assert_true(sim_run_until(sim, is_over, &r, 60 * TIMERS_SECOND));
    assert_int_equal(r.err, 0);
    assert_int_equal(r.uploaded, 3000000);
    assert_int_equal(r.downloaded, 2000000);
    assert_true(r.progress >= 4 && r.progress <= 7);
    stop();
}

static void cancelled_operations_say_nothing(void **state)
{
    (void)state;
    for (uint64_t ms = 0; ms < 100; ms += 10) {
        struct result r = {.pings = 0};
        struct wavu_op *ops[3] = {NULL, NULL, NULL};
        struct wavu_ping_wish ping = {.address = "10.0.0.2:4001"};
        struct wavu_perf_wish perf = {.address = "10.0.0.2:4001", .upload = UINT64_C(1) << 40};
        start(5 + ms);
        assert_int_equal(wavu_ping(nodes[0], &ping, on_ping, &r, &ops[0]), 0);
        assert_int_equal(wavu_perf(nodes[0], &perf, on_perf, &r, &ops[1]), 0);
        sim_run_for(sim, ms * TIMERS_MS);
        size_t before = r.pings;
        wavu_op_cancel(ops[0]);
        wavu_op_cancel(ops[1]);
        wavu_op_cancel(ops[2]);
        sim_run_for(sim, 5 * TIMERS_SECOND);
        assert_false(r.is_over);
        assert_int_equal(r.pings, before);
        stop();
    }
}

static void going_down_ends_operations(void **state)
{
    (void)state;
    struct result r = {.pings = 0};
    struct wavu_op *op = NULL;
    struct wavu_ping_wish wish = {.address = "10.0.0.2:4001", .interval_ms = 100};
    start(6);
    assert_int_equal(wavu_ping(nodes[0], &wish, on_ping, &r, &op), 0);
    sim_run_for(sim, TIMERS_SECOND);
    wavu_node_shut(nodes[0]);
    assert_true(r.is_over);
    assert_int_equal(r.err, WAVU_ERR_SHUTDOWN);
    stop();
}

static size_t connected(void)
{
    struct wavu_status status;
    wavu_node_status(nodes[0], &status);
    return status.peers;
}

static void a_peer_is_disconnected(void **state)
{
    (void)state;
    struct result r = {.pings = 0};
    struct wavu_op *op = NULL;
    char id[WAVU_PEER_TEXT_MAX];
    start(7);
    wavu_node_id(nodes[1], id);
    assert_int_equal(wavu_disconnect(nodes[0], id), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_disconnect(nodes[0], "nobody"), WAVU_ERR_INVALID);
    assert_int_equal(wavu_connect(nodes[0], "10.0.0.2:4001", on_connect, &r, &op), 0);
    assert_true(sim_run_until(sim, is_over, &r, 60 * TIMERS_SECOND));
    assert_int_equal(connected(), 1);
    assert_int_equal(wavu_disconnect(nodes[0], id), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(connected(), 0);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(connecting_names_the_peer),
        UNIT(nobody_there_is_refused),
        UNIT(silence_is_borne_as_long_as_configured),
        UNIT(pings_are_counted_and_end),
        UNIT(perf_reports_each_second_and_in_all),
        UNIT(cancelled_operations_say_nothing),
        UNIT(going_down_ends_operations),
        UNIT(a_peer_is_disconnected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
