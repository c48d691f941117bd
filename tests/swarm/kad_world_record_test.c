/* Records in a world of Kademlia's machines: put, got, found again; under churn, among hostile
 * nodes, besieged. */
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

/* Put so many records, and get each; how many of them came. */
static unsigned got_of(struct kad_world *w, uint32_t count, uint64_t after_ns, bool is_warm)
{
    struct kad_world_plan plan = {
        .kind = KAD_QUEST_PUT, .paths = 4, .count = count, .wanted = KAD_WORLD_ANYBODY};
    assert_int_equal(found_of(w, plan), 0); /* a put finds nothing */
    for (uint32_t i = 0; i < count; i++) {
        assert_true(found[i].kept > 0);
        assert_true(kad_world_keepers(w, i) > 0);
    }
    kad_world_run(w, after_ns);
    plan.kind = KAD_QUEST_GET;
    plan.is_warm = is_warm;
    return found_of(w, plan);
}

static void records_are_found_again_in_one_trip(void **state)
{
    (void)state;
    struct kad_world *w = world_of(0, 0, KAD_HARM_COLLUDE);
    assert_int_equal(got_of(w, 20, 0, true), 20);
    for (int i = 0; i < 20; i++) {
        assert_true(found[i].took_ns < 300 * KAD_WORLD_MS);
    }
    kad_world_free(w);
}

static void records_outlast_those_who_leave(void **state)
{
    (void)state;
    struct kad_world *w = world_of(30, 0, KAD_HARM_COLLUDE);
    assert_int_equal(got_of(w, 20, 1800 * KAD_WORLD_S, false), 20);
    kad_world_free(w);
}

/* A fifth of the nodes name ids that were made for each key, and keep nothing that they say they
 * keep. */
static void records_reach_the_honest_among_made_ids(void **state)
{
    (void)state;
    struct kad_world *w = world_of(0, 20, KAD_HARM_DIVERT);
    assert_true(got_of(w, 20, 0, false) >= 19);
    kad_world_free(w);
}

/* The 32 nearest to its key keep nothing. */
static void a_besieged_record_is_kept_and_found(void **state)
{
    (void)state;
    struct kad_world *w = world_of(0, 0, KAD_HARM_COLLUDE);
    kad_world_besiege_record(w, 0, 32);
    assert_int_equal(got_of(w, 1, 0, false), 1);
    struct kad_world_plan plan = {.kind = KAD_QUEST_GET, .paths = 4, .count = 20, .wanted = 0};
    assert_int_equal(found_of(w, plan), 20);
    kad_world_free(w);
}

static void a_record_that_nobody_put_is_not_found(void **state)
{
    (void)state;
    struct kad_world *w = world_of(0, 0, KAD_HARM_COLLUDE);
    struct kad_world_plan plan = {.kind = KAD_QUEST_GET, .paths = 4, .count = 3, .wanted = 9};
    assert_int_equal(found_of(w, plan), 0);
    kad_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(records_are_found_again_in_one_trip),     UNIT(records_outlast_those_who_leave),
        UNIT(records_reach_the_honest_among_made_ids), UNIT(a_besieged_record_is_kept_and_found),
        UNIT(a_record_that_nobody_put_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
