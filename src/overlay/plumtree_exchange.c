/*
 * Plumtree's exchange, by which nothing is lost: a link has a position, up to which its other end
 * has acknowledged all that we can give. Behind it, digests go out at a slow pace, each with the
 * next origins that changed since, until an acknowledgement comes. Whoever lacks something of a
 * digest wants it and keeps silent, so the digest comes again. Where nothing is said nothing is
 * sent.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "overlay/plumtree_core.h"

/* The time between two digests, a quarter more or less, so that nodes do not fall into step. */
static uint64_t pause_of(const struct plumtree *p)
{
    uint64_t pause = p->config.exchange_ns;
    return pause - pause / 4 + random_below(p->config.random, pause / 2 + 1);
}

void plumtree_exchange_reckon(struct plumtree *p)
{
    p->exchange_due_ns = TIMERS_NEVER;
    for (size_t i = 0; i < p->link_cap; i++) {
        if (p->links[i].is_used && p->links[i].exchange_due_ns < p->exchange_due_ns) {
            p->exchange_due_ns = p->links[i].exchange_due_ns;
        }
    }
}

void plumtree_exchange_begin(struct plumtree *p, uint64_t now, uint8_t slot)
{
    struct plumtree_link *link = &p->links[slot];
    uint64_t pause = p->config.exchange_ns < PLUMTREE_EXCHANGE_FIRST_NS
                         ? p->config.exchange_ns
                         : PLUMTREE_EXCHANGE_FIRST_NS;
    link->exchange_due_ns = p->seen.count == 0 ? TIMERS_NEVER : now + pause;
    plumtree_exchange_reckon(p);
}

void plumtree_exchange_news(struct plumtree *p, uint64_t now)
{
    for (size_t i = 0; i < p->link_cap; i++) {
        struct plumtree_link *link = &p->links[i];
        if (link->is_used && link->exchange_due_ns == TIMERS_NEVER) {
            link->exchange_due_ns = now + pause_of(p);
            if (link->exchange_due_ns < p->exchange_due_ns) {
                p->exchange_due_ns = link->exchange_due_ns;
            }
        }
    }
}

/* The longest unchanged origin that changed after `position`, or NULL. */
static struct plumtree_origin *first_after(const struct plumtree *p, uint64_t position)
{
    struct plumtree_origin *first = NULL;
    for (struct list *at = p->seen.recent.prev; at != &p->seen.recent; at = at->prev) {
        struct plumtree_origin *o = LIST_OF(at, struct plumtree_origin, recent);
        if (o->position <= position) {
            break;
        }
        first = o;
    }
    return first;
}

/* Write offers of what changed after the link's acked position; returns how many, and the position
 * that they reach: not beyond an origin that has more ranges than an offer holds. */
static size_t write_offers(const struct plumtree *p, struct plumtree_link *link, struct wr *w,
                           uint64_t *position)
{
    struct plumtree_msg_offer offer;
    struct plumtree_origin *o = first_after(p, link->acked);
    uint64_t limit = UINT64_MAX;
    bool is_all;
    size_t count = 0;
    link->is_cut = false;
    *position = p->seen.position;
    while (o != NULL && !link->is_cut) {
        if (plumtree_seen_offer(o, p->config.random, &offer, &is_all)) {
            plumtree_msg_put_offer(w, &offer);
            limit = is_all || limit < o->position ? limit : o->position - 1;
            count++;
        }
        struct list *next = list_next(&p->seen.recent, &o->recent);
        if (next != NULL && count == PLUMTREE_MSG_OFFERS_MAX) {
            link->is_cut = true;
            *position = o->position;
        }
        o = next == NULL ? NULL : LIST_OF(next, struct plumtree_origin, recent);
    }
    *position = *position < limit ? *position : limit;
    return count;
}

static void send_digest(struct plumtree *p, uint64_t now, uint8_t slot)
{
    struct plumtree_link *link = &p->links[slot];
    uint8_t offers[PLUMTREE_OFFERS_SIZE_MAX];
    struct wr w;
    uint64_t position;
    wr_init(&w, span_mut_of(offers, sizeof offers));
    size_t count = write_offers(p, link, &w, &position);
    CHECK(wr_finish(&w) == 0);
    link->offered = position;
    if (count == 0) { /* all of it has left the cache: there is nothing to give */
        link->acked = position;
        link->exchange_due_ns = TIMERS_NEVER;
        return;
    }
    uint8_t *list = mem_new_raw(w.len);
    memcpy(list, offers, w.len);
    plumtree_out_put(p, (struct plumtree_out){.kind = PLUMTREE_OUT_DIGEST,
                                              .slot = slot,
                                              .position = position,
                                              .list = list,
                                              .list_len = w.len});
    link->exchange_due_ns = now + pause_of(p);
}

void plumtree_exchange_tick(struct plumtree *p, uint64_t now)
{
    for (size_t i = 0; i < p->link_cap; i++) {
        if (p->links[i].is_used && p->links[i].exchange_due_ns <= now) {
            send_digest(p, now, (uint8_t)i);
        }
    }
    plumtree_exchange_reckon(p);
}

/* Want what an offer names and is not here, up to `room` of them. False when something is lacking.
 */
static bool take_offer(struct plumtree *p, uint64_t now, uint8_t slot,
                       const struct plumtree_msg_offer *offer, size_t *room)
{
    const struct plumtree_origin *o =
        plumtree_seen_find(&p->seen, &offer->origin, offer->generation);
    struct plumtree_origin unknown;
    bool is_whole = true;
    if (o == NULL) {
        if (plumtree_seen_is_stale(&p->seen, &offer->origin, offer->generation)) {
            return true; /* that life is over here */
        }
        memset(&unknown, 0, sizeof unknown);
        plumtree_seen_tag(unknown.tag, &offer->origin, offer->generation);
        o = &unknown;
    }
    for (size_t i = 0; i < offer->range_count; i++) {
        uint32_t end = offer->ranges[i].first + offer->ranges[i].count;
        uint32_t at = plumtree_seen_missing(o, offer->ranges[i].first);
        for (; at < end; at = plumtree_seen_missing(o, at + 1)) {
            struct plumtree_msg_id id = plumtree_seen_id(o, at);
            is_whole = false;
            if (*room == 0 || plumtree_want_add(&p->want, now, &id, slot, true) < 0) {
                *room = 0;
                return false;
            }
            --*room;
        }
    }
    return is_whole;
}

int plumtree_exchange_digest(struct plumtree *p, uint64_t now, uint8_t slot,
                             const struct plumtree_msg *m)
{
    struct plumtree_link *link = &p->links[slot];
    struct plumtree_msg_offer offer;
    struct pb cursor;
    size_t room = PLUMTREE_WANTS_NEW_MAX;
    bool is_whole = true;
    if (now < link->muted_until_ns || budget_bucket_take(&link->digests, 1, now) < 0) {
        p->stats.shed++;
        return WAVU_ERR_LIMIT;
    }
    pb_init(&cursor, m->offers);
    while (plumtree_msg_next_offer(&cursor, &offer)) {
        is_whole = take_offer(p, now, slot, &offer, &room) && is_whole;
    }
    if (is_whole) {
        plumtree_out_put(p, (struct plumtree_out){
                                .kind = PLUMTREE_OUT_ACK, .slot = slot, .position = m->position});
    }
    return 0;
}

int plumtree_exchange_ack(struct plumtree *p, uint64_t now, uint8_t slot,
                          const struct plumtree_msg *m)
{
    struct plumtree_link *link = &p->links[slot];
    if (m->position > link->offered) {
        return WAVU_ERR_PROTO; /* of something that was never offered */
    }
    if (m->position <= link->acked) {
        return 0; /* an old one, late or twice */
    }
    link->acked = m->position;
    if (link->acked == p->seen.position) {
        link->exchange_due_ns = TIMERS_NEVER;
    } else if (link->is_cut && link->acked == link->offered) {
        plumtree_exchange_begin(p, now, slot); /* there is more: go on at once */
        return 0;
    }
    plumtree_exchange_reckon(p);
    return 0;
}
