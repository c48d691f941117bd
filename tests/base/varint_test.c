/* Multiformats varints: sizes at each boundary, cut input, overlong and non-minimal forms. */
#include "base/varint.h"

#include "tests/base/death.h"
#include "tests/base/unit.h"
#include "wavu/err.h"

#define VALUE_MAX ((UINT64_C(1) << 63) - 1)

/* Examples of the multiformats unsigned-varint specification. */
static void test_published_examples(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        const char *bytes;
        size_t len;
    } rows[] = {
        {1, "\x01", 1},       {127, "\x7f", 1},     {128, "\x80\x01", 2},
        {255, "\xff\x01", 2}, {300, "\xac\x02", 2}, {16384, "\x80\x80\x01", 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t out[VARINT_SIZE_MAX];
        uint64_t value = 0;
        size_t used = 0;
        assert_int_equal(varint_encode(rows[i].value, out), rows[i].len);
        assert_memory_equal(out, rows[i].bytes, rows[i].len);
        assert_int_equal(varint_decode(span_of(out, sizeof out), &value, &used), 0);
        assert_true(value == rows[i].value);
        assert_int_equal(used, rows[i].len);
    }
}

static void check_round_trip(uint64_t value)
{
    uint8_t out[VARINT_SIZE_MAX];
    size_t len = varint_encode(value, out);
    uint64_t got = 0;
    size_t used = 0;
    assert_int_equal(varint_size(value), len);
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(varint_decode(span_of(out, cut), &got, &used), WAVU_ERR_AGAIN);
        assert_int_equal(used, 0);
    }
    assert_int_equal(varint_decode(span_of(out, len), &got, &used), 0);
    assert_true(got == value);
    assert_int_equal(used, len);
}

static void test_both_sides_of_every_size(void **state)
{
    (void)state;
    check_round_trip(0);
    for (unsigned int bits = 1; bits <= 63; bits++) {
        uint64_t power = UINT64_C(1) << (bits - 1);
        assert_int_equal(varint_size(power), (bits + 6) / 7);
        check_round_trip(power);
        check_round_trip(power - 1);
        check_round_trip(power | 1);
    }
    check_round_trip(VALUE_MAX);
    assert_int_equal(varint_size(VALUE_MAX), VARINT_SIZE_MAX);
}

static void test_other_forms_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
        {"\x80\x00", 2},
        {"\x81\x80\x00", 3},
        {"\x80\x80\x80\x80\x80\x80\x80\x80\x00", 9},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 1;
        size_t used = 1;
        int rc = varint_decode(span_of(rows[i].bytes, rows[i].len), &value, &used);
        assert_int_equal(rc, WAVU_ERR_PROTO);
        assert_true(value == 0);
        assert_int_equal(used, 0);
    }
}

static void encode_too_much(void)
{
    uint8_t out[VARINT_SIZE_MAX + 1];
    varint_encode(VALUE_MAX + 1, out);
}

static void test_more_than_63_bits_is_our_mistake(void **state)
{
    (void)state;
    assert_true(death_by_check(encode_too_much, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_published_examples),
        UNIT(test_both_sides_of_every_size),
        UNIT(test_other_forms_are_refused),
        UNIT(test_more_than_63_bits_is_our_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
