/*
 * Texts in lines: where they break, and that nothing of them gets lost.
 */
#include "apps/tui/flow.h"

#include "tests/base/unit.h"

#include <stdlib.h>

static void expect(const char *text, size_t width, const char *lines)
{
    struct flow f;
    struct flow_line line;
    char out[512];
    size_t used = 0;
    flow_start(&f, span_from_text(text), width, false);
    while (flow_next(&f, &line)) {
        used += (size_t)snprintf(out + used, sizeof out - used, "%.*s|", (int)(line.to - line.from),
                                 text + line.from);
    }
    out[used] = '\0';
    assert_string_equal(out, lines);
}

static void lines_break_at_spaces(void **state)
{
    (void)state;
    expect("the quick brown fox", 10, "the quick|brown fox|");
    expect("the quick brown fox", 9, "the quick|brown fox|");
    expect("the quick   brown", 11, "the quick|brown|");
    expect("  in front", 80, "  in front|");
    expect("a b c d", 3, "a b|c d|");
    expect("", 10, "|");
    expect("a\nb\n", 10, "a|b|");
    expect("a\n\nb", 10, "a||b|");
    expect("abcde \nb", 5, "abcde|b|");
}

static void long_words_and_wide_letters_break(void **state)
{
    (void)state;
    expect("abcdefghij", 4, "abcd|efgh|ij|");
    expect("go abcdefghij", 4, "go|abcd|efgh|ij|");
    expect("\u6c34\u6c34\u6c34\u6c34", 5, "\u6c34\u6c34|\u6c34\u6c34|");
    expect("\u6c34\u6c34", 1, "\u6c34|\u6c34|"); /* wider than the line: one a line */
    expect("e\u0301e\u0301e\u0301", 2, "e\u0301e\u0301|e\u0301|");
}

static void a_long_line_takes_what_it_takes(void **state)
{
    (void)state;
    char *text = malloc(65536);
    memset(text, 'x', 65536);
    assert_int_equal(flow_count(span_of(text, 65536), 64, false, SIZE_MAX), 1024);
    assert_int_equal(flow_count(span_of(text, 65536), 64, false, 10), 10);
    memset(text, '\n', 65536);
    assert_int_equal(flow_count(span_of(text, 65536), 64, false, SIZE_MAX), 65536);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_break_at_spaces),
        cmocka_unit_test(long_words_and_wide_letters_break),
        cmocka_unit_test(a_long_line_takes_what_it_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
