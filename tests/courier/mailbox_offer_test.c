/*
 * Offers to neighbours: bounded, one at a time, fair, and whoever does not keep to that.
 */
#include "tests/base/unit.h"

#include "courier/mailbox_offer.h"
#include "tests/support/mailbox_world.h"

enum { A, B, C, D };

static struct mailbox_world w;
static struct mailbox_world_mail mail;

static void fill(size_t at, size_t to, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mailbox_world_make(&w, &mail, to, ENVELOPE_CHAT, 50);
        assert_int_equal(mailbox_world_give(&w, at, A, &mail), MAILBOX_WANT);
    }
    mailbox_world_pump(&w);
}

static void test_offers_are_bounded_and_answered_one_by_one(void **state)
{
    struct mailbox_event e;
    size_t offered = 0;
    size_t offers = 0;
    (void)state;
    mailbox_world_init(&w, 4, 0);
    fill(C, B, 200);
    assert_int_equal(mailbox_offer_up(&w.nodes[C].box, w.nodes[D].id), 0);
    while (mailbox_next_event(&w.nodes[C].box, w.now, &e)) {
        assert_int_equal(e.kind, MAILBOX_OFFER);
        assert_true(e.offer_count <= MAILBOX_OFFER_MAX);
        offered += e.offer_count;
        offers++;
        assert_false(mailbox_next_event(&w.nodes[C].box, w.now, &e)); /* until it answers */
        assert_int_equal(mailbox_offer_wanted(&w.nodes[C].box, w.now, w.nodes[D].id, NULL, 0), 0);
    }
    assert_int_equal(offered, 200);
    assert_int_equal(offers, 4);
    fill(C, B, 1); /* what comes later is offered at once */
    assert_int_equal(w.nodes[C].box.table.ups[0].is_asked, true);
    mailbox_world_clear(&w);
}

static void test_a_silent_neighbour_holds_up_nobody(void **state)
{
    struct mailbox_event e;
    size_t to_d = 0;
    (void)state;
    mailbox_world_init(&w, 5, 0);
    fill(C, B, 100);
    assert_int_equal(mailbox_offer_up(&w.nodes[C].box, w.nodes[4].id), 0);
    assert_int_equal(mailbox_offer_up(&w.nodes[C].box, w.nodes[D].id), 0);
    while (mailbox_next_event(&w.nodes[C].box, w.now, &e)) {
        if (memcmp(e.to, w.nodes[D].id, sizeof(e.to)) == 0) {
            to_d += e.offer_count;
            assert_int_equal(mailbox_offer_wanted(&w.nodes[C].box, w.now, e.to, NULL, 0), 0);
        }
    }
    assert_int_equal(to_d, 100);
    mailbox_world_clear(&w);
}

static void test_wishes_that_break_the_rules(void **state)
{
    static uint8_t names[(MAILBOX_OFFER_MAX + 1) * ENVELOPE_NAME_SIZE];
    struct mailbox_event e;
    (void)state;
    mailbox_world_init(&w, 4, 0);
    fill(C, B, 1);
    struct mailbox *c = &w.nodes[C].box;
    const uint8_t *d = w.nodes[D].id;
    assert_int_equal(mailbox_offer_wanted(c, w.now, d, names, 1), WAVU_ERR_NOT_FOUND);
    assert_int_equal(mailbox_offer_up(c, d), 0);
    assert_int_equal(mailbox_offer_up(c, d), WAVU_ERR_EXISTS);
    assert_int_equal(mailbox_offer_wanted(c, w.now, d, names, 1), WAVU_ERR_PROTO);
    assert_true(mailbox_next_event(c, w.now, &e));
    assert_int_equal(mailbox_offer_wanted(c, w.now, d, names, MAILBOX_OFFER_MAX + 1),
                     WAVU_ERR_PROTO);
    assert_int_equal(mailbox_offer_wanted(c, w.now, d, names, MAILBOX_OFFER_MAX), 0);
    assert_false(mailbox_next_event(c, w.now, &e)); /* names of nothing */
    mailbox_offer_taken(c, d, names);
    mailbox_offer_refused(c, d, names);
    assert_false(mailbox_next_event(c, w.now, &e));
    mailbox_world_clear(&w);
}

/* Whoever wants one name 64 times is given one share. */
static void test_one_name_many_times_is_one_share(void **state)
{
    uint8_t names[MAILBOX_OFFER_MAX][ENVELOPE_NAME_SIZE];
    struct mailbox_event e;
    size_t holders;
    (void)state;
    mailbox_world_init(&w, 4, 0);
    fill(C, B, 1);
    for (size_t i = 0; i < MAILBOX_OFFER_MAX; i++) {
        memcpy(names[i], mail.name, sizeof(names[i]));
    }
    struct mailbox *c = &w.nodes[C].box;
    assert_int_equal(mailbox_offer_up(c, w.nodes[D].id), 0);
    assert_true(mailbox_next_event(c, w.now, &e));
    assert_int_equal(mailbox_offer_wanted(c, w.now, w.nodes[D].id, names[0], MAILBOX_OFFER_MAX), 0);
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), 8);
    while (mailbox_next_event(c, w.now, &e)) {
        assert_true(e.kind != MAILBOX_GIVE || e.copies == 8);
    }
    mailbox_world_clear(&w);
}

static void test_neighbours_are_bounded(void **state)
{
    uint8_t id[ENVELOPE_DEVICE_SIZE] = {0};
    (void)state;
    mailbox_world_init(&w, 2, 0);
    for (size_t i = 0; i <= MAILBOX_UPS_MAX; i++) {
        id[31] = (uint8_t)i;
        assert_int_equal(mailbox_offer_up(&w.nodes[A].box, id),
                         i < MAILBOX_UPS_MAX ? 0 : WAVU_ERR_LIMIT);
    }
    mailbox_check(&w.nodes[A].box);
    for (size_t i = 0; i <= MAILBOX_UPS_MAX; i++) {
        id[31] = (uint8_t)i;
        mailbox_offer_down(&w.nodes[A].box, id);
        mailbox_check(&w.nodes[A].box);
    }
    assert_int_equal(w.nodes[A].box.table.up_count, 0);
    mailbox_world_clear(&w);
}

/* Without hops left only the recipient gets it. */
static void test_hops_run_out(void **state)
{
    size_t holders;
    (void)state;
    mailbox_world_init(&w, 5, 0);
    mailbox_world_make(&w, &mail, B, ENVELOPE_CHAT, 50);
    mail.e.hops = 1;
    assert_int_equal(mailbox_world_give(&w, A, A, &mail), MAILBOX_WANT);
    mailbox_world_pump(&w);
    mailbox_world_link(&w, A, C, true);
    mailbox_world_link(&w, C, D, true);
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), ENVELOPE_COPIES_MAX);
    assert_int_equal(holders, 2);
    mailbox_world_link(&w, C, B, true);
    assert_true(mailbox_world_has_read(&w, B, &mail));
    mailbox_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_offers_are_bounded_and_answered_one_by_one),
        UNIT(test_a_silent_neighbour_holds_up_nobody),
        UNIT(test_wishes_that_break_the_rules),
        UNIT(test_one_name_many_times_is_one_share),
        UNIT(test_neighbours_are_bounded),
        UNIT(test_hops_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
