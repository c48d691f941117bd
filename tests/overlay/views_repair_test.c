/*
 * Whom to ask when neighbours are missing: dead peers hold up nobody, those that were found go
 * first, and what others name leaves room for one's own choice.
 */
#include "overlay/views_repair.h"

#include "overlay/views_links.h"
#include "tests/base/unit.h"
#include "tests/overlay/views_rig.h"

static struct rig r;
static const struct views_config plain;

static void learn(unsigned first, unsigned end)
{
    for (unsigned n = first; n < end; n++) {
        struct overlay_id id = rig_id(n);
        assert_int_equal(views_learn(&r.views, r.now, &id, span_empty()), 0);
    }
    rig_pump(&r);
}

static size_t dials(void)
{
    return rig_events(&r, VIEWS_DIAL, 0);
}

/* A dial takes five seconds to fail. A hundred peers of whom nobody answers are tried in a third of
 * the time that they would take five at a time, and still only some at once. */
static void dials_that_nobody_answers_hold_up_nobody(void **state)
{
    (void)state;
    rig_init(&r, plain);
    learn(1, 101);
    rig_pass(&r, RIG_S * 9 / 10);
    assert_int_equal(dials(), VIEWS_ACTIVE_TARGET); /* at first as many as are missing */
    size_t most = 0;
    for (unsigned i = 0; i < 240 && dials() < 100; i++) {
        rig_pass(&r, RIG_S / 10);
        size_t pending = views_links_pending(&r.views);
        most = pending > most ? pending : most;
    }
    assert_in_range(r.now, 100 * RIG_S, 125 * RIG_S);
    assert_int_equal(dials(), 100);
    assert_int_equal(most, VIEWS_REPAIRS_MAX);
    views_clear(&r.views);
}

/* Those that answer late are let go when others have come meanwhile, and remembered. */
static void who_answers_too_late_is_not_asked(void **state)
{
    (void)state;
    struct overlay_id late = rig_id(1);
    rig_init(&r, plain);
    learn(1, 2);
    rig_pass(&r, 1);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 1), 1);
    for (unsigned n = 11; n <= 16; n++) {
        rig_request(&r, n, VIEWS_MSG_NORMAL);
    }
    rig_up(&r, 1, true);
    assert_int_equal(rig_events(&r, VIEWS_DROP, 1), 1);
    assert_null(rig_sent(&r, VIEWS_MSG_REQUEST, 1));
    assert_true(views_book_find(&r.views.book, &late)->is_proven);
    views_clear(&r.views);
}

static void passive_peers_are_sought_each_in_turn(void **state)
{
    (void)state;
    size_t seen[50] = {0};
    rig_init(&r, plain);
    assert_null(views_repair_seek(&r.views, r.now));
    rig_fill(&r, 5);
    learn(10, 50);
    for (unsigned i = 0; i < 3 * 45; i++) {
        seen[rig_number(&views_repair_seek(&r.views, r.now)->id)]++;
    }
    for (unsigned n = 1; n < 50; n++) {
        assert_int_equal(seen[n], n <= 5 || n >= 10 ? 3 : 0);
    }
    views_clear(&r.views);
}

/* Neighbours 1 to 5; of 10 to 49, those below 38 are sought, and number 30 answers. */
static void seek_and_find(void)
{
    struct overlay_id found = rig_id(30);
    struct overlay_id strange = rig_id(49);
    rig_init(&r, plain);
    rig_fill(&r, 5);
    views_repair_found(&r.views, r.now, &found); /* nobody was sought yet */
    learn(10, 50);
    while (rig_number(&views_repair_seek(&r.views, r.now)->id) != 37) {
    }
    views_repair_found(&r.views, r.now, &strange); /* whom a neighbour had us reach */
    views_repair_found(&r.views, r.now, &found);
}

static void lose_all(void)
{
    rig_forget(&r);
    for (unsigned n = 1; n <= 5; n++) {
        struct overlay_id id = rig_id(n);
        views_link_down(&r.views, r.now, &id, true);
    }
    rig_pump(&r);
    rig_pass(&r, 4 * RIG_S);
}

static void who_was_found_is_asked_first_and_who_was_not_last(void **state)
{
    (void)state;
    size_t at = 0;
    seek_and_find();
    lose_all();
    for (size_t i = 0; i < r.count; i++) {
        unsigned n = rig_number(&r.events[i].id);
        if (r.events[i].kind == VIEWS_DIAL && n >= 10) { /* and not a probe of those lost */
            assert_true(at == 0 ? n == 30 : at <= 12 ? n >= 38 : n >= 10 && n < 38);
            at++;
        }
    }
    assert_in_range(at, 1 + 12 + 4, VIEWS_REPAIRS_MAX);
    views_clear(&r.views);
}

static void who_was_found_long_ago_is_one_of_many(void **state)
{
    (void)state;
    size_t first = 0;
    for (unsigned i = 0; i < 20; i++) {
        seek_and_find();
        rig_pass(&r, i % 2 == 0 ? VIEWS_REPAIR_SOUGHT_NS : VIEWS_REPAIR_SOUGHT_NS - RIG_S);
        lose_all();
        size_t at = 0;
        while (r.events[at].kind != VIEWS_DIAL) {
            at++;
        }
        bool is_first = rig_number(&r.events[at].id) == 30;
        assert_true(is_first || i % 2 == 0);
        first += is_first;
        views_clear(&r.views);
    }
    assert_in_range(first, 10, 12);
}

/* A neighbour may name whom it likes: few are dialled for it, and the own choice is free. */
static void advice_leaves_room_for_ones_own_choice(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 1);
    for (unsigned s = 0; s < 5; s++) {
        for (unsigned i = 0; i < 100; i++) {
            struct views_msg join = {.kind = VIEWS_MSG_JOIN,
                                     .peer_count = 1,
                                     .peers = {{.id = rig_id(1000 + 100 * s + i)}}};
            assert_int_equal(rig_feed(&r, 1, join), 0);
        }
        assert_in_range(views_links_advised(&r.views), 1, VIEWS_ADVISED_MAX);
        rig_pass(&r, RIG_S / 2);
    }
    assert_int_equal(views_links_advised(&r.views), VIEWS_ADVISED_MAX);
    learn(1, 101);
    rig_pass(&r, 4 * RIG_S);
    assert_int_equal(views_links_pending(&r.views) - views_links_advised(&r.views),
                     VIEWS_REPAIRS_MAX);
    views_clear(&r.views);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(dials_that_nobody_answers_hold_up_nobody),
        UNIT(who_answers_too_late_is_not_asked),
        UNIT(passive_peers_are_sought_each_in_turn),
        UNIT(who_was_found_is_asked_first_and_who_was_not_last),
        UNIT(who_was_found_long_ago_is_one_of_many),
        UNIT(advice_leaves_room_for_ones_own_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
