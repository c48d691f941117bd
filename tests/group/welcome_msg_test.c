/* What an inviter hands to a newcomer: there and back, cut, changed. */
#include "group/welcome_msg.h"

#include "tests/base/unit.h"

static void test_there_and_back(void **state)
{
    uint8_t member[WELCOME_MSG_ID_SIZE] = {1};
    uint8_t inviter[WELCOME_MSG_ID_SIZE] = {2};
    uint8_t space[WELCOME_MSG_SIZE_MAX];
    const struct welcome_msg m = {.member = member, .inviter = inviter};
    struct welcome_msg read;
    struct wr w;

    (void)state;
    wr_init(&w, span_mut_of(space, sizeof space));
    welcome_msg_write(&w, &m);
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(w.len, WELCOME_MSG_SIZE_MAX);
    assert_int_equal(welcome_msg_read(&read, wr_span(&w)), 0);
    assert_memory_equal(read.member, member, sizeof member);
    assert_memory_equal(read.inviter, inviter, sizeof inviter);
    for (size_t len = 0; len < w.len; len++) {
        assert_int_equal(welcome_msg_read(&read, span_of(space, len)), WAVU_ERR_PROTO);
    }
    space[1]--;
    assert_int_equal(welcome_msg_read(&read, wr_span(&w)), WAVU_ERR_PROTO);
}

static void test_what_is_new_is_skipped(void **state)
{
    uint8_t id[WELCOME_MSG_ID_SIZE] = {3};
    uint8_t space[WELCOME_MSG_SIZE_MAX + 8];
    const struct welcome_msg m = {.member = id, .inviter = id};
    struct welcome_msg read;
    struct wr w;

    (void)state;
    wr_init(&w, span_mut_of(space, sizeof space));
    welcome_msg_write(&w, &m);
    pb_write_varint(&w, 9, 5);
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(welcome_msg_read(&read, wr_span(&w)), 0);
    wr_init(&w, span_mut_of(space, sizeof space));
    pb_write_varint(&w, 1, 5); /* a number where a name should be */
    assert_int_equal(welcome_msg_read(&read, wr_span(&w)), WAVU_ERR_PROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_there_and_back),
        UNIT(test_what_is_new_is_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
