/*
 * Tests of the world: links come and go as on real cables, nothing is left to chance.
 */
#include "swarm/world.h"

#include <string.h>

#include "swarm/census.h"
#include "tests/base/unit.h"

struct seen {
    uint64_t delivered;
    uint64_t downs;
    uint32_t down_about;
};

static void on_delivered(void *context, uint32_t node, uint32_t origin, const struct mesh_event *e)
{
    struct seen *seen = context;
    (void)node;
    (void)origin;
    (void)e;
    seen->delivered++;
}

static void on_down(void *context, uint32_t node, uint32_t about)
{
    struct seen *seen = context;
    (void)node;
    seen->downs++;
    seen->down_about = about;
}

static struct world *make(uint32_t nodes, uint64_t seed, bool is_stream, struct seen *seen)
{
    struct world_config config = {.seed = seed,
                                  .nodes = nodes,
                                  .is_stream = is_stream,
                                  .delay_min_ms = 10,
                                  .delay_max_ms = 50};
    struct world_watch watch = {.context = seen, .delivered = on_delivered, .down = on_down};
    memset(seen, 0, sizeof *seen);
    struct world *w = world_new(&config, &watch);
    for (uint32_t i = 0; i < nodes; i++) {
        world_start(w, i, i == 0 ? 0 : (uint32_t)random_below(&w->random, i));
        world_run(w, world_now(w) + 20 * WORLD_MS);
    }
    world_run(w, world_now(w) + 10 * WORLD_S);
    return w;
}

static void say(struct world *w, uint32_t node)
{
    static const uint8_t payload[32] = {1};
    assert_int_equal(world_say(w, node, span_of(payload, sizeof payload), NULL), 0);
}

static void test_a_mesh_forms_and_carries(void **state)
{
    struct seen seen;
    struct census c;
    (void)state;
    for (int stream = 0; stream < 2; stream++) {
        struct world *w = make(40, 3, stream != 0, &seen);
        census_take(w, &c);
        assert_int_equal(c.alive, 40);
        assert_int_equal(c.components, 1);
        assert_int_equal(c.largest, 40);
        assert_true(c.degree_min >= 3);
        say(w, 7);
        world_run(w, world_now(w) + 2 * WORLD_S);
        assert_int_equal(seen.delivered, 39);
        census_check(w);
        world_free(w);
    }
}

static void test_one_seed_is_one_history(void **state)
{
    struct seen seen;
    uint64_t hash[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct world *w = make(20, i == 2 ? 8 : 9, false, &seen);
        say(w, 1);
        world_run(w, world_now(w) + 5 * WORLD_S);
        hash[i] = w->hash;
        world_free(w);
    }
    assert_true(hash[0] == hash[1]);
    assert_false(hash[0] == hash[2]);
}

static void test_a_reset_is_heard_of_at_once_and_silence_is_not(void **state)
{
    struct seen seen;
    (void)state;
    struct world *w = make(30, 4, false, &seen);
    uint32_t neighbours = w->nodes[5].link_count;
    assert_true(neighbours > 0);
    world_crash(w, 5, true);
    world_run(w, world_now(w) + WORLD_S);
    assert_int_equal(seen.downs, 0); /* told, not found out */
    for (uint32_t i = 0; i < 30; i++) {
        assert_false(i != 5 && views_is_active(&w->nodes[i].mesh.views, &w->nodes[5].id));
    }
    world_crash(w, 6, false);
    world_run(w, world_now(w) + WORLD_S);
    assert_int_equal(seen.downs, 0);
    world_run(w, world_now(w) + 10 * WORLD_S);
    assert_true(seen.downs > 0);
    assert_int_equal(seen.down_about, 6);
    world_free(w);
}

static void test_who_comes_back_finds_its_mesh(void **state)
{
    struct seen seen;
    struct census c;
    (void)state;
    struct world *w = make(30, 5, false, &seen);
    world_crash(w, 5, false);
    world_run(w, world_now(w) + 20 * WORLD_S);
    world_start(w, 5, 5); /* no seed: from what it knew */
    world_run(w, world_now(w) + 10 * WORLD_S);
    census_take(w, &c);
    assert_int_equal(c.alive, 30);
    assert_int_equal(c.components, 1);
    world_free(w);
}

static void test_a_leave_is_no_failure(void **state)
{
    struct seen seen;
    struct census c;
    (void)state;
    struct world *w = make(30, 6, true, &seen);
    world_quit(w, 3);
    world_run(w, world_now(w) + 15 * WORLD_S);
    census_take(w, &c);
    assert_int_equal(seen.downs, 0);
    assert_int_equal(c.alive, 29);
    assert_int_equal(c.components, 1);
    world_free(w);
}

static void test_the_shared_state_agrees(void **state)
{
    struct seen seen;
    (void)state;
    struct world *w = make(30, 7, false, &seen);
    assert_int_equal(world_set(w, 11, span_of("key", 3), span_of("value", 5)), 0);
    assert_false(census_is_agreed(w));
    world_run(w, world_now(w) + 15 * WORLD_S);
    assert_true(census_is_agreed(w));
    struct span value;
    assert_int_equal(
        state_get(&w->nodes[20].mesh.state, &w->nodes[11].id, span_of("key", 3), &value), 0);
    assert_int_equal(value.len, 5);
    world_free(w);
}

/* Neighbours change for nearness and by chance all the time; the tree must not suffer. */
static void test_a_tree_stays_good_while_links_change(void **state)
{
    struct seen seen;
    uint64_t twice[2] = {0, 0};
    uint32_t swaps = 0;
    (void)state;
    struct world *w = make(200, 8, false, &seen);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 300; i++) {
            say(w, i % 200);
            world_run(w, world_now(w) + WORLD_S);
        }
        for (uint32_t i = 0; i < 200; i++) {
            twice[round] += w->nodes[i].mesh.plumtree.stats.duplicates;
            swaps += (uint32_t)w->nodes[i].mesh.views.stats.swapped;
        }
    }
    assert_int_equal(seen.delivered, 600 * 199);
    assert_true(swaps > 100);
    assert_true((twice[1] - twice[0]) * 1000 < UINT64_C(300) * 199 * 45); /* waves: 3.8 % */
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mesh_forms_and_carries),
        cmocka_unit_test(test_one_seed_is_one_history),
        cmocka_unit_test(test_a_reset_is_heard_of_at_once_and_silence_is_not),
        cmocka_unit_test(test_who_comes_back_finds_its_mesh),
        cmocka_unit_test(test_a_leave_is_no_failure),
        cmocka_unit_test(test_the_shared_state_agrees),
        cmocka_unit_test(test_a_tree_stays_good_while_links_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
