/*
 * Text from anybody, cluster by cluster: what is drawn, how wide, and what is not.
 */
#include "apps/tui/glyph.h"

#include "tests/base/unit.h"

#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "base/utf8.h"

/* All that is drawn of `text`, clusters between bars, and its columns. */
static size_t drawn(char out[512], const char *text, size_t len, bool is_ascii)
{
    struct glyph g;
    size_t used = 0;
    size_t columns = 0;
    const struct span all = span_of(text, len);
    for (size_t at = 0; at < len;) {
        at += glyph_next(&g, all, at, is_ascii);
        const char *shown = g.kind == GLYPH_BREAK ? "BREAK" : g.text;
        if (g.kind != GLYPH_NOTHING) {
            used += (size_t)snprintf(out + used, 512 - used, "%s|", shown);
        }
        columns += g.columns;
    }
    out[used] = '\0';
    return columns;
}

static void expect(const char *text, const char *clusters, size_t columns)
{
    char out[512];
    assert_int_equal(drawn(out, text, strlen(text), false), columns);
    assert_string_equal(out, clusters);
}

static void expect_ascii(const char *text, const char *clusters)
{
    char out[512];
    size_t columns = drawn(out, text, strlen(text), true);
    assert_string_equal(out, clusters);
    assert_int_equal(glyph_columns(span_from_text(text), true), columns);
}

static void clusters_and_columns(void **state)
{
    (void)state;
    expect("ab c", "a|b| |c|", 4);
    expect("e\u0301x", "e\u0301|x|", 2);                    /* combining */
    expect("\u6c34\uff21", "\u6c34|\uff21|", 4);            /* wide */
    expect("\u1112\u1161\u11ab", "\u1112\u1161\u11ab|", 2); /* Hangul of parts */
    expect("\u0915\u0940", "\u0915\u0940|", 2); /* a spacing mark has a column of its own */
    expect("\U0001f1f0\U0001f1ea\U0001f1f9\U0001f1ff", "\U0001f1f0\U0001f1ea|\U0001f1f9\U0001f1ff|",
           4); /* two flags */
    expect("a\nb\r\nc", "a|BREAK|b|BREAK|c|", 3);
    expect("\t", "    |", 4);
}

static void emoji_are_as_wide_everywhere(void **state)
{
    (void)state;
    /* A family is one cluster, its people stand side by side: terminals disagree about the rest. */
    expect("\U0001f469\u200d\U0001f467x", "\U0001f469\U0001f467|x|", 5);
    expect("\U0001f44d\U0001f3fdx", "\U0001f44d|x|", 3); /* a skin tone */
    expect("\u2764\ufe0fx", "\u2764|x|", 2);             /* a presentation selector */
    expect("\U0001f3fd", "\U0001f3fd|", 2);              /* alone it is a patch */
}

static void controls_are_seen_and_harmless(void **state)
{
    (void)state;
    expect("\x1b[2J", "\u241b|[|2|J|", 4);
    expect("\x7f\r", "\u2421|\u240d|", 2);
    expect("\xc2\x9b"
           "31m",
           "\ufffd|3|1|m|", 4); /* CSI as a C1 control */
    expect("a\u202e"
           "b\u2066",
           "a|\ufffd|b|\ufffd|", 4); /* override, isolate */
    expect("a\u200b\u200e\ufeff\u00ad"
           "b",
           "a|b|", 2); /* invisible */
    expect("\xff\xc3", "\ufffd|\ufffd|", 2);
    expect("\u0378", "\ufffd|", 1); /* of no known width */
}

static void marks_are_bounded(void **state)
{
    (void)state;
    char text[2001] = "a";
    struct glyph g;
    for (size_t i = 0; i < 500; i++) {
        memcpy(text + 1 + 2 * i, "\u0301", 2);
    }
    assert_int_equal(glyph_next(&g, span_of(text, 1001), 0, false), 1001);
    assert_true(g.is_cut);
    assert_int_equal(g.columns, 2);
    assert_string_equal(g.text, "a\u0301\u0301\u0301\u2026");
    /* A mark on nothing is borne by a space. */
    expect("\u0301", " \u0301|", 1);
}

static void a_chain_of_emoji_ends(void **state)
{
    (void)state;
    char text[7 * 100 + 1];
    struct glyph g;
    for (size_t i = 0; i < 100; i++) {
        memcpy(text + 7 * i, "\U0001f469\u200d", 7);
    }
    size_t taken = glyph_next(&g, span_of(text, 700), 0, false);
    assert_true(taken < 700 && g.columns == 2 * GLYPH_SPACING_MAX);
}

static void right_to_left_is_known(void **state)
{
    (void)state;
    assert_true(glyph_has_rtl(span_from_text("abc \u05d0")));
    assert_true(glyph_has_rtl(span_from_text("\u0645")));
    assert_false(glyph_has_rtl(span_from_text("abc \u6c34 1")));
}

static void ascii_has_likenesses(void **state)
{
    (void)state;
    expect_ascii("caf\u00e9 \ufb01n", "c|a|f|e| |fi|n|");
    expect_ascii("\u201cna\u00efve\u201d \u2014 \u20ac5", "\"|n|a|i|v|e|\"| |--| |EUR|5|");
    expect_ascii("\U0001f642\U0001f1f0\U0001f1ea", ":)|KE|");
    expect_ascii("\u6c34\u0416", "?|?|");
    expect_ascii("\x1b[1m\xc2\x9b\u202e", "^[|[|1|m|?|?|");
}

static void one_steps_back_by_clusters(void **state)
{
    (void)state;
    const struct span text = span_from_text("xe\u0301\U0001f1f0\U0001f1ea");
    assert_int_equal(glyph_before(text, text.len), 4);
    assert_int_equal(glyph_before(text, 4), 1);
    assert_int_equal(glyph_before(text, 1), 0);
}

/* ncurses and most terminals count by wcwidth: where it knows a character, we count alike. */
static void columns_are_those_of_the_terminal(void **state)
{
    (void)state;
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        skip();
    }
    size_t wrong = 0;
    for (uint32_t point = 0x20; point < 0x30000; point++) {
        uint8_t bytes[4];
        struct glyph g;
        int width = point >= 0xd800 && point < 0xe000 ? 0 : wcwidth((wchar_t)point);
        if (width <= 0) {
            continue;
        }
        size_t len = utf8_write(bytes, point);
        assert_int_equal(glyph_next(&g, span_of(bytes, len), 0, false), len);
        size_t drawn_columns = 0;
        const struct span text = span_of(g.text, g.len);
        for (size_t at = 0; at < text.len;) {
            uint32_t each = 0;
            at += utf8_next(&each, text, at);
            drawn_columns += (size_t)wcwidth((wchar_t)each);
        }
        if (drawn_columns != g.columns) {
            print_message("U+%X: %zu and %u columns\n", point, drawn_columns, g.columns);
        }
        wrong += drawn_columns != g.columns;
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_and_columns),
        cmocka_unit_test(emoji_are_as_wide_everywhere),
        cmocka_unit_test(controls_are_seen_and_harmless),
        cmocka_unit_test(marks_are_bounded),
        cmocka_unit_test(a_chain_of_emoji_ends),
        cmocka_unit_test(right_to_left_is_known),
        cmocka_unit_test(ascii_has_likenesses),
        cmocka_unit_test(one_steps_back_by_clusters),
        cmocka_unit_test(columns_are_those_of_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
