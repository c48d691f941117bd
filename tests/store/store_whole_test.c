/* Whole keys: their layout, their order, what lies directly behind one. */
#include "store/store_whole.h"

#include "tests/base/unit.h"

static void expect(const struct store_whole *w, struct span bytes)
{
    assert_true(span_is_equal(store_whole_span(w), bytes));
}

static void test_layout(void **state)
{
    static const uint8_t long_key[STORE_KEY_MAX + 1];
    struct store_whole w;

    (void)state;
    assert_int_equal(store_whole_of(&w, STORE_TABLES, "ab", UNIT_TEXT("key")), 0);
    expect(&w, UNIT_TEXT("\1\2abkey"));
    assert_int_equal(store_whole_of(&w, STORE_ENDS, "a", span_empty()), 0);
    expect(&w, UNIT_TEXT("\4\1a"));
    store_whole_of_record(&w, "log", 0x0102030405060708);
    expect(&w, UNIT_TEXT("\2\3log\1\2\3\4\5\6\7\x08"));
    assert_int_equal(store_whole_of(&w, STORE_TABLES, "a", span_of(long_key, STORE_KEY_MAX)), 0);
    assert_int_equal(store_whole_of(&w, STORE_TABLES, "a", span_of(long_key, STORE_KEY_MAX + 1)),
                     WAVU_ERR_LIMIT);
}

static void test_what_is_behind(void **state)
{
    struct store_whole w;

    (void)state;
    store_whole_set_behind(&w, UNIT_TEXT("\1ab"));
    expect(&w, UNIT_TEXT("\1ab\0"));
    store_whole_set_end(&w, UNIT_TEXT("\1ab"));
    expect(&w, UNIT_TEXT("\1ac"));
    store_whole_set_end(&w, UNIT_TEXT("\1a\xff\xff"));
    expect(&w, UNIT_TEXT("\1b"));
    store_whole_set_end(&w, UNIT_TEXT("\4"));
    expect(&w, UNIT_TEXT("\5"));
    store_whole_set_end(&w, store_whole_span(&w)); /* its own bytes */
    expect(&w, UNIT_TEXT("\6"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_layout),
        UNIT(test_what_is_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
