/*
 * Asking a person at the terminal, or saying why that is not done.
 */
#ifndef APPS_TERM_ASK_H
#define APPS_TERM_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "wavu/api.h"

#define ASK_LINE_MAX 1026 /* bytes of what is typed, with its newline and a NUL */

/** Never ask from now on (--no-input), or again. */
void ask_forbid(bool is_forbidden);

/** True when somebody may be asked: stdin is a terminal, and it is not forbidden. */
bool ask_is_possible(void);

/** True when it is forbidden, whatever stdin is. */
bool ask_is_forbidden(void);

/** Read what is typed, without its end, into `out` of `size` bytes. False at the end of input. */
WARN_UNUSED bool ask_line(char *out, size_t size);

/**
 * Have a person type `word` before something that cannot be undone; what that is stands on the
 * terminal already. Returns 0, SAY_USAGE after a sentence when nobody may be asked, or SAY_FAILURE
 * after one when something else was typed.
 */
WARN_UNUSED int ask_typed(const char *word);

/** Say that nobody may be asked, and that --yes goes on without. Returns SAY_USAGE. */
int ask_explain(void);

#endif
