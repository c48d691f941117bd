/*
 * The typed text in rows: a row ends at a newline or where the next cluster has no room; the one
 * with the cursor is always among those that are drawn.
 */
#include "apps/tui/input.h"

#include "apps/tui/glyph.h"

/* Where the next row begins, and where this one ends. */
static size_t row_end(struct span text, size_t from, size_t width, bool is_ascii, size_t *to)
{
    size_t columns = 0;
    for (size_t at = from; at < text.len;) {
        struct glyph g;
        size_t len = glyph_next(&g, text, at, is_ascii);
        if (g.kind == GLYPH_BREAK) {
            *to = at;
            return at + len;
        }
        if (columns > 0 && columns + g.columns > width) {
            *to = at;
            return at;
        }
        columns += g.columns;
        at += len;
    }
    *to = text.len;
    return text.len;
}

/* Whether the row `from` to `to`, with `next` behind it, has the cursor. */
static bool has_cursor(struct span text, size_t cursor, size_t from, size_t to, size_t next)
{
    bool is_last = next >= text.len;
    return cursor >= from && (cursor < next || cursor == to) &&
           (cursor < to || next > to || is_last);
}

void input_lay(const struct input *in, size_t width, size_t rows_max, bool is_ascii,
               struct input_lay *lay)
{
    const struct span text = span_of(input_text(in), input_len(in));
    const size_t cursor = input_cursor(in);
    size_t with_cursor = 0;
    size_t count = 0;
    size_t cursor_from = 0;
    rows_max = rows_max > INPUT_ROWS_MAX ? INPUT_ROWS_MAX : (rows_max == 0 ? 1 : rows_max);
    width = width > 1 ? width - 1 : 1; /* the last column is the cursor's */
    /* Once to find the cursor, once to draw: a text is short. */
    for (size_t from = 0;; count++) {
        size_t to = 0;
        size_t next = row_end(text, from, width, is_ascii, &to);
        if (has_cursor(text, cursor, from, to, next)) {
            with_cursor = count;
            cursor_from = from;
        }
        bool is_newline_last = next == text.len && next > to;
        if (next >= text.len && !is_newline_last) {
            count++;
            break;
        }
        from = next;
        if (is_newline_last) { /* an empty row behind the last newline */
            count++;
            with_cursor = cursor == text.len ? count : with_cursor;
            cursor_from = cursor == text.len ? text.len : cursor_from;
            count++;
            break;
        }
    }
    size_t shown = count < rows_max ? count : rows_max;
    size_t first = with_cursor >= shown ? with_cursor - shown + 1 : 0;
    *lay = (struct input_lay){.rows = shown, .above = first, .below = count - first - shown};
    size_t from = 0;
    for (size_t row = 0; row < first + shown; row++) {
        size_t to = from;
        size_t next = row_end(text, from, width, is_ascii, &to);
        if (row >= first) {
            lay->row[row - first].from = from;
            lay->row[row - first].to = to;
        }
        from = next;
    }
    lay->cursor_row = with_cursor - first;
    lay->cursor_column =
        glyph_columns(span_slice(text, cursor_from, cursor - cursor_from), is_ascii);
}
