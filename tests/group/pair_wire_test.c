/* Messages with their lengths: whole ones, parts, and what is none. */
#include "group/pair_wire.h"

#include "members/pairing_msg.h"
#include "tests/base/unit.h"

static int first(struct pair_wire *w, struct span bytes, struct span *message, size_t *used)
{
    pair_wire_open(w, NULL);
    assert_int_equal(buf_append(&w->in, bytes), 0);
    return pair_wire_message(w, message, used);
}

static void test_messages_come_whole(void **state)
{
    static const uint8_t bytes[] = {3, 'a', 'b', 'c', 0, 2, 'd', 'e'};
    static const size_t sizes[] = {3, 0, 2};
    struct pair_wire w;
    struct span message;
    size_t used = 0;

    (void)state;
    for (size_t len = 0; len < 4; len++) {
        assert_int_equal(first(&w, span_of(bytes, len), &message, &used), WAVU_ERR_AGAIN);
        pair_wire_close(&w, false);
    }
    assert_int_equal(first(&w, span_of(bytes, sizeof bytes), &message, &used), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pair_wire_message(&w, &message, &used), 0);
        assert_int_equal(message.len, sizes[i]);
        buf_drop_front(&w.in, used);
    }
    assert_int_equal(pair_wire_message(&w, &message, &used), WAVU_ERR_AGAIN);
    pair_wire_close(&w, false);
}

static void test_what_is_none(void **state)
{
    static const uint8_t longer[] = {0xff, 0xff, 0xff, 0x7f};
    static const uint8_t not_minimal[] = {0x80, 0x00};
    struct pair_wire w;
    struct span message;
    size_t used = 0;

    (void)state;
    assert_int_equal(first(&w, span_of(longer, sizeof longer), &message, &used), WAVU_ERR_PROTO);
    pair_wire_close(&w, false);
    assert_int_equal(first(&w, span_of(not_minimal, sizeof not_minimal), &message, &used),
                     WAVU_ERR_PROTO);
    pair_wire_close(&w, false);
}

static void test_what_is_said_is_bounded(void **state)
{
    static uint8_t large[PAIRING_MSG_SIZE_MAX];
    struct pair_wire w;

    (void)state;
    pair_wire_open(&w, NULL);
    for (size_t i = 0; i < 4; i++) {
        pair_wire_say(&w, span_of(large, sizeof large));
        assert_false(w.is_ending);
    }
    pair_wire_say(&w, span_of(large, sizeof large));
    assert_true(w.is_ending);
    assert_true(pair_wire_flush(&w)); /* there is no stream */
    pair_wire_close(&w, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_messages_come_whole),
        UNIT(test_what_is_none),
        UNIT(test_what_is_said_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
