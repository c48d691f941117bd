/*
 * One plot over time as inline SVG: up to four lines, faults shaded behind them, a legend and
 * numbers at the axes. Its colours are classes, which the report's style sheet fills.
 */
#ifndef APPS_SIM_PLOT_H
#define APPS_SIM_PLOT_H

#include "apps/sim/text.h"

#define PLOT_LINES_MAX 4
#define PLOT_POINTS_MAX 600 /* of a line; more are put together by their greatest, see plot.c */

struct plot_line {
    const char *label;
    const double *values; /* one for each of the times; borrowed */
};

/* A span of time, shaded. */
struct plot_shade {
    uint64_t from_ms;
    uint64_t to_ms;
    const char *label;
};

struct plot {
    const char *title;
    const char *unit; /* of the values, or "" */
    const uint64_t *times_ms;
    size_t count;    /* of times */
    uint64_t end_ms; /* of the axis; > 0 */
    struct plot_line lines[PLOT_LINES_MAX];
    size_t line_count;
    const struct plot_shade *shades;
    size_t shade_count;
    uint64_t marks_ms[2]; /* upright lines: faults may begin, all have stopped */
};

/** Write it as one <figure>. */
void plot_write(struct text *t, const struct plot *p);

#endif
