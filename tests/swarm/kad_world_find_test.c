/* Look-ups in a world of Kademlia's machines: quiet, under churn, among hostile nodes of every
 * kind, next to sybils. */
#include "swarm/kad_world.h"

#include "tests/base/unit.h"

#define TRIES_MAX 40

static struct kad_world_found found[TRIES_MAX];

static struct kad_world *world_of(uint32_t churn, uint32_t hostile, enum kad_harm_kind harm)
{
    struct kad_world_config config = {.seed = 4,
                                      .nodes = 200,
                                      .trip_ms = 100,
                                      .cold_trips = 3,
                                      .churn_percent_hour = churn,
                                      .hostile_percent = hostile,
                                      .harm = harm,
                                      .kad = {.k = 16, .paths = 4, .alpha = 10, .beta = 3}};
    return kad_world_new(&config);
}

static unsigned found_of(struct kad_world *w, struct kad_world_plan plan)
{
    unsigned count = 0;
    plan.a_second = 2;
    kad_world_find(w, &plan, found);
    for (uint32_t i = 0; i < plan.count; i++) {
        count += found[i].is_found;
    }
    kad_world_check(w);
    return count;
}

static void everybody_is_found_and_warm_is_quicker(void **state)
{
    (void)state;
    uint64_t took[2] = {0, 0};
    struct kad_world *w = world_of(0, 0, KAD_HARM_COLLUDE);
    for (int i = 0; i < 2; i++) {
        struct kad_world_plan plan = {
            .paths = 4, .count = 20, .wanted = KAD_WORLD_ANYBODY, .is_warm = i == 1};
        assert_int_equal(found_of(w, plan), 20);
        for (int j = 0; j < 20; j++) {
            took[i] += found[j].took_ns;
            assert_true(found[j].hops >= 1);
            assert_true(found[j].asked >= 1);
        }
    }
    assert_true(took[1] * 2 < took[0]);
    kad_world_free(w);
}

/* A third of them are others after half an hour: whoever came is known to those near it. */
static void newcomers_are_found_under_churn(void **state)
{
    (void)state;
    struct kad_world *w = world_of(100, 0, KAD_HARM_COLLUDE);
    kad_world_run(w, 1800 * KAD_WORLD_S);
    assert_true(found_of(w, (struct kad_world_plan){
                                .paths = 4, .count = 40, .wanted = KAD_WORLD_ANYBODY}) >= 39);
    kad_world_free(w);
}

static void hostile_nodes_of_no_kind_hide_anybody(void **state)
{
    (void)state;
    for (int harm = KAD_HARM_COLLUDE; harm <= KAD_HARM_POISON; harm++) {
        struct kad_world *w = world_of(0, 20, (enum kad_harm_kind)harm);
        assert_true(found_of(w, (struct kad_world_plan){
                                    .paths = 4, .count = 25, .wanted = KAD_WORLD_ANYBODY}) >= 24);
        kad_world_free(w);
    }
}

/* Who asks two at once over one path is led astray by one liar. Not found, and what was found
 * instead cannot be true: the look-up begins over, with more paths. */
static void who_was_diverted_begins_over(void **state)
{
    (void)state;
    struct kad_world_config config = {.seed = 4,
                                      .nodes = 1000,
                                      .trip_ms = 100,
                                      .cold_trips = 3,
                                      .hostile_percent = 50,
                                      .harm = KAD_HARM_DIVERT,
                                      .kad = {.k = 16, .paths = 1, .alpha = 2, .beta = 3}};
    struct kad_world_plan plan = {.paths = 1, .count = 40, .wanted = KAD_WORLD_ANYBODY};
    struct kad_world *w = kad_world_new(&config);
    assert_true(found_of(w, plan) >= 39); /* 30 when nothing begins over */
    kad_world_free(w);
}

/* Sixteen nodes nearer to a peer than any honest one do not hide it. */
static void sybils_next_to_a_peer_do_not_hide_it(void **state)
{
    (void)state;
    struct kad_world *w = world_of(0, 0, KAD_HARM_COLLUDE);
    struct kad_world_plan plan = {.paths = 4, .count = 20};
    plan.wanted = kad_world_besiege(w, 16);
    assert_true(found_of(w, plan) == 20);
    kad_world_free(w);
}

/* Hostile nodes that stay while others go, and show themselves to everybody, get no more places
 * than those that fell vacant. */
static void pushing_fills_no_table_while_nobody_leaves(void **state)
{
    (void)state;
    struct kad_world_config config = {.seed = 4,
                                      .nodes = 200,
                                      .trip_ms = 100,
                                      .cold_trips = 3,
                                      .hostile_percent = 10,
                                      .harm = KAD_HARM_COLLUDE,
                                      .pushes_minute = 60,
                                      .kad = {.k = 16, .paths = 4, .alpha = 10, .beta = 3}};
    struct kad_world *w = kad_world_new(&config);
    unsigned before = kad_world_poisoned(w);
    kad_world_run(w, 300 * KAD_WORLD_S);
    assert_true(kad_world_poisoned(w) <= before + 20);
    kad_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(everybody_is_found_and_warm_is_quicker),
        UNIT(newcomers_are_found_under_churn),
        UNIT(hostile_nodes_of_no_kind_hide_anybody),
        UNIT(who_was_diverted_begins_over),
        UNIT(sybils_next_to_a_peer_do_not_hide_it),
        UNIT(pushing_fills_no_table_while_nobody_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
