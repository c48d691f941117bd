/*
 * Files of a stick: what was written is read; what was cut, changed or is none is not.
 */
#include "courier/stick_msg.h"

#include "base/mem.h"
#include "tests/base/unit.h"

static struct buf file;

static void start(void)
{
    buf_init(&file, STICK_MSG_FILE_MAX);
    stick_msg_begin(&file);
}

static void write_some(void)
{
    start();
    assert_int_equal(stick_msg_add(&file, UNIT_TEXT("first")), 0);
    assert_int_equal(stick_msg_add(&file, UNIT_TEXT("and a second one")), 0);
    stick_msg_end(&file);
}

static void test_what_was_written_is_read(void **state)
{
    (void)state;
    struct span one;
    size_t at = 0;
    write_some();
    assert_int_equal(stick_msg_check(buf_span(&file)), 0);
    assert_true(stick_msg_next(buf_span(&file), &at, &one));
    assert_true(span_is_equal(one, UNIT_TEXT("first")));
    assert_true(stick_msg_next(buf_span(&file), &at, &one));
    assert_true(span_is_equal(one, UNIT_TEXT("and a second one")));
    assert_false(stick_msg_next(buf_span(&file), &at, &one));
    buf_clear(&file);
    /* An empty one. */
    start();
    stick_msg_end(&file);
    at = 0;
    assert_int_equal(stick_msg_check(buf_span(&file)), 0);
    assert_false(stick_msg_next(buf_span(&file), &at, &one));
    buf_clear(&file);
}

static void test_its_bytes(void **state)
{
    (void)state;
    static const uint8_t begin[] = "wavu stick\0\1\0\0\0\5first\0\0\0\x10";
    write_some();
    assert_true(span_has_prefix(buf_span(&file), span_of(begin, sizeof(begin) - 1)));
    assert_int_equal(file.len, STICK_MSG_HEAD_SIZE + 4 + 5 + 4 + 16 + 4 + STICK_MSG_CHECK_SIZE);
    buf_clear(&file);
}

static void test_cut_or_changed_is_none(void **state)
{
    (void)state;
    write_some();
    for (size_t len = 0; len < file.len; len++) {
        assert_int_equal(stick_msg_check(span_of(file.ptr, len)), WAVU_ERR_PROTO);
    }
    for (size_t i = 0; i < file.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            file.ptr[i] = (uint8_t)(file.ptr[i] ^ 1u << bit);
            assert_true(stick_msg_check(buf_span(&file)) < 0);
            file.ptr[i] = (uint8_t)(file.ptr[i] ^ 1u << bit);
        }
    }
    assert_int_equal(buf_append(&file, UNIT_TEXT("x")), 0);
    assert_int_equal(stick_msg_check(buf_span(&file)), WAVU_ERR_PROTO);
    buf_clear(&file);
    write_some();
    file.ptr[STICK_MSG_HEAD_SIZE - 1] = 2;
    assert_int_equal(stick_msg_check(buf_span(&file)), WAVU_ERR_UNSUPPORTED);
    buf_clear(&file);
}

static void test_as_much_as_fits(void **state)
{
    (void)state;
    uint8_t *large = mem_new(ENVELOPE_SIZE_MAX + 1);
    size_t count = 0;
    start();
    assert_int_equal(stick_msg_add(&file, span_empty()), WAVU_ERR_LIMIT);
    assert_int_equal(stick_msg_add(&file, span_of(large, ENVELOPE_SIZE_MAX + 1)), WAVU_ERR_LIMIT);
    while (stick_msg_add(&file, span_of(large, ENVELOPE_SIZE_MAX)) == 0) {
        count++;
    }
    assert_int_equal(count, 10);
    stick_msg_end(&file);
    assert_true(file.len <= STICK_MSG_FILE_MAX);
    assert_int_equal(stick_msg_check(buf_span(&file)), 0);
    buf_clear(&file);
    mem_free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_was_written_is_read),
        UNIT(test_its_bytes),
        UNIT(test_cut_or_changed_is_none),
        UNIT(test_as_much_as_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
