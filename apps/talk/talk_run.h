/*
 * The program itself, run once more for what a command line does better than a chat (/export,
 * /import, /config): what it prints comes as lines, without waiting.
 */
#ifndef APPS_TALK_TALK_RUN_H
#define APPS_TALK_TALK_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/talk/talk.h"

#define TALK_RUN_WORDS_MAX 16 /* of its command line */

struct talk_run {
    int fd; /* where it prints; -1: none runs */
    int pid;
    char line[TALK_LINE_MAX]; /* what is not a whole line yet */
    size_t len;
};

/** None runs. */
void talk_run_init(struct talk_run *run);

/** Begin `words` (NULL at the end) with --home `home`. WAVU_ERR_AGAIN: one runs still; _LIMIT, _IO.
 */
WARN_UNUSED int talk_run_start(struct talk_run *run, const char *home, const char *const *words);

/** Tell `talk` the lines that came, when run->fd can be read; true: it has ended, well when
 * `*is_good`. */
WARN_UNUSED bool talk_run_pump(struct talk_run *run, struct talk *talk, bool *is_good);

/** End it, if one runs. */
void talk_run_stop(struct talk_run *run);

#endif
