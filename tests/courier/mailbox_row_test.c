/*
 * Stored rows of a mailbox: what loads is what was saved, and what is damaged does not.
 */
#include "tests/base/unit.h"

#include "courier/mailbox_offer.h"
#include "courier/mailbox_row.h"
#include "tests/support/mailbox_world.h"

#define DAY (UINT64_C(86400) * 1000000000)

enum { A, B, C, D };

static struct mailbox_world w;
static struct mailbox_world_mail mail;

static struct mailbox fresh(void)
{
    struct mailbox m;
    struct mailbox_config config = {.random = &w.random};
    memcpy(config.self, w.nodes[C].id, sizeof(config.self));
    mailbox_init(&m, &config);
    return m;
}

static size_t save(const struct mailbox *m, uint8_t row[MAILBOX_ROW_MAX])
{
    struct wr wr;
    wr_init(&wr, span_mut_of(row, MAILBOX_ROW_MAX));
    mailbox_row_save(&wr, m, mail.name);
    assert_int_equal(wr_finish(&wr), 0);
    return wr.len;
}

static void make(void)
{
    mailbox_world_init(&w, 6, 0);
    mailbox_world_make(&w, &mail, B, ENVELOPE_CHAT, 50);
    assert_int_equal(mailbox_world_give(&w, C, A, &mail), MAILBOX_WANT);
    mailbox_world_pump(&w);
    mailbox_world_link(&w, C, D, true);
    mailbox_world_link(&w, C, 4, true);
    mailbox_world_link(&w, C, D, false);
}

static void test_rows_come_back(void **state)
{
    uint8_t row[MAILBOX_ROW_MAX];
    uint8_t again[MAILBOX_ROW_MAX];
    uint8_t tag[MAILBOX_ROW_TAG_SIZE];
    struct wr wr;
    (void)state;
    make();
    for (int is_done = 0; is_done < 2; is_done++) {
        struct mailbox m = fresh();
        wr_init(&wr, span_mut_of(tag, sizeof(tag)));
        mailbox_row_save_tag(&wr, &w.nodes[C].box, w.nodes[B].tag);
        assert_int_equal(mailbox_row_load_tag(&m, w.now, w.nodes[B].tag, wr_span(&wr)), 0);
        const size_t len = save(&w.nodes[C].box, row);
        assert_int_equal(mailbox_row_load(&m, w.now, mail.name, span_of(row, len)), 0);
        mailbox_row_settle(&m, w.now);
        mailbox_check(&m);
        assert_int_equal(save(&m, again), len);
        assert_memory_equal(row, again, len);
        mailbox_clear(&m);
        mailbox_done(&w.nodes[C].box, w.now, NULL, mail.token);
    }
    mailbox_world_clear(&w);
}

static void test_rows_that_cannot_be_taken(void **state)
{
    uint8_t row[MAILBOX_ROW_MAX + 1] = {0};
    (void)state;
    make();
    struct mailbox m = fresh();
    const size_t len = save(&w.nodes[C].box, row);
    const struct span all = span_of(row, len);
    assert_int_equal(mailbox_row_load(&m, w.now, mail.name, all), WAVU_ERR_NOT_FOUND);
    assert_int_equal(mailbox_learn(&m, w.now, w.nodes[B].id, w.nodes[B].tag), 0);
    assert_int_equal(mailbox_row_load(&m, w.now + 7 * DAY, mail.name, all), WAVU_ERR_TIMEOUT);
    for (size_t i = 0; i <= len + 1; i++) {
        const int rc = mailbox_row_load(&m, w.now, mail.name, span_of(row, i));
        assert_int_equal(rc, i == len ? 0 : WAVU_ERR_CORRUPT);
    }
    assert_int_equal(mailbox_row_load(&m, w.now, mail.name, all), WAVU_ERR_CORRUPT); /* twice */
    row[0] = 2;
    assert_int_equal(mailbox_row_load(&m, w.now, mail.token, all), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(m.table.count, 1);
    mailbox_check(&m);
    mailbox_clear(&m);
    mailbox_world_clear(&w);
}

/* Any byte of a row may be anything: it is refused or harmless. */
static void test_damaged_rows(void **state)
{
    uint8_t row[MAILBOX_ROW_MAX];
    (void)state;
    make();
    const size_t len = save(&w.nodes[C].box, row);
    for (size_t i = 0; i < len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct mailbox m = fresh();
            assert_int_equal(mailbox_learn(&m, w.now, w.nodes[B].id, w.nodes[B].tag), 0);
            row[i] ^= (uint8_t)(1u << bit);
            const int rc = mailbox_row_load(&m, w.now, mail.name, span_of(row, len));
            row[i] ^= (uint8_t)(1u << bit);
            assert_true(rc <= 0);
            mailbox_row_settle(&m, w.now);
            mailbox_check(&m);
            mailbox_tick(&m, w.now);
            mailbox_clear(&m);
        }
    }
    mailbox_world_clear(&w);
}

/* A mailbox that was made smaller keeps what fits. */
static void test_a_smaller_mailbox(void **state)
{
    uint8_t row[MAILBOX_ROW_MAX];
    size_t loaded = 0;
    (void)state;
    make();
    struct mailbox m;
    struct mailbox_config config = {.random = &w.random, .bytes = 64 * 1024};
    mailbox_init(&m, &config);
    assert_int_equal(mailbox_learn(&m, w.now, w.nodes[B].id, w.nodes[B].tag), 0);
    const size_t len = save(&w.nodes[C].box, row);
    for (uint8_t i = 0; i < 9; i++) {
        const uint8_t name[ENVELOPE_NAME_SIZE] = {i};
        const int rc = mailbox_row_load(&m, w.now, name, span_of(row, len));
        assert_true(rc == 0 || rc == WAVU_ERR_LIMIT);
        loaded += rc == 0;
    }
    assert_int_equal(loaded, 1); /* 64 of them, a recipient 4, from one giver 1 */
    mailbox_row_settle(&m, w.now);
    mailbox_check(&m);
    mailbox_clear(&m);
    mailbox_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_rows_come_back),
        UNIT(test_rows_that_cannot_be_taken),
        UNIT(test_damaged_rows),
        UNIT(test_a_smaller_mailbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
