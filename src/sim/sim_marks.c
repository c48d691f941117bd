/*
 * Ring of moments, doubling as it fills.
 */
#include "sim/sim_marks.h"

#include "base/check.h"
#include "base/mem.h"

#define CAP_MIN 4 /* 96 bytes: a request and its answer on an idle connection */

void sim_marks_clear(struct sim_marks *m)
{
    mem_free(m->items);
    *m = (struct sim_marks){0};
}

static struct sim_mark *at(const struct sim_marks *m, uint32_t i)
{
    return &m->items[(m->first + i) & (m->cap - 1)];
}

static void grow(struct sim_marks *m)
{
    uint32_t cap = m->cap == 0 ? CAP_MIN : m->cap * 2;

    CHECK(cap > m->cap);
    struct sim_mark *items = mem_new_array(cap, sizeof(*items));

    for (uint32_t i = 0; i < m->count; i++) {
        items[i] = *at(m, i);
    }
    mem_free(m->items);
    m->items = items;
    m->cap = cap;
    m->first = 0;
}

void sim_marks_push(struct sim_marks *m, const struct sim_mark *mark)
{
    if (m->count > 0 && at(m, m->count - 1)->at_ns == mark->at_ns) {
        *at(m, m->count - 1) = *mark;
        return;
    }
    if (m->count == m->cap) {
        grow(m);
    }
    m->count++;
    *at(m, m->count - 1) = *mark;
}

const struct sim_mark *sim_marks_first(const struct sim_marks *m)
{
    return m->count == 0 ? NULL : at(m, 0);
}

void sim_marks_pop(struct sim_marks *m)
{
    CHECK(m->count > 0);
    m->first = (m->first + 1) & (m->cap - 1);
    m->count--;
}
