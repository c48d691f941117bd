/* Frames of reconciliation: round trip, what is refused, the fingerprint's definition. */
#include "sync/reconcile_msg.h"

#include "tests/base/unit.h"

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    uint8_t bytes[512];
    uint8_t hints[2 * RECONCILE_MSG_HINT_SIZE] = {1, 2, 3};
    const struct reconcile_msg_range said[] = {
        {.upper = {.key = 7}, .mode = RECONCILE_MSG_SKIP},
        {.lower = {.key = 7},
         .upper = {.key = 7, .id = {9, 8}, .id_len = 2},
         .mode = RECONCILE_MSG_FINGERPRINT,
         .fingerprint = {5}},
        {.lower = {.key = 7, .id = {9, 8}, .id_len = 2},
         .upper = {.key = RECONCILE_SET_KEY_MAX},
         .mode = RECONCILE_MSG_LIST,
         .hints = span_of(hints, sizeof hints)},
        {.lower = {.key = RECONCILE_SET_KEY_MAX},
         .upper = {.is_end = true},
         .mode = RECONCILE_MSG_WANT,
         .hints = span_of(hints, RECONCILE_MSG_HINT_SIZE)},
    };
    struct reconcile_msg_reader reader;
    struct reconcile_msg_range range;
    struct wr w;

    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    reconcile_msg_begin(&w);
    for (size_t i = 0; i < 4; i++) {
        reconcile_msg_write(&w, &said[i]);
    }
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(reconcile_msg_open(&reader, wr_span(&w)), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_true(reconcile_msg_next(&reader, &range));
        assert_int_equal(range.mode, said[i].mode);
        assert_int_equal(reconcile_set_compare_bounds(&range.lower, &said[i].lower), 0);
        assert_int_equal(reconcile_set_compare_bounds(&range.upper, &said[i].upper), 0);
        assert_memory_equal(range.fingerprint, said[i].fingerprint, sizeof range.fingerprint);
        assert_true(span_is_equal(range.hints, said[i].hints));
    }
    assert_false(reconcile_msg_next(&reader, &range));

    size_t good = 0; /* cut where a range ends it is a frame */

    for (size_t len = 0; len < w.len; len++) {
        int rc = reconcile_msg_open(&reader, span_of(bytes, len));

        assert_true(rc == 0 || rc == WAVU_ERR_PROTO);
        good += rc == 0;
    }
    assert_int_equal(good, 4);
}

static void refused(struct span frame, int err)
{
    struct reconcile_msg_reader reader;

    assert_int_equal(reconcile_msg_open(&reader, frame), err);
}

static void test_bad_frames(void **state)
{
    (void)state;
    static uint8_t large[RECONCILE_MSG_SIZE_MAX + 1] = {1};

    refused(span_empty(), WAVU_ERR_PROTO);
    refused(UNIT_TEXT("\x02"), WAVU_ERR_UNSUPPORTED);
    refused(span_of(large, sizeof large), WAVU_ERR_LIMIT);
    refused(UNIT_TEXT("\x01\x01\x00\x00"), WAVU_ERR_PROTO);             /* ends where it begins */
    refused(UNIT_TEXT("\x01\x02\x00\x04"), WAVU_ERR_PROTO);             /* no such mode */
    refused(UNIT_TEXT("\x01\x02\x21\x00"), WAVU_ERR_PROTO);             /* more than an id */
    refused(UNIT_TEXT("\x01\x00\x00\x02\x00"), WAVU_ERR_PROTO);         /* behind the end */
    refused(UNIT_TEXT("\x01\x02\x00\x00\x01\x00\x00"), WAVU_ERR_PROTO); /* no way forward */
    refused(UNIT_TEXT("\x01\x02\x00\x02\x41"), WAVU_ERR_PROTO);         /* 65 hints */
    refused(UNIT_TEXT("\x01\x02\x00\x02\x01 too short"), WAVU_ERR_PROTO);
    /* A key of 2^63: one step more than the greatest. */
    refused(UNIT_TEXT("\x01\x03\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x00\x00"),
            WAVU_ERR_PROTO);
}

static void test_fingerprint(void **state)
{
    (void)state;
    /* SHA-256 of 17 | "wavu sync range 1" | 1, 31 zeros | 1, by coreutils' sha256sum. */
    static const uint8_t expected[RECONCILE_MSG_FINGERPRINT_SIZE] = {
        0x53, 0xc2, 0x90, 0xd0, 0x8b, 0x4b, 0x6b, 0x8b,
        0xa4, 0x54, 0xf5, 0x25, 0x89, 0x76, 0x43, 0x11};
    const struct reconcile_set_sum sum = {.count = 1, .words = {1}};
    uint8_t out[RECONCILE_MSG_FINGERPRINT_SIZE];

    reconcile_msg_fingerprint(out, &sum);
    assert_memory_equal(out, expected, sizeof out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_is_written_is_read),
        UNIT(test_bad_frames),
        UNIT(test_fingerprint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
