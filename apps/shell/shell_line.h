/*
 * A line as somebody types it at a terminal: libedit's keys, what was typed before, and Tab.
 */
#ifndef SHELL_SHELL_LINE_H
#define SHELL_SHELL_LINE_H

#include "apps/shell/shell.h"

struct shell_line; /* opaque; freed by shell_line_close */

/** Begin, on stdin and stdout, which are a terminal. `shell` is borrowed. NULL: the terminal cannot
 * be had. */
struct shell_line *shell_line_open(const struct shell *shell);

/** Write what was typed into its file, whole or not at all. NULL is fine. */
void shell_line_close(struct shell_line *l);

/** The next line, borrowed until the next call, with its newline; NULL at the end. `is_more`: it
 * goes on one that has begun. A line that Ctrl+C dropped is "\n", and `*is_dropped`. */
const char *shell_line_read(struct shell_line *l, bool is_more, bool *is_dropped, size_t *len);

/** Keep a line, so that it can be had again (shell_history_add). */
void shell_line_keep(struct shell_line *l, const char *line, size_t len);

#endif
