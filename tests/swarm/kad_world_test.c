/* Kademlia's machines against each other on virtual time: churn, silence, colluders, sybils next to
 * a key. */
#include "swarm/kad_world.h"

#include "tests/base/unit.h"

static struct kad_world_config config_of(uint32_t churn, uint32_t hostile, enum kad_world_harm harm)
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

static unsigned found_of(struct kad_world *w, unsigned tries, unsigned paths)
{
    unsigned found = 0;
    for (unsigned i = 0; i < tries; i++) {
        found += kad_world_find(w, paths).is_found ? 1U : 0U;
        kad_world_run(w, KAD_WORLD_S);
    }
    kad_world_check(w);
    return found;
}

static void everybody_is_found_and_warm_is_quicker(void **state)
{
    (void)state;
    struct kad_world_config config = config_of(0, 0, KAD_WORLD_COLLUDE);
    struct kad_world *w = kad_world_new(&config);
    assert_int_equal(found_of(w, 20, 4), 20);
    struct kad_world_found again = kad_world_find_again(w, 4);
    assert_true(again.is_found);
    assert_true(again.took_ns < 900 * KAD_WORLD_MS);
    assert_true(again.hops >= 1);
    kad_world_free(w);
}

/* Half of them are others after half an hour: whoever came is known to those near it. */
static void newcomers_are_found_under_churn(void **state)
{
    (void)state;
    struct kad_world_config config = config_of(100, 0, KAD_WORLD_COLLUDE);
    struct kad_world *w = kad_world_new(&config);
    kad_world_run(w, 1800 * KAD_WORLD_S);
    assert_true(found_of(w, 25, 4) >= 24);
    kad_world_free(w);
}

static void colluders_and_the_silent_hide_nobody(void **state)
{
    (void)state;
    for (int harm = KAD_WORLD_COLLUDE; harm <= KAD_WORLD_POISON; harm++) {
        struct kad_world_config config = config_of(0, 20, (enum kad_world_harm)harm);
        struct kad_world *w = kad_world_new(&config);
        assert_true(found_of(w, 25, 4) >= 24);
        kad_world_free(w);
    }
}

static void made_up_ids_enter_no_table(void **state)
{
    (void)state;
    struct kad_world_config config = config_of(0, 20, KAD_WORLD_POISON);
    struct kad_world *w = kad_world_new(&config);
    unsigned before = kad_world_poisoned(w);
    kad_world_run(w, 1300 * KAD_WORLD_S);
    assert_true(kad_world_poisoned(w) <= before + 10);
    kad_world_free(w);
}

/* Eight nodes nearer to a peer than any honest one do not hide it. */
static void sybils_next_to_a_peer_do_not_hide_it(void **state)
{
    (void)state;
    unsigned found = 0;
    struct kad_world_config config = config_of(0, 0, KAD_WORLD_COLLUDE);
    for (config.seed = 1; config.seed <= 3; config.seed++) {
        struct kad_world *w = kad_world_new(&config);
        found += kad_world_find_besieged(w, 4, 8).is_found ? 1U : 0U;
        kad_world_free(w);
    }
    assert_true(found == 3);
}

static void a_seed_is_one_run(void **state)
{
    (void)state;
    uint64_t requests[2];
    for (int i = 0; i < 2; i++) {
        struct kad_world_config config = config_of(30, 10, KAD_WORLD_COLLUDE);
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
        UNIT(everybody_is_found_and_warm_is_quicker), UNIT(newcomers_are_found_under_churn),
        UNIT(colluders_and_the_silent_hide_nobody),   UNIT(made_up_ids_enter_no_table),
        UNIT(sybils_next_to_a_peer_do_not_hide_it),   UNIT(a_seed_is_one_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
