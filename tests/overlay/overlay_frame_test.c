/*
 * Frames of the overlay: whole, in pieces, too long, and of nothing.
 */
#include "overlay/overlay_frame.h"

#include "tests/base/unit.h"

static uint8_t bytes[OVERLAY_FRAME_MAX + 16];

static size_t write_frame(enum overlay_kind kind, size_t body_len)
{
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    overlay_frame_head(&w, kind, body_len);
    for (size_t i = 0; i < body_len; i++) {
        wr_u8(&w, (uint8_t)i);
    }
    assert_int_equal(wr_finish(&w), 0);
    return w.len;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 126, 127, 128, 16382, 16383, OVERLAY_FRAME_BODY_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct overlay_frame frame;
        size_t used = 0;
        size_t len = write_frame(OVERLAY_STATE, sizes[i]);
        assert_true(len <= sizes[i] + OVERLAY_FRAME_HEAD_MAX);
        assert_int_equal(overlay_frame_read(span_of(bytes, len + 7), &frame, &used), 0);
        assert_int_equal(used, len);
        assert_int_equal(frame.kind, OVERLAY_STATE);
        assert_int_equal(frame.body.len, sizes[i]);
        for (size_t cut = 0; cut < len; cut += cut < 8 || cut + 8 > len ? 1 : 997) {
            assert_int_equal(overlay_frame_read(span_of(bytes, cut), &frame, &used),
                             WAVU_ERR_AGAIN);
        }
    }
}

static void what_cannot_be_a_frame_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[6];
        size_t len;
        int err;
    } rows[] = {
        {{0}, 1, WAVU_ERR_PROTO},                         /* nothing in it */
        {{0x80, 0x00, 1}, 3, WAVU_ERR_PROTO},             /* a length that is not minimal */
        {{0xea, 0xfb, 0x03, 1}, 4, WAVU_ERR_LIMIT},       /* OVERLAY_FRAME_BODY_MAX + 2 */
        {{0xff, 0xff, 0xff, 0xff, 1}, 5, WAVU_ERR_LIMIT}, /* a length of more bytes than may be */
        {{0xff, 0xff, 0xff}, 3, WAVU_ERR_LIMIT},          /* known before it is all there */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct overlay_frame frame;
        size_t used = 0;
        assert_int_equal(overlay_frame_read(span_of(rows[i].bytes, rows[i].len), &frame, &used),
                         rows[i].err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_is_written_is_read),
        UNIT(what_cannot_be_a_frame_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
