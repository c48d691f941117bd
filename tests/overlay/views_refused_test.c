/*
 * A peer that is none of ours, by its word or by ours: whatever it was, nothing of it stays, and
 * nobody can have it asked again at once.
 */
#include "tests/base/unit.h"

#include "tests/overlay/views_rig.h"

static struct rig r;
static const struct views_config plain;

static void refuse(unsigned n, enum views_refusal why)
{
    struct overlay_id id = rig_id(n);
    views_link_refused(&r.views, r.now, &id, why);
    rig_pump(&r);
}

static void learn(unsigned n)
{
    struct overlay_id id = rig_id(n);
    assert_int_equal(views_learn(&r.views, r.now, &id, UNIT_TEXT("street")), 0);
}

static bool is_known(unsigned n)
{
    struct overlay_id id = rig_id(n);
    return views_book_find(&r.views.book, &id) != NULL;
}

/* Neighbour `by` names `n` to be dialled. */
static void name(unsigned by, unsigned n)
{
    const struct views_msg m = {.kind = VIEWS_MSG_JOIN, .peer_count = 1, .peers = {{rig_id(n)}}};
    assert_int_equal(rig_feed(&r, by, m), 0);
}

static enum views_refusal refusal_of(unsigned n)
{
    struct overlay_id id = rig_id(n);
    for (size_t i = r.count; i > 0; i--) {
        const struct views_event *e = &r.events[i - 1];
        if (e->kind == VIEWS_REFUSED && overlay_id_is_equal(&e->id, &id)) {
            return e->refusal;
        }
    }
    fail_msg("peer %u was not refused", n);
    return VIEWS_WRONG_NETWORK;
}

static void a_refused_neighbour_is_none_and_leaves_no_trace(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 5);
    refuse(3, VIEWS_NOT_INVITED);
    assert_int_equal(rig_events(&r, VIEWS_DOWN, 3), 1);
    assert_int_equal(rig_events(&r, VIEWS_REFUSED, 3), 1);
    assert_int_equal(refusal_of(3), VIEWS_NOT_INVITED);
    assert_int_equal(rig_events(&r, VIEWS_SEND, 3), 0); /* its link is gone already */
    assert_int_equal(rig_events(&r, VIEWS_DROP, 3), 0);
    assert_false(rig_is_active(&r, 3) || is_known(3));
    rig_pass(&r, 600 * RIG_S);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 3), 0);
    views_clear(&r.views);
}

static void a_refused_dial_is_not_repeated(void **state)
{
    (void)state;
    rig_init(&r, plain);
    learn(1);
    rig_pass(&r, RIG_S);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 1), 1);
    rig_forget(&r);
    refuse(1, VIEWS_WRONG_NETWORK);
    assert_int_equal(rig_events(&r, VIEWS_DOWN, 0), 0); /* it never was a neighbour */
    assert_int_equal(refusal_of(1), VIEWS_WRONG_NETWORK);
    assert_false(is_known(1));
    rig_pass(&r, 600 * RIG_S);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 0), 0); /* nobody is left to dial */
    views_clear(&r.views);
}

/* Whom the members do not count as theirs any more may be known by name only, or as one lost. */
static void who_is_only_known_is_forgotten_too(void **state)
{
    (void)state;
    struct overlay_id lost = rig_id(41);
    rig_init(&r, plain);
    rig_fill(&r, 5);
    learn(40);
    assert_int_equal(views_retain(&r.views, r.now, &lost, UNIT_TEXT("street")), 0);
    assert_true(is_known(40) && is_known(41));
    refuse(40, VIEWS_NOT_INVITED);
    refuse(41, VIEWS_NOT_INVITED);
    refuse(42, VIEWS_NOT_INVITED); /* and nobody has heard of this one */
    assert_int_equal(rig_events(&r, VIEWS_REFUSED, 0), 3);
    assert_false(is_known(40) || is_known(41) || is_known(42));
    assert_int_equal(r.views.stats.barred, 3);
    rig_pass(&r, 600 * RIG_S);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 0), 0);
    views_clear(&r.views);
}

static void others_cannot_have_it_asked_again_at_once(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 3);
    refuse(90, VIEWS_NOT_INVITED);
    name(1, 90);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 90) + rig_events(&r, VIEWS_LEARNED, 90), 0);
    assert_false(is_known(90));
    name(1, 91); /* another one is asked */
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 91), 1);
    rig_pass(&r, VIEWS_SHUNNED_NS);
    name(1, 90);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 90), 1);
    views_clear(&r.views);
}

static void the_owners_word_or_its_own_link_brings_it_back(void **state)
{
    (void)state;
    rig_init(&r, plain);
    refuse(1, VIEWS_WRONG_NETWORK);
    learn(1);
    rig_pass(&r, RIG_S);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 1), 1);
    refuse(2, VIEWS_NOT_INVITED);
    rig_request(&r, 2, VIEWS_MSG_NORMAL); /* it was let in */
    assert_true(rig_is_active(&r, 2) && is_known(2));
    refuse(2, VIEWS_NOT_INVITED);
    rig_request(&r, 2, VIEWS_MSG_NORMAL);
    rig_forget(&r);
    refuse(90, VIEWS_NOT_INVITED);
    rig_up(&r, 90, false);
    struct overlay_id id = rig_id(90);
    views_link_down(&r.views, r.now, &id, false);
    views_book_forget(&r.views.book, &id);
    name(2, 90);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 90), 1);
    views_clear(&r.views);
}

/* When there are too many to remember, the oldest may be asked again. */
static void the_last_few_are_remembered(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 3);
    for (unsigned n = 0; n <= VIEWS_SHUNNED_MAX; n++) {
        refuse(100 + n, VIEWS_NOT_INVITED);
        r.now += RIG_S / 10;
    }
    for (unsigned n = 0; n <= VIEWS_SHUNNED_MAX; n++) {
        name(1 + n % 3, 100 + n);
        assert_int_equal(rig_events(&r, VIEWS_DIAL, 100 + n), n == 0 ? 1 : 0);
    }
    refuse(101, VIEWS_NOT_INVITED); /* again: it takes no second place */
    name(1, 102);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 102), 0);
    views_clear(&r.views);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_refused_neighbour_is_none_and_leaves_no_trace),
        UNIT(a_refused_dial_is_not_repeated),
        UNIT(who_is_only_known_is_forgotten_too),
        UNIT(others_cannot_have_it_asked_again_at_once),
        UNIT(the_owners_word_or_its_own_link_brings_it_back),
        UNIT(the_last_few_are_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
