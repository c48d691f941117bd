/* A world of Kademlia's machines: who comes into tables, one run for a seed. */
#include "swarm/kad_world.h"

#include "tests/base/unit.h"

static struct kad_world_config config_of(uint32_t churn, uint32_t hostile, enum kad_harm_kind harm)
{
    return (struct kad_world_config){.seed = 4,
                                     .nodes = 200,
                                     .trip_ms = 100,
                                     .cold_trips = 3,
                                     .churn_percent_hour = churn,
                                     .hostile_percent = hostile,
                                     .harm = harm,
                                     .kad = {.k = 16, .paths = 4, .alpha = 10, .beta = 3}};
}

static void made_up_ids_enter_no_table(void **state)
{
    (void)state;
    struct kad_world_config config = config_of(0, 20, KAD_HARM_POISON);
    struct kad_world *w = kad_world_new(&config);
    unsigned before = kad_world_poisoned(w);
    kad_world_run(w, 1300 * KAD_WORLD_S);
    assert_true(kad_world_poisoned(w) <= before + 10);
    kad_world_free(w);
}

static void a_seed_is_one_run(void **state)
{
    (void)state;
    uint64_t requests[2];
    for (int i = 0; i < 2; i++) {
        struct kad_world_config config = config_of(30, 10, KAD_HARM_COLLUDE);
        struct kad_world *w = kad_world_new(&config);
        kad_world_run(w, 700 * KAD_WORLD_S);
        requests[i] = kad_world_requests(w);
        kad_world_free(w);
    }
    assert_int_equal(requests[0], requests[1]);
    assert_true(requests[0] > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(made_up_ids_enter_no_table),
        UNIT(a_seed_is_one_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
