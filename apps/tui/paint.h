/*
 * The terminal, by ncurses: texts and looks come in, cells leave. The one place that knows curses
 * beside keys.c. ncurses compares screens and sends what differs, so all is drawn anew each time.
 *
 * One terminal a process: the state is ncurses' and this file's own.
 */
#ifndef APPS_TUI_PAINT_H
#define APPS_TUI_PAINT_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/tui/layout.h"
#include "apps/tui/theme.h"
#include "base/span.h"
#include "wavu/api.h"

#define PAINT_PAIRS_MAX 64 /* pairs of colours in use; further looks have the terminal's own */

struct paint_wish {
    enum theme_wish colour;
    bool is_ascii;  /* whatever the locale can show */
    bool has_mouse; /* wheel and clicks are ours; else the terminal's own marking works */
};

/** Take the terminal over. False when it cannot be: stdin or stdout is none, or nobody knows what
 * TERM says. */
WARN_UNUSED bool paint_start(const struct paint_wish *wish);

/** Give it back as it was. Does nothing when it is not taken. */
void paint_end(void);

/** Give it back from a signal's handler, after which the program dies: writes a few bytes, calls
 * nothing that is not safe there. */
void paint_end_at_once(void);

/** Take it again after paint_end, or when its size changed; all is drawn anew. */
void paint_again(void);

bool paint_is_ascii(void);
int paint_colours(void);
void paint_mouse(bool is_on);
size_t paint_rows(void);
size_t paint_columns(void);

/** Empty the screen (it shows nothing until paint_show). */
void paint_clear(void);

/** Send what changed, with the cursor at that cell; a `row` of SIZE_MAX: none is seen. */
void paint_show(size_t row, size_t column);

/** Draw `text` (of anybody) in one row of `columns` at most. What has no room is not drawn. Returns
 * the columns that it took. Text from right to left is isolated where the terminal can take it. */
size_t paint_text(size_t row, size_t column, size_t columns, struct span text,
                  struct theme_style style);

/** As paint_text, of a text of ours. */
size_t paint_words(size_t row, size_t column, size_t columns, const char *text,
                   enum theme_role role);

/** Spaces of that look. */
void paint_fill(const struct layout_box *box, struct theme_style style);

/** A rule down or along. */
void paint_rule_down(size_t row, size_t column, size_t rows);
void paint_rule(size_t row, size_t column, size_t columns, struct theme_style style);

/** A frame around a box, emptied inside, its title in the upper edge. */
void paint_frame(const struct layout_box *box, const char *title);

/** Ring the bell. */
void paint_bell(void);

#endif
