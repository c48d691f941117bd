/*
 * Where things stand on a screen of so many rows and columns. Arithmetic alone.
 *
 *     title                                 one row
 *     sidebar | messages                    the rest
 *     input                                 as many rows as what is typed takes, at most a third
 *     status                                one row
 */
#ifndef APPS_TUI_LAYOUT_H
#define APPS_TUI_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#define LAYOUT_ROWS_MIN 5
#define LAYOUT_COLUMNS_MIN 20
#define LAYOUT_SIDEBAR_FROM 60 /* columns of a screen that has a sidebar */

struct layout_box {
    size_t row;
    size_t column;
    size_t rows;
    size_t columns;
};

struct layout {
    bool fits; /* else there is room for a sentence alone */
    struct layout_box title;
    struct layout_box sidebar; /* no columns: there is none */
    struct layout_box view;    /* messages; a column of rule stands between both */
    struct layout_box input;
    struct layout_box status;
};

/** Lay out a screen, `input_rows` of which are wished for what is typed. */
struct layout layout_make(size_t rows, size_t columns, size_t input_rows, bool wants_sidebar);

/** A box in the middle for `rows` times `columns` of content inside a frame, as large as there is
 * room for. */
struct layout_box layout_popup(size_t rows, size_t columns, size_t want_rows, size_t want_columns);

/** Columns for what is typed, behind the sign before it; rows for it at most. */
size_t layout_input_columns(size_t columns);
size_t layout_input_rows_max(size_t rows);

#define LAYOUT_PROMPT_COLUMNS 2

#endif
