/* A commit's writes as bytes: read again as the same; what is not whole is refused, all of it. */
#include "store/store_journal.h"

#include "base/check.h"
#include "store/store_index.h"
#include "tests/base/unit.h"

static struct random_seeded seeded;

static void start(struct store_batch *b)
{
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    store_batch_init(b, &random);
}

/* Keys of all spaces that are written, with much and with nothing in common. */
static void fill(struct store_batch *b)
{
    static const char words[] = "\1\4maji";
    char key[20];

    for (int i = 0; i < 50; i++) {
        int len = snprintf(key, sizeof key, "\1\1t%05d", i * 77);
        store_batch_add(b, span_of(key, (size_t)len), i % 3 == 0, UNIT_TEXT("value"));
    }
    store_batch_add(b, span_of("\1\1u", 3), false, span_empty());
    store_batch_add(b, span_of("\2\1l\0\0\0\0\0\0\0\1", 11), false, UNIT_TEXT("record"));
    store_batch_add(b, span_of("\3\1i\0\0\0\0\0\0\0\2", 11), false, span_of(words, 6));
    store_batch_add(b, span_of("\3\1i\0\0\0\0\0\0\0\3", 11), true, span_empty());
    store_batch_add(b, span_of("\4\1l", 3), false, span_of("\0\0\0\0\0\0\0\1", 8));
}

static void test_what_was_written_is_read(void **state)
{
    struct store_batch from;
    struct store_batch to;
    struct buf bytes;

    (void)state;
    start(&from);
    start(&to);
    fill(&from);
    buf_init(&bytes, 100000);
    store_journal_write(&bytes, &from);
    assert_int_equal(store_journal_read(&to, buf_span(&bytes)), 0);
    assert_int_equal(to.bytes < from.bytes, 1); /* what is deleted needs no value */
    const struct store_op *b = to.first[0];
    for (const struct store_op *a = from.first[0]; a != NULL; a = a->next[0], b = b->next[0]) {
        assert_non_null(b);
        assert_true(span_is_equal(a->key, b->key));
        assert_int_equal(a->is_delete, b->is_delete);
        assert_true(a->is_delete || span_is_equal(a->value, b->value));
    }
    assert_null(b);
    for (size_t i = 0; i < bytes.len; i++) { /* cut anywhere but behind a write, nothing is read */
        struct store_batch part;
        start(&part);
        int rc = store_journal_read(&part, span_of(bytes.ptr, i));
        assert_true(rc == 0 || (rc == WAVU_ERR_CORRUPT && store_batch_is_empty(&part)));
        store_batch_clear(&part);
    }
    buf_clear(&bytes);
    store_batch_clear(&from);
    store_batch_clear(&to);
}

static void expect(int expected, struct span bytes)
{
    struct store_batch b;

    start(&b);
    assert_int_equal(store_journal_read(&b, bytes), expected);
    assert_true(expected == 0 || store_batch_is_empty(&b));
    store_batch_clear(&b);
}

#define BYTES(text) span_of(text, sizeof(text) - 1)

static void test_what_is_not_whole_is_refused(void **state)
{
    (void)state;
    expect(0, BYTES("\1"));
    expect(0, BYTES("\1\0\4\1\1tk\2v"));
    expect(0, BYTES("\1\0\4\1\1tk\2v\3\1l\0"));
    expect(WAVU_ERR_CORRUPT, BYTES(""));
    expect(WAVU_ERR_UNSUPPORTED, BYTES("\2"));
    expect(WAVU_ERR_CORRUPT, BYTES("\1\1\4\1\1tk\2v"));           /* nothing is before it */
    expect(WAVU_ERR_CORRUPT, BYTES("\1\0\4\1\1tk\2v\3\1k\2v"));   /* twice the same */
    expect(WAVU_ERR_CORRUPT, BYTES("\1\0\4\1\1tk\2v\3\1a\2v"));   /* out of order */
    expect(WAVU_ERR_CORRUPT, BYTES("\1\0\4\1\1tk\3v"));           /* a value that is not there */
    expect(WAVU_ERR_CORRUPT, BYTES("\1\0\4\6\1tk\2v"));           /* no such space */
    expect(WAVU_ERR_CORRUPT, BYTES("\1\0\4\1\1tk\2v\0\2\2\1\0")); /* no key of a log */
    expect(WAVU_ERR_CORRUPT, BYTES("\1\0\13\3\1i\0\0\0\0\0\0\0\1\2\7"));  /* no words */
    expect(WAVU_ERR_CORRUPT, BYTES("\1\0\14\5\1i\0\0\0\0\0\0\0\0\10\0")); /* a block */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_was_written_is_read),
        UNIT(test_what_is_not_whole_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
