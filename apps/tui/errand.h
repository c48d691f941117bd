/*
 * The program itself, run for a /word that is a command of its own (/export, /import, /config):
 * words come in, what it says leaves. Nobody is asked anything, and nothing waits for it.
 */
#ifndef APPS_TUI_ERRAND_H
#define APPS_TUI_ERRAND_H

#include <stdbool.h>
#include <stddef.h>

#include "wavu/api.h"

#define ERRAND_TEXT_MAX 65536 /* bytes that are kept of what it says, with NUL */
#define ERRAND_WORDS_MAX 32   /* words that it is given */

/* Embedded; zeroed is none. */
struct errand {
    int pid;    /* 0: none is under way */
    int fd;     /* what it says */
    char *text; /* owned */
    size_t len;
    int code; /* once it has ended: its exit code */
};

/** Run `program` with `words` (NULL at the end) and `--home home` (NULL: without). False: one is
 * under way, or the system has no room for it. */
WARN_UNUSED bool errand_start(struct errand *e, const char *program, const char *const *words,
                              const char *home);

/** What to wait for (readable); -1: nothing. */
int errand_fd(const struct errand *e);

/** Read what it says. True once it has ended: `text` and `code` say how, until errand_clear. */
bool errand_pump(struct errand *e);

/** End it, if it has not ended, and forget what it said. */
void errand_clear(struct errand *e);

#endif
