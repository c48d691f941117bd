/*
 * Tests of the world of whole nodes: they meet, are counted, keep who they are over a crash, and
 * what they sent is not forgotten with a life.
 */
#include "swarm/whole_world.h"

#include <string.h>

#include "overlay/mesh.h"
#include "sim/sim.h"
#include "sim/sim_cable.h"
#include "swarm/whole_fault.h"
#include "tests/base/unit.h"

#define NODES 7
#define SECOND (1000 * WHOLE_WORLD_MS)

struct heard {
    uint32_t count[NODES];
    uint32_t downs;
};

static void on_event(void *context, uint32_t node, const struct wavu_mesh_event *e)
{
    struct heard *h = context;
    h->count[node] += e->kind == WAVU_MESH_MESSAGE ? 1 : 0;
    h->downs += e->kind == WAVU_MESH_DOWN ? 1 : 0;
}

static void describe(struct scenario *s, uint64_t seed)
{
    scenario_init(s);
    s->seed = seed;
    s->nodes = NODES;
    s->cable = SCENARIO_WHOLE;
}

static struct whole_world *make(const struct scenario *s, struct heard *h)
{
    struct whole_world_watch watch = {.context = h, .event = on_event};
    struct whole_world *w = whole_world_new(s, &watch);
    *h = (struct heard){.downs = 0};
    whole_fault_init(w);
    for (uint32_t i = 0; i < NODES; i++) {
        assert_int_equal(whole_world_start(w, i), 0);
        whole_world_run(w, sim_now(w->sim) + SECOND / 2);
    }
    whole_world_run(w, 15 * SECOND);
    return w;
}

static void test_they_meet_on_a_network_or_through_seeds(void **state)
{
    bool was[2] = {false, false};
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct scenario s;
        struct heard h;
        struct census c;
        describe(&s, seed);
        struct whole_world *w = make(&s, &h);
        was[w->has_lan] = true;
        whole_world_census(w, &c);
        assert_int_equal(c.alive, NODES);
        assert_int_equal(c.components, 1);
        assert_int_equal(c.largest, NODES);
        assert_true(c.degree_min >= 3 && c.degree_max < NODES && c.degree_sum >= 3 * NODES);
        assert_true(whole_world_is_agreed(w));
        whole_world_check(w);
        assert_int_equal(wavu_broadcast(w->nodes[3].node, "hello", 5), 0);
        whole_world_run(w, 20 * SECOND);
        for (uint32_t i = 0; i < NODES; i++) {
            assert_int_equal(h.count[i], i == 3 ? 0 : 1);
            assert_int_equal(whole_world_number(w, w->nodes[i].id), i);
            assert_int_equal(whole_world_number_of(w, &w->nodes[i].key), i);
        }
        assert_int_equal(whole_world_number(w, "nobody"), NODES);
        whole_world_free(w);
    }
    assert_true(was[0] && was[1]);
}

static void test_states_that_differ_are_seen(void **state)
{
    struct scenario s;
    struct heard h;
    (void)state;
    describe(&s, 1);
    struct whole_world *w = make(&s, &h);
    assert_int_equal(wavu_mesh_set(w->nodes[2].node, "k", "v", 1), 0);
    assert_false(whole_world_is_agreed(w));
    whole_world_run(w, 25 * SECOND);
    assert_true(whole_world_is_agreed(w));
    whole_world_free(w);
}

static void test_a_crash_keeps_who_it_was_and_what_it_sent(void **state)
{
    struct scenario s;
    struct heard h;
    struct census c;
    struct whole_world_sums before;
    struct whole_world_sums after;
    char id[WAVU_PEER_TEXT_MAX];
    (void)state;
    describe(&s, 2);
    struct whole_world *w = make(&s, &h);
    memcpy(id, w->nodes[4].id, sizeof id);
    whole_world_sum(w, &before);
    assert_true(before.messages > 100 && before.bytes > 10000);
    whole_world_crash(w, 4, false);
    whole_world_sum(w, &after);
    assert_int_equal(after.messages, before.messages);
    assert_int_equal(after.bytes, before.bytes);
    assert_null(whole_world_mesh(w, 4));
    whole_world_run(w, 40 * SECOND);
    assert_true(h.downs > 0);
    whole_world_census(w, &c);
    assert_int_equal(c.alive, NODES - 1);
    assert_int_equal(c.largest, NODES - 1);
    assert_int_equal(whole_world_start(w, 4), 0);
    assert_string_equal(w->nodes[4].id, id);
    assert_int_equal(w->nodes[4].lives, 2);
    assert_int_equal(w->nodes[4].born_ns, 40 * SECOND);
    whole_world_run(w, 60 * SECOND);
    whole_world_census(w, &c);
    assert_int_equal(c.largest, NODES);
    whole_world_free(w);
}

static void test_the_hostile_are_not_counted_while_they_are(void **state)
{
    struct scenario s;
    struct heard h;
    struct census c;
    (void)state;
    describe(&s, 3);
    s.fault_count = 2;
    s.faults[0] =
        (struct scenario_fault){.id = 1, .kind = SCENARIO_FLOOD, .at_ms = 20000, .node = 5};
    s.faults[1] =
        (struct scenario_fault){.id = 2, .kind = SCENARIO_CRASH, .at_ms = 20000, .node = 0};
    struct whole_world *w = make(&s, &h);
    whole_world_census(w, &c);
    assert_int_equal(c.alive, NODES);
    whole_fault_on(w, &s.faults[0]);
    whole_world_census(w, &c);
    assert_int_equal(c.alive, NODES - 1);
    assert_int_equal(wavu_mesh_set(w->nodes[5].node, "k", "v", 1), 0);
    assert_true(whole_world_is_agreed(w));
    whole_fault_off(w, &s.faults[0]);
    whole_world_census(w, &c);
    assert_int_equal(c.alive, NODES);
    assert_false(whole_world_is_agreed(w));
    assert_true(w->nodes[5].is_hostile && !w->nodes[5].is_mortal);
    assert_true(w->nodes[0].is_mortal && !w->nodes[0].is_hostile);
    whole_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_they_meet_on_a_network_or_through_seeds),
        UNIT(test_states_that_differ_are_seen),
        UNIT(test_a_crash_keeps_who_it_was_and_what_it_sent),
        UNIT(test_the_hostile_are_not_counted_while_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
