/* Owned bytes: growth up to the maximum, refusal beyond it, dropping, giving back. */
#include "base/buf.h"

#include "tests/base/unit.h"
#include "wavu/err.h"

static void test_appends_and_refuses_beyond_max(void **state)
{
    (void)state;
    struct buf b;

    buf_init(&b, 10);
    assert_int_equal(b.cap, 0);
    assert_int_equal(buf_append(&b, UNIT_TEXT("12345")), 0);
    assert_int_equal(buf_append(&b, UNIT_TEXT("678901")), WAVU_ERR_LIMIT);
    assert_true(span_is_equal(buf_span(&b), UNIT_TEXT("12345")));
    assert_int_equal(buf_append(&b, UNIT_TEXT("67890")), 0);
    assert_int_equal(buf_append(&b, span_empty()), 0);
    assert_int_equal(buf_append(&b, UNIT_TEXT("x")), WAVU_ERR_LIMIT);
    assert_true(span_is_equal(buf_span(&b), UNIT_TEXT("1234567890")));
    assert_true(b.cap <= b.max);
    buf_clear(&b);
}

static void test_growth_is_amortised(void **state)
{
    (void)state;
    struct buf b;
    size_t moves = 0;
    size_t cap = 0;

    buf_init(&b, 100000);
    for (int i = 0; i < 100000; i++) {
        uint8_t byte = (uint8_t)(i * 7);

        assert_int_equal(buf_append(&b, span_of(&byte, 1)), 0);
        moves += b.cap != cap;
        cap = b.cap;
    }
    assert_true(moves <= 12);
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(b.ptr[i], (uint8_t)(i * 7));
    }
    buf_clear(&b);
}

static void test_reserve_does_not_overflow(void **state)
{
    (void)state;
    struct buf b;

    buf_init(&b, 100);
    assert_int_equal(buf_append(&b, UNIT_TEXT("abc")), 0);
    assert_int_equal(buf_reserve(&b, SIZE_MAX), WAVU_ERR_LIMIT);
    assert_int_equal(buf_reserve(&b, 98), WAVU_ERR_LIMIT);
    assert_int_equal(buf_reserve(&b, 97), 0);
    assert_int_equal(b.cap, 100);
    buf_clear(&b);
    buf_init(&b, 0);
    assert_int_equal(buf_reserve(&b, 0), 0);
    assert_int_equal(buf_reserve(&b, 1), WAVU_ERR_LIMIT);
}

static void test_drop_front(void **state)
{
    (void)state;
    struct buf b;

    buf_init(&b, 100);
    assert_int_equal(buf_append(&b, UNIT_TEXT("abcdef")), 0);
    buf_drop_front(&b, 0);
    buf_drop_front(&b, 2);
    assert_true(span_is_equal(buf_span(&b), UNIT_TEXT("cdef")));
    buf_drop_front(&b, 4);
    assert_null(b.ptr);
    assert_int_equal(b.cap, 0);
    assert_int_equal(b.max, 100);
    buf_drop_front(&b, 0);
    assert_int_equal(buf_append(&b, UNIT_TEXT("again")), 0);
    buf_wipe(&b);
    assert_null(b.ptr);
    assert_int_equal(b.len, 0);
    buf_wipe(&b);
}

/* What is behind the bytes that are left is overwritten; so is storage that is given back. */
static void test_secrets_leave_nothing(void **state)
{
    (void)state;
    struct buf b;

    buf_init(&b, 100);
    assert_int_equal(buf_append_secret(&b, UNIT_TEXT("abcdef")), 0);
    buf_drop_secret(&b, 0);
    buf_drop_secret(&b, 4);
    assert_true(span_is_equal(buf_span(&b), UNIT_TEXT("ef")));
    assert_memory_equal(b.ptr + b.len, "\0\0\0\0", 4);
    for (size_t i = 0; i < 98; i++) {
        const uint8_t *before = b.ptr;
        const size_t cap = b.cap;

        assert_int_equal(buf_append_secret(&b, UNIT_TEXT("x")), 0);
        assert_true(b.cap == cap || b.ptr != before); /* never grown in its place */
    }
    assert_int_equal(b.len, 100);
    assert_int_equal(buf_append_secret(&b, UNIT_TEXT("x")), WAVU_ERR_LIMIT);
    assert_int_equal(b.len, 100);
    assert_true(b.ptr[0] == 'e' && b.ptr[1] == 'f' && b.ptr[99] == 'x');
    buf_drop_secret(&b, 100);
    assert_null(b.ptr);
    assert_int_equal(b.max, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_appends_and_refuses_beyond_max), UNIT(test_growth_is_amortised),
        UNIT(test_reserve_does_not_overflow),      UNIT(test_drop_front),
        UNIT(test_secrets_leave_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
