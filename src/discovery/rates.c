/*
 * Token buckets per source address.
 */
#include "discovery/rates.h"

#include <string.h>

#include "base/mem.h"

#define RATES_FORGET_MAX 64 /* in one go */

struct rates_source {
    uint8_t ip[16];
    uint8_t ip_len;
    struct budget_bucket bucket;
};

void rates_init(struct rates *r, const struct random *random, uint32_t rate, uint32_t burst)
{
    map_init(&r->sources, random);
    r->rate = rate;
    r->burst = burst;
    budget_bucket_init(&r->shared, rate, burst, 0);
}

void rates_clear(struct rates *r)
{
    size_t at = 0;
    struct rates_source *s = map_next(&r->sources, &at);
    while (s != NULL) {
        mem_free(s);
        s = map_next(&r->sources, &at);
    }
    map_clear(&r->sources);
}

/* Full buckets say nothing: forget some of them. */
static void rates_forget_full(struct rates *r, uint64_t now)
{
    struct rates_source *full[RATES_FORGET_MAX];
    size_t count = 0;
    size_t at = 0;
    struct rates_source *s = map_next(&r->sources, &at);
    while (s != NULL && count < RATES_FORGET_MAX) {
        if (budget_bucket_is_full(&s->bucket, now)) {
            full[count++] = s;
        }
        s = map_next(&r->sources, &at);
    }
    for (size_t i = 0; i < count; i++) {
        (void)map_remove(&r->sources, span_of(full[i]->ip, full[i]->ip_len));
        mem_free(full[i]);
    }
}

int rates_take(struct rates *r, const struct multiaddr_ip *ip, uint64_t now)
{
    struct rates_source *s = map_get(&r->sources, span_of(ip->ip, ip->ip_len));
    if (s == NULL && r->sources.count >= RATES_SOURCES_MAX) {
        rates_forget_full(r, now);
    }
    if (s == NULL && r->sources.count >= RATES_SOURCES_MAX) {
        return budget_bucket_take(&r->shared, 1, now);
    }
    if (s == NULL) {
        s = mem_new(sizeof *s);
        memcpy(s->ip, ip->ip, ip->ip_len);
        s->ip_len = ip->ip_len;
        budget_bucket_init(&s->bucket, r->rate, r->burst, now);
        (void)map_put(&r->sources, span_of(s->ip, s->ip_len), s);
    }
    return budget_bucket_take(&s->bucket, 1, now);
}
