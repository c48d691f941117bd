/*
 * A text in lines of a width: bytes come in, one line at a time leaves. Lines break at spaces and
 * beside wide characters, long words where the line ends, and always at a newline.
 *
 * A machine over borrowed text: nothing is kept of it, so that a window of messages can be laid out
 * anew at each width, from any line on that was counted before.
 */
#ifndef APPS_TUI_FLOW_H
#define APPS_TUI_FLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct flow {
    struct span text; /* borrowed */
    size_t at;        /* bytes that were laid out */
    size_t width;     /* columns of a line, at least 1 */
    bool is_ascii;
    bool is_begun;
};

struct flow_line {
    size_t from; /* bytes of the text: what is drawn of it */
    size_t to;
    size_t columns; /* that it takes: above the width only where one cluster alone is wider */
};

/** Begin with `text`. A width of 0 is taken for 1. */
void flow_start(struct flow *f, struct span text, size_t width, bool is_ascii);

/** The next line. False when there is none: an empty text has one, a newline at the end begins
 * none. */
bool flow_next(struct flow *f, struct flow_line *line);

/** How many lines `text` has, `max` at most. */
size_t flow_count(struct span text, size_t width, bool is_ascii, size_t max);

#endif
