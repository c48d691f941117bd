/*
 * What a node counts, as Prometheus reads it (text format 0.0.4): names with `wavu_` before them,
 * base units, HELP and TYPE. Sums of the whole node alone: no peer, address, name or network has a
 * place in it, not even a shortened one. docs/metrics.md lists all of it.
 */
#ifndef APPS_DAEMON_METRICS_H
#define APPS_DAEMON_METRICS_H

#include "base/buf.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct wavu_node;

/* What is measured; borrowed. */
struct metrics {
    struct wavu_node *node; /* NULL: it is locked, or starts; then only the process is measured */
    const char *home;       /* where its store lies; NULL: nowhere */
};

/** Append the metrics of `m` (a struct metrics) to `out`. WAVU_ERR_LIMIT when they do not fit. */
WARN_UNUSED int metrics_render(void *m, struct buf *out);

/** What the node's counter `name` ("conns_opened_total") counts, in half a line; NULL: it is none,
 * or has a name of its own here. */
const char *metrics_help(const char *name);

#endif
