/* The reader: every kind of read at its edge, the sticky failure, nothing read beyond the input. */
#include "base/rd.h"

#include "tests/base/unit.h"
#include "wavu/err.h"

static const uint8_t COUNTING[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static struct rd reader(const void *bytes, size_t len)
{
    struct rd r;
    rd_init(&r, span_of(bytes, len));
    return r;
}

static void test_numbers_have_their_byte_order(void **state)
{
    (void)state;
    struct rd r = reader(COUNTING, 15);
    assert_int_equal(rd_u8(&r), 0x01);
    assert_int_equal(rd_u16be(&r), 0x0203);
    assert_int_equal(rd_u32be(&r), 0x04050607);
    assert_true(rd_u64be(&r) == UINT64_C(0x08090a0b0c0d0e0f));
    assert_int_equal(rd_left(&r), 0);
    assert_int_equal(rd_finish(&r), 0);

    r = reader(COUNTING, 12);
    assert_int_equal(rd_u32le(&r), 0x04030201);
    assert_true(rd_u64le(&r) == UINT64_C(0x0c0b0a0908070605));
    assert_int_equal(rd_finish(&r), 0);
}

/* Reads of each width, by number, for the tests of edges below. */
static uint64_t read_width(struct rd *r, size_t which, size_t *width)
{
    static const size_t widths[] = {1, 2, 4, 8, 4, 8};
    *width = widths[which];
    switch (which) {
    case 0:
        return rd_u8(r);
    case 1:
        return rd_u16be(r);
    case 2:
        return rd_u32be(r);
    case 3:
        return rd_u64be(r);
    case 4:
        return rd_u32le(r);
    default:
        return rd_u64le(r);
    }
}

static void test_a_short_number_fails_and_stays_failed(void **state)
{
    (void)state;
    for (size_t which = 0; which < 6; which++) {
        for (size_t len = 0; len <= 8; len++) {
            size_t width = 0;
            uint8_t *block = mem_new_raw(len + 1);
            uint8_t *exact = block + 1; /* ends with the block, so that ASan sees a read beyond */
            memcpy(exact, COUNTING, len);
            struct rd r = reader(exact, len);
            uint64_t value = read_width(&r, which, &width);
            assert_int_equal(r.failed, len < width);
            assert_int_equal(value == 0, len < width);
            if (r.failed) {
                assert_int_equal(rd_left(&r), 0);
                assert_int_equal(rd_u8(&r), 0);
                assert_int_equal(rd_bytes(&r, 0).len, 0);
                assert_true(rd_varint(&r) == 0);
                assert_int_equal(rd_finish(&r), WAVU_ERR_PROTO);
            } else {
                assert_int_equal(rd_left(&r), len - width);
                assert_int_equal(rd_finish(&r), len == width ? 0 : WAVU_ERR_PROTO);
            }
            mem_free(block);
        }
    }
}

static void test_bytes_are_borrowed(void **state)
{
    (void)state;
    struct rd r = reader(COUNTING, 16);
    struct span head = rd_bytes(&r, 3);
    assert_ptr_equal(head.ptr, COUNTING);
    assert_int_equal(head.len, 3);
    struct span rest = rd_bytes(&r, 13);
    assert_ptr_equal(rest.ptr, COUNTING + 3);
    assert_int_equal(rest.len, 13);
    assert_int_equal(rd_finish(&r), 0);
    assert_int_equal(rd_bytes(&r, 0).len, 0);
    assert_int_equal(rd_finish(&r), 0);
    assert_int_equal(rd_bytes(&r, SIZE_MAX).len, 0);
    assert_int_equal(rd_finish(&r), WAVU_ERR_PROTO);
}

static void test_copies_are_whole_or_zero(void **state)
{
    (void)state;
    uint8_t out[4] = {9, 9, 9, 9};
    struct rd r = reader(COUNTING, 5);
    rd_copy(&r, out, 4);
    assert_memory_equal(out, COUNTING, 4);
    rd_copy(&r, out, 2);
    assert_true(r.failed);
    assert_memory_equal(out, "\0\0\3\4", 4);
    rd_copy(&r, out, 4);
    assert_memory_equal(out, "\0\0\0\0", 4);
}

static void test_varints_are_strict(void **state)
{
    (void)state;
    struct rd r = reader("\xac\x02\x05", 3);
    assert_true(rd_varint(&r) == 300);
    assert_true(rd_varint(&r) == 5);
    assert_int_equal(rd_finish(&r), 0);
    assert_true(rd_varint(&r) == 0);
    assert_true(r.failed);

    r = reader("\x80\x00", 2); /* not minimal */
    assert_true(rd_varint(&r) == 0);
    assert_int_equal(rd_finish(&r), WAVU_ERR_PROTO);
    r = reader("\xac", 1); /* cut */
    assert_true(rd_varint(&r) == 0);
    assert_int_equal(rd_finish(&r), WAVU_ERR_PROTO);
}

static void test_prefixed_bytes_obey_both_bounds(void **state)
{
    (void)state;
    struct rd r = reader("\x03"
                         "abc"
                         "\x00",
                         5);
    assert_true(span_is_equal(rd_prefixed(&r, 3), UNIT_TEXT("abc")));
    assert_int_equal(rd_prefixed(&r, 0).len, 0);
    assert_int_equal(rd_finish(&r), 0);

    r = reader("\x03"
               "abc",
               4);
    assert_int_equal(rd_prefixed(&r, 2).len, 0); /* longer than allowed */
    assert_true(r.failed);
    r = reader("\x04"
               "abc",
               4);
    assert_int_equal(rd_prefixed(&r, 100).len, 0); /* longer than there is */
    assert_true(r.failed);
    r = reader("\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 9); /* 2^63 - 1 */
    assert_int_equal(rd_prefixed(&r, SIZE_MAX).len, 0);
    assert_true(r.failed);
}

static void test_empty_input(void **state)
{
    (void)state;
    struct rd r;
    rd_init(&r, span_empty());
    assert_int_equal(rd_left(&r), 0);
    assert_int_equal(rd_bytes(&r, 0).len, 0);
    assert_int_equal(rd_finish(&r), 0);
    assert_int_equal(rd_u8(&r), 0);
    assert_int_equal(rd_finish(&r), WAVU_ERR_PROTO);
    rd_init(&r, span_empty());
    assert_true(rd_varint(&r) == 0);
    assert_true(r.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_numbers_have_their_byte_order),
        UNIT(test_a_short_number_fails_and_stays_failed),
        UNIT(test_bytes_are_borrowed),
        UNIT(test_copies_are_whole_or_zero),
        UNIT(test_varints_are_strict),
        UNIT(test_prefixed_bytes_obey_both_bounds),
        UNIT(test_empty_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
