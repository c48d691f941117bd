/*
 * Clusters and their columns. Widths are those of the C library's wcwidth, by which ncurses and
 * most terminals count: utf8proc's, except for spacing marks (one column) and the vowels and finals
 * of Hangul (none).
 */
#include "apps/tui/glyph.h"

#include <string.h>

#include <utf8proc.h>

#include "apps/tui/glyph_ascii.h"
#include "base/utf8.h"

#define ZWNJ 0x200c
#define ZWJ 0x200d
#define STAND_IN 0xfffd
#define TAB_COLUMNS 4

static bool is_between(uint32_t point, uint32_t first, uint32_t last)
{
    return point >= first && point <= last;
}

static bool is_control(uint32_t point)
{
    return point < 0x20 || is_between(point, 0x7f, 0x9f);
}

/* Turns the line, or would let one text take another's place. */
static bool is_turning(uint32_t point)
{
    return is_between(point, 0x202a, 0x202e) || is_between(point, 0x2066, 0x2069);
}

static bool is_emoji(uint32_t point)
{
    return utf8proc_get_property((utf8proc_int32_t)point)->boundclass ==
           UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* A sign of format that has a shape: Arabic's number signs and their like. */
static bool is_shown_format(uint32_t point)
{
    return is_between(point, 0x600, 0x605) || point == 0x6dd || point == 0x70f ||
           is_between(point, 0x890, 0x891) || point == 0x8e2 || point == 0x110bd ||
           point == 0x110cd;
}

/* Has no shape and no meaning alone. `before` is the last character with a width. */
static bool is_left_out(uint32_t point, uint32_t before)
{
    if (point == ZWJ || point == ZWNJ) {
        return before == 0 || is_emoji(before);
    }
    if (point == 0xfe0e || point == 0xfe0f || is_between(point, 0x1f3fb, 0x1f3ff)) {
        return before != 0 || point < 0x10000;
    }
    return point == 0xad || (utf8proc_category((utf8proc_int32_t)point) == UTF8PROC_CATEGORY_CF &&
                             !is_shown_format(point));
}

static uint8_t columns_of(uint32_t point)
{
    if (is_between(point, 0x1160, 0x11ff) || is_between(point, 0xd7b0, 0xd7ff)) {
        return 0;
    }
    if (is_between(point, 0x302e, 0x302f) || is_between(point, 0x3248, 0x324f) ||
        is_between(point, 0x4dc0, 0x4dff) || is_between(point, 0x16ff0, 0x16ff1)) {
        return 2;
    }
    if (is_shown_format(point) ||
        utf8proc_category((utf8proc_int32_t)point) == UTF8PROC_CATEGORY_MC) {
        return 1;
    }
    int width = utf8proc_charwidth((utf8proc_int32_t)point);
    return width < 0 ? 0 : (uint8_t)width;
}

static void add_point(struct glyph *g, uint32_t point)
{
    uint8_t bytes[4];
    size_t len = utf8_write(bytes, point);
    memcpy(g->text + g->len, bytes, len);
    g->len = (uint8_t)(g->len + len);
    g->text[g->len] = '\0';
}

static void add_text(struct glyph *g, const char *text)
{
    size_t len = strlen(text);
    if (g->len + len < GLYPH_TEXT_MAX && g->columns + len <= GLYPH_COLUMNS_MAX) {
        memcpy(g->text + g->len, text, len + 1);
        g->len = (uint8_t)(g->len + len);
        g->columns = (uint8_t)(g->columns + len);
    }
}

static void stand_in(struct glyph *g, uint32_t point, bool is_ascii)
{
    if (is_ascii && point < 0x20) {
        const char text[3] = {'^', (char)(point + '@'), '\0'};
        add_text(g, text);
    } else if (is_ascii) {
        add_text(g, point == 0x7f ? "^?" : "?");
    } else {
        uint32_t picture = point < 0x20 ? 0x2400 + point : (point == 0x7f ? 0x2421 : STAND_IN);
        add_point(g, picture);
        g->columns = 1;
    }
}

/* A control character, a mark that turns, a break: each a cluster of its own. */
static bool take_special(struct glyph *g, uint32_t point, bool is_ascii)
{
    if (point == '\n' || point == 0x2028 || point == 0x2029) {
        g->kind = GLYPH_BREAK;
    } else if (point == '\t') {
        g->kind = GLYPH_SPACE;
        memset(g->text, ' ', TAB_COLUMNS);
        g->text[TAB_COLUMNS] = '\0';
        g->len = TAB_COLUMNS;
        g->columns = TAB_COLUMNS;
    } else if (point == ' ' || point == 0x3000) {
        g->kind = GLYPH_SPACE;
        add_text(g, point == ' ' ? " " : "  ");
    } else if (is_control(point) || is_turning(point)) {
        stand_in(g, point, is_ascii);
    } else {
        return false;
    }
    return true;
}

/* One more character of the cluster; `marks` and `spacing` count what it has. */
struct glyph_state {
    size_t marks;
    size_t spacing;
    uint32_t last; /* with a width, 0 for none */
    bool is_ascii;
};

static void take_point(struct glyph *g, struct glyph_state *s, uint32_t point)
{
    const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)point);
    if (is_left_out(point, s->last)) {
        return;
    }
    bool is_unknown =
        property->category == UTF8PROC_CATEGORY_CN || property->category == UTF8PROC_CATEGORY_CS;
    uint8_t columns = is_unknown ? 1 : columns_of(point);
    g->is_rtl = g->is_rtl || property->bidi_class == UTF8PROC_BIDI_CLASS_R ||
                property->bidi_class == UTF8PROC_BIDI_CLASS_AL;
    if (columns == 0) {
        s->marks++;
        if (s->is_ascii || s->marks > GLYPH_MARKS_MAX) {
            g->is_cut = !s->is_ascii;
            return;
        }
        if (s->spacing == 0) { /* a mark on nothing: a space bears it */
            add_point(g, ' ');
            g->columns = 1;
            s->spacing = 1;
            s->last = ' ';
        }
        add_point(g, point);
        return;
    }
    s->spacing++;
    s->last = point;
    if (s->is_ascii) {
        char text[GLYPH_ASCII_MAX];
        add_text(g, glyph_ascii(is_unknown ? STAND_IN : point, text));
        return;
    }
    add_point(g, is_unknown ? STAND_IN : point);
    g->columns = (uint8_t)(g->columns + columns);
}

/* The code point at `at`, a stand-in for a broken byte; its bytes. */
static size_t point_at(uint32_t *point, struct span text, size_t at)
{
    size_t len = utf8_next(point, text, at);
    if (len == 0) {
        *point = STAND_IN;
        return 1;
    }
    return len;
}

size_t glyph_next(struct glyph *g, struct span text, size_t at, bool is_ascii)
{
    struct glyph_state s = {.is_ascii = is_ascii};
    uint32_t point = 0;
    *g = (struct glyph){.kind = GLYPH_TEXT};
    size_t taken = point_at(&point, text, at);
    if (point == '\r' && at + 1 < text.len && text.ptr[at + 1] == '\n') {
        g->kind = GLYPH_BREAK;
        return 2;
    }
    if (take_special(g, point, is_ascii)) {
        return taken;
    }
    utf8proc_int32_t state = 0;
    take_point(g, &s, point);
    while (at + taken < text.len && s.spacing < GLYPH_SPACING_MAX) {
        uint32_t next = 0;
        size_t len = point_at(&next, text, at + taken);
        if (is_control(next) || is_turning(next) ||
            utf8proc_grapheme_break_stateful((utf8proc_int32_t)point, (utf8proc_int32_t)next,
                                             &state)) {
            break;
        }
        take_point(g, &s, next);
        point = next;
        taken += len;
    }
    if (g->is_cut) {
        add_point(g, 0x2026);
        g->columns++;
    }
    if (g->columns == 0) {
        g->kind = GLYPH_NOTHING;
    }
    return taken;
}

size_t glyph_before(struct span text, size_t at)
{
    struct glyph g;
    size_t from = at > GLYPH_BACK_MAX ? at - GLYPH_BACK_MAX : 0;
    while (from > 0 && from < at && (text.ptr[from] & 0xc0) == 0x80) {
        from++;
    }
    for (size_t next = from; next < at;
         next += glyph_next(&g, span_slice(text, 0, at), next, false)) {
        from = next;
    }
    return from < at ? from : at - 1;
}

size_t glyph_columns(struct span text, bool is_ascii)
{
    struct glyph g;
    size_t columns = 0;
    for (size_t at = 0; at < text.len;) {
        at += glyph_next(&g, text, at, is_ascii);
        columns += g.columns;
    }
    return columns;
}

bool glyph_has_rtl(struct span text)
{
    struct glyph g;
    for (size_t at = 0; at < text.len;) {
        at += glyph_next(&g, text, at, false);
        if (g.is_rtl) {
            return true;
        }
    }
    return false;
}
