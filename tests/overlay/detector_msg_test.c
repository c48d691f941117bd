/*
 * The detector's messages: what is written is read again, what is malformed or too much is refused.
 */
#include "tests/base/unit.h"

#include "overlay/detector_msg.h"

static uint8_t out[2 * DETECTOR_MSG_SIZE_MAX];

static struct span encode(const struct detector_msg *m)
{
    struct wr w;
    wr_init(&w, span_mut_of(out, sizeof out));
    detector_msg_encode(&w, m);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static void messages_come_back_as_they_were(void **state)
{
    (void)state;
    static const uint8_t where[DETECTOR_MSG_WHERE_MAX] = {9};
    struct detector_msg read;
    struct detector_msg beat = {.kind = DETECTOR_MSG_BEAT, .interval_ms = 500};
    struct span bytes = encode(&beat);
    assert_int_equal(detector_msg_decode(&read, bytes), 0);
    assert_int_equal(read.kind, DETECTOR_MSG_BEAT);
    assert_int_equal(read.interval_ms, 500);
    beat.interval_ms = 0;
    bytes = encode(&beat);
    assert_int_equal(bytes.len, 0); /* the message of which there are most */
    assert_int_equal(detector_msg_decode(&read, bytes), 0);
    assert_int_equal(read.kind, DETECTOR_MSG_BEAT);
    assert_int_equal(read.interval_ms, 0);
    struct detector_msg pong = {.kind = DETECTOR_MSG_PONG, .nonce = 8, .interval_ms = 5000};
    assert_int_equal(detector_msg_decode(&read, encode(&pong)), 0);
    assert_int_equal(read.kind, DETECTOR_MSG_PONG);
    assert_int_equal(read.interval_ms, 5000);
    assert_int_equal(read.nonce, 8);
    struct detector_msg probe = {.kind = DETECTOR_MSG_PROBE,
                                 .nonce = UINT32_MAX,
                                 .target = {.bytes = {1, 2, 3}},
                                 .where = span_of(where, sizeof where)};
    bytes = encode(&probe);
    assert_true(bytes.len <= DETECTOR_MSG_SIZE_MAX);
    assert_int_equal(detector_msg_decode(&read, bytes), 0);
    assert_int_equal(read.nonce, UINT32_MAX);
    assert_true(overlay_id_is_equal(&read.target, &probe.target));
    assert_true(span_is_equal(read.where, probe.where));
    struct detector_msg report = {.kind = DETECTOR_MSG_REPORT, .nonce = 7, .is_reached = true};
    assert_int_equal(detector_msg_decode(&read, encode(&report)), 0);
    assert_true(read.is_reached);
    assert_int_equal(read.nonce, 7);
}

static void what_is_wrong_is_refused(void **state)
{
    (void)state;
    static const uint8_t where[DETECTOR_MSG_WHERE_MAX + 1] = {9};
    struct detector_msg read = {.nonce = 4};
    struct detector_msg probe = {.kind = DETECTOR_MSG_PROBE, .where = span_of(where, sizeof where)};
    assert_int_equal(detector_msg_decode(&read, encode(&probe)), WAVU_ERR_LIMIT);
    assert_int_equal(detector_msg_decode(&read, UNIT_TEXT("\x08\x04")), WAVU_ERR_PROTO);
    assert_int_equal(detector_msg_decode(&read, UNIT_TEXT("\x08\x04\x22\x01x")), WAVU_ERR_PROTO);
    assert_int_equal(detector_msg_decode(&read, UNIT_TEXT("\x08")), WAVU_ERR_PROTO);
    assert_int_equal(detector_msg_decode(&read, span_of(out, DETECTOR_MSG_SIZE_MAX + 1)),
                     WAVU_ERR_LIMIT);
    assert_int_equal(read.nonce, 4); /* untouched */
}

static void newer_kinds_mean_nothing_and_long_pauses_are_cut(void **state)
{
    (void)state;
    struct detector_msg read;
    assert_int_equal(detector_msg_decode(&read, UNIT_TEXT("\x08\x2a\x50\x01")), 0);
    assert_int_equal(read.kind, DETECTOR_MSG_NONE);
    assert_int_equal(detector_msg_decode(&read, UNIT_TEXT("\x08\x01\x18\xff\xff\xff\xff\x7f")), 0);
    assert_int_equal(read.interval_ms, DETECTOR_MSG_INTERVAL_MS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(messages_come_back_as_they_were),
        UNIT(what_is_wrong_is_refused),
        UNIT(newer_kinds_mean_nothing_and_long_pauses_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
