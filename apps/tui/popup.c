/*
 * Windows over the others.
 */
#include "apps/tui/popup.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "apps/term/qr_blocks.h"
#include "apps/term/tongue.h"
#include "apps/tui/flow.h"
#include "apps/tui/glyph.h"
#include "apps/tui/paint.h"
#include "base/mem.h"

#define WIDE_MAX 76 /* columns of text: longer lines are hard to read */

static void clear(struct popup *p)
{
    for (size_t i = 0; i < p->count; i++) {
        mem_free(p->lines[i].text);
    }
    p->count = 0;
}

void popup_open(struct popup *p, enum popup_kind kind, const char *title)
{
    clear(p);
    p->top = p->kind == kind ? p->top : 0;
    p->kind = kind;
    (void)snprintf(p->title, sizeof p->title, " %s ", tongue(title));
}

void popup_close(struct popup *p)
{
    clear(p);
    p->kind = POPUP_NONE;
    p->top = 0;
}

void popup_add(struct popup *p, enum theme_role role, const char *format, ...)
{
    va_list arguments;
    char text[POPUP_LINE_MAX];
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, tongue(format), arguments);
    va_end(arguments);
    if (p->count < POPUP_LINES_MAX) {
        bool is_last = p->count + 1 == POPUP_LINES_MAX;
        p->lines[p->count].text =
            mem_copy_text(is_last ? tongue("... there are more; see the command line") : text);
        p->lines[p->count].role = is_last ? THEME_DIM : role;
        p->lines[p->count].is_picture = false;
        p->count++;
    }
}

/* A line of the picture without what sets its colours. */
static void add_picture_line(struct popup *p, const char *from, size_t len)
{
    char text[3 * QR_BLOCKS_SIDE_MAX + 1];
    size_t used = 0;
    for (size_t i = 0; i < len;) {
        if (from[i] == '\x1b') {
            while (i < len && from[i] != 'm') {
                i++;
            }
            i++;
        } else if (used + 1 < sizeof text) {
            text[used++] = from[i++];
        } else {
            i++;
        }
    }
    text[used] = '\0';
    size_t before = p->count;
    popup_add(p, THEME_TEXT, "%s", text);
    if (p->count > before) {
        p->lines[before].is_picture = true;
    }
}

void popup_add_qr(struct popup *p, const char *text, size_t rows, size_t columns)
{
    size_t first = p->count;
    if (paint_is_ascii() || columns < 8) {
        return;
    }
    char *picture = mem_new_raw(QR_BLOCKS_TEXT_MAX);
    if (qr_blocks_write(picture, QR_BLOCKS_TEXT_MAX, text, columns - 4)) {
        for (const char *at = picture; *at != '\0';) {
            size_t len = strcspn(at, "\n");
            add_picture_line(p, at, len);
            at += len + (at[len] == '\n' ? 1 : 0);
        }
    }
    mem_free(picture);
    if (p->count - first > rows) { /* a part of it is no use */
        while (p->count > first) {
            mem_free(p->lines[--p->count].text);
        }
    }
}

void popup_scroll(struct popup *p, long rows)
{
    long top = (long)p->top + rows;
    long most = p->total > p->rows ? (long)(p->total - p->rows) : 0;
    top = top > most ? most : top;
    p->top = top > 0 ? (size_t)top : 0;
}

/* Spaces before a line: its further rows stand below its first letter. */
static size_t indent_of(const struct popup_line *line, size_t columns)
{
    size_t spaces = strspn(line->text, " ");
    return line->text[spaces] != '\0' && spaces < columns / 2 ? spaces : 0;
}

static size_t rows_of(const struct popup_line *line, size_t columns)
{
    size_t indent = indent_of(line, columns);
    return line->is_picture ? 1
                            : flow_count(span_from_text(line->text + indent), columns - indent,
                                         paint_is_ascii(), POPUP_LINE_MAX);
}

static void draw_picture(const struct popup_line *line, size_t row, size_t column, size_t columns)
{
    int colours = paint_colours();
    size_t wide = glyph_columns(span_from_text(line->text), false);
    struct theme_style style = {0, 7, 0};
    if (colours == 0) { /* dark modules are what a line is written in on paper */
        style = (struct theme_style){-1, -1, THEME_REVERSE};
    } else if (colours >= 256) {
        style = (struct theme_style){16, 231, 0};
    }
    if (wide <= columns) {
        (void)paint_text(row, column + (columns - wide) / 2, wide, span_from_text(line->text),
                         style);
    }
}

/* The rows of one line that are below `top`, from `row` on. Returns how many it has. */
static size_t draw_line(const struct popup *p, size_t i, size_t number,
                        const struct layout_box *text)
{
    const struct popup_line *line = &p->lines[i];
    const struct theme_style style = theme_style(line->role, paint_colours());
    size_t indent = indent_of(line, text->columns);
    const struct span all = span_from_text(line->text + indent);
    struct flow flow;
    struct flow_line piece;
    size_t count = 0;
    if (line->is_picture) {
        if (number >= p->top && number - p->top < text->rows) {
            draw_picture(line, text->row + number - p->top, text->column, text->columns);
        }
        return 1;
    }
    flow_start(&flow, all, text->columns - indent, paint_is_ascii());
    for (; flow_next(&flow, &piece); count++) {
        if (number + count >= p->top && number + count - p->top < text->rows) {
            (void)paint_text(text->row + number + count - p->top, text->column + indent,
                             text->columns - indent,
                             span_slice(all, piece.from, piece.to - piece.from), style);
        }
    }
    return count;
}

/* A picture that has room on the screen, but not in a frame, has the screen for itself once one has
 * scrolled to it. */
static bool draw_bare(const struct popup *p, size_t rows, size_t columns)
{
    size_t first = 0;
    const struct layout_box all = {0, 0, rows, columns};
    while (first < p->count && !p->lines[first].is_picture) {
        first++;
    }
    size_t most = p->total > p->rows ? p->total - p->rows : 0;
    if (first == p->count || p->count - first <= p->rows || p->top < most) {
        return false;
    }
    paint_fill(&all, theme_style(THEME_POPUP, paint_colours()));
    for (size_t i = first; i < p->count && i - first < rows; i++) {
        draw_picture(&p->lines[i], i - first, 0, columns);
    }
    return true;
}

static const char *const scrolls = TONGUE(" PgUp PgDn scroll, Esc closes ");

static size_t width_of(const struct popup *p, size_t columns)
{
    size_t foot = glyph_columns(span_from_text(tongue(scrolls)), paint_is_ascii()) + 2;
    size_t wide = glyph_columns(span_from_text(p->title), paint_is_ascii()) + 4;
    for (size_t i = 0; i < p->count; i++) {
        size_t own = glyph_columns(span_from_text(p->lines[i].text), paint_is_ascii());
        wide = own > wide ? own : wide;
    }
    wide = wide < foot ? foot : wide; /* it scrolls, perhaps */
    wide = wide > WIDE_MAX ? WIDE_MAX : wide;
    return wide > columns - 4 ? columns - 4 : wide;
}

void popup_draw(struct popup *p, size_t rows, size_t columns)
{
    size_t number = 0;
    if (p->kind == POPUP_NONE || rows < LAYOUT_ROWS_MIN || columns < LAYOUT_COLUMNS_MIN) {
        return;
    }
    size_t wide = width_of(p, columns);
    p->total = 0;
    for (size_t i = 0; i < p->count; i++) {
        p->total += rows_of(&p->lines[i], wide);
    }
    const struct layout_box box = layout_popup(rows, columns, p->total, wide);
    const struct layout_box text = {box.row + 1, box.column + 2, box.rows - 2, box.columns - 4};
    p->rows = text.rows;
    popup_scroll(p, 0);
    if (draw_bare(p, rows, columns)) {
        return;
    }
    paint_frame(&box, p->title);
    for (size_t i = 0; i < p->count; i++) {
        number += draw_line(p, i, number, &text);
    }
    const char *foot = p->total > p->rows ? tongue(scrolls) : tongue(" Esc closes ");
    if (box.columns > strlen(foot) + 4) {
        (void)paint_words(box.row + box.rows - 1, box.column + 2, strlen(foot), foot, THEME_DIM);
    }
}
