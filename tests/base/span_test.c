/* Borrowed bytes: slices at and past every edge, comparison, search. */
#include "base/span.h"

#include "tests/base/unit.h"

static void test_slices_stay_inside(void **state)
{
    (void)state;
    struct span s = UNIT_TEXT("abcdef");

    for (size_t offset = 0; offset <= 8; offset++) {
        for (size_t len = 0; len <= 8; len++) {
            struct span part = span_slice(s, offset, len);
            size_t most = offset < 6 ? 6 - offset : 0;

            assert_int_equal(part.len, len < most ? len : most);
            if (part.len > 0) {
                assert_ptr_equal(part.ptr, s.ptr + offset);
            }
        }
    }
    assert_int_equal(span_slice(s, 2, SIZE_MAX).len, 4);
    assert_int_equal(span_slice(s, SIZE_MAX, SIZE_MAX).len, 0);
    assert_int_equal(span_slice(span_empty(), 1, 1).len, 0);
}

static void test_mutable_slices_write_through(void **state)
{
    (void)state;
    char bytes[] = "abcdef";
    struct span_mut part = span_mut_slice(span_mut_of(bytes, 6), 4, 100);

    assert_int_equal(part.len, 2);
    part.ptr[0] = 'X';
    assert_string_equal(bytes, "abcdXf");
    assert_true(span_is_equal(span_from_mut(part), UNIT_TEXT("Xf")));
}

static void test_equality(void **state)
{
    (void)state;
    assert_true(span_is_equal(span_from_text("one"), UNIT_TEXT("one")));
    assert_false(span_is_equal(UNIT_TEXT("one"), UNIT_TEXT("onf")));
    assert_false(span_is_equal(UNIT_TEXT("one"), UNIT_TEXT("ones")));
    assert_true(span_is_equal(span_empty(), span_of("x", 0)));
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void test_order_is_lexicographic(void **state)
{
    (void)state;
    static const char *const sorted[] = {"", "a", "aa", "ab", "b", "\x7f", "\x80", "\xff"};
    const int count = (int)(sizeof(sorted) / sizeof(sorted[0]));

    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            int order = span_compare(span_from_text(sorted[i]), span_from_text(sorted[j]));

            assert_int_equal(sign(order), sign(i - j));
        }
    }
}

static void test_prefix(void **state)
{
    (void)state;
    assert_true(span_has_prefix(UNIT_TEXT("/ipfs/id"), UNIT_TEXT("/ipfs")));
    assert_true(span_has_prefix(UNIT_TEXT("/ipfs"), UNIT_TEXT("/ipfs")));
    assert_true(span_has_prefix(UNIT_TEXT("x"), span_empty()));
    assert_true(span_has_prefix(span_empty(), span_empty()));
    assert_false(span_has_prefix(UNIT_TEXT("/ipf"), UNIT_TEXT("/ipfs")));
    assert_false(span_has_prefix(UNIT_TEXT("/jpfs"), UNIT_TEXT("/ipfs")));
}

static void test_find(void **state)
{
    (void)state;
    struct span s = UNIT_TEXT("a/b/c");

    assert_int_equal(span_find(s, 0, '/'), 1);
    assert_int_equal(span_find(s, 1, '/'), 1);
    assert_int_equal(span_find(s, 2, '/'), 3);
    assert_int_equal(span_find(s, 4, '/'), 5);
    assert_int_equal(span_find(s, 99, 'a'), 5);
    assert_int_equal(span_find(span_empty(), 0, 'a'), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_slices_stay_inside),
        UNIT(test_mutable_slices_write_through),
        UNIT(test_equality),
        UNIT(test_order_is_lexicographic),
        UNIT(test_prefix),
        UNIT(test_find),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
