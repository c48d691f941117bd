/*
 * Lines from an input that comes as it likes.
 */
#include "apps/talk/plain_in.h"

#include "tests/base/unit.h"

#include <unistd.h>

static int ends[2];
static struct plain_in in;
static char line[TALK_WORDS_LINE_MAX];

static int start(void **state)
{
    (void)state;
    plain_in_init(&in);
    return pipe(ends);
}

static int stop(void **state)
{
    (void)state;
    plain_in_clear(&in);
    (void)close(ends[0]);
    return ends[1] >= 0 ? close(ends[1]) : 0;
}

static void give(const char *text, size_t len)
{
    assert_int_equal(write(ends[1], text, len), (ssize_t)len);
    plain_in_read(&in, ends[0]);
}

static void close_input(void)
{
    (void)close(ends[1]);
    ends[1] = -1;
    plain_in_read(&in, ends[0]);
}

static void next_is(const char *text)
{
    bool is_too_long = true;
    assert_true(plain_in_next(&in, line, &is_too_long));
    assert_false(is_too_long);
    assert_string_equal(line, text);
}

static void none(void)
{
    bool is_too_long = false;
    assert_false(plain_in_next(&in, line, &is_too_long));
}

static void lines_come_whole(void **state)
{
    (void)state;
    none();
    give("moja\nmb", 7);
    next_is("moja");
    none();
    give("ili\r\n\ntatu", 10);
    next_is("mbili");
    next_is("");
    none();
    assert_false(plain_in_has_line(&in));
    close_input();
    assert_true(in.is_end);
    next_is("tatu"); /* the last one needs no end */
    none();
    assert_false(plain_in_has_line(&in));
}

static void long_lines_are_passed_over(void **state)
{
    static char much[16384];
    bool is_too_long = false;
    (void)state;
    memset(much, 'x', sizeof much);
    for (int i = 0; i < 9; i++) { /* 147 KB */
        give(much, sizeof much);
        assert_false(plain_in_next(&in, line, &is_too_long));
    }
    give("x\nnne\n", 6);
    assert_true(plain_in_next(&in, line, &is_too_long));
    assert_true(is_too_long);
    next_is("nne");
    close_input();
    none();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_come_whole, start, stop),
        cmocka_unit_test_setup_teardown(long_lines_are_passed_over, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
