/*
 * Budgets by member. One is made when a stream or an envelope of a member comes that has none, and
 * goes when it would be as new and carries no link: so there are no more than members who did
 * something within the last seconds.
 */
#include "courier/courier_payer.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define SWEPT_MAX 8 /* for each that comes */

/* Some of those that would be as new go. */
static void sweep(struct courier *c, uint64_t now)
{
    struct courier_payer *p;
    size_t left = SWEPT_MAX;
    size_t at = 0;
    while (left > 0 && (p = map_next(&c->payers, &at)) != NULL) {
        if (p->links == 0 && budget_bucket_is_full(&p->trials, now) &&
            budget_bucket_is_full(&p->frames, now)) {
            CHECK(map_remove(&c->payers, span_of(p->member, sizeof(p->member))) == p);
            mem_free(p);
            at = 0; /* the map may have moved */
            left--;
        }
    }
}

struct courier_payer *courier_payer_get(struct courier *c, const uint8_t *device)
{
    uint8_t member[ENVELOPE_DEVICE_SIZE];
    return c->config.ask.whose(c->config.ask.context, device, member) ? courier_payer_of(c, member)
                                                                      : NULL;
}

struct courier_payer *courier_payer_of(struct courier *c, const uint8_t *member)
{
    const uint64_t now = c->turn->now_ns;
    struct courier_payer *p = map_get(&c->payers, span_of(member, sizeof(p->member)));
    if (p == NULL) {
        sweep(c, now);
        p = mem_new(sizeof(*p));
        memcpy(p->member, member, sizeof(p->member));
        budget_bucket_init(&p->trials, COURIER_TRIALS_RATE, COURIER_TRIALS_BURST, now);
        budget_bucket_init(&p->frames, COURIER_FRAMES_RATE, COURIER_FRAMES_BURST, now);
        CHECK(map_put(&c->payers, span_of(p->member, sizeof(p->member)), p) == NULL);
    }
    return p;
}

void courier_payer_clear(struct courier *c)
{
    struct courier_payer *p;
    size_t at = 0;
    while ((p = map_next(&c->payers, &at)) != NULL) {
        mem_free(p);
    }
    map_clear(&c->payers);
}

bool courier_payer_may(const struct courier_payer *p, uint64_t now)
{
    struct budget_bucket trials = p->trials;
    struct budget_bucket frames = p->frames;
    return budget_bucket_take(&trials, 1, now) == 0 && budget_bucket_take(&frames, 1, now) == 0;
}

static void spend(struct budget_bucket *b, uint32_t count, uint64_t now)
{
    if (count > 0 && budget_bucket_take(b, count, now) < 0) {
        b->tokens_milli = 0;
    }
}

void courier_payer_frame(struct courier_payer *p, uint32_t count, uint64_t now)
{
    spend(&p->frames, count, now);
}

void courier_payer_tried(struct courier_payer *p, uint32_t count, uint64_t now)
{
    spend(&p->trials, count, now);
}
