/*
 * Tests of the census, on worlds that are made by hand.
 */
#include "swarm/census.h"

#include "tests/base/unit.h"

static struct world *make(uint32_t nodes)
{
    struct world_config config = {
        .seed = 1, .nodes = nodes, .delay_min_ms = 10, .delay_max_ms = 10};
    struct world_watch watch = {.context = NULL};
    return world_new(&config, &watch);
}

static void test_nobody_is_no_component(void **state)
{
    struct census c;
    (void)state;
    struct world *w = make(3);
    census_take(w, &c);
    assert_int_equal(c.alive, 0);
    assert_int_equal(c.components, 0);
    assert_int_equal(c.degree_min, 0);
    assert_true(census_is_agreed(w));
    world_free(w);
}

/* What one writes is known to all some time later; what it has just written is not, and who lacks
 * what was written at the mark is found. */
static void test_what_was_written_is_known_later(void **state)
{
    struct census_mark marks[8];
    (void)state;
    struct world *w = make(8);
    for (uint32_t i = 0; i < 8; i++) {
        world_start(w, i, 0);
    }
    world_run(w, world_now(w) + 5 * WORLD_S);
    assert_int_equal(world_set(w, 3, span_from_text("key"), span_from_text("one")), 0);
    census_mark(w, marks);
    assert_true(marks[3].version > 0);
    assert_false(census_is_known(w, marks));
    world_run(w, world_now(w) + 20 * WORLD_S);
    assert_true(census_is_known(w, marks) && census_is_agreed(w));
    assert_int_equal(world_set(w, 3, span_from_text("key"), span_from_text("two")), 0);
    assert_true(census_is_known(w, marks) && !census_is_agreed(w));
    world_crash(w, 3, true); /* nobody can know it any more, and nobody need */
    census_mark(w, marks);
    assert_int_equal(marks[3].version, 0);
    world_free(w);
}

static void test_pairs_are_components(void **state)
{
    struct census c;
    (void)state;
    struct world *w = make(7);
    for (uint32_t i = 0; i < 6; i += 2) {
        world_start(w, i, i);
        world_start(w, i + 1, i);
    }
    world_run(w, world_now(w) + WORLD_S);
    census_take(w, &c);
    assert_int_equal(c.alive, 6);
    assert_int_equal(c.components, 3);
    assert_int_equal(c.largest, 2);
    assert_int_equal(c.degree_min, 1);
    assert_int_equal(c.degree_max, 1);
    assert_int_equal(c.degree_sum, 6);
    world_start(w, 6, 0);
    world_run(w, world_now(w) + WORLD_S);
    census_take(w, &c);
    assert_int_equal(c.components, 3);
    assert_int_equal(c.largest, 3);
    world_free(w);
}

static void test_the_hostile_do_not_count(void **state)
{
    struct scenario_fault f = {.id = 1, .kind = SCENARIO_SILENT, .node = 0};
    struct census c;
    (void)state;
    struct world *w = make(3);
    world_start(w, 0, 0);
    world_run(w, world_now(w) + 10 * WORLD_MS);
    world_start(w, 1, 0);
    world_run(w, world_now(w) + 15 * WORLD_MS);
    world_fault_on(w, &f);
    census_take(w, &c);
    assert_int_equal(c.alive, 1);
    assert_int_equal(c.components, 1);
    assert_int_equal(c.largest, 1);
    world_free(w);
}

static void test_links_across_a_share_are_counted(void **state)
{
    struct scenario_fault f = {.id = 1, .kind = SCENARIO_PARTITION, .node = 1};
    (void)state;
    struct world *w = make(3);
    world_start(w, 0, 0);
    world_start(w, 1, 0);
    world_start(w, 2, 0);
    world_run(w, world_now(w) + 5 * WORLD_S); /* a triangle */
    assert_int_equal(census_across(w, &f), 2);
    census_check(w);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_is_no_component),
        cmocka_unit_test(test_what_was_written_is_known_later),
        cmocka_unit_test(test_pairs_are_components),
        cmocka_unit_test(test_the_hostile_do_not_count),
        cmocka_unit_test(test_links_across_a_share_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
