/*
 * Where things stand.
 */
#include "apps/tui/layout.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t layout_input_columns(size_t columns)
{
    return columns > LAYOUT_PROMPT_COLUMNS ? columns - LAYOUT_PROMPT_COLUMNS : 1;
}

size_t layout_input_rows_max(size_t rows)
{
    return rows / 3 > 0 ? rows / 3 : 1;
}

struct layout layout_make(size_t rows, size_t columns, size_t input_rows, bool wants_sidebar)
{
    struct layout l = {.fits = rows >= LAYOUT_ROWS_MIN && columns >= LAYOUT_COLUMNS_MIN};
    if (!l.fits) {
        return l;
    }
    input_rows = least(input_rows > 0 ? input_rows : 1, layout_input_rows_max(rows));
    size_t middle = rows - 2 - input_rows;
    size_t side = 0;
    if (wants_sidebar && columns >= LAYOUT_SIDEBAR_FROM) {
        side = least(columns / 4, 30);
    }
    size_t left = side > 0 ? side + 1 : 0;
    l.title = (struct layout_box){0, 0, 1, columns};
    l.sidebar = (struct layout_box){1, 0, middle, side};
    l.view = (struct layout_box){1, left, middle, columns - left};
    l.input = (struct layout_box){1 + middle, 0, input_rows, columns};
    l.status = (struct layout_box){rows - 1, 0, 1, columns};
    return l;
}

struct layout_box layout_popup(size_t rows, size_t columns, size_t want_rows, size_t want_columns)
{
    size_t high = least(want_rows + 2, rows);
    size_t wide = least(want_columns + 4, columns);
    return (struct layout_box){(rows - high) / 2, (columns - wide) / 2, high, wide};
}
