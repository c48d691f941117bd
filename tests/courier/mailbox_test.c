/*
 * The mailbox's promises (docs/protocol/mailbox.md), each under its name, between nodes that talk.
 */
#include "tests/base/unit.h"

#include "base/timers.h"
#include "courier/mailbox_offer.h"
#include "tests/support/mailbox_world.h"

#define HOUR (3600 * TIMERS_SECOND)
#define DAY (24 * HOUR)

enum { A, B, C, D, E };

static struct mailbox_world w;
static struct mailbox_world_mail mail;

static void make(size_t count)
{
    mailbox_world_init(&w, count, 0);
}

static void write_at_a(void)
{
    mailbox_world_make(&w, &mail, B, ENVELOPE_CHAT, 100);
    assert_int_equal(mailbox_world_give(&w, A, A, &mail), MAILBOX_WANT);
    mailbox_world_pump(&w);
}

static void test_a_to_b_through_c(void **state)
{
    size_t holders;
    (void)state;
    make(3);
    write_at_a();
    mailbox_world_link(&w, A, C, true);
    assert_int_equal(w.nodes[A].held, 1);
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), ENVELOPE_COPIES_MAX);
    assert_int_equal(holders, 2);
    mailbox_world_link(&w, A, C, false);
    mailbox_world_tick(&w, DAY);
    mailbox_world_restart(&w, C);
    mailbox_world_link(&w, C, B, true);
    assert_true(mailbox_world_has_read(&w, B, &mail));
    mailbox_world_link(&w, C, B, false);
    mailbox_world_restart(&w, C);
    assert_int_equal(w.nodes[A].opened, 0);
    mailbox_world_link(&w, A, C, true); /* the token goes the way back */
    assert_int_equal(w.nodes[A].opened, 1);
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), 0);
    assert_int_equal(w.nodes[C].box.table.count, 0);
    assert_int_equal(rows_count(&w.nodes[C].rows, 'b'), 0);
    mailbox_world_clear(&w);
}

/* Everybody meets everybody, many times, with restarts in between. */
static void test_copies_never_exceed_sixteen(void **state)
{
    size_t holders;
    (void)state;
    make(MAILBOX_WORLD_NODES);
    write_at_a();
    for (size_t i = 0; i < 4000; i++) {
        const size_t a = random_below(&w.random, w.count);
        const size_t b = random_below(&w.random, w.count);
        if (a == b || a == B || b == B) {
            continue;
        }
        mailbox_world_link(&w, a, b, !w.links[a][b]);
        if (i % 16 == 0) {
            mailbox_world_restart(&w, a);
        }
        assert_int_equal(mailbox_world_copies(&w, &mail, &holders), ENVELOPE_COPIES_MAX);
    }
    assert_int_equal(holders, 16);
    for (size_t i = 0; i < w.count; i++) {
        const struct mailbox_entry *e = mailbox_table_find(&w.nodes[i].box.table, mail.name);
        assert_true(e == NULL || e->copies == 1);
    }
    mailbox_world_clear(&w);
}

/* A link that breaks after the share left costs copies, never makes them; who has not said that it
 * took its share is offered the same one again. */
static void test_copies_are_lost_not_made(void **state)
{
    struct mailbox_event e;
    size_t holders;
    (void)state;
    make(4);
    write_at_a();
    assert_int_equal(mailbox_offer_up(&w.nodes[A].box, w.nodes[C].id), 0);
    assert_true(mailbox_next_event(&w.nodes[A].box, w.now, &e));
    assert_int_equal(e.kind, MAILBOX_OFFER);
    assert_int_equal(
        mailbox_offer_wanted(&w.nodes[A].box, w.now, w.nodes[C].id, e.offers[0].name, 1), 0);
    mailbox_offer_down(&w.nodes[A].box, w.nodes[C].id);
    mailbox_world_pump(&w); /* the link is not there: what A gives is lost */
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), 8);
    mailbox_world_restart(&w, A);
    mailbox_world_link(&w, A, C, true);
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), 16);
    assert_int_equal(mailbox_offer_wanted(&w.nodes[A].box, w.now, w.nodes[C].id, mail.name, 1),
                     WAVU_ERR_PROTO);
    mailbox_world_link(&w, A, D, true);
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), 16);
    assert_int_equal(holders, 3);
    mailbox_world_clear(&w);
}

static void test_who_is_full_gives_the_share_back(void **state)
{
    struct mailbox_event e;
    size_t holders;
    (void)state;
    make(3);
    write_at_a();
    assert_int_equal(mailbox_offer_up(&w.nodes[A].box, w.nodes[C].id), 0);
    assert_true(mailbox_next_event(&w.nodes[A].box, w.now, &e));
    assert_int_equal(
        mailbox_offer_wanted(&w.nodes[A].box, w.now, w.nodes[C].id, e.offers[0].name, 1), 0);
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), 8);
    mailbox_offer_refused(&w.nodes[A].box, w.nodes[C].id, mail.name);
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), 16);
    mailbox_offer_refused(&w.nodes[A].box, w.nodes[C].id, mail.name); /* once */
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), 16);
    mailbox_offer_down(&w.nodes[A].box, w.nodes[C].id);
    mailbox_world_pump(&w);
    mailbox_world_clear(&w);
}

/* Whoever asks, and however often: only the token takes copies away. */
static void test_a_fetch_purges_nothing(void **state)
{
    size_t holders;
    const uint8_t wrong[ENVELOPE_TOKEN_SIZE] = {1, 2, 3};
    (void)state;
    make(4);
    w.nodes[B].is_deaf = true;
    write_at_a();
    mailbox_world_link(&w, A, C, true);
    mailbox_world_link(&w, C, B, true);
    assert_true(mailbox_world_has_read(&w, B, &mail));
    for (size_t i = 0; i < 3; i++) { /* it lost its disk, and comes again */
        mailbox_world_link(&w, C, B, false);
        mailbox_world_link(&w, C, B, true);
    }
    assert_int_equal(w.nodes[B].read_count, 4);
    mailbox_done(&w.nodes[C].box, w.now, w.nodes[D].id, wrong);
    mailbox_world_pump(&w);
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), ENVELOPE_COPIES_MAX);
    assert_int_equal(holders, 2);
    mailbox_world_clear(&w);
}

static void test_only_the_reader_purges(void **state)
{
    size_t holders;
    (void)state;
    make(5);
    write_at_a();
    mailbox_world_link(&w, A, C, true);
    mailbox_world_link(&w, C, D, true);
    mailbox_world_link(&w, A, E, true);
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), ENVELOPE_COPIES_MAX);
    assert_int_equal(holders, 4);
    mailbox_world_link(&w, D, B, true); /* its token reaches all that are linked */
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), 0);
    assert_int_equal(w.nodes[A].opened, 1);
    for (size_t i = 0; i < w.count; i++) {
        assert_int_equal(w.nodes[i].box.table.count, 0);
        assert_int_equal(rows_count(&w.nodes[i].rows, 'm'), 0);
        assert_int_equal(rows_count(&w.nodes[i].rows, 'b'), 0);
    }
    mailbox_world_clear(&w);
}

/* An owner that takes no events, and neighbours that cause many, stop nothing. */
static void test_notes_are_bounded(void **state)
{
    struct mailbox_event e;
    size_t said = 0;
    (void)state;
    make(3);
    write_at_a();
    mailbox_world_link(&w, A, C, true);
    mailbox_world_link(&w, C, B, true);
    for (size_t i = 0; i < 2 * MAILBOX_NOTES_MAX; i++) {
        assert_int_equal(mailbox_world_give(&w, C, A, &mail), MAILBOX_WAS_READ);
    }
    while (mailbox_next_event(&w.nodes[C].box, w.now, &e)) {
        said++;
    }
    assert_int_equal(said, MAILBOX_NOTES_MAX);
    mailbox_world_clear(&w);
}

/* A purged envelope is not taken again, from whomever, also after a restart; who offers it hears
 * why. */
static void test_done_is_remembered(void **state)
{
    size_t holders;
    (void)state;
    make(5);
    write_at_a();
    mailbox_world_link(&w, A, C, true);
    mailbox_world_link(&w, A, D, true);
    mailbox_world_link(&w, A, C, false);
    mailbox_world_link(&w, A, D, false);
    mailbox_world_link(&w, C, B, true);
    mailbox_world_restart(&w, C);
    assert_int_equal(mailbox_world_give(&w, C, E, &mail), MAILBOX_WAS_READ);
    mailbox_world_link(&w, C, D, true); /* D has half of A's: it offers */
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), 4); /* A's */
    assert_int_equal(w.nodes[D].box.table.count, 1);                /* until it could tell A */
    mailbox_world_link(&w, D, A, true);
    assert_int_equal(w.nodes[A].opened, 1);
    assert_int_equal(w.nodes[D].box.table.count, 0);
    mailbox_world_link(&w, B, D, true); /* the reader answers an offer likewise */
    assert_int_equal(mailbox_world_give(&w, B, E, &mail), MAILBOX_WAS_READ);
    assert_int_equal(w.nodes[B].read_count, 1);
    mailbox_world_clear(&w);
}

static void test_residence_counts_as_age(void **state)
{
    struct mailbox_event e;
    size_t holders;
    (void)state;
    make(4);
    write_at_a();
    mailbox_world_tick(&w, DAY);
    mailbox_world_link(&w, A, C, true);
    mailbox_world_link(&w, A, C, false);
    mailbox_world_tick(&w, 2 * DAY);
    mailbox_world_restart(&w, C);
    assert_int_equal(mailbox_offer_up(&w.nodes[C].box, w.nodes[D].id), 0);
    do {
        assert_true(mailbox_next_event(&w.nodes[C].box, w.now, &e));
    } while (e.kind != MAILBOX_OFFER);
    assert_int_equal(e.offers[0].age_s, 3 * 86400);
    mailbox_offer_down(&w.nodes[C].box, w.nodes[D].id);
    mailbox_world_tick(&w, 4 * DAY + TIMERS_SECOND);
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), 0);
    assert_int_equal(rows_count(&w.nodes[C].rows, 'b'), 0);
    mail.e.age_s = ENVELOPE_LIFETIME_S;
    assert_int_equal(mailbox_world_give(&w, D, A, &mail), MAILBOX_OLD);
    mailbox_world_clear(&w);
}

/* --- floods --- */

/* Envelopes of `size` bytes from `giver` for `to` at D, until it is full or had `most`; how many
 * were taken. Nothing is stored. */
static size_t flood(struct mailbox_world_mail *m, size_t giver, size_t to,
                    enum envelope_class class_number, size_t most)
{
    uint8_t name[ENVELOPE_NAME_SIZE];
    struct mailbox_event e;
    size_t taken = 0;
    for (size_t i = 0; i < most; i++) {
        mailbox_world_make(&w, m, to, class_number, 3000);
        if (mailbox_take(&w.nodes[D].box, w.now, w.nodes[giver].id, &m->e, 4096, name) ==
            MAILBOX_WANT) {
            taken++;
        }
        while (mailbox_next_event(&w.nodes[D].box, w.now, &e)) {
        }
    }
    mailbox_check(&w.nodes[D].box);
    return taken;
}

static void test_a_flood_fills_its_own_share(void **state)
{
    static struct mailbox_world_mail m;
    const uint64_t all = 8 * 1024 * 1024;
    const uint64_t for_one = all / MAILBOX_RECIPIENT_SHARE;
    size_t taken = 0;
    (void)state;
    mailbox_world_init(&w, MAILBOX_WORLD_NODES, all);
    /* One that hands over, one recipient: a quarter of a recipient's. */
    assert_int_equal(flood(&m, C, B, ENVELOPE_CHAT, 200), for_one / 4 / 4096);
    assert_int_equal(flood(&m, A, B, ENVELOPE_CHAT, 1), 1);
    /* Many recipients: an eighth of all, in all. */
    for (size_t i = 5; i < w.count; i++) {
        taken += flood(&m, C, i, ENVELOPE_CHAT, 40);
    }
    assert_int_equal(taken + for_one / 4 / 4096, all / MAILBOX_GIVER_SHARE / 4096);
    assert_int_equal(flood(&m, A, 9, ENVELOPE_CHAT, 1), 1);
    /* Many that hand over, one recipient: its share, and nobody else's. */
    for (size_t i = 5; i < 12; i++) {
        (void)flood(&m, i, B, ENVELOPE_CHAT, 40);
    }
    const struct mailbox_device *b =
        mailbox_table_find_device(&w.nodes[D].box.table, w.nodes[B].id);
    assert_true(b->used_for <= for_one && b->used_for > for_one - 4096);
    assert_int_equal(flood(&m, A, E, ENVELOPE_CHAT, 1), 1);
    /* Tags of nobody. */
    memset(w.nodes[E].tag, 0xee, sizeof(w.nodes[E].tag));
    assert_int_equal(flood(&m, A, E, ENVELOPE_CHAT, 9), 0);
    mailbox_world_clear(&w);
}

/* A member with many devices has what one with one device has: for a recipient, of all, and of the
 * locks that are remembered; after a restart, too. */
static void test_many_devices_of_one_member_are_one(void **state)
{
    static struct mailbox_world_mail m;
    const uint64_t all = 8 * 1024 * 1024;
    const uint64_t for_one = all / MAILBOX_RECIPIENT_SHARE;
    size_t taken = 0;
    (void)state;
    mailbox_world_init(&w, MAILBOX_WORLD_NODES, all);
    for (size_t i = 4; i < w.count; i++) {
        w.owners[i] = 0xdd;
    }
    for (size_t i = 4; i < w.count; i++) {
        taken += flood(&m, i, B, ENVELOPE_CHAT, 40);
    }
    assert_int_equal(taken, for_one / 4 / 4096);
    for (size_t to = 4; to < w.count; to++) {
        for (size_t i = 4; i < w.count; i++) {
            taken += flood(&m, i, to, ENVELOPE_CHAT, 40);
        }
    }
    assert_int_equal(taken, all / MAILBOX_GIVER_SHARE / 4096);
    assert_int_equal(flood(&m, A, B, ENVELOPE_CHAT, 1), 1);
    mailbox_world_clear(&w);

    mailbox_world_init(&w, MAILBOX_WORLD_NODES, all);
    for (size_t i = 4; i < w.count; i++) {
        w.owners[i] = 0xdd;
    }
    for (size_t i = 0; i < for_one / 4 / 4096; i++) { /* stored ones, of 4096 bytes each */
        mailbox_world_make(&w, &m, B, ENVELOPE_CHAT, 3000);
        m.size = 4096;
        assert_int_equal(mailbox_world_give(&w, D, 4 + i % 4, &m), MAILBOX_WANT);
    }
    mailbox_world_pump(&w);
    mailbox_world_restart(&w, D);
    assert_int_equal(flood(&m, 9, B, ENVELOPE_CHAT, 5), 0);
    assert_int_equal(flood(&m, A, B, ENVELOPE_CHAT, 1), 1);
    mailbox_world_clear(&w);
}

/* Small ones count for a unit, so there are never more than so many. */
static void test_small_ones_count_for_more(void **state)
{
    static struct mailbox_world_mail m;
    uint8_t name[ENVELOPE_NAME_SIZE];
    struct mailbox_event e;
    size_t taken = 0;
    (void)state;
    mailbox_world_init(&w, MAILBOX_WORLD_NODES, 1024 * 1024);
    for (size_t giver = 4; giver < w.count; giver++) {
        for (size_t to = 0; to < w.count; to++) {
            for (size_t i = 0; i < 20 && to != D; i++) {
                mailbox_world_make(&w, &m, to, ENVELOPE_CHAT, 16);
                taken += mailbox_take(&w.nodes[D].box, w.now, w.nodes[giver].id, &m.e, m.size,
                                      name) == MAILBOX_WANT;
            }
        }
        while (mailbox_next_event(&w.nodes[D].box, w.now, &e)) {
        }
    }
    assert_int_equal(taken, 1024);
    mailbox_check(&w.nodes[D].box);
    mailbox_world_clear(&w);
}

static void test_displacing(void **state)
{
    static struct mailbox_world_mail m;
    const uint64_t all = 1024 * 1024; /* a recipient 16 of these, a pair 4, a giver 32, all 256 */
    (void)state;
    mailbox_world_init(&w, MAILBOX_WORLD_NODES, all);
    const struct mailbox_table *t = &w.nodes[D].box.table;
    assert_int_equal(flood(&m, C, B, ENVELOPE_BULK, 9), 4);
    assert_int_equal(flood(&m, C, B, ENVELOPE_CHAT, 3), 3); /* its own bulk goes */
    assert_int_equal(t->bulk, 4096);
    assert_int_equal(flood(&m, C, B, ENVELOPE_BULK, 1), 0); /* bulk displaces nothing */
    assert_int_equal(flood(&m, C, B, ENVELOPE_SOS, 3), 1);  /* one bulk is left of this pair */
    assert_int_equal(t->bulk, 0);
    for (size_t giver = 4; giver < 7; giver++) {
        assert_int_equal(flood(&m, giver, B, ENVELOPE_BULK, 9), 4);
    }
    assert_int_equal(flood(&m, 8, B, ENVELOPE_CHAT, 3), 0); /* others' bulk stays */
    assert_int_equal(flood(&m, 8, B, ENVELOPE_SOS, 9), 4);  /* but for an SOS, of which a pair's */
    assert_int_equal(t->bulk, 8 * 4096);
    mailbox_world_clear(&w);
}

/* Whoever has too much loses its own bulk, not what somebody else gave before. */
static void test_who_displaces_displaces_its_own(void **state)
{
    static struct mailbox_world_mail m;
    (void)state;
    mailbox_world_init(&w, MAILBOX_WORLD_NODES, 1024 * 1024);
    assert_int_equal(flood(&m, A, 20, ENVELOPE_BULK, 4), 4);
    for (size_t to = 21; to < 29; to++) {
        assert_int_equal(flood(&m, C, to, ENVELOPE_BULK, 4), 4); /* an eighth of all */
    }
    assert_int_equal(flood(&m, C, 20, ENVELOPE_CHAT, 9), 4);
    const struct mailbox_table *t = &w.nodes[D].box.table;
    assert_int_equal(mailbox_table_find_device(t, w.nodes[A].id)->used_by, 4 * 4096);
    assert_int_equal(mailbox_table_find_device(t, w.nodes[C].id)->bulk_by, 28 * 4096);
    mailbox_world_clear(&w);
}

/* --- the rest --- */

static void test_tags_end_after_thirty_days(void **state)
{
    uint8_t old[ENVELOPE_TAG_SIZE];
    (void)state;
    make(3);
    memcpy(old, w.nodes[B].tag, sizeof(old));
    memset(w.nodes[B].tag, 0x77, sizeof(w.nodes[B].tag));
    assert_int_equal(mailbox_learn(&w.nodes[C].box, w.now, w.nodes[B].id, w.nodes[B].tag), 0);
    mailbox_world_pump(&w);
    mailbox_world_restart(&w, C);
    mailbox_world_make(&w, &mail, B, ENVELOPE_CHAT, 100);
    assert_int_equal(mailbox_world_give(&w, C, A, &mail), MAILBOX_WANT);
    mailbox_world_tick(&w, 30 * DAY - 1);
    memcpy(w.nodes[B].tag, old, sizeof(old));
    mailbox_world_make(&w, &mail, B, ENVELOPE_CHAT, 100);
    assert_int_equal(mailbox_world_give(&w, C, A, &mail), MAILBOX_WANT);
    mailbox_world_tick(&w, 60 * TIMERS_SECOND);
    mailbox_world_make(&w, &mail, B, ENVELOPE_CHAT, 100);
    assert_int_equal(mailbox_world_give(&w, C, A, &mail), MAILBOX_UNKNOWN);
    assert_int_equal(rows_count(&w.nodes[C].rows, 't'), 3);
    mailbox_world_clear(&w);
}

/* Whoever makes new bundles all day has eight tags, and one share. */
static void test_tags_of_one_device_are_bounded(void **state)
{
    (void)state;
    make(3);
    for (size_t i = 0; i < 50; i++) {
        memset(w.nodes[B].tag, (int)i + 150, sizeof(w.nodes[B].tag));
        assert_int_equal(mailbox_learn(&w.nodes[C].box, w.now, w.nodes[B].id, w.nodes[B].tag), 0);
        assert_int_equal(mailbox_learn(&w.nodes[C].box, w.now, w.nodes[B].id, w.nodes[B].tag), 0);
        mailbox_world_pump(&w);
    }
    assert_int_equal(rows_count(&w.nodes[C].rows, 't'), 2 + MAILBOX_TAGS_MAX);
    mailbox_world_restart(&w, C);
    mailbox_world_make(&w, &mail, B, ENVELOPE_CHAT, 100);
    assert_int_equal(mailbox_world_give(&w, C, A, &mail), MAILBOX_WANT);
    mailbox_world_clear(&w);
}

static void test_who_is_revoked_is_forgotten(void **state)
{
    (void)state;
    make(4);
    write_at_a();
    mailbox_world_link(&w, A, C, true);
    mailbox_world_link(&w, B, C, true);
    mailbox_world_make(&w, &mail, B, ENVELOPE_CHAT, 100);
    w.nodes[B].is_deaf = true;
    assert_int_equal(mailbox_world_give(&w, C, D, &mail), MAILBOX_WANT);
    mailbox_world_pump(&w);
    mailbox_forget(&w.nodes[C].box, w.now, w.nodes[B].id);
    mailbox_forget(&w.nodes[C].box, w.now, w.nodes[B].id);
    mailbox_world_pump(&w);
    assert_int_equal(w.nodes[C].box.table.count, 0);
    assert_int_equal(rows_count(&w.nodes[C].rows, 'b'), 0);
    assert_int_equal(mailbox_world_give(&w, C, D, &mail), MAILBOX_UNKNOWN);
    mailbox_world_clear(&w);
}

/* More than one offer holds, in order: SOS first, then by age within a class. */
static void test_offers_in_order_of_class_and_age(void **state)
{
    static struct mailbox_world_mail mails[50];
    (void)state;
    make(3);
    for (size_t i = 0; i < 50; i++) {
        const enum envelope_class class_number =
            i >= 45 ? ENVELOPE_SOS : (i % 2 == 0 ? ENVELOPE_BULK : ENVELOPE_CHAT);
        mailbox_world_make(&w, &mails[i], B, class_number, 100);
        assert_int_equal(mailbox_world_give(&w, C, A, &mails[i]), MAILBOX_WANT);
        mailbox_world_tick(&w, TIMERS_SECOND);
        if (i % 7 == 0) {
            mailbox_world_restart(&w, C);
        }
    }
    mailbox_world_link(&w, C, B, true);
    const struct mailbox_world_node *b = &w.nodes[B];
    assert_int_equal(b->read_count, 50);
    for (size_t i = 0; i < 50; i++) {
        const size_t from = i < 5 ? 45 + i : (i < 27 ? (i - 5) * 2 + 1 : (i - 27) * 2);
        assert_memory_equal(b->was_read[i], mails[from].token, ENVELOPE_TOKEN_SIZE);
    }
    mailbox_world_clear(&w);
}

/* Somebody else's envelope behind a lock that it saw stands in nobody's way. */
static void test_a_copied_lock_keeps_nothing_out(void **state)
{
    struct mailbox_world_mail fake;
    size_t holders;
    (void)state;
    make(5);
    mailbox_world_make(&w, &mail, B, ENVELOPE_CHAT, 100);
    fake = mail;
    memset(fake.sealed, 0x33, sizeof(fake.sealed));
    fake.e.head_bytes.ptr = fake.head;
    fake.e.sealed.ptr = fake.sealed;
    envelope_name(fake.name, fake.e.head_bytes, fake.e.sealed);
    assert_int_equal(mailbox_world_give(&w, C, D, &fake), MAILBOX_WANT);
    assert_int_equal(mailbox_world_give(&w, C, A, &mail), MAILBOX_WANT);
    mailbox_world_pump(&w);
    mailbox_world_link(&w, C, B, true);
    assert_true(mailbox_world_has_read(&w, B, &mail));
    assert_int_equal(mailbox_world_copies(&w, &mail, &holders), 0);
    assert_int_equal(mailbox_world_copies(&w, &fake, &holders), 0); /* the same lock: gone, too */
    mailbox_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_to_b_through_c),
        UNIT(test_copies_never_exceed_sixteen),
        UNIT(test_copies_are_lost_not_made),
        UNIT(test_who_is_full_gives_the_share_back),
        UNIT(test_a_fetch_purges_nothing),
        UNIT(test_only_the_reader_purges),
        UNIT(test_notes_are_bounded),
        UNIT(test_done_is_remembered),
        UNIT(test_residence_counts_as_age),
        UNIT(test_a_flood_fills_its_own_share),
        UNIT(test_many_devices_of_one_member_are_one),
        UNIT(test_small_ones_count_for_more),
        UNIT(test_displacing),
        UNIT(test_who_displaces_displaces_its_own),
        UNIT(test_tags_end_after_thirty_days),
        UNIT(test_tags_of_one_device_are_bounded),
        UNIT(test_who_is_revoked_is_forgotten),
        UNIT(test_offers_in_order_of_class_and_age),
        UNIT(test_a_copied_lock_keeps_nothing_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
