/*
 * Text from anybody as what a terminal draws without harm: bytes come in, one cluster at a time
 * leaves (what a person takes for one character), with the columns that it takes on every terminal.
 *
 * What terminals disagree about is made into what they agree about: joined emoji stand side by
 * side, skin tones and presentation selectors are left out. Control characters, directional marks
 * and broken bytes become visible stand-ins; what is invisible is left out.
 *
 * Source: UAX 29 (extended grapheme clusters), UAX 11 (widths), both by utf8proc.
 */
#ifndef APPS_TUI_GLYPH_H
#define APPS_TUI_GLYPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

#define GLYPH_MARKS_MAX 3 /* combining marks kept of a cluster; a cell of ncurses holds four */
#define GLYPH_SPACING_MAX                                                                          \
    8                     /* characters with a width in a cluster; what follows is the next one    \
                           */
#define GLYPH_TEXT_MAX 48 /* (8 + 3) * 4 bytes, the sign of a cut, NUL */
#define GLYPH_COLUMNS_MAX 17

enum glyph_kind {
    GLYPH_TEXT,
    GLYPH_SPACE,  /* a line may break here */
    GLYPH_BREAK,  /* a line ends here; nothing is drawn */
    GLYPH_NOTHING /* nothing is drawn, and nothing ends */
};

struct glyph {
    char text[GLYPH_TEXT_MAX]; /* to be drawn: UTF-8 without controls, with NUL */
    uint8_t len;               /* bytes of it */
    uint8_t columns;
    enum glyph_kind kind;
    bool is_rtl; /* it is written from right to left */
    bool is_cut; /* marks of it were left out, and a sign stands for them */
};

/** Read the cluster at `at`, which is below text.len. With `is_ascii` only ASCII is drawn: letters
 * without their marks, "?" for what has no likeness. Returns the bytes that it takes of `text`, at
 * least 1. Linear in them. */
size_t glyph_next(struct glyph *g, struct span text, size_t at, bool is_ascii);

/** Where the cluster before `at` (above 0) begins. Looks back GLYPH_BACK_MAX bytes at most: in a
 * longer one it is somewhere inside. */
size_t glyph_before(struct span text, size_t at);

#define GLYPH_BACK_MAX 256

/** Columns of all of `text` in one line (breaks take none). */
size_t glyph_columns(struct span text, bool is_ascii);

/** Whether anything in `text` is written from right to left. */
bool glyph_has_rtl(struct span text);

#endif
