/*
 * A line as its words, as people know it from other shells: spaces part them; 'all of this' and
 * "most of this" stay together; a backslash takes the next character as it is, between double
 * quotes before these and itself only; # begins a remark; ; or the end of the line ends a command.
 * Nothing is expanded: no variables, no patterns. Pure.
 */
#ifndef SHELL_SHELL_WORDS_H
#define SHELL_SHELL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "wavu/api.h"
#include "wavu/err.h"

#define SHELL_WORDS_MAX 32 /* of one command; none takes more */
#define SHELL_WORDS_LINE_MAX                                                                       \
    (40u * 1024u) /* bytes of a line: a broadcast of 32 KiB and what is around it */

enum shell_words_open {
    SHELL_WORDS_BETWEEN, /* the end is behind a word, or there is none */
    SHELL_WORDS_BARE,    /* in a word */
    SHELL_WORDS_SINGLE,  /* in a word, behind ' */
    SHELL_WORDS_DOUBLE,  /* in a word, behind " */
    SHELL_WORDS_ESCAPED  /* behind a backslash */
};

struct shell_words {
    char text[SHELL_WORDS_LINE_MAX + SHELL_WORDS_MAX]; /* each word with its NUL */
    const char *items[SHELL_WORDS_MAX];                /* into `text` */
    size_t count;
    size_t used;                /* bytes of the line that the command takes, its end included */
    size_t last_at;             /* where the last word begins in the line */
    enum shell_words_open open; /* how the command ended */
};

/** Read the first command of the `len` bytes of `line`; `out->used` of them are read, so that the
 * next one begins there. What is open at the end of the line is its word as far as it goes:
 * WAVU_ERR_PROTO then. WAVU_ERR_LIMIT: too long, or too many words; WAVU_ERR_INVALID: a byte 0. */
WARN_UNUSED int shell_words_read(struct shell_words *out, const char *line, size_t len);

/** Write `word` so that shell_words_read gives it back, as one word: with backslashes before what
 * would mean something, or between quotes when it is empty. WAVU_ERR_LIMIT when it does not fit,
 * with a NUL, into `size` bytes, or cannot be said: a newline. */
WARN_UNUSED int shell_words_quote(const char *word, char *out, size_t size);

#endif
