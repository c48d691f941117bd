/*
 * The cache of payloads. What leaves it raises its origin's offer_low, so that digests never offer
 * what is gone.
 */
#include "overlay/plumtree_cache.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"

void plumtree_cache_init(struct plumtree_cache *c, const struct random *random, size_t bytes_max,
                         uint64_t keep_ns)
{
    *c = (struct plumtree_cache){
        .bytes_max = bytes_max, .keep_ns = keep_ns, .oldest_ns = TIMERS_NEVER};
    map_init(&c->by_id, random);
    list_init(&c->by_age);
}

static struct span id_span(const struct plumtree_payload *p)
{
    return span_of(p->id.bytes, sizeof p->id.bytes);
}

static size_t cost_of(const struct plumtree_payload *p)
{
    return p->len + (size_t)PLUMTREE_CACHE_COST;
}

static struct plumtree_payload *oldest(const struct plumtree_cache *c)
{
    return LIST_OF(c->by_age.next, struct plumtree_payload, by_age);
}

static void drop(struct plumtree_cache *c, struct plumtree_payload *p)
{
    if (p->origin->offer_low <= p->sequence) {
        p->origin->offer_low = p->sequence + 1;
    }
    p->origin->cached_bytes -= cost_of(p);
    p->origin = NULL;
    c->bytes -= cost_of(p);
    (void)map_remove(&c->by_id, id_span(p));
    list_remove(&p->by_age);
    list_remove(&p->by_origin);
    plumtree_cache_unref(p);
    c->oldest_ns = list_is_empty(&c->by_age) ? TIMERS_NEVER : oldest(c)->until_ns;
}

void plumtree_cache_clear(struct plumtree_cache *c)
{
    while (!list_is_empty(&c->by_age)) {
        drop(c, oldest(c));
    }
    map_clear(&c->by_id);
}

void plumtree_cache_drop_origin(struct plumtree_cache *c, struct plumtree_origin *origin)
{
    while (!list_is_empty(&origin->cached)) {
        drop(c, LIST_OF(origin->cached.next, struct plumtree_payload, by_origin));
    }
}

/* Make room for `cost` bytes of `origin`: its own oldest go beyond its share, then everybody's. */
static void make_room(struct plumtree_cache *c, struct plumtree_origin *origin, size_t cost)
{
    size_t share = c->bytes_max / PLUMTREE_CACHE_SHARE_MAX;
    while (!list_is_empty(&origin->cached) && origin->cached_bytes + cost > share) {
        drop(c, LIST_OF(origin->cached.next, struct plumtree_payload, by_origin));
    }
    while (!list_is_empty(&c->by_age) && c->bytes + cost > c->bytes_max) {
        drop(c, oldest(c));
    }
}

struct plumtree_payload *plumtree_cache_put(struct plumtree_cache *c, uint64_t now,
                                            struct plumtree_origin *origin,
                                            const struct plumtree_msg *m)
{
    struct plumtree_payload *p = mem_new_raw(sizeof *p + m->payload.len);
    memset(p, 0, sizeof *p);
    p->id = plumtree_seen_id(origin, m->sequence);
    p->origin = origin;
    p->until_ns = now + c->keep_ns;
    p->from_origin = origin->id;
    p->generation = origin->generation;
    p->sequence = m->sequence;
    p->hops = m->hops;
    p->len = (uint32_t)m->payload.len;
    p->items = (uint8_t)m->items;
    p->references = 1;
    p->from = PLUMTREE_CACHE_NOBODY;
    p->is_repair = m->is_repair;
    memcpy(p->signature, m->signature.ptr, OVERLAY_SIGN_SIZE);
    if (m->payload.len > 0) {
        memcpy(p->bytes, m->payload.ptr, m->payload.len);
    }
    make_room(c, origin, cost_of(p));
    list_push_back(&c->by_age, &p->by_age);
    c->oldest_ns = oldest(c)->until_ns;
    list_push_back(&origin->cached, &p->by_origin);
    origin->cached_bytes += cost_of(p);
    c->bytes += cost_of(p);
    void *twin = map_put(&c->by_id, id_span(p), p);
    CHECK(twin == NULL);
    return p;
}

struct plumtree_payload *plumtree_cache_get(const struct plumtree_cache *c,
                                            const struct plumtree_msg_id *id)
{
    return map_get(&c->by_id, span_of(id->bytes, sizeof id->bytes));
}

void plumtree_cache_expire(struct plumtree_cache *c, uint64_t now)
{
    while (c->oldest_ns <= now) {
        drop(c, oldest(c));
    }
}

uint64_t plumtree_cache_deadline(const struct plumtree_cache *c)
{
    return c->oldest_ns == TIMERS_NEVER ? TIMERS_NEVER
                                        : c->oldest_ns + c->keep_ns / PLUMTREE_CACHE_SLACK;
}

void plumtree_cache_forget_slot(struct plumtree_cache *c, uint8_t slot)
{
    for (struct list *at = list_next(&c->by_age, &c->by_age); at != NULL;
         at = list_next(&c->by_age, at)) {
        struct plumtree_payload *p = LIST_OF(at, struct plumtree_payload, by_age);
        if (p->from == slot) {
            p->from = PLUMTREE_CACHE_NOBODY;
        }
    }
}

struct plumtree_payload *plumtree_cache_ref(struct plumtree_payload *p)
{
    p->references++;
    return p;
}

void plumtree_cache_unref(struct plumtree_payload *p)
{
    if (p != NULL && --p->references == 0) {
        mem_free(p);
    }
}

void plumtree_cache_check(const struct plumtree_cache *c)
{
    size_t bytes = 0;
    size_t count = 0;
    uint64_t until_ns = 0;
    for (struct list *at = list_next(&c->by_age, &c->by_age); at != NULL;
         at = list_next(&c->by_age, at)) {
        struct plumtree_payload *p = LIST_OF(at, struct plumtree_payload, by_age);
        CHECK(p->until_ns >= until_ns && p->references > 0);
        CHECK(p->origin != NULL && plumtree_seen_has(p->origin, p->sequence));
        CHECK(plumtree_cache_get(c, &p->id) == p);
        until_ns = p->until_ns;
        bytes += cost_of(p);
        count++;
    }
    CHECK(bytes == c->bytes && bytes <= c->bytes_max && count == c->by_id.count);
    map_check(&c->by_id);
}
