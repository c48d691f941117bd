/*
 * Lines from the standard input, as they come.
 */
#ifndef APPS_TALK_PLAIN_IN_H
#define APPS_TALK_PLAIN_IN_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/talk/talk_words.h"

struct plain_in {
    char *text; /* owned: what came and was not handed out */
    size_t len;
    bool is_end;      /* nothing more comes */
    bool is_too_long; /* the rest of such a line is passed over */
};

void plain_in_init(struct plain_in *in);
void plain_in_clear(struct plain_in *in);

/** Read once from `fd`, which can be read. */
void plain_in_read(struct plain_in *in, int fd);

/** Is there a line, or the rest of what came when nothing more does? */
bool plain_in_has_line(const struct plain_in *in);

/** The next line without its end into `line` (TALK_WORDS_LINE_MAX bytes). False: there is none;
 * `*is_too_long`: it was, and is passed over. */
WARN_UNUSED bool plain_in_next(struct plain_in *in, char *line, bool *is_too_long);

#endif
