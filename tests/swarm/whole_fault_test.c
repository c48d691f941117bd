/*
 * Tests of faults on whole nodes' cables: each does what its name says to those it hits, together
 * as alone, and nothing after its end.
 */
#include "swarm/whole_fault.h"

#include "overlay/mesh.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

#define NODES 8
#define SECOND (1000 * WHOLE_WORLD_MS)

static struct scenario s;

static void on_event(void *context, uint32_t node, const struct wavu_mesh_event *e)
{
    (void)context;
    (void)node;
    (void)e;
}

/* The first two nodes are hit. */
static struct whole_world *make(enum scenario_fault_kind kind, uint64_t amount)
{
    struct whole_world_watch watch = {.event = on_event};
    scenario_init(&s);
    s.nodes = NODES;
    s.cable = SCENARIO_WHOLE;
    s.seed = 4;
    s.fault_count = 2;
    for (uint32_t i = 0; i < 2; i++) {
        s.faults[i] = (struct scenario_fault){
            .id = i + 1, .kind = kind, .node = i, .rate = {1, 10}, .amount = amount};
    }
    struct whole_world *w = whole_world_new(&s, &watch);
    whole_fault_init(w);
    return w;
}

static struct sim_cable_settings wire(const struct whole_world *w, uint32_t from, uint32_t to)
{
    struct sim_cable_settings c;
    assert_true(whole_fault_wire(w, from, to, &c));
    return c;
}

static bool passes(const struct whole_world *w, uint32_t from, uint32_t to)
{
    struct sim_cable_settings c;
    return whole_fault_wire(w, from, to, &c);
}

static void test_cables_without_faults(void **state)
{
    struct whole_world *w = make(SCENARIO_LOSS, 0);
    bool differ = false;
    (void)state;
    for (uint32_t i = 1; i < NODES; i++) {
        struct sim_cable_settings there = wire(w, 0, i);
        struct sim_cable_settings back = wire(w, i, 0);
        assert_in_range(there.latency_ns, 10 * WHOLE_WORLD_MS, 50 * WHOLE_WORLD_MS);
        assert_int_equal(there.latency_ns, back.latency_ns);
        assert_int_equal(there.loss_part, 0);
        assert_int_equal(there.bytes_per_second, 0);
        differ = differ || there.latency_ns != wire(w, 0, 1).latency_ns;
    }
    assert_true(differ);
    whole_world_free(w);
}

static void test_losses_of_two_faults_are_joined(void **state)
{
    struct whole_world *w = make(SCENARIO_LOSS, 0);
    (void)state;
    whole_fault_on(w, &s.faults[0]);
    assert_int_equal(wire(w, 0, 1).loss_part, 100000);
    assert_int_equal(wire(w, 3, 0).loss_part, 100000);
    assert_int_equal(wire(w, 3, 1).loss_part, 0);
    whole_fault_on(w, &s.faults[1]);
    assert_int_equal(wire(w, 1, 0).loss_part, 190000);
    assert_int_equal(wire(w, 3, 1).loss_part, 100000);
    whole_fault_off(w, &s.faults[0]);
    assert_int_equal(wire(w, 1, 0).loss_part, 100000);
    assert_int_equal(wire(w, 3, 0).loss_part, 0);
    assert_false(whole_fault_is_on(w, &s.faults[0]));
    assert_true(whole_fault_is_on(w, &s.faults[1]));
    whole_world_free(w);
}

static void test_delays_and_rates(void **state)
{
    struct whole_world *w = make(SCENARIO_DELAY, 300);
    (void)state;
    uint64_t base = wire(w, 0, 3).latency_ns;
    whole_fault_on(w, &s.faults[0]);
    assert_int_equal(wire(w, 0, 3).latency_ns, base + 300 * WHOLE_WORLD_MS);
    whole_world_free(w);
    w = make(SCENARIO_REORDER, 300);
    whole_fault_on(w, &s.faults[0]);
    assert_int_equal(wire(w, 3, 0).jitter_ns, 300 * WHOLE_WORLD_MS);
    whole_world_free(w);
    w = make(SCENARIO_DUPLICATE, 0);
    whole_fault_on(w, &s.faults[0]);
    assert_int_equal(wire(w, 3, 0).repeat_part, 100000);
    whole_world_free(w);
    w = make(SCENARIO_BANDWIDTH, 4000);
    whole_fault_on(w, &s.faults[0]);
    assert_int_equal(wire(w, 0, 3).bytes_per_second, 4000);
    assert_int_equal(wire(w, 3, 0).bytes_per_second, 0); /* what it sends only */
    whole_world_free(w);
}

static void test_cuts(void **state)
{
    struct whole_world *w = make(SCENARIO_PARTITION, 0);
    (void)state;
    whole_fault_on(w, &s.faults[0]);
    assert_false(passes(w, 0, 3) || passes(w, 3, 0));
    assert_true(passes(w, 3, 4));
    whole_fault_on(w, &s.faults[1]); /* two partitions: three parts */
    assert_false(passes(w, 0, 1) || passes(w, 1, 3) || passes(w, 3, 0));
    whole_world_free(w);
    w = make(SCENARIO_ONE_WAY, 0);
    whole_fault_on(w, &s.faults[0]);
    assert_true(!passes(w, 0, 3) && passes(w, 3, 0));
    whole_world_free(w);
    w = make(SCENARIO_CLOG, 0);
    whole_fault_on(w, &s.faults[0]);
    assert_false(passes(w, 0, 1) || passes(w, 1, 0));
    assert_true(passes(w, 1, 3));
    whole_world_free(w);
}

static void start_all(struct whole_world *w)
{
    for (uint32_t i = 0; i < NODES; i++) {
        assert_int_equal(whole_world_start(w, i), 0);
        whole_world_run(w, sim_now(w->sim) + SECOND / 2);
    }
    whole_world_run(w, 15 * SECOND);
}

static void test_a_partition_parts_whole_nodes_and_ends(void **state)
{
    struct whole_world *w = make(SCENARIO_PARTITION, 0);
    struct census c;
    (void)state;
    start_all(w);
    whole_fault_on(w, &s.faults[0]);
    whole_world_run(w, 50 * SECOND);
    whole_world_census(w, &c);
    assert_int_equal(c.components, 2);
    assert_int_equal(c.largest, NODES - 1);
    whole_fault_off(w, &s.faults[0]);
    whole_world_run(w, 90 * SECOND);
    whole_world_census(w, &c);
    assert_int_equal(c.components, 1);
    whole_world_free(w);
}

struct dialled {
    bool is_done;
    int err;
};

static void on_dialled(void *context, int err, const char *peer)
{
    struct dialled *d = context;
    (void)peer;
    *d = (struct dialled){.is_done = true, .err = err};
}

/* Over a connection of its own, from a node that has none to there. */
static bool is_dialled(struct whole_world *w, uint32_t from, uint32_t to)
{
    char address[] = "10.0.0.1:4001";
    struct wavu_op *op = NULL;
    struct dialled d = {.is_done = false};
    address[7] = (char)('1' + to);
    assert_int_equal(wavu_connect(w->nodes[from].node, address, on_dialled, &d, &op), 0);
    whole_world_run(w, sim_now(w->sim) + 5 * SECOND);
    if (!d.is_done) {
        wavu_op_cancel(op);
    }
    return d.is_done && d.err == 0;
}

static void test_nobody_dials_behind_a_router(void **state)
{
    struct whole_world *w = make(SCENARIO_NAT, 0);
    (void)state;
    whole_fault_on(w, &s.faults[0]);
    assert_int_equal(whole_world_start(w, 0), 0);
    w->has_lan = true; /* no seeds from here on */
    assert_int_equal(whole_world_start(w, 1), 0);
    whole_fault_started(w, 0); /* as after every start */
    assert_false(is_dialled(w, 1, 0));
    assert_true(is_dialled(w, 0, 1));
    whole_world_free(w);
}

static void test_the_silent_stand_still_even_after_a_restart(void **state)
{
    struct whole_world *w = make(SCENARIO_SILENT, 0);
    (void)state;
    start_all(w);
    whole_fault_on(w, &s.faults[0]);
    whole_world_crash(w, 0, false);
    assert_int_equal(whole_world_start(w, 0), 0);
    whole_fault_started(w, 0);
    whole_world_run(w, 39 * SECOND); /* faults end at 40 s */
    assert_int_equal(views_active_count(&whole_world_mesh(w, 0)->views), 0);
    whole_fault_off(w, &s.faults[0]);
    whole_world_run(w, 70 * SECOND);
    assert_true(views_active_count(&whole_world_mesh(w, 0)->views) > 0);
    whole_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_cables_without_faults),
        UNIT(test_losses_of_two_faults_are_joined),
        UNIT(test_delays_and_rates),
        UNIT(test_cuts),
        UNIT(test_a_partition_parts_whole_nodes_and_ends),
        UNIT(test_nobody_dials_behind_a_router),
        UNIT(test_the_silent_stand_still_even_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
