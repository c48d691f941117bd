/*
 * What was typed before: the newest lines, each once, and their file. A line of the file is a line
 * that was typed, with \\ for a backslash and \n for a line's end within it.
 */
#ifndef SHELL_SHELL_HISTORY_H
#define SHELL_SHELL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

#define SHELL_HISTORY_MAX 500       /* lines; the oldest go */
#define SHELL_HISTORY_LINE_MAX 4096 /* bytes of one; longer ones are not kept */
#define SHELL_HISTORY_FILE_MAX                                                                     \
    (4 << 20) /* bytes of the file: that many lines; the rest is not read */

struct shell_history {
    char *lines[SHELL_HISTORY_MAX]; /* owned; ring by number */
    size_t first;                   /* number of the oldest */
    size_t next;                    /* number of the next */
    size_t at;                      /* the one that is looked at; `next`: none */
};

/** Zeroed memory is an empty one. */
void shell_history_clear(struct shell_history *h);

/** Keep a line of `len` bytes, a newline at its end left out; the same one from before goes. Not
 * kept: an empty one, one that begins with a space, one that is too long, or holds a byte 0. */
void shell_history_add(struct shell_history *h, const char *line, size_t len);

/** Go to the newest, the oldest, from the one that is looked at to an older or newer one. NULL:
 * there is none; then it stays. */
const char *shell_history_newest(struct shell_history *h);
const char *shell_history_oldest(struct shell_history *h);
const char *shell_history_older(struct shell_history *h);
const char *shell_history_newer(struct shell_history *h);
const char *shell_history_here(const struct shell_history *h);

/** Read a file's text; what is there already is older. */
void shell_history_read(struct shell_history *h, struct span text);

/** From the file, where there is one. */
void shell_history_load(struct shell_history *h, const char *path);

/** Into a new file, mode 0600, which then takes the place of that at `path`. False: the disk did
 * not take it; the old one is as it was. */
bool shell_history_save(const struct shell_history *h, const char *path);

#endif
