/* The writer: every kind of write, the exact edge of the room, measuring after a failure. */
#include "base/wr.h"

#include "tests/base/unit.h"
#include "wavu/err.h"

static void write_one_of_each(struct wr *w)
{
    wr_u8(w, 0x01);
    wr_u16be(w, 0x0203);
    wr_u32be(w, 0x04050607);
    wr_u64be(w, UINT64_C(0x08090a0b0c0d0e0f));
    wr_u32le(w, 0x13121110);
    wr_u64le(w, UINT64_C(0x1b1a191817161514));
    wr_varint(w, 300);
    wr_text(w, "text");
    wr_prefixed(w, UNIT_TEXT("abc"));
    wr_bytes(w, span_empty());
    wr_decimal(w, 0);
    wr_decimal(w, UINT64_MAX);
    wr_hex(w, UNIT_TEXT("\x00\x9f\xff"));
}

static const char EXPECTED[] =
    "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17"
    "\x18\x19\x1a\x1b\xac\x02"
    "text\x03"
    "abc018446744073709551615009fff";

#define EXPECTED_LEN (sizeof EXPECTED - 1)

static void test_all_kinds_fill_exactly(void **state)
{
    (void)state;
    uint8_t out[EXPECTED_LEN];
    struct wr w;
    wr_init(&w, span_mut_of(out, sizeof out));
    write_one_of_each(&w);
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(w.len, EXPECTED_LEN);
    assert_memory_equal(out, EXPECTED, EXPECTED_LEN);
    assert_true(span_is_equal(wr_span(&w), span_of(EXPECTED, EXPECTED_LEN)));
}

static void test_every_shorter_room_fails_and_measures(void **state)
{
    (void)state;
    for (size_t room = 0; room < EXPECTED_LEN; room++) {
        uint8_t *block = mem_new_raw(room + 1);
        uint8_t *out = block + 1; /* ends with the block, so that ASan sees a write beyond */
        struct wr w;
        wr_init(&w, span_mut_of(out, room));
        write_one_of_each(&w);
        assert_int_equal(wr_finish(&w), WAVU_ERR_LIMIT);
        assert_int_equal(w.len, EXPECTED_LEN);
        assert_int_equal(wr_span(&w).len, 0);
        mem_free(block);
    }
}

static void test_a_write_that_does_not_fit_writes_nothing(void **state)
{
    (void)state;
    uint8_t out[3] = {9, 9, 9};
    struct wr w;
    wr_init(&w, span_mut_of(out, sizeof out));
    wr_u8(&w, 1);
    wr_u32be(&w, 0x22222222);
    wr_u8(&w, 3); /* would fit, but comes after a failure */
    assert_memory_equal(out, "\1\11\11", 3);
    assert_int_equal(w.len, 6);
    assert_int_equal(wr_finish(&w), WAVU_ERR_LIMIT);
}

static void test_an_empty_span_measures(void **state)
{
    (void)state;
    struct wr w;
    wr_init(&w, span_mut_of(NULL, 0));
    wr_bytes(&w, span_empty());
    assert_int_equal(wr_finish(&w), 0);
    write_one_of_each(&w);
    assert_int_equal(w.len, EXPECTED_LEN);
    assert_int_equal(wr_finish(&w), WAVU_ERR_LIMIT);
}

static void test_decimal_numbers(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        const char *text;
    } rows[] = {{0, "0"}, {9, "9"}, {10, "10"}, {65535, "65535"}, {1000000, "1000000"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[24];
        struct wr w;
        wr_init(&w, span_mut_of(out, sizeof out));
        wr_decimal(&w, rows[i].value);
        assert_int_equal(wr_finish_text(&w), 0);
        assert_string_equal(out, rows[i].text);
    }
}

static void test_texts_end_with_a_nul_or_are_empty(void **state)
{
    (void)state;
    char out[5] = "9999";
    struct wr w;
    wr_init(&w, span_mut_of(out, 5));
    wr_text(&w, "four");
    assert_int_equal(wr_finish_text(&w), 0);
    assert_string_equal(out, "four");
    assert_int_equal(w.len, 4);

    wr_init(&w, span_mut_of(out, 4)); /* no room for the NUL */
    wr_text(&w, "four");
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(wr_finish_text(&w), WAVU_ERR_LIMIT);
    assert_int_equal(wr_finish(&w), WAVU_ERR_LIMIT);
    assert_string_equal(out, "");

    wr_init(&w, span_mut_of(NULL, 0));
    assert_int_equal(wr_finish_text(&w), WAVU_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_all_kinds_fill_exactly),
        UNIT(test_every_shorter_room_fails_and_measures),
        UNIT(test_a_write_that_does_not_fit_writes_nothing),
        UNIT(test_an_empty_span_measures),
        UNIT(test_decimal_numbers),
        UNIT(test_texts_end_with_a_nul_or_are_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
