/*
 * Tests of cables: a link has two ends, keeps its order, and belongs to one life.
 */
#include "swarm/world_core.h"

#include "tests/base/unit.h"

static struct world *make(uint32_t nodes)
{
    struct world_config config = {
        .seed = 1, .nodes = nodes, .delay_min_ms = 10, .delay_max_ms = 50};
    struct world_watch watch = {.context = NULL};
    struct world *w = world_new(&config, &watch);
    for (uint32_t i = 0; i < nodes; i++) {
        world_start(w, i, i);
    }
    return w;
}

static void test_delays_are_of_the_pair(void **state)
{
    (void)state;
    struct world *w = make(3);
    assert_true(world_cable_delay(w, 0, 1) == world_cable_delay(w, 1, 0));
    assert_false(world_cable_delay(w, 0, 1) == world_cable_delay(w, 0, 2));
    for (uint32_t i = 0; i < 1000; i++) {
        assert_in_range(world_cable_delay(w, i, i + 1), 10 * WORLD_MS, 50 * WORLD_MS);
    }
    world_free(w);
}

static void test_a_link_has_two_ends(void **state)
{
    (void)state;
    struct world *w = make(3);
    assert_true(world_cable_join(w, 0, 1));
    struct world_link *a = world_cable_to(w, 0, 1);
    struct world_link *b = world_cable_to(w, 1, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(a->tag, b->tag);
    assert_ptr_equal(world_cable_of(w, 0, a->tag), a);
    assert_null(world_cable_to(w, 0, 2));
    uint32_t tag = a->tag;
    world_cable_remove(w, 0, a);
    assert_null(world_cable_of(w, 0, tag));
    assert_non_null(world_cable_of(w, 1, tag));
    /* The next link is another one, and the old end is gone with it. */
    assert_true(world_cable_join(w, 0, 1));
    assert_null(world_cable_of(w, 1, tag));
    assert_int_equal(w->nodes[1].link_count, 1);
    world_free(w);
}

static void test_what_is_sent_first_comes_first(void **state)
{
    static const uint8_t body[3] = {9, 9, 9};
    (void)state;
    struct world *w = make(2);
    assert_true(world_cable_join(w, 0, 1));
    struct world_link *l = world_cable_to(w, 0, 1);
    l->clear_ns = world_now(w) + WORLD_S; /* something slow is before */
    world_cable_carry(w, 0, l, OVERLAY_ROUTE, span_of(body, sizeof body));
    uint64_t events = w->stats.events;
    world_run(w, world_now(w) + 900 * WORLD_MS);
    uint64_t frames = w->stats.events - w->stats.ticks;
    world_run(w, world_now(w) + 200 * WORLD_MS);
    assert_int_equal(w->stats.events - w->stats.ticks, frames + 1);
    assert_true(w->stats.events > events);
    assert_int_equal(w->stats.bytes, sizeof body + 2);
    world_free(w);
}

static void test_a_frame_of_an_old_link_is_answered_by_a_reset(void **state)
{
    static const uint8_t body[3] = {9, 9, 9};
    (void)state;
    struct world *w = make(2);
    assert_true(world_cable_join(w, 0, 1));
    world_cable_remove(w, 1, world_cable_to(w, 1, 0)); /* node 1 began anew */
    world_cable_carry(w, 0, world_cable_to(w, 0, 1), OVERLAY_ROUTE, span_of(body, sizeof body));
    world_run(w, world_now(w) + 200 * WORLD_MS);
    assert_null(world_cable_to(w, 0, 1));
    world_free(w);
}

static void test_who_is_down_refuses_or_says_nothing(void **state)
{
    (void)state;
    struct world *w = make(3);
    world_crash(w, 1, true);
    world_crash(w, 2, false);
    uint64_t before = w->wheel.count;
    world_cable_dial(w, 0, 2);
    assert_int_equal(w->wheel.count, before);
    world_cable_dial(w, 0, 1);
    assert_int_equal(w->wheel.count, before + 1);
    world_cable_dial(w, 0, 0); /* oneself */
    assert_int_equal(w->wheel.count, before + 1);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delays_are_of_the_pair),
        cmocka_unit_test(test_a_link_has_two_ends),
        cmocka_unit_test(test_what_is_sent_first_comes_first),
        cmocka_unit_test(test_a_frame_of_an_old_link_is_answered_by_a_reset),
        cmocka_unit_test(test_who_is_down_refuses_or_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
