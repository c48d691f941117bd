/*
 * What was sent from here, the newest first, bounded in number and bytes.
 */
#ifndef APPS_TUI_INPUT_HISTORY_H
#define APPS_TUI_INPUT_HISTORY_H

#include <stddef.h>

#include "apps/tui/input.h"

/* Embedded; zeroed is empty. */
struct input_history {
    char *text[INPUT_HISTORY_MAX]; /* owned, oldest first */
    size_t count;
    size_t bytes; /* of all of them, with their NULs */
};

/** Add `text`, unless it is the newest already. The oldest go to make room. */
void input_history_add(struct input_history *h, const char *text);

/** The text that is `past` (1 to count) back. Borrowed until the next call. */
const char *input_history_get(const struct input_history *h, size_t past);

/** The first one, `past` back or further, that has `words` in it; 0 when none has. */
size_t input_history_find(const struct input_history *h, size_t past, const char *words);

/** Forget all of it. */
void input_history_clear(struct input_history *h);

#endif
