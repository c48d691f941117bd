/*
 * What an SOS says, as bytes: vectors by hand, and what is none.
 */
#include "chat/sos_msg.h"

#include "tests/base/unit.h"

#define ID "0123456789abcdef"

static void what_is_written_is_read(void **state)
{
    (void)state;
    /* Content { kind 10, text "hi" } */
    const struct span content = UNIT_TEXT("\x08\x0a\x12\x02hi");
    const struct span call = UNIT_TEXT("\x08\x01\x10\x01\x1a\x10" ID "\x20\x07\x2a\x06"
                                       "\x08\x0a\x12\x02hi");
    const struct span over = UNIT_TEXT("\x08\x01\x10\x02\x1a\x10" ID);
    uint8_t space[SOS_MSG_SIZE_MAX];
    struct sos_msg m;
    struct wr w;
    assert_int_equal(sos_msg_read(&m, call), 0);
    assert_int_equal(m.kind, SOS_MSG_CALL);
    assert_int_equal(m.number, 7);
    assert_memory_equal(m.id, ID, 16);
    assert_true(span_is_equal(m.content, content));
    wr_init(&w, span_mut_of(space, sizeof space));
    sos_msg_write(&w, &m);
    assert_true(span_is_equal(wr_span(&w), call));
    assert_int_equal(sos_msg_read(&m, over), 0);
    assert_int_equal(m.kind, SOS_MSG_OVER);
    wr_init(&w, span_mut_of(space, sizeof space));
    sos_msg_write(&w, &m);
    assert_true(span_is_equal(wr_span(&w), over));
    /* A field of a newer wavu is passed over. */
    assert_int_equal(sos_msg_read(&m, UNIT_TEXT("\x08\x01\x10\x03\x1a\x10" ID "\x78\x05")), 0);
    assert_int_equal(m.kind, SOS_MSG_ACK);
}

static void what_is_none(void **state)
{
    (void)state;
    const struct {
        struct span bytes;
        int err;
    } cases[] = {
        {UNIT_TEXT(""), WAVU_ERR_PROTO},
        {UNIT_TEXT("\x08\x02"), WAVU_ERR_UNSUPPORTED},
        {UNIT_TEXT("\x08\x01\x10\x04\x1a\x10" ID), WAVU_ERR_UNSUPPORTED},
        {UNIT_TEXT("\x08\x01\x10\x02\x1a\x0f"
                   "0123456789abcde"),
         WAVU_ERR_PROTO},                                                      /* a short id */
        {UNIT_TEXT("\x08\x01\x10\x01\x1a\x10" ID "\x20\x01"), WAVU_ERR_PROTO}, /* no content */
        {UNIT_TEXT("\x08\x01\x10\x01\x1a\x10" ID "\x2a\x02\x08\x0a"),
         WAVU_ERR_PROTO}, /* no number */
        {UNIT_TEXT("\x08\x01\x10\x01\x1a\x10" ID "\x20\x01\x2a\x06"
                   "\x08\x01\x12\x02hi"),
         WAVU_ERR_PROTO}, /* a text */
        {UNIT_TEXT("\x08\x01\x10\x01\x1a\x10" ID "\x20\xc1\x84\x3d\x2a\x02\x08\x0a"),
         WAVU_ERR_LIMIT}, /* 1,000,001 */
        {UNIT_TEXT("\x08\x01\x10\x02\x1a\x10" ID "\x20\x01"),
         WAVU_ERR_PROTO},                                        /* an end, numbered */
        {UNIT_TEXT("\x0a\x01\x01"), WAVU_ERR_PROTO},             /* a format of bytes */
        {UNIT_TEXT("\x08\x01\x10\x02\x1a\x10"), WAVU_ERR_PROTO}, /* cut */
    };
    static uint8_t large[SOS_MSG_SIZE_MAX + 1];
    struct sos_msg m;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(sos_msg_read(&m, cases[i].bytes), cases[i].err);
    }
    assert_int_equal(sos_msg_read(&m, span_of(large, sizeof large)), WAVU_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(what_is_written_is_read), UNIT(what_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
