/*
 * The graph of the mesh: which links count, which way is cheapest, what is searched again.
 */
#include "tests/base/unit.h"

#include "base/random.h"
#include "route/paths.h"
#include "tests/support/overlay_null.h"

static struct random_seeded seeded;

static void start(struct paths *p)
{
    random_seeded_init(&seeded, 7);
    struct random random = random_from_seeded(&seeded);
    struct overlay_id self = overlay_null_id(0);
    struct route_metric metric = route_metric_default();
    paths_init(p, &self, &random, &metric);
}

/* Node `owner` says it has links to these, all of this round trip; 0 ends the list, and stands for
 * 1000. */
static void say(struct paths *p, size_t owner, uint32_t rtt_us, const size_t *others, size_t count)
{
    struct paths_link links[PATHS_LINKS_MAX];
    uint8_t space[PATHS_VALUE_MAX];
    struct wr w;
    for (size_t i = 0; i < count; i++) {
        links[i] = (struct paths_link){.id = overlay_null_id(others[i]), .facts = {rtt_us, 0}};
    }
    wr_init(&w, span_mut_of(space, sizeof space));
    paths_put(&w, links, count);
    struct overlay_id id = overlay_null_id(owner);
    assert_int_equal(paths_set(p, &id, wr_span(&w)), 0);
    paths_check(p);
}

#define SAY(p, owner, rtt, ...)                                                                    \
    say(p, owner, rtt, (const size_t[]){__VA_ARGS__},                                              \
        sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t))

static uint64_t distance(struct paths *p, size_t from, size_t target)
{
    struct overlay_id a = overlay_null_id(from);
    struct overlay_id b = overlay_null_id(target);
    uint64_t d = paths_distance(p, &a, &b);
    paths_check(p);
    return d;
}

static void a_link_counts_when_both_ends_name_it(void **state)
{
    (void)state;
    struct paths p;
    start(&p);
    SAY(&p, 1, 500, 2);
    SAY(&p, 2, 500, 3);
    assert_true(distance(&p, 1, 2) == PATHS_NEVER); /* 2 does not name 1 */
    SAY(&p, 2, 1500, 1, 3);
    assert_int_equal(distance(&p, 1, 2), 2000); /* the worse of both figures */
    assert_int_equal(distance(&p, 2, 1), 2000);
    SAY(&p, 1, 500, 3);
    assert_true(distance(&p, 1, 2) == PATHS_NEVER); /* taken back */
    paths_clear(&p);
}

static void the_cheapest_way_is_found_but_not_through_ourselves(void **state)
{
    (void)state;
    struct paths p;
    start(&p);
    SAY(&p, 1, 500, 0, 2, 4);
    SAY(&p, 2, 500, 1, 3);
    SAY(&p, 3, 500, 2, 4);
    SAY(&p, 4, 9500, 1, 3, 0);
    assert_int_equal(distance(&p, 1, 4), 10000); /* by itself as cheap as it gets */
    assert_int_equal(distance(&p, 1, 3), 2000);
    SAY(&p, 0, 1, 1, 4);
    SAY(&p, 4, 1, 0, 3);
    SAY(&p, 3, 9500, 2, 4);
    assert_int_equal(distance(&p, 1, 4), 1000 + 10000 + 10000); /* 1-0-4 would be 1,002 */
    struct overlay_id four = overlay_null_id(4);
    paths_forget(&p, &four);
    paths_check(&p);
    assert_true(distance(&p, 1, 4) == PATHS_NEVER);
    assert_true(distance(&p, 4, 4) == 0); /* a neighbour that says nothing is still reached */
    paths_clear(&p);
}

static bool reached(struct paths *p, size_t i)
{
    struct overlay_id id = overlay_null_id(i);
    bool is_reached = paths_is_reached(p, &id);
    paths_check(p);
    return is_reached;
}

static void who_is_reached_is_told_by_the_others(void **state)
{
    (void)state;
    struct paths p;
    start(&p);
    assert_false(reached(&p, 0)); /* nobody has said anything */
    SAY(&p, 0, 500, 1);
    SAY(&p, 1, 500, 2);
    SAY(&p, 2, 500, 1, 3, 4);
    SAY(&p, 3, 500, 2, 4);
    SAY(&p, 4, 500, 2, 3);
    for (size_t i = 0; i < 5; i++) { /* 1 does not name us yet: our own word is enough */
        assert_true(reached(&p, i));
    }
    assert_false(reached(&p, 5));
    SAY(&p, 2, 500, 1, 4); /* without 3, which crashed: what 3 said of its links stands */
    assert_true(reached(&p, 3));
    SAY(&p, 4, 500, 2);
    assert_false(reached(&p, 3));
    assert_true(reached(&p, 4));
    struct overlay_id two = overlay_null_id(2);
    paths_forget(&p, &two);
    assert_false(reached(&p, 4));
    assert_true(reached(&p, 1));
    paths_clear(&p);
}

static void nothing_is_searched_twice(void **state)
{
    (void)state;
    struct paths p;
    start(&p);
    SAY(&p, 1, 500, 2);
    SAY(&p, 2, 500, 1, 3);
    SAY(&p, 3, 500, 2);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(distance(&p, 1, 3), 2000);
        assert_int_equal(distance(&p, 1, 2), 1000);
    }
    assert_int_equal(p.searches, 2);
    SAY(&p, 3, 1500, 2);
    assert_int_equal(distance(&p, 1, 3), 3000);
    assert_int_equal(p.searches, 3);
    paths_clear(&p);
}

static void our_own_link_has_a_cost_before_anyone_says_so(void **state)
{
    (void)state;
    struct paths p;
    struct overlay_id one = overlay_null_id(1);
    start(&p);
    assert_int_equal(paths_own_cost(&p, &one), 100500);
    SAY(&p, 0, 1500, 1);
    assert_int_equal(paths_own_cost(&p, &one), 2000);
    SAY(&p, 1, 3500, 0);
    assert_int_equal(paths_own_cost(&p, &one), 4000);
    paths_clear(&p);
}

static void malformed_values_leave_no_links(void **state)
{
    (void)state;
    static const uint8_t junk[PATHS_VALUE_MAX + PATHS_LINK_SIZE] = {PATHS_VERSION};
    static const uint8_t newer[] = {PATHS_VERSION + 1, 1, 2};
    struct overlay_id one = overlay_null_id(1);
    struct paths p;
    start(&p);
    SAY(&p, 2, 500, 1);
    SAY(&p, 1, 500, 2);
    assert_int_equal(paths_set(&p, &one, span_of(junk, 30)), WAVU_ERR_PROTO);
    assert_true(distance(&p, 1, 2) == PATHS_NEVER);
    assert_int_equal(paths_set(&p, &one, span_of(junk, sizeof junk)), WAVU_ERR_PROTO);
    assert_int_equal(paths_set(&p, &one, span_empty()), WAVU_ERR_PROTO);
    assert_int_equal(paths_set(&p, &one, span_of(newer, sizeof newer)), WAVU_ERR_UNSUPPORTED);
    SAY(&p, 1, 500, 2, 2, 1); /* twice, and itself */
    assert_int_equal(distance(&p, 1, 2), 1000);
    paths_clear(&p);
}

static void what_was_put_is_read(void **state)
{
    (void)state;
    struct paths_link links[PATHS_LINKS_MAX];
    struct paths_link read[PATHS_LINKS_MAX];
    uint8_t room[PATHS_VALUE_MAX];
    size_t count = 7;
    struct wr w;
    for (uint32_t i = 0; i < PATHS_LINKS_MAX; i++) {
        links[i] = (struct paths_link){.id = overlay_null_id(i),
                                       .facts = {.rtt_us = 1000 * i, .loss = (uint16_t)i}};
    }
    wr_init(&w, span_mut_of(room, sizeof room));
    paths_put(&w, links, PATHS_LINKS_MAX);
    assert_int_equal(paths_read(wr_span(&w), read, &count), 0);
    assert_int_equal(count, PATHS_LINKS_MAX);
    for (size_t i = 0; i < PATHS_LINKS_MAX; i++) {
        assert_true(overlay_id_is_equal(&read[i].id, &links[i].id));
        assert_int_equal(read[i].facts.rtt_us, links[i].facts.rtt_us);
        assert_int_equal(read[i].facts.loss, links[i].facts.loss);
    }
    assert_int_equal(paths_read(span_of(room, sizeof room - 1), read, &count), WAVU_ERR_PROTO);
    assert_int_equal(count, 0);
}

static void the_graph_is_bounded(void **state)
{
    (void)state;
    static const uint8_t none[] = {PATHS_VERSION};
    struct paths p;
    start(&p);
    for (size_t i = 0; i < PATHS_NODES_MAX; i++) {
        struct overlay_id id = overlay_null_id(i);
        assert_int_equal(paths_set(&p, &id, span_of(none, 1)), 0);
    }
    struct overlay_id more = overlay_null_id(PATHS_NODES_MAX);
    assert_int_equal(paths_set(&p, &more, span_of(none, 1)), WAVU_ERR_LIMIT);
    assert_int_equal(paths_count(&p), PATHS_NODES_MAX);
    paths_clear(&p);
}

/* Distances in a random graph agree with relaxing all links until nothing changes. */
static size_t way(struct paths *p, size_t first, size_t target, struct paths_hop *out, size_t max)
{
    struct overlay_id a = overlay_null_id(first);
    struct overlay_id b = overlay_null_id(target);
    size_t count = paths_way(p, &a, &b, out, max);
    paths_check(p);
    return count;
}

/* What the links of the way from `first` on cost together. */
static uint64_t way_cost(struct paths *p, size_t first, size_t target)
{
    struct paths_hop hops[64];
    uint64_t cost = 0;
    size_t count = way(p, first, target, hops, 64);
    struct overlay_id end = overlay_null_id(target);
    assert_true(count == 0 || overlay_id_is_equal(&hops[count - 1].id, &end));
    for (size_t i = 1; i < count; i++) {
        cost += hops[i].cost;
    }
    return count == 0 ? PATHS_NEVER : cost;
}

static void ways_agree_with_a_slow_search(void **state)
{
    (void)state;
    enum { NODES = 40 };
    static uint64_t link[NODES][NODES];
    uint64_t slow[NODES];
    struct paths p;
    start(&p);
    struct random random = random_from_seeded(&seeded);
    memset(link, 0, sizeof link);
    for (size_t i = 1; i < NODES; i++) {
        size_t other[3] = {1 + random_below(&random, NODES - 1), i == NODES - 1 ? 1 : i + 1, i - 1};
        for (size_t k = 0; k < 3; k++) {
            if (other[k] != i) { /* a link to 0 leads nowhere: that is ourselves */
                link[i][other[k]] = i + 1;
            }
        }
    }
    for (size_t i = 1; i < NODES; i++) {
        size_t others[NODES];
        size_t count = 0;
        for (size_t k = 0; k < NODES; k++) {
            if (link[i][k] != 0) {
                others[count++] = k;
            }
        }
        say(&p, i, (uint32_t)(i + 1), others, count);
    }
    for (size_t i = 0; i < NODES; i++) {
        slow[i] = i == NODES / 2 ? 0 : PATHS_NEVER;
    }
    for (size_t round = 0; round < NODES * NODES; round++) {
        size_t i = round / NODES;
        for (size_t a = 1; a < NODES; a++) {
            size_t b = i;
            uint64_t worse = link[a][b] > link[b][a] ? link[a][b] : link[b][a];
            if (link[a][b] != 0 && link[b][a] != 0 && slow[b] != PATHS_NEVER &&
                slow[b] + worse + ROUTE_METRIC_HOP_US < slow[a]) {
                slow[a] = slow[b] + worse + ROUTE_METRIC_HOP_US;
                round = 0;
            }
        }
    }
    for (size_t i = 1; i < NODES; i++) {
        assert_true(distance(&p, i, NODES / 2) == slow[i]);
        assert_true(way_cost(&p, i, NODES / 2) == slow[i]);
    }
    paths_clear(&p);
}

static bool leads_to(const struct paths_hop *hop, size_t i)
{
    struct overlay_id id = overlay_null_id(i);
    return overlay_id_is_equal(&hop->id, &id);
}

static void a_way_is_the_links_that_the_distance_counts(void **state)
{
    (void)state;
    struct paths p;
    struct paths_hop out[PATHS_LINKS_MAX];
    start(&p);
    SAY(&p, 0, 700, 1, 5);
    SAY(&p, 1, 500, 0, 2, 3);
    SAY(&p, 2, 500, 1, 4);
    SAY(&p, 3, 500, 1, 4);
    SAY(&p, 4, 800, 2, 3, 0);
    assert_int_equal(way(&p, 1, 4, out, PATHS_LINKS_MAX), 3);
    assert_true(leads_to(&out[0], 1) && leads_to(&out[2], 4));
    struct overlay_id two = overlay_null_id(2);
    struct overlay_id three = overlay_null_id(3);
    bool is_two_less = overlay_id_order(&two, &three) < 0;
    assert_true(leads_to(&out[1], is_two_less ? 2 : 3)); /* of equal ways the smaller id */
    assert_int_equal(out[0].rtt_us, 700);                /* the worse of both ends */
    assert_int_equal(out[1].rtt_us, 500);
    assert_int_equal(out[2].rtt_us, 800);
    struct overlay_id one = overlay_null_id(1);
    struct overlay_id four = overlay_null_id(4);
    assert_int_equal(out[1].cost + out[2].cost, paths_distance(&p, &one, &four));
    assert_int_equal(way(&p, 1, 4, out, 2), 0); /* longer */
    assert_int_equal(way(&p, 5, 5, out, 1), 1); /* a neighbour that says nothing */
    assert_int_equal(out[0].rtt_us, 700);
    assert_int_equal(way(&p, 5, 4, out, PATHS_LINKS_MAX), 0);
    assert_int_equal(way(&p, 1, 6, out, PATHS_LINKS_MAX), 0);
    paths_clear(&p);
}

/* Each link is one; the ends are those of the link, each time it is asked. */
static uint32_t one_each(void *context, const struct route_metric_link *link)
{
    size_t *asked = context;
    assert_false(overlay_id_is_equal(link->a, link->b));
    (*asked)++;
    return 0; /* as good as 1 */
}

static void another_metric_counts_at_once(void **state)
{
    (void)state;
    struct paths p;
    size_t asked = 0;
    const struct route_metric other = {.cost = one_each, .context = &asked};
    const struct route_metric standard = route_metric_default();
    const struct overlay_id stranger = overlay_null_id(9);
    start(&p);
    SAY(&p, 1, 500, 2);
    SAY(&p, 2, 500, 1, 3);
    SAY(&p, 3, 500, 2);
    assert_int_equal(distance(&p, 1, 3), 2000);
    paths_set_metric(&p, &other);
    assert_int_equal(asked, 4);
    assert_int_equal(distance(&p, 1, 3), 2);
    assert_int_equal(paths_own_cost(&p, &stranger), 1);
    SAY(&p, 2, 9000, 1, 3);
    assert_int_equal(distance(&p, 1, 3), 2);
    paths_set_metric(&p, &standard);
    assert_int_equal(distance(&p, 1, 3), 19000);
    paths_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_link_counts_when_both_ends_name_it),
        UNIT(the_cheapest_way_is_found_but_not_through_ourselves),
        UNIT(who_is_reached_is_told_by_the_others),
        UNIT(nothing_is_searched_twice),
        UNIT(our_own_link_has_a_cost_before_anyone_says_so),
        UNIT(malformed_values_leave_no_links),
        UNIT(what_was_put_is_read),
        UNIT(the_graph_is_bounded),
        UNIT(another_metric_counts_at_once),
        UNIT(ways_agree_with_a_slow_search),
        UNIT(a_way_is_the_links_that_the_distance_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
