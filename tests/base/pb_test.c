/*
 * The protobuf cursor by hand: published examples, every error, the writers' bytes. That it agrees
 * with protoc's code on random messages is the affair of tests/program/pb_oracle.sh.
 */
#include "base/pb.h"

#include "tests/base/death.h"
#include "tests/base/unit.h"
#include "wavu/err.h"

/* As UNIT_TEXT, for tables. */
#define ROW_TEXT(text)                                                                             \
    {                                                                                              \
        (const uint8_t *)("" text), sizeof(text) - 1                                               \
    }

static struct pb cursor(struct span message)
{
    struct pb p;
    pb_init(&p, message);
    return p;
}

/* Examples of the protobuf encoding guide: Test1 {a: 150}, Test2 {b: "testing"}, nested Test1. */
static void test_published_examples(void **state)
{
    (void)state;
    struct pb_field f;
    struct pb p = cursor(UNIT_TEXT("\x08\x96\x01"));
    assert_true(pb_next(&p, &f));
    assert_int_equal(f.number, 1);
    assert_int_equal(f.wire, PB_VARINT);
    assert_true(f.value == 150);
    assert_false(pb_next(&p, &f));
    assert_int_equal(pb_finish(&p), 0);

    p = cursor(UNIT_TEXT("\x12\x07testing"));
    assert_true(pb_next(&p, &f));
    assert_int_equal(f.number, 2);
    assert_int_equal(f.wire, PB_BYTES);
    assert_true(span_is_equal(f.bytes, UNIT_TEXT("testing")));
    assert_int_equal(pb_finish(&p), 0);

    p = cursor(UNIT_TEXT("\x1a\x03\x08\x96\x01"));
    assert_true(pb_next(&p, &f));
    assert_int_equal(f.number, 3);
    p = cursor(f.bytes);
    assert_true(pb_next(&p, &f));
    assert_true(f.value == 150);
    assert_int_equal(pb_finish(&p), 0);
}

static void test_fixed_values_are_little_endian(void **state)
{
    (void)state;
    struct pb_field f;
    struct pb p = cursor(UNIT_TEXT("\x09\x01\x02\x03\x04\x05\x06\x07\x08\x15\x01\x02\x03\x04"));
    assert_true(pb_next(&p, &f));
    assert_int_equal(f.wire, PB_FIXED64);
    assert_true(f.value == UINT64_C(0x0807060504030201));
    assert_true(pb_next(&p, &f));
    assert_int_equal(f.wire, PB_FIXED32);
    assert_int_equal(f.number, 2);
    assert_true(f.value == 0x04030201);
    assert_false(pb_next(&p, &f));
    assert_int_equal(pb_finish(&p), 0);
}

static void test_lax_varints_are_read_as_protoc_reads_them(void **state)
{
    (void)state;
    static const struct {
        struct span message;
        uint64_t value;
    } rows[] = {
        {ROW_TEXT("\x08\x80\x00"), 0}, /* not minimal */
        {ROW_TEXT("\x08\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00"), 1},
        {ROW_TEXT("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), UINT64_MAX},
        {ROW_TEXT("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), UINT64_MAX}, /* bits dropped */
        {ROW_TEXT("\x88\x80\x80\x80\x00\x05"), 5},                              /* the tag */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pb_field f;
        struct pb p = cursor(rows[i].message);
        assert_true(pb_next(&p, &f));
        assert_int_equal(f.number, 1);
        assert_true(f.value == rows[i].value);
        assert_false(pb_next(&p, &f));
        assert_int_equal(pb_finish(&p), 0);
    }
    struct pb_field f;
    struct pb p = cursor(UNIT_TEXT("\x0a\x83\x00"
                                   "abc"));
    assert_true(pb_next(&p, &f));
    assert_true(span_is_equal(f.bytes, UNIT_TEXT("abc")));
    assert_int_equal(pb_finish(&p), 0);
}

static void test_malformed_messages_are_refused(void **state)
{
    (void)state;
    static const struct span rows[] = {
        ROW_TEXT("\x00\x01"),                                         /* number 0 */
        ROW_TEXT("\x02\x00"),                                         /* number 0 with bytes */
        ROW_TEXT("\x80\x80\x80\x80\x10\x01"),                         /* number 2^29 */
        ROW_TEXT("\x88\x80\x80\x80\x80\x00\x01"),                     /* tag of six bytes */
        ROW_TEXT("\x0b"),                                             /* group start */
        ROW_TEXT("\x0c"),                                             /* group end */
        ROW_TEXT("\x0e"),                                             /* wire type 6 */
        ROW_TEXT("\x0f"),                                             /* wire type 7 */
        ROW_TEXT("\x80"),                                             /* cut in the tag */
        ROW_TEXT("\x08"),                                             /* cut before the value */
        ROW_TEXT("\x08\x96"),                                         /* cut in the value */
        ROW_TEXT("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), /* eleven bytes */
        ROW_TEXT("\x09\x01\x02\x03\x04\x05\x06\x07"),                 /* cut fixed64 */
        ROW_TEXT("\x0d\x01\x02\x03"),                                 /* cut fixed32 */
        ROW_TEXT("\x0a"),                                             /* no length */
        ROW_TEXT("\x0a\x80\x80\x80\x80\x80\x00"),                     /* length of six bytes */
        ROW_TEXT("\x88\x80\x80\x80\x10\x01"),                         /* tag of more than 32 bits */
        ROW_TEXT("\x0a\x80"),                                         /* cut in the length */
        ROW_TEXT("\x0a\x01"),                                         /* no payload */
        ROW_TEXT("\x0a\x04"
                 "abc"),
        ROW_TEXT("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                 "abc"), /* 2^64 - 1 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pb_field f;
        struct pb p = cursor(rows[i]);
        assert_false(pb_next(&p, &f));
        assert_int_equal(f.number, 0);
        assert_int_equal(pb_finish(&p), WAVU_ERR_PROTO);
        assert_false(pb_next(&p, &f));
        assert_int_equal(pb_finish(&p), WAVU_ERR_PROTO);
    }
}

static void test_an_error_comes_after_the_good_fields(void **state)
{
    (void)state;
    struct pb_field f;
    struct pb p = cursor(UNIT_TEXT("\x08\x01\x10\x02\x1b"));
    assert_true(pb_next(&p, &f));
    assert_int_equal(pb_finish(&p), WAVU_ERR_PROTO); /* not read to the end */
    assert_true(pb_next(&p, &f));
    assert_true(f.value == 2);
    assert_false(pb_next(&p, &f));
    assert_int_equal(pb_finish(&p), WAVU_ERR_PROTO);
}

static void test_an_empty_message_is_one(void **state)
{
    (void)state;
    struct pb_field f;
    struct pb p = cursor(span_empty());
    assert_false(pb_next(&p, &f));
    assert_int_equal(pb_finish(&p), 0);
}

static void test_nothing_is_read_beyond_any_cut(void **state)
{
    (void)state;
    struct span whole = UNIT_TEXT("\x08\x96\x01\x12\x03"
                                  "abc\x19\x01\x02\x03\x04\x05\x06\x07\x08\x25\x01\x02\x03\x04"
                                  "\x82\x7d\x01z");
    size_t good_cuts = 0;
    for (size_t cut = 0; cut <= whole.len; cut++) {
        uint8_t *block = mem_new_raw(cut + 1);
        struct pb_field f;
        memcpy(block + 1, whole.ptr, cut); /* ends with the block, so that ASan sees more */
        struct pb p = cursor(span_of(block + 1, cut));
        while (pb_next(&p, &f))
            assert_true(f.number >= 1);
        good_cuts += pb_finish(&p) == 0;
        mem_free(block);
    }
    assert_int_equal(good_cuts, 6); /* before each of the five fields, and at the end */
}

static void test_writers_write_minimal_fields(void **state)
{
    (void)state;
    static const char expected[] = "\x08\x96\x01"
                                   "\x10\x00"
                                   "\x18\x01"
                                   "\x21\x08\x07\x06\x05\x04\x03\x02\x01"
                                   "\x2d\x04\x03\x02\x01"
                                   "\x32\x03"
                                   "abc"
                                   "\x3a\x04text"
                                   "\x42\x02\x08\x05"
                                   "\xf8\xff\xff\xff\x0f\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    uint8_t out[128];
    struct wr w;
    wr_init(&w, span_mut_of(out, sizeof out));
    pb_write_varint(&w, 1, 150);
    pb_write_bool(&w, 2, false);
    pb_write_bool(&w, 3, true);
    pb_write_fixed64(&w, 4, UINT64_C(0x0102030405060708));
    pb_write_fixed32(&w, 5, 0x01020304);
    pb_write_bytes(&w, 6, UNIT_TEXT("abc"));
    pb_write_text(&w, 7, "text");
    pb_write_head(&w, 8, 2);
    pb_write_varint(&w, 1, 5);
    pb_write_varint(&w, (1u << 29) - 1, UINT64_MAX);
    assert_int_equal(wr_finish(&w), 0);
    assert_true(span_is_equal(wr_span(&w), span_of(expected, sizeof expected - 1)));
}

static void test_sizes_are_those_written(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {1, 15, 16, 2047, 2048, 262143, 262144, (1u << 29) - 1};
    static const size_t lens[] = {0, 1, 127, 128, 16383, 16384};
    static const uint8_t zeros[16384] = {0};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        for (size_t j = 0; j < sizeof lens / sizeof lens[0]; j++) {
            struct wr w;
            wr_init(&w, span_mut_of(NULL, 0));
            pb_write_bytes(&w, numbers[i], span_of(zeros, lens[j]));
            assert_int_equal(pb_bytes_size(numbers[i], lens[j]), w.len);
        }
    }
}

static void write_number_zero(void)
{
    struct wr w;
    wr_init(&w, span_mut_of(NULL, 0));
    pb_write_varint(&w, 0, 1);
}

static void write_number_too_high(void)
{
    struct wr w;
    wr_init(&w, span_mut_of(NULL, 0));
    pb_write_head(&w, 1u << 29, 1);
}

static void test_bad_numbers_to_write_are_our_mistake(void **state)
{
    (void)state;
    assert_true(death_by_check(write_number_zero, NULL, 0));
    assert_true(death_by_check(write_number_too_high, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_published_examples),
        UNIT(test_fixed_values_are_little_endian),
        UNIT(test_lax_varints_are_read_as_protoc_reads_them),
        UNIT(test_malformed_messages_are_refused),
        UNIT(test_an_error_comes_after_the_good_fields),
        UNIT(test_an_empty_message_is_one),
        UNIT(test_nothing_is_read_beyond_any_cut),
        UNIT(test_writers_write_minimal_fields),
        UNIT(test_sizes_are_those_written),
        UNIT(test_bad_numbers_to_write_are_our_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
