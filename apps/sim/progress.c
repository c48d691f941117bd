/*
 * "[#########...........]  46 % of the run", drawn over itself.
 */
#include "apps/sim/progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define GAP_MS 100
#define CELLS 30

uint64_t progress_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void progress_start(struct progress *p, bool is_quiet)
{
    *p = (struct progress){.is_shown = !is_quiet && isatty(STDERR_FILENO) == 1};
}

const char *progress_text(const char *what, uint64_t done, uint64_t total,
                          char out[PROGRESS_LINE_MAX])
{
    char bar[CELLS + 1];
    total = total > 0 ? total : 1;
    done = done < total ? done : total;
    for (size_t i = 0; i < CELLS; i++) {
        bar[i] = i < done * CELLS / total ? '#' : '.';
    }
    bar[CELLS] = '\0';
    (void)snprintf(out, PROGRESS_LINE_MAX, "[%s] %3u %% %.64s", bar, (unsigned)(done * 100 / total),
                   what);
    return out;
}

void progress_show(struct progress *p, const char *what, uint64_t done, uint64_t total)
{
    char line[PROGRESS_LINE_MAX];
    struct winsize size = {.ws_col = 0};
    if (!p->is_shown || progress_now_ms() < p->due_ms) {
        return;
    }
    /* A line that wraps could not be drawn over; the window may have changed since the last one. */
    bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    int width = is_known ? size.ws_col - 1 : PROGRESS_LINE_MAX;
    (void)fprintf(stderr, "\r%.*s\033[K", width, progress_text(what, done, total, line));
    (void)fflush(stderr);
    p->due_ms = progress_now_ms() + GAP_MS;
}

void progress_hide(struct progress *p)
{
    if (p->is_shown) {
        (void)fprintf(stderr, "\r\033[K");
        (void)fflush(stderr);
    }
    p->due_ms = 0;
}
