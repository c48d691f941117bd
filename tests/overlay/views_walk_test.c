/*
 * Walks: each hop is counted, ends are found, replies go back the way they came.
 */
#include "tests/base/unit.h"

#include "tests/overlay/views_rig.h"

static struct rig r;
static const struct views_config plain;

static struct views_msg join(unsigned who, uint32_t ttl)
{
    return (struct views_msg){.kind = VIEWS_MSG_JOIN,
                              .ttl = ttl,
                              .peer_count = 1,
                              .peers = {{.id = rig_id(who), .where = UNIT_TEXT("new")}}};
}

static void a_join_walks_on_to_another_neighbour(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 5);
    for (unsigned i = 0; i < 50; i++) {
        rig_forget(&r);
        assert_int_equal(rig_feed(&r, 2, join(90, 5)), 0);
        const struct views_event *e = rig_got(&r, VIEWS_MSG_JOIN, 0);
        assert_int_equal(e->msg.ttl, 4);
        assert_int_not_equal(rig_number(&e->id), 2);
        assert_int_equal(rig_events(&r, VIEWS_DIAL, 0), 0);
    }
    assert_int_equal(rig_feed(&r, 2, join(90, VIEWS_PASSIVE_TTL)), 0);
    assert_int_equal(rig_events(&r, VIEWS_LEARNED, 90), 1); /* on the way: into the passive view */
    views_clear(&r.views);
}

static void the_end_of_a_join_connects_unless_it_is_full(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 5);
    assert_int_equal(rig_feed(&r, 2, join(90, 0)), 0);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 90), 1);
    views_clear(&r.views);
    rig_init(&r, plain);
    rig_fill(&r, 6);
    assert_int_equal(rig_feed(&r, 2, join(90, 0)), 0);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 90), 0);
    assert_int_equal(rig_events(&r, VIEWS_LEARNED, 90), 1);
    views_clear(&r.views);
}

static void joins_cannot_make_a_node_dial_at_will(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 5);
    for (unsigned i = 0; i < 500; i++) {
        struct overlay_id victim = rig_id(1000 + i);
        assert_int_equal(rig_feed(&r, 2, join(1000 + i, 0)), 0);
        views_link_failed(&r.views, r.now, &victim);
        rig_pump(&r);
    }
    assert_in_range(rig_events(&r, VIEWS_DIAL, 0), 1, VIEWS_ASKED_BURST);
    views_clear(&r.views);
}

static void walks_of_who_is_no_neighbour_are_ignored(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 5);
    rig_up(&r, 40, false);
    rig_forget(&r);
    assert_int_equal(rig_feed(&r, 40, join(90, 5)), 0);
    assert_int_equal(rig_feed(&r, 2, join(0, 5)), 0); /* about ourselves */
    assert_int_equal(r.count, 0);
    views_clear(&r.views);
}

static void a_reply_goes_back_the_way_the_shuffle_came(void **state)
{
    (void)state;
    struct views_msg m = {.kind = VIEWS_MSG_SHUFFLE,
                          .ttl = 3,
                          .nonce = 42,
                          .peer_count = 2,
                          .peers = {{.id = rig_id(80)}, {.id = rig_id(81)}}};
    rig_init(&r, plain);
    rig_fill(&r, 5);
    assert_int_equal(rig_feed(&r, 1, m), 0);
    const struct views_event *on = rig_got(&r, VIEWS_MSG_SHUFFLE, 0);
    assert_int_equal(on->msg.ttl, 2);
    assert_int_equal(on->msg.peer_count, 2);
    unsigned next = rig_number(&on->id);
    assert_int_not_equal(next, 1);
    m.kind = VIEWS_MSG_REPLY;
    rig_forget(&r);
    assert_int_equal(rig_feed(&r, next, m), 0);
    assert_non_null(rig_sent(&r, VIEWS_MSG_REPLY, 1));
    assert_int_equal(rig_events(&r, VIEWS_LEARNED, 0), 0); /* it was not for us */
    rig_forget(&r);
    assert_int_equal(rig_feed(&r, next, m), 0); /* once only */
    assert_int_equal(r.count, 0);
    views_clear(&r.views);
}

static void the_end_of_a_shuffle_answers_and_learns(void **state)
{
    (void)state;
    struct views_msg m = {.kind = VIEWS_MSG_SHUFFLE,
                          .nonce = 43,
                          .peer_count = 2,
                          .peers = {{.id = rig_id(80)}, {.id = rig_id(0)}}};
    rig_init(&r, plain);
    rig_fill(&r, 5);
    assert_int_equal(rig_feed(&r, 1, m), 0);
    const struct views_event *answer = rig_got(&r, VIEWS_MSG_REPLY, 1);
    assert_int_equal(answer->msg.nonce, 43);
    assert_int_equal(answer->msg.peer_count, 5);
    assert_int_equal(rig_events(&r, VIEWS_LEARNED, 0), 1); /* not the own id */
    assert_int_equal(rig_events(&r, VIEWS_LEARNED, 80), 1);
    views_clear(&r.views);
}

static void own_shuffles_begin_soon_and_then_go_on_slowly(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 5);
    size_t shuffles = 0;
    for (unsigned s = 0; s < 620; s++) {
        rig_forget(&r);
        rig_pass(&r, RIG_S);
        const struct views_event *e = rig_sent(&r, VIEWS_MSG_SHUFFLE, 0);
        if (e != NULL) {
            shuffles++;
            assert_true(overlay_id_is_equal(&e->msg.peers[0].id, &r.views.config.self));
            struct views_msg reply = {.kind = VIEWS_MSG_REPLY,
                                      .nonce = e->msg.nonce,
                                      .peer_count = 1,
                                      .peers = {{.id = rig_id(200 + s)}}};
            rig_forget(&r);
            assert_int_equal(rig_feed(&r, 1, reply), 0);
            assert_int_equal(rig_events(&r, VIEWS_LEARNED, 200 + s), 1);
        }
    }
    assert_in_range(shuffles, 9, 24);
    views_clear(&r.views);
}

/* One neighbour's flood of shuffles does not make this node forget the way back of others. */
static void a_flood_of_shuffles_takes_its_share_of_ways_back(void **state)
{
    (void)state;
    struct views_msg m = {.kind = VIEWS_MSG_SHUFFLE,
                          .ttl = 3,
                          .nonce = 42,
                          .peer_count = 1,
                          .peers = {{.id = rig_id(80)}}};
    rig_init(&r, plain);
    rig_fill(&r, 5);
    assert_int_equal(rig_feed(&r, 1, m), 0);
    for (unsigned i = 0; i < 500; i++) {
        m.nonce = 1000 + i;
        rig_forget(&r);
        assert_int_equal(rig_feed(&r, 2, m), 0);
    }
    m.kind = VIEWS_MSG_REPLY;
    m.nonce = 42;
    rig_forget(&r);
    assert_int_equal(rig_feed(&r, 3, m), 0);
    assert_non_null(rig_sent(&r, VIEWS_MSG_REPLY, 1));
    m.nonce = 1499; /* its own newest ones come back as well */
    rig_forget(&r);
    assert_int_equal(rig_feed(&r, 3, m), 0);
    assert_non_null(rig_sent(&r, VIEWS_MSG_REPLY, 2));
    views_clear(&r.views);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_join_walks_on_to_another_neighbour),
        UNIT(the_end_of_a_join_connects_unless_it_is_full),
        UNIT(joins_cannot_make_a_node_dial_at_will),
        UNIT(walks_of_who_is_no_neighbour_are_ignored),
        UNIT(a_reply_goes_back_the_way_the_shuffle_came),
        UNIT(the_end_of_a_shuffle_answers_and_learns),
        UNIT(a_flood_of_shuffles_takes_its_share_of_ways_back),
        UNIT(own_shuffles_begin_soon_and_then_go_on_slowly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
