/* All quests: each kind to its end, found again at once, bounded, cancelled. */
#include "discovery/kad_quests.h"

#include "tests/base/unit.h"
#include "tests/support/kad_net.h"

static void a_peer_is_found_or_not(void **state)
{
    (void)state;
    struct kad_net *n = kad_net_new(1, 300);
    struct peerid nobody;
    struct kad_quest_wish wish = {.kind = KAD_QUEST_PEER, .key = peerid_span(&n->nodes[7].id)};
    assert_int_equal(kad_net_run(n, &wish), 0);
    assert_int_equal(n->found, 1);
    assert_true(peerid_is_equal(&n->found_first, &n->nodes[7].id));
    assert_true(n->asks < 30);
    kad_net_id(n, &nobody);
    wish.key = peerid_span(&nobody);
    assert_int_equal(kad_net_run(n, &wish), WAVU_ERR_NOT_FOUND);
    n->nodes[8].harm = KAD_NET_SILENT;
    wish.key = peerid_span(&n->nodes[8].id);
    assert_int_equal(kad_net_run(n, &wish), WAVU_ERR_NOT_FOUND);
    kad_net_free(n);
}

static void the_nearest_are_told_in_order(void **state)
{
    (void)state;
    struct kad_net *n = kad_net_new(2, 300);
    const struct kad_net_node *near[1];
    struct kad_key target;
    struct kad_quest_wish wish = {.kind = KAD_QUEST_NEAREST, .key = KAD_NET_KEY};
    assert_int_equal(kad_net_run(n, &wish), 0);
    assert_int_equal(n->found, KAD_NET_K);
    kad_key_of(&target, KAD_NET_KEY);
    (void)kad_net_nearest(n, &target, false, near, 1);
    assert_true(peerid_is_equal(&n->found_first, &near[0]->id));
    kad_net_free(n);
}

static void what_is_put_is_got(void **state)
{
    (void)state;
    struct kad_net *n = kad_net_new(3, 300);
    assert_int_equal(kad_net_get(n), WAVU_ERR_NOT_FOUND);
    assert_int_equal(kad_net_put(n, 5), 0);
    assert_true(n->kept >= KAD_NET_K * 3 / 4);
    assert_int_equal(n->puts, KAD_NET_K);
    assert_int_equal(kad_net_kept(n, 5), KAD_NET_K);
    assert_int_equal(kad_net_get(n), 0);
    assert_int_equal(n->values, 1);
    assert_int_equal(n->value[0], 5);
    kad_net_free(n);
}

static void found_again_takes_one_round(void **state)
{
    (void)state;
    struct kad_net *n = kad_net_new(4, 1000);
    struct kad_ask ask;
    uint32_t number = 0;
    size_t open = 0;
    struct kad_quest_wish wish = {.kind = KAD_QUEST_GET, .key = KAD_NET_KEY};
    assert_int_equal(kad_net_put(n, 5), 0);
    assert_int_equal(kad_net_get(n), 0);
    /* All that are asked before any answer comes: among them are holders. */
    assert_int_equal(kad_quests_begin(&n->quests, &wish, &n->time, &number), 0);
    while (kad_quests_next_ask(&n->quests, n->time.now, &ask)) {
        open += kad_net_of(n, &ask.peer)->sequence == 5;
    }
    assert_true(open >= KAD_QUEST_QUORUM);
    kad_quests_cancel(&n->quests, number);
    assert_int_equal(kad_net_get(n), 0);
    assert_true(n->asks <= KAD_CACHE_PEERS_MAX);
    assert_int_equal(n->puts, 0);
    kad_net_free(n);
}

static void quests_are_bounded_and_may_be_cancelled(void **state)
{
    (void)state;
    struct kad_net *n = kad_net_new(11, 50);
    struct kad_quest_wish wish = {.kind = KAD_QUEST_NEAREST, .key = KAD_NET_KEY};
    uint32_t numbers[KAD_QUESTS_MAX];
    uint32_t more = 0;
    struct kad_ask ask;
    for (size_t i = 0; i < KAD_QUESTS_MAX; i++) {
        assert_int_equal(kad_quests_begin(&n->quests, &wish, &n->time, &numbers[i]), 0);
    }
    assert_int_equal(kad_quests_begin(&n->quests, &wish, &n->time, &more), WAVU_ERR_LIMIT);
    assert_true(kad_quests_next_ask(&n->quests, n->time.now, &ask));
    for (size_t i = 0; i < KAD_QUESTS_MAX; i++) {
        kad_quests_cancel(&n->quests, numbers[i]);
        kad_quests_cancel(&n->quests, numbers[i]);
    }
    ask.key = KAD_NET_KEY;  /* its own went with the quest */
    kad_net_serve(n, &ask); /* an answer that comes too late */
    kad_net_take(n);
    assert_int_equal(n->done, 0);
    assert_int_equal(n->quests.quest_count, 0);
    kad_net_free(n);
    n = kad_net_new(12, 0);
    assert_int_equal(kad_quests_begin(&n->quests, &wish, &n->time, &more), WAVU_ERR_NOT_FOUND);
    kad_net_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_peer_is_found_or_not),
        UNIT(the_nearest_are_told_in_order),
        UNIT(what_is_put_is_got),
        UNIT(found_again_takes_one_round),
        UNIT(quests_are_bounded_and_may_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
