/* A key whose nearest ids were placed there; and an estimate that is wrong. */
#include "discovery/kad_quest_siege.h"

#include "tests/base/unit.h"
#include "tests/support/kad_net.h"

static void what_is_put_reaches_honest_nodes_through_a_siege(void **state)
{
    (void)state;
    for (unsigned sybils = KAD_NET_K; sybils <= 4 * KAD_NET_K; sybils *= 2) {
        size_t least = KAD_NET_K;
        for (uint64_t seed = 20; seed < 26; seed++) {
            struct kad_net *n = kad_net_new(seed, 400);
            kad_net_count(n);
            kad_net_besiege(n, sybils);
            assert_int_equal(kad_net_put(n, 5), 0);
            size_t kept = kad_net_kept(n, 5);
            least = kept < least ? kept : least;
            n->time.now += KAD_CACHE_LIFE_NS;
            assert_int_equal(kad_net_get(n), 0);
            assert_int_equal(n->value[0], 5);
            kad_net_free(n);
        }
        print_message("# %u sybils: %zu of the %d nearest honest nodes keep it, at least\n", sybils,
                      least, KAD_NET_K);
        assert_true(least >= KAD_NET_K * 3 / 4);
    }
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
        UNIT(what_is_put_reaches_honest_nodes_through_a_siege),
        UNIT(few_nodes_and_an_untrue_density_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
