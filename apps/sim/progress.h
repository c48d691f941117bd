/*
 * A progress bar on stderr, where that is a terminal; elsewhere nothing.
 */
#ifndef APPS_SIM_PROGRESS_H
#define APPS_SIM_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRESS_LINE_MAX 128

struct progress {
    bool is_shown;   /* stderr is a terminal, and nobody wants quiet */
    uint64_t due_ms; /* not drawn again before then */
};

/** Look whether there is a terminal; with `is_quiet` nothing is drawn on that either. */
void progress_start(struct progress *p, bool is_quiet);

/** Draw it, ten times a second at most: `what` it is ("seeds"), `done` of `total`. */
void progress_show(struct progress *p, const char *what, uint64_t done, uint64_t total);

/** Take the bar away, whoever drew it, before something else is printed. */
void progress_hide(struct progress *p);

/** The bar as text, without the terminal's part. Returns `out`. */
const char *progress_text(const char *what, uint64_t done, uint64_t total,
                          char out[PROGRESS_LINE_MAX]);

/** Milliseconds of a clock that never goes back. */
uint64_t progress_now_ms(void);

#endif
