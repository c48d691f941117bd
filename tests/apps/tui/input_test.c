/*
 * The line that is typed: keys, history, search, pastes, completion, and where it is drawn.
 */
#include "apps/tui/input.h"

#include "tests/base/unit.h"

static void offer(void *context, const char *text, size_t cursor, struct input_words *out)
{
    static const char *const names[] = {"amina: ", "aminata: "};
    (void)context;
    out->from = cursor;
    while (out->from > 0 && text[out->from - 1] != ' ') {
        out->from--;
    }
    for (size_t i = 0; i < 2; i++) {
        if (strncmp(names[i], text + out->from, cursor - out->from) == 0) {
            memcpy(out->word[out->count++], names[i], strlen(names[i]) + 1);
        }
    }
}

static struct input *fresh(void)
{
    return input_new((struct input_completer){.offer = offer});
}

static void type(struct input *in, const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        (void)input_type(in, (unsigned char)text[i]);
    }
}

static void press(struct input *in, enum input_key key, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        (void)input_press(in, key);
    }
}

static void expect(const struct input *in, const char *text, size_t cursor)
{
    assert_string_equal(input_text(in), text);
    assert_int_equal(input_cursor(in), cursor);
    assert_int_equal(input_len(in), strlen(text));
}

static void it_is_edited(void **state)
{
    struct input *in = fresh();
    (void)state;
    assert_int_equal(input_press(in, INPUT_ENTER), INPUT_UNUSED); /* nothing is sent of nothing */
    type(in, "hello big world");
    press(in, INPUT_WORD_LEFT, 1);
    expect(in, "hello big world", 10);
    press(in, INPUT_KILL_WORD_BACK, 1);
    expect(in, "hello world", 6);
    press(in, INPUT_END, 1);
    press(in, INPUT_YANK, 1);
    expect(in, "hello worldbig ", 15);
    press(in, INPUT_BACKSPACE, 1);
    press(in, INPUT_HOME, 1);
    press(in, INPUT_KILL_WORD, 1);
    expect(in, " worldbig", 0);
    press(in, INPUT_DELETE, 1);
    press(in, INPUT_RIGHT, 2);
    press(in, INPUT_TRANSPOSE, 1);
    expect(in, "wroldbig", 3);
    press(in, INPUT_KILL_LINE, 1);
    expect(in, "wro", 3);
    press(in, INPUT_LEFT, 1);
    press(in, INPUT_KILL_START, 1);
    expect(in, "o", 0);
    assert_int_equal(input_press(in, INPUT_ENTER), INPUT_SEND);
    input_free(in);
}

static void clusters_stay_whole(void **state)
{
    struct input *in = fresh();
    (void)state;
    type(in, "x");
    (void)input_type(in, 'e');
    (void)input_type(in, 0x301);
    (void)input_type(in, 0x1f1f0);
    (void)input_type(in, 0x1f1ea);
    expect(in, "xe\u0301\U0001f1f0\U0001f1ea", 12);
    press(in, INPUT_LEFT, 1);
    expect(in, "xe\u0301\U0001f1f0\U0001f1ea", 4);
    press(in, INPUT_BACKSPACE, 1);
    expect(in, "x\U0001f1f0\U0001f1ea", 1);
    press(in, INPUT_DELETE, 1);
    expect(in, "x", 1);
    assert_int_equal(input_type(in, 0x1b), INPUT_UNUSED);
    assert_int_equal(input_type(in, 0xd800), INPUT_UNUSED);
    input_free(in);
}

static void several_lines_and_a_history(void **state)
{
    struct input *in = fresh();
    (void)state;
    type(in, "first");
    input_sent(in, false);
    type(in, "second");
    input_sent(in, false);
    type(in, "secret");
    input_sent(in, true);
    type(in, "ab");
    press(in, INPUT_NEWLINE, 1);
    type(in, "cdef");
    press(in, INPUT_UP, 1); /* a line up in the text */
    expect(in, "ab\ncdef", 2);
    press(in, INPUT_UP, 1); /* then back */
    expect(in, "second", 6);
    press(in, INPUT_UP, 5);
    expect(in, "first", 5);
    press(in, INPUT_DOWN, 2); /* what was typed is there again */
    expect(in, "ab\ncdef", 7);
    assert_int_equal(input_press(in, INPUT_DOWN), INPUT_UNUSED);
    input_free(in);
}

static void the_history_is_searched(void **state)
{
    struct input *in = fresh();
    (void)state;
    type(in, "meet at noon");
    input_sent(in, false);
    type(in, "meet at five");
    input_sent(in, false);
    type(in, "draft");
    press(in, INPUT_SEARCH, 1);
    type(in, "meet");
    assert_string_equal(input_query(in), "meet");
    expect(in, "meet at five", 12);
    press(in, INPUT_SEARCH, 1);
    expect(in, "meet at noon", 12);
    assert_int_equal(input_press(in, INPUT_ENTER), INPUT_CHANGED); /* taken, not sent */
    assert_null(input_query(in));
    expect(in, "meet at noon", 12);
    press(in, INPUT_SEARCH, 1);
    type(in, "zzz");
    press(in, INPUT_CANCEL, 1);
    expect(in, "draft", 5);
    input_free(in);
}

static void the_history_is_bounded(void **state)
{
    struct input *in = fresh();
    char text[INPUT_TEXT_MAX + 100];
    (void)state;
    for (size_t i = 0; i < 2 * INPUT_HISTORY_MAX; i++) {
        (void)snprintf(text, sizeof text, "number %zu", i);
        input_set(in, text);
        input_sent(in, false);
    }
    press(in, INPUT_UP, 3 * INPUT_HISTORY_MAX);
    expect(in, "number 200", 10);
    for (size_t i = 0; i < 10; i++) {
        memset(text, 'a' + (int)i, sizeof text);
        text[sizeof text - 1] = '\0';
        input_set(in, text); /* cut to what there is room for */
        assert_int_equal(input_len(in), INPUT_TEXT_MAX);
        assert_int_equal(input_type(in, 'x'), INPUT_FULL);
        input_sent(in, false);
    }
    press(in, INPUT_UP, 100);
    assert_int_equal(input_text(in)[0], 'h'); /* 3 of 10: 64 KiB are kept */
    input_free(in);
}

static void a_paste_sends_nothing(void **state)
{
    struct input *in = fresh();
    (void)state;
    press(in, INPUT_PASTE_BEGIN, 1);
    type(in, "rm -rf");
    (void)input_type(in, '\r');
    (void)input_type(in, '\n');
    assert_int_equal(input_press(in, INPUT_ENTER), INPUT_CHANGED);
    type(in, "\tb\x1b");
    press(in, INPUT_PASTE_END, 1);
    expect(in, "rm -rf\n\n    b", 13);
    assert_int_equal(input_press(in, INPUT_ENTER), INPUT_SEND);
    input_free(in);
}

static void tab_goes_through_what_fits(void **state)
{
    struct input *in = fresh();
    (void)state;
    type(in, "hi am");
    press(in, INPUT_TAB, 1);
    expect(in, "hi amina: ", 10);
    press(in, INPUT_TAB, 1);
    expect(in, "hi aminata: ", 12);
    press(in, INPUT_TAB, 1);
    expect(in, "hi amina: ", 10);
    press(in, INPUT_BACKTAB, 1);
    expect(in, "hi aminata: ", 12);
    type(in, "x");
    expect(in, "hi aminata: x", 13);
    assert_int_equal(input_press(in, INPUT_TAB), INPUT_UNUSED);
    input_free(in);
}

static void rows_follow_the_cursor(void **state)
{
    struct input *in = fresh();
    struct input_lay lay;
    (void)state;
    input_lay(in, 10, 4, false, &lay);
    assert_int_equal(lay.rows, 1);
    assert_int_equal(lay.cursor_row + lay.cursor_column, 0);
    type(in, "abcdefghi"); /* nine and the cursor */
    input_lay(in, 10, 4, false, &lay);
    assert_int_equal(lay.rows, 1);
    assert_int_equal(lay.cursor_column, 9);
    type(in, "j");
    input_lay(in, 10, 4, false, &lay);
    assert_int_equal(lay.rows, 2);
    assert_int_equal(lay.cursor_row, 1);
    assert_int_equal(lay.cursor_column, 1);
    for (size_t i = 0; i < 5; i++) {
        press(in, INPUT_NEWLINE, 1);
    }
    input_lay(in, 10, 4, false, &lay);
    assert_int_equal(lay.rows, 4);
    assert_int_equal(lay.above, 3);
    assert_int_equal(lay.below, 0);
    assert_int_equal(lay.cursor_row, 3);
    assert_int_equal(lay.cursor_column, 0);
    press(in, INPUT_UP, 5);
    input_lay(in, 10, 4, false, &lay);
    assert_true(lay.cursor_row < lay.rows && lay.below > 0);
    input_free(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_edited),
        cmocka_unit_test(clusters_stay_whole),
        cmocka_unit_test(several_lines_and_a_history),
        cmocka_unit_test(the_history_is_searched),
        cmocka_unit_test(the_history_is_bounded),
        cmocka_unit_test(a_paste_sends_nothing),
        cmocka_unit_test(tab_goes_through_what_fits),
        cmocka_unit_test(rows_follow_the_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
