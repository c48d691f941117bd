/*
 * Views and detector together, some hundred nodes at a time: they become one mesh, stay one, heal,
 * and tell who is down. Figures are printed; the bounds that are asserted are coarse.
 */
#include "tests/base/unit.h"

#include <stdlib.h>

#include "tests/support/mesh_world.h"

static const struct views_config views_defaults;
static const struct detector_config detector_defaults;

static void begin(struct mesh *m, size_t count, uint64_t seed, uint64_t pause)
{
    mesh_init(m, count, seed, &views_defaults, &detector_defaults);
    mesh_start_all(m, pause);
}

static void print_degrees(const char *what, const struct mesh *m)
{
    size_t least;
    size_t most;
    size_t sum;
    mesh_degrees(m, &least, &most, &sum);
    print_message("%s: seed %u, components %zu, degrees %zu to %zu, sum %zu\n", what,
                  (unsigned)m->seed, mesh_components(m), least, most, sum);
}

static void joining_makes_one_mesh_and_crashes_leave_one(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct mesh m;
        begin(&m, 200, seed, 10 * MESH_MS);
        mesh_run(&m, 5 * MESH_S);
        assert_int_equal(mesh_components(&m), 1);
        for (size_t i = 0; i < 40; i++) {
            mesh_crash(&m, i * 5);
        }
        mesh_run(&m, 12 * MESH_S);
        print_degrees("200 joined, 20 % crashed", &m);
        assert_int_equal(mesh_components(&m), 1);
        mesh_clear(&m);
    }
}

/* Nine of ten of those known are dead, most nodes have no neighbour left, and each dial of a dead
 * one takes five seconds to fail. */
static void one_in_ten_that_survive_find_together_in_seconds(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct mesh m;
        begin(&m, 400, seed, 10 * MESH_MS);
        mesh_run(&m, 60 * MESH_S);
        for (size_t i = 0; i < 400; i++) {
            if ((i + seed) % 10 != 0) {
                mesh_crash(&m, i);
            }
        }
        uint64_t crashed = m.now;
        do {
            mesh_run(&m, 500 * MESH_MS);
        } while (mesh_components(&m) > 1 && m.now < crashed + 60 * MESH_S);
        print_message("400 joined, 90 %% crashed: seed %u, one mesh after %u ms\n", (unsigned)seed,
                      (unsigned)((m.now - crashed) / MESH_MS));
        assert_in_range(m.now - crashed, 0, 15 * MESH_S);
        mesh_clear(&m);
    }
}

static void a_long_partition_heals_at_once(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct mesh m;
        begin(&m, 100, seed, 10 * MESH_MS);
        mesh_run(&m, 120 * MESH_S);
        m.is_parted = true;
        mesh_run(&m, 600 * MESH_S);
        print_degrees("parted", &m);
        assert_int_equal(mesh_cross_links(&m), 0);
        assert_int_equal(mesh_components(&m), 2);
        m.is_parted = false;
        uint64_t healed = m.now;
        while (mesh_components(&m) > 1 && m.now < healed + 60 * MESH_S) {
            mesh_run(&m, 100 * MESH_MS);
        }
        print_message("healed after %u ms\n", (unsigned)((m.now - healed) / MESH_MS));
        assert_in_range(m.now - healed, 0, 10 * MESH_S);
        mesh_run(&m, healed + 10 * MESH_S - m.now);
        print_message("links across after 10 s: %zu\n", mesh_cross_links(&m));
        print_degrees("healed", &m);
        mesh_clear(&m);
    }
}

static int order(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;
    return (*x > *y) - (*x < *y);
}

static void silent_crashes_are_found_in_seconds(void **state)
{
    (void)state;
    struct mesh m;
    begin(&m, 200, 7, 10 * MESH_MS);
    m.loss_permille = 50;
    mesh_run(&m, 60 * MESH_S);
    for (size_t i = 0; i < 20; i++) {
        mesh_crash(&m, 10 * i + 3);
        mesh_run(&m, 3 * MESH_S);
    }
    mesh_run(&m, 30 * MESH_S);
    qsort(m.detected, m.detected_count, sizeof m.detected[0], order);
    assert_true(m.detected_count > 50);
    uint64_t median = m.detected[m.detected_count / 2];
    uint64_t late = m.detected[m.detected_count * 99 / 100];
    print_message("5 %% loss: %zu verdicts, median %u ms, p99 %u ms, false %u\n", m.detected_count,
                  (unsigned)(median / MESH_MS), (unsigned)(late / MESH_MS),
                  (unsigned)m.false_downs);
    assert_in_range(median, 2 * MESH_S, 5 * MESH_S);
    assert_in_range(late, 2 * MESH_S, 10 * MESH_S);
    assert_int_equal(m.false_downs, 0);
    assert_int_equal(mesh_components(&m), 1);
    mesh_clear(&m);
}

static void nodes_that_stand_still_condemn_nobody(void **state)
{
    (void)state;
    struct mesh m;
    begin(&m, 128, 9, 10 * MESH_MS);
    mesh_run(&m, 20 * MESH_S);
    for (size_t i = 0; i < 128; i += 4) {
        m.nodes[i].is_slow = true;
    }
    mesh_run(&m, 120 * MESH_S);
    print_message("25 %% slow, 128 nodes, 2 min: false verdicts %u, about nodes that are well %u\n",
                  (unsigned)m.false_downs, (unsigned)m.false_downs_well);
    assert_in_range(m.false_downs_well, 0, 2);
    mesh_clear(&m);
}

static void an_idle_node_sends_little(void **state)
{
    (void)state;
    struct mesh m;
    begin(&m, 100, 11, 10 * MESH_MS);
    mesh_run(&m, 60 * MESH_S);
    uint64_t bytes = m.bytes;
    uint64_t messages = m.messages;
    mesh_run(&m, 60 * MESH_S);
    unsigned rate = (unsigned)((m.bytes - bytes) / 60 / 100);
    unsigned count = (unsigned)((m.messages - messages) / 60);
    print_message("idle: %u bytes a second and node, %u messages a second of 100 nodes\n", rate,
                  count);
    print_degrees("idle", &m);
    /* Noise and yamux add 30 bytes to a message: together they stay below 1 kB. */
    assert_in_range(rate + 30 * count / 100, 1, 1000);
    mesh_clear(&m);
}

static void up_to_six_nodes_are_a_full_mesh(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 6; n++) {
        struct mesh m;
        size_t least;
        size_t most;
        size_t sum;
        begin(&m, n, n, 10 * MESH_MS);
        mesh_run(&m, 30 * MESH_S);
        mesh_degrees(&m, &least, &most, &sum);
        assert_int_equal(least, n - 1);
        assert_int_equal(sum, n * (n - 1));
        mesh_clear(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(up_to_six_nodes_are_a_full_mesh),
        UNIT(joining_makes_one_mesh_and_crashes_leave_one),
        UNIT(one_in_ten_that_survive_find_together_in_seconds),
        UNIT(a_long_partition_heals_at_once),
        UNIT(silent_crashes_are_found_in_seconds),
        UNIT(nodes_that_stand_still_condemn_nobody),
        UNIT(an_idle_node_sends_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
