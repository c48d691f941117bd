/*
 * The mailbox's entries in large numbers: indices, lists, charges, memory.
 */
#include "tests/base/unit.h"

#include "base/random.h"
#include "courier/mailbox.h"

static struct random_seeded seeded;
static struct random source;

static int set_up(void **state)
{
    random_seeded_init(&seeded, 8);
    source = random_from_seeded(&seeded);
    return unit_count_memory(state);
}

static struct mailbox_entry entry(struct mailbox_table *t, uint8_t recipient, uint8_t giver)
{
    struct mailbox_entry e = {.state = MAILBOX_LIVE,
                              .class_number = (uint8_t)(1 + random_below(&source, 4)),
                              .copies = (uint8_t)(1 + random_below(&source, 16)),
                              .hops = 3,
                              .size = (uint32_t)random_below(&source, 5000),
                              .lifetime_s = 1000,
                              .came_ns = random_below(&source, 1000)};
    uint8_t id[ENVELOPE_DEVICE_SIZE];
    random_fill(&source, e.name, sizeof(e.name));
    random_fill(&source, e.head, sizeof(e.head));
    memset(id, recipient, sizeof(id));
    e.recipient = mailbox_table_device(t, id);
    memset(id, giver, sizeof(id));
    e.giver = giver == 0 ? NULL : mailbox_table_device(t, id);
    return e;
}

static void let_go(struct mailbox_table *t, const struct mailbox_entry *e)
{
    mailbox_table_let_go(t, e->recipient);
    if (e->giver != NULL) {
        mailbox_table_let_go(t, e->giver);
    }
}

static void drain(struct mailbox_table *t)
{
    struct mailbox_entry *e;
    while ((e = mailbox_table_dirty(t)) != NULL) {
        if (e->state == MAILBOX_GONE) {
            mailbox_table_free(t, e);
        }
    }
}

static void test_many_come_and_go(void **state)
{
    enum { COUNT = 20000 };
    struct mailbox_table t;
    uint8_t(*names)[ENVELOPE_NAME_SIZE] = mem_new_array(COUNT, ENVELOPE_NAME_SIZE);
    size_t held = 0;
    (void)state;
    mailbox_table_init(&t, &source, 0);
    for (size_t i = 0; i < COUNT; i++) {
        struct mailbox_entry e =
            entry(&t, (uint8_t)(50 + i % 40), (uint8_t)random_below(&source, 20));
        memcpy(names[i], e.name, sizeof(e.name));
        if (mailbox_table_has_room(&t, &e, true)) {
            const struct mailbox_entry *added = mailbox_table_add(&t, &e);
            assert_ptr_equal(mailbox_table_find(&t, e.name), added);
            assert_ptr_equal(mailbox_table_locked(&t, NULL, mailbox_table_lock(&e)), added);
        }
        let_go(&t, &e);
        struct mailbox_entry *old = mailbox_table_find(&t, names[random_below(&source, i + 1)]);
        if (i % 3 == 0 && old != NULL) {
            if (old->state == MAILBOX_LIVE && i % 2 == 0) {
                mailbox_table_read(&t, old);
            } else {
                mailbox_table_remove(&t, old);
            }
        }
        if (i % 100 == 0) {
            drain(&t);
        }
        if (i % 1000 == 0) {
            mailbox_table_check(&t);
        }
    }
    mailbox_table_sort(&t);
    mailbox_table_check(&t);
    for (size_t i = 0; i < COUNT; i++) {
        struct mailbox_entry *e = mailbox_table_find(&t, names[i]);
        if (e != NULL) {
            mailbox_table_remove(&t, e);
            assert_null(mailbox_table_find(&t, names[i]));
            held++;
        }
    }
    drain(&t);
    assert_true(held > 5000);
    assert_int_equal(t.count + t.used + t.bulk + t.own_count, 0);
    mailbox_table_check(&t);
    mailbox_table_clear(&t);
    mem_free(names);
}

/* 64 MiB of envelopes of 4 KiB cost less than a sixteenth of that in memory. */
static void test_entries_are_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct mailbox_entry) + 2 * sizeof(uint32_t) <= 4096 / 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_many_come_and_go, set_up, unit_compare_memory),
        cmocka_unit_test_setup_teardown(test_entries_are_small, set_up, unit_compare_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
