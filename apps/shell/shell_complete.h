/*
 * Which words may come next in a line: commands, options, peers and people, files.
 */
#ifndef SHELL_SHELL_COMPLETE_H
#define SHELL_SHELL_COMPLETE_H

#include "apps/shell/shell_choices.h"
#include "apps/shell/shell.h"

/** Offer what the last word of the `len` bytes of `line` may become (an empty one behind a space):
 * `*typed` (size SHELL_CHOICES_WORD_MAX) is what is there of it, `*at` where it begins. False when
 * that cannot be said: no UTF-8, too long. Asks the node, a second at most. */
WARN_UNUSED bool shell_complete_line(const struct shell *s, const char *line, size_t len,
                                     struct shell_choices *out, char typed[SHELL_CHOICES_WORD_MAX],
                                     size_t *at);

#endif
