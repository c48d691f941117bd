/* Keys and entries of an index. */
#include "store/store_index.h"

#include "tests/base/unit.h"

#define HEAD UNIT_TEXT("\3\1x")

static void test_keys(void **state)
{
    const struct store_run run = {.start = 0x800, .log2 = 11};
    struct store_run got;
    struct store_whole w;
    uint64_t number;

    (void)state;
    store_index_key(&w, HEAD, 258);
    assert_true(span_is_equal(store_whole_span(&w), UNIT_TEXT("\3\1x\0\0\0\0\0\0\1\2")));
    assert_true(store_index_number(store_whole_span(&w), 3, &number));
    assert_int_equal(number, 258);
    assert_false(store_index_number(span_slice(store_whole_span(&w), 0, 10), 3, &number));
    store_index_run_key(&w, HEAD, run, UNIT_TEXT("word"));
    assert_true(store_index_run(store_whole_span(&w), 3, &got));
    assert_int_equal(got.start, 0x800);
    assert_int_equal(got.log2, 11);
    assert_int_equal(store_run_end(got), 0x1000);
    assert_int_equal(w.bytes[0], STORE_BLOCKS);
    assert_false(store_index_number(store_whole_span(&w), 3, &number));
}

static void expect_no_run(uint64_t start, unsigned log2)
{
    struct store_run run = {.start = start, .log2 = log2};
    struct store_whole w;

    store_index_run_key(&w, HEAD, run, span_empty());
    assert_false(store_index_run(store_whole_span(&w), 3, &run));
}

static void test_runs_that_are_none(void **state)
{
    (void)state;
    expect_no_run(0, 7);
    expect_no_run(0, 15);
    expect_no_run(1, 8);
    expect_no_run(UINT64_C(1) << 63, 8);
    expect_no_run(0x100, 11);
}

static void expect_entry(struct span text, struct span expected)
{
    struct buf entry;

    buf_init(&entry, STORE_INDEX_ENTRY_MAX);
    store_index_entry(&entry, text);
    assert_true(span_is_equal(buf_span(&entry), expected));
    buf_clear(&entry);
}

static void test_entries(void **state)
{
    struct span rest = UNIT_TEXT("\1a\2bc");
    struct span word;

    (void)state;
    expect_entry(UNIT_TEXT("To be, or not to BE"), UNIT_TEXT("\1\2be\3not\2or\2to"));
    expect_entry(UNIT_TEXT("..."), UNIT_TEXT("\1"));
    assert_true(store_index_word(&rest, &word));
    assert_true(span_is_equal(word, UNIT_TEXT("a")));
    assert_true(store_index_word(&rest, &word));
    assert_true(span_is_equal(word, UNIT_TEXT("bc")));
    assert_false(store_index_word(&rest, &word));
    assert_int_equal(rest.len, 0);
    rest = UNIT_TEXT("\2a"); /* damaged: it says so by what is left */
    assert_false(store_index_word(&rest, &word));
    assert_int_equal(rest.len, 2);
}

static void test_the_longest_text_fits(void **state)
{
    static char text[STORE_VALUE_MAX];
    struct buf entry;
    size_t len = 0;

    (void)state;
    for (unsigned i = 0; len + 40 < sizeof text; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%032u ", i);
    }
    buf_init(&entry, STORE_INDEX_ENTRY_MAX);
    store_index_entry(&entry, span_of(text, len));
    assert_int_equal(entry.len, STORE_INDEX_ENTRY_MAX);
    assert_true(entry.len <= STORE_VALUE_MAX);
    buf_clear(&entry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_keys),
        UNIT(test_runs_that_are_none),
        UNIT(test_entries),
        UNIT(test_the_longest_text_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
