/* Errands: who is told of a provider, and what silent peers do to a quest. */
#include "discovery/kad_quest_errand.h"

#include "tests/base/unit.h"
#include "tests/support/kad_net.h"

static void providers_are_told_once_each(void **state)
{
    (void)state;
    struct kad_net *n = kad_net_new(7, 300);
    struct kad_quest_wish provide = {.kind = KAD_QUEST_PROVIDE, .key = KAD_NET_KEY};
    struct kad_quest_wish find = {.kind = KAD_QUEST_PROVIDERS, .key = KAD_NET_KEY};
    assert_int_equal(kad_net_run(n, &find), WAVU_ERR_NOT_FOUND);
    assert_int_equal(kad_net_run(n, &provide), 0);
    assert_int_equal(n->puts, KAD_NET_K);
    assert_int_equal(kad_net_run(n, &find), 0);
    assert_int_equal(n->providers, 1);
    n->extra = KAD_MSG_PROVIDERS_MAX - 1;
    assert_int_equal(kad_net_run(n, &find), 0);
    assert_int_equal(n->providers, KAD_MSG_PROVIDERS_MAX);
    find.enough = 3;
    assert_int_equal(kad_net_run(n, &find), 0);
    assert_true(n->providers >= 3);
    assert_true(n->asks <= KAD_CACHE_PEERS_MAX);
    kad_net_free(n);
}

static void silent_ones_make_no_quest_hang(void **state)
{
    (void)state;
    struct kad_net *n = kad_net_new(8, 300);
    for (size_t i = 0; i < n->count; i += 3) {
        n->nodes[i].harm = KAD_NET_SILENT;
    }
    assert_int_equal(kad_net_put(n, 5), 0);
    assert_int_equal(kad_net_get(n), 0);
    for (size_t i = 0; i < n->count; i++) {
        n->nodes[i].harm = KAD_NET_SILENT;
    }
    n->time.now += KAD_CACHE_LIFE_NS;
    assert_int_equal(kad_net_put(n, 6), WAVU_ERR_UNREACHABLE);
    kad_net_free(n);
}

static void what_is_not_kept_is_not_said_to_be(void **state)
{
    (void)state;
    struct kad_net *n = kad_net_new(13, 300);
    for (size_t i = 0; i < n->count; i++) {
        n->nodes[i].sequence = 9;
    }
    assert_int_equal(kad_net_put(n, 5), WAVU_ERR_UNREACHABLE);
    assert_int_equal(n->kept, 0);
    assert_int_equal(n->puts, KAD_NET_K);
    assert_int_equal(kad_net_put(n, 10), 0); /* and nobody lost its place for saying so */
    assert_true(n->kept >= KAD_NET_K * 3 / 4);
    kad_net_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(providers_are_told_once_each),
        UNIT(what_is_not_kept_is_not_said_to_be),
        UNIT(silent_ones_make_no_quest_hang),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
