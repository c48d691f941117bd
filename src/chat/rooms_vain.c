/*
 * Work in vain, by member.
 */
#include "chat/rooms_vain.h"

#include <string.h>

#include "base/span.h"

static struct rooms_vain_member *find(struct rooms_vain *v, const uint8_t member[32])
{
    for (size_t i = 0; i < v->count; i++) {
        if (span_is_equal(span_of(v->members[i].member, 32), span_of(member, 32))) {
            return &v->members[i];
        }
    }
    return NULL;
}

/* A free place, or that of who has most left. */
static struct rooms_vain_member *place(struct rooms_vain *v, uint64_t now)
{
    struct rooms_vain_member *best = &v->members[0];

    if (v->count < ROOMS_VAIN_MEMBERS_MAX) {
        return &v->members[v->count++];
    }
    for (size_t i = 1; i < v->count; i++) {
        struct rooms_vain_member *m = &v->members[i];

        if (budget_bucket_left(&m->left, now) > budget_bucket_left(&best->left, now)) {
            best = m;
        }
    }
    return best;
}

bool rooms_vain_may(struct rooms_vain *v, const uint8_t member[32], uint64_t now)
{
    struct rooms_vain_member *m = find(v, member);

    return m == NULL || budget_bucket_left(&m->left, now) > 0;
}

void rooms_vain_cost(struct rooms_vain *v, const uint8_t member[32], uint64_t steps, uint64_t now)
{
    if (steps == 0) {
        return;
    }
    struct rooms_vain_member *m = find(v, member);

    if (m == NULL) {
        m = place(v, now);
        memcpy(m->member, member, sizeof m->member);
        budget_bucket_init(&m->left, ROOMS_VAIN_RATE, ROOMS_VAIN_BURST, now);
    }
    const uint32_t left = budget_bucket_left(&m->left, now);

    (void)!budget_bucket_take(&m->left, steps < left ? (uint32_t)steps : left, now);
}
