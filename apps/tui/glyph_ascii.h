/*
 * A likeness in ASCII: one code point comes in, a few characters leave. For terminals without
 * UTF-8, serial lines and `--ascii`.
 */
#ifndef APPS_TUI_GLYPH_ASCII_H
#define APPS_TUI_GLYPH_ASCII_H

#include <stdint.h>

#define GLYPH_ASCII_MAX 8 /* characters of a likeness, with NUL */

/** Write what `point` looks like in ASCII: the letter without its marks, a few signs and emoji by
 * what people type for them, else "?". Returns `out`. */
const char *glyph_ascii(uint32_t point, char out[GLYPH_ASCII_MAX]);

#endif
