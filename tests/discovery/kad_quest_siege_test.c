/* A key whose nearest ids were placed there; and an estimate that is wrong. */
#include "discovery/kad_quest_siege.h"

#include "tests/base/unit.h"
#include "tests/support/kad_net.h"

static void what_is_put_is_found_through_a_siege(void **state)
{
    (void)state;
    unsigned sieges = 0;
    unsigned good = 0;
    for (unsigned sybils = KAD_NET_K; sybils <= 4 * KAD_NET_K; sybils *= 2) {
        for (uint64_t seed = 20; seed < 60; seed++) {
            struct kad_net *n = kad_net_new(seed, 400);
            kad_net_count(n);
            kad_net_besiege(n, sybils);
            assert_int_equal(kad_net_put(n, 5), 0);
            sieges++;
            good += kad_net_kept(n, 5) >= KAD_NET_K * 3 / 4;
            n->time.now += KAD_CACHE_LIFE_NS;
            assert_int_equal(kad_net_get(n), 0);
            assert_int_equal(n->value[0], 5);
            kad_net_free(n);
        }
    }
    print_message("# %u sieges: in %u of them three of four of the nearest honest nodes keep it\n",
                  sieges, good);
    assert_true(good >= sieges * 4 / 5);
}

static void few_nodes_and_an_untrue_density_end(void **state)
{
    (void)state;
    struct kad_net *n = kad_net_new(10, 3);
    for (int i = 0; i < KAD_SIZE_SAMPLES_LEAST; i++) {
        n->quests.size.slopes[i] = 1e9; /* as if there were billions */
    }
    n->quests.size.count = KAD_SIZE_SAMPLES_LEAST;
    assert_int_equal(kad_net_put(n, 5), 0);
    assert_int_equal(n->puts, 3);
    kad_net_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_is_put_is_found_through_a_siege),
        UNIT(few_nodes_and_an_untrue_density_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
