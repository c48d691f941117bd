/*
 * A line as its words, as people know it from other shells: spaces part them; 'all of this' and
 * "most of this" stay together; a backslash takes the next character as it is, between double
 * quotes before these and itself only; # begins a remark; ; or the end of the line ends a command.
 * Nothing is expanded: no variables, no patterns. Pure.
 */
#ifndef SHELL_WORDS_H
#define SHELL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "wavu/api.h"
#include "wavu/err.h"

#define WORDS_MAX 32 /* of one command; none takes more */
#define WORDS_LINE_MAX                                                                             \
    (40u * 1024u) /* bytes of a line: a broadcast of 32 KiB and what is around it */

enum words_open {
    WORDS_BETWEEN, /* the end is behind a word, or there is none */
    WORDS_BARE,    /* in a word */
    WORDS_SINGLE,  /* in a word, behind ' */
    WORDS_DOUBLE,  /* in a word, behind " */
    WORDS_ESCAPED  /* behind a backslash */
};

struct words {
    char text[WORDS_LINE_MAX + WORDS_MAX]; /* each word with its NUL */
    const char *items[WORDS_MAX];          /* into `text` */
    size_t count;
    size_t used;          /* bytes of the line that the command takes, its end included */
    size_t last_at;       /* where the last word begins in the line */
    enum words_open open; /* how the command ended */
};

/** Read the first command of the `len` bytes of `line`; `out->used` of them are read, so that the
 * next one begins there. What is open at the end of the line is its word as far as it goes:
 * WAVU_ERR_PROTO then. WAVU_ERR_LIMIT: too long, or too many words; WAVU_ERR_INVALID: a byte 0. */
WARN_UNUSED int words_read(struct words *out, const char *line, size_t len);

/** Write `word` so that words_read gives it back, as one word: with backslashes before what would
 * mean something, or between quotes when it is empty. WAVU_ERR_LIMIT when it does not fit, with a
 * NUL, into `size` bytes, or cannot be said: a newline. */
WARN_UNUSED int words_quote(const char *word, char *out, size_t size);

#endif
