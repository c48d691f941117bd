/* One quest: which value is the best, and what is no answer. */
#include "discovery/kad_quest.h"

#include "tests/base/unit.h"
#include "tests/support/kad_net.h"

static void the_best_is_told_and_who_has_worse_is_corrected(void **state)
{
    (void)state;
    struct kad_net *n = kad_net_new(5, 300);
    assert_int_equal(kad_net_put(n, 5), 0);
    n->time.now += KAD_CACHE_LIFE_NS;
    const struct kad_net_node *near[KAD_NET_K];
    struct kad_key target;
    kad_key_of(&target, KAD_NET_KEY);
    (void)kad_net_nearest(n, &target, false, near, KAD_NET_K);
    kad_net_of(n, &near[KAD_NET_K - 1]->id)->sequence = 9; /* one alone knows the newest */
    struct kad_quest_wish wish = {.kind = KAD_QUEST_GET, .key = KAD_NET_KEY, .enough = KAD_NET_K};
    assert_int_equal(kad_net_run(n, &wish), 0);
    assert_int_equal(n->value[0], 9);
    assert_int_equal(kad_net_kept(n, 9), KAD_NET_K);
    kad_net_free(n);
}

static void what_nobody_signed_is_no_answer(void **state)
{
    (void)state;
    struct kad_net *n = kad_net_new(6, 300);
    assert_int_equal(kad_net_put(n, 5), 0);
    n->time.now += KAD_CACHE_LIFE_NS;
    const struct kad_net_node *near[KAD_NET_K];
    struct kad_key target;
    kad_key_of(&target, KAD_NET_KEY);
    (void)kad_net_nearest(n, &target, false, near, KAD_NET_K);
    for (size_t i = 0; i < KAD_NET_K; i += 2) {
        kad_net_of(n, &near[i]->id)->harm = KAD_NET_FORGER;
        kad_net_of(n, &near[i]->id)->asked = 0;
    }
    assert_int_equal(kad_net_get(n), 0);
    assert_int_equal(n->values, 1);
    assert_int_equal(n->value[0], 5);
    for (size_t i = 0; i < KAD_NET_K; i += 2) {
        if (near[i]->asked > 0) {
            assert_null(kad_table_get(&n->kad.table, &near[i]->id));
        }
    }
    uint8_t forged[2] = {5, 'x'};
    struct kad_quest_wish wish = {
        .kind = KAD_QUEST_PUT, .key = KAD_NET_KEY, .value = span_of(forged, sizeof forged)};
    assert_int_equal(kad_net_run(n, &wish), WAVU_ERR_CRYPTO);
    kad_net_free(n);
}

static void a_peer_that_is_asked_again_has_one_voice(void **state)
{
    (void)state;
    struct kad_net *n = kad_net_new(14, 300);
    const struct kad_net_node *near[KAD_NET_K];
    struct kad_key target;
    struct kad_quest_wish wish = {.kind = KAD_QUEST_GET, .key = KAD_NET_KEY, .enough = 3};
    assert_int_equal(kad_net_put(n, 5), 0);
    assert_int_equal(kad_net_get(n), 0); /* who is nearest is known now, and asked first */
    kad_key_of(&target, KAD_NET_KEY);
    (void)kad_net_nearest(n, &target, false, near, KAD_NET_K);
    for (size_t i = 0; i < n->count; i++) {
        n->nodes[i].sequence = 0;
    }
    kad_net_of(n, &near[0]->id)->sequence = 5;
    kad_net_of(n, &near[1]->id)->sequence = 5;
    assert_int_equal(kad_net_run(n, &wish), 0);
    /* Two are not three, however often they say it: it went to its end, and the others were told.
     */
    assert_int_equal(kad_net_kept(n, 5), KAD_NET_K);
    kad_net_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(the_best_is_told_and_who_has_worse_is_corrected),
        UNIT(a_peer_that_is_asked_again_has_one_voice),
        UNIT(what_nobody_signed_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
