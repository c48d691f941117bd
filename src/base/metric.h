/*
 * Counters with names. Each service embeds its own and links them into the node's set.
 */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include <stddef.h>
#include <stdint.h>

struct metric {
    const char *name; /* static, Prometheus style without prefix: "conns_opened_total" */
    uint64_t value;
    struct metric *next;
};

/* Zeroed memory is an empty set. */
struct metric_set {
    struct metric *first; /* in order of registration */
    struct metric *last;
};

/** Zero `m` and link it under the static `name`, new to the set. `m` must outlive the set. */
void metric_add(struct metric_set *set, struct metric *m, const char *name);

/** The metric called `name`, or NULL. */
const struct metric *metric_find(const struct metric_set *set, const char *name);

#endif
