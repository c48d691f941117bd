/*
 * The views' audits against peers played by the test: who is of another component, and what the
 * neighbours are told of roots.
 */
#include "tests/base/unit.h"

#include "tests/overlay/views_rig.h"

static struct rig r;
static const struct views_config plain;

/* The retained peer 1 is reached, and asked for its roots. */
static void probe_begins(void)
{
    struct overlay_id lost = rig_id(1);
    rig_init(&r, plain);
    rig_fill(&r, 6);
    views_link_down(&r.views, r.now, &lost, true);
    rig_request(&r, 7, VIEWS_MSG_NORMAL);
    for (unsigned s = 0; s < 200 && rig_events(&r, VIEWS_DIAL, 1) == 0; s++) {
        rig_forget(&r);
        rig_pass(&r, RIG_S);
    }
    rig_up(&r, 1, true);
    assert_true(rig_got(&r, VIEWS_MSG_AUDIT, 1)->msg.is_asking);
    assert_false(rig_got(&r, VIEWS_MSG_AUDIT, 1)->msg.is_brief);
    rig_forget(&r);
}

/* Have it probed; its answer has the given roots. */
static void probed(bool is_other)
{
    struct views_msg answer = {.kind = VIEWS_MSG_AUDIT, .degree = 5};
    probe_begins();
    if (is_other) {
        answer.root_count = 2;
        answer.roots[0].hash = 1;
        answer.roots[1].hash = 2;
    } else {
        views_roots_put(&r.views.roots, r.now, &answer);
    }
    assert_int_equal(rig_feed(&r, 1, answer), 0);
}

static void a_found_peer_of_another_component_is_linked(void **state)
{
    (void)state;
    probed(true);
    assert_int_equal(rig_events(&r, VIEWS_SPLIT, 1), 1);
    assert_int_equal(rig_got(&r, VIEWS_MSG_REQUEST, 1)->msg.priority, VIEWS_MSG_HEAL);
    struct views_msg accept = {
        .kind = VIEWS_MSG_ACCEPT, .degree = 5, .peer_count = 1, .peers = {{.id = rig_id(1)}}};
    assert_int_equal(rig_feed(&r, 1, accept), 0);
    assert_true(rig_is_active(&r, 1));
    views_clear(&r.views);
}

static void a_found_peer_of_the_same_component_is_let_go(void **state)
{
    (void)state;
    probed(false);
    assert_int_equal(rig_events(&r, VIEWS_DROP, 1), 1);
    assert_null(rig_sent(&r, VIEWS_MSG_REQUEST, 1));
    views_clear(&r.views);
}

/* What neighbour 1 is told in the next round of roots. */
static const struct views_msg *told_in_a_round(void)
{
    rig_forget(&r);
    rig_pass(&r, 2 * VIEWS_REBALANCE_NS);
    const struct views_event *e = rig_got(&r, VIEWS_MSG_AUDIT, 1);
    assert_int_equal(e->msg.kind, VIEWS_MSG_AUDIT);
    assert_int_equal(e->msg.root_count, r.views.roots.count);
    return &e->msg;
}

/* Neighbour 1 says the roots that this node has, and one more. */
static struct views_msg roots_and(uint64_t hash)
{
    struct views_msg m = {.kind = VIEWS_MSG_AUDIT, .degree = 5, .root_count = 1};
    m.roots[0].hash = hash;
    struct views_roots both = r.views.roots;
    views_roots_merge(&both, r.now, &m);
    views_roots_put(&both, r.now, &m);
    return m;
}

static void hashes_of_roots_are_told_until_they_are_the_same(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 5);
    assert_false(told_in_a_round()->is_brief); /* it has said nothing yet */
    struct views_msg theirs = roots_and(77);
    assert_int_equal(rig_feed(&r, 1, theirs), 0);
    assert_int_equal(r.views.roots.count, 2);
    const struct views_msg *m = told_in_a_round();
    assert_true(m->is_brief);
    assert_int_equal(m->list, views_roots_list(&r.views.roots));
    assert_false(rig_got(&r, VIEWS_MSG_AUDIT, 2)->msg.is_brief); /* this one has not */
    struct views_msg others = roots_and(55);                     /* the list changes here */
    assert_int_equal(rig_feed(&r, 2, others), 0);
    assert_false(told_in_a_round()->is_brief);
    views_clear(&r.views);
}

static void a_brief_list_that_is_not_ours_says_nothing_and_is_answered_with_hashes(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 5);
    assert_int_equal(rig_feed(&r, 1, roots_and(77)), 0);
    assert_true(told_in_a_round()->is_brief);
    struct views_msg brief = {
        .kind = VIEWS_MSG_AUDIT, .degree = 3, .is_brief = true, .list = 5, .root_count = 2};
    brief.roots[0].count = UINT32_MAX;
    brief.roots[1].count = UINT32_MAX;
    struct views_roots before = r.views.roots;
    rig_forget(&r);
    assert_int_equal(rig_feed(&r, 1, brief), 0);
    assert_memory_equal(&r.views.roots, &before, sizeof before);
    assert_true(r.views.hurry_until_ns <= r.now); /* no alarm either */
    assert_int_equal(rig_events(&r, VIEWS_SEND, 1), 0);
    assert_false(told_in_a_round()->is_brief);
    brief.is_asking = true;
    rig_forget(&r);
    assert_int_equal(rig_feed(&r, 1, brief), 0);
    assert_false(rig_got(&r, VIEWS_MSG_AUDIT, 1)->msg.is_brief); /* whoever asks gets hashes */
    views_clear(&r.views);
}

static void brief_news_of_the_same_list_counts_like_whole_news(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 5);
    assert_int_equal(rig_feed(&r, 1, roots_and(77)), 0);
    struct views_msg brief = {.kind = VIEWS_MSG_AUDIT};
    views_roots_put(&r.views.roots, r.now, &brief);
    for (size_t i = 0; i < brief.root_count; i++) {
        brief.roots[i].count += 2;
    }
    views_roots_shorten(&brief);
    assert_int_equal(rig_feed(&r, 1, brief), 0);
    for (size_t i = 0; i < r.views.roots.count; i++) {
        const struct views_msg_root *root = &r.views.roots.items[i];
        /* nobody renews ours */
        assert_int_equal(root->count, root->hash == r.views.roots.self ? 1 : 2);
    }
    views_clear(&r.views);
}

/* Whom we ask may still think us its neighbour, and what it says then is no answer. */
static void a_brief_list_answers_no_question(void **state)
{
    (void)state;
    struct views_msg brief = {
        .kind = VIEWS_MSG_AUDIT, .is_brief = true, .list = 5, .root_count = VIEWS_MSG_ROOTS_MAX};
    probe_begins();
    assert_int_equal(rig_feed(&r, 1, brief), 0);
    assert_int_equal(rig_events(&r, VIEWS_SPLIT, 1), 0);
    assert_null(rig_sent(&r, VIEWS_MSG_REQUEST, 1));
    views_roots_put(&r.views.roots, r.now, &brief);
    views_roots_shorten(&brief); /* not even when the list is ours */
    assert_int_equal(rig_feed(&r, 1, brief), 0);
    assert_int_equal(rig_events(&r, VIEWS_DROP, 1), 0);
    views_roots_put(&r.views.roots, r.now, &brief);
    brief.is_brief = false;
    assert_int_equal(rig_feed(&r, 1, brief), 0);
    assert_int_equal(rig_events(&r, VIEWS_DROP, 1), 1);
    views_clear(&r.views);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_found_peer_of_another_component_is_linked),
        UNIT(a_found_peer_of_the_same_component_is_let_go),
        UNIT(hashes_of_roots_are_told_until_they_are_the_same),
        UNIT(a_brief_list_that_is_not_ours_says_nothing_and_is_answered_with_hashes),
        UNIT(brief_news_of_the_same_list_counts_like_whole_news),
        UNIT(a_brief_list_answers_no_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
