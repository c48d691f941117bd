/*
 * Counters: services count, the status call and the exporter walk the set.
 */
#include "base/metric.h"

#include "base/check.h"
#include "base/span.h"

void metric_add(struct metric_set *set, struct metric *m, const char *name)
{
    CHECK(metric_find(set, name) == NULL);
    *m = (struct metric){.name = name};
    if (set->last == NULL) {
        set->first = m;
    } else {
        set->last->next = m;
    }
    set->last = m;
}

const struct metric *metric_find(const struct metric_set *set, const char *name)
{
    struct span wanted = span_from_text(name);
    const struct metric *m = set->first;

    while (m != NULL && !span_is_equal(span_from_text(m->name), wanted)) {
        m = m->next;
    }
    return m;
}
