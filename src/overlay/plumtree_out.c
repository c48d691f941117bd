/*
 * Plumtree's events: the machine queues them in short, the owner takes them as messages. Lists and
 * payloads are put together only when they are taken, so a broadcast is copied once, into the
 * cache.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "overlay/plumtree_core.h"

#define OUT_CAP_MIN 8
#define SCRATCH_KEPT 256 /* bytes: a dozen ids; more is given back */
#define OUT_CAP_KEPT 64  /* larger arrays are given back once they are empty */

void plumtree_out_put(struct plumtree *p, struct plumtree_out out)
{
    if (p->out_count == p->out_cap) {
        p->out_cap = p->out_cap == 0 ? OUT_CAP_MIN : 2 * p->out_cap;
        p->out = mem_resize(p->out, p->out_cap * sizeof *p->out);
    }
    p->out[p->out_count++] = out;
}

void plumtree_out_gossip(struct plumtree *p, uint8_t slot, struct plumtree_payload *payload,
                         bool is_repair)
{
    plumtree_out_put(p, (struct plumtree_out){.kind = PLUMTREE_OUT_GOSSIP,
                                              .slot = slot,
                                              .is_repair = is_repair,
                                              .payload = plumtree_cache_ref(payload)});
}

void plumtree_out_deliver(struct plumtree *p, struct plumtree_payload *payload, bool is_repair)
{
    plumtree_out_put(p, (struct plumtree_out){.kind = PLUMTREE_OUT_DELIVER,
                                              .slot = PLUMTREE_CACHE_NOBODY,
                                              .is_repair = is_repair,
                                              .payload = plumtree_cache_ref(payload)});
}

void plumtree_out_announce(struct plumtree *p, uint64_t now, struct plumtree_payload *payload)
{
    bool is_lazy = false;
    for (size_t i = 0; i < p->link_cap; i++) {
        struct plumtree_link *link = &p->links[i];
        /* Who gets the payload, or sent it, need not be told, unless something before it waits. */
        bool knows = link->is_eager || i == payload->from;
        link->announced += link->announced == p->announce_count && (!link->is_used || knows);
        is_lazy = is_lazy || link->announced <= p->announce_count;
    }
    if (p->announce == NULL) {
        p->announce = mem_new_array(PLUMTREE_ANNOUNCE_MAX, sizeof *p->announce);
    }
    p->announce[p->announce_count % PLUMTREE_ANNOUNCE_MAX] = (struct plumtree_have){
        .id = payload->id, .hops = (uint8_t)payload->hops, .from = payload->from};
    p->announce_count++;
    if (is_lazy && p->announce_due_ns == TIMERS_NEVER) {
        p->announce_due_ns = now + p->config.lazy_ns;
        p->announce_first = p->announce_count - 1;
    }
    if (is_lazy && p->announce_count - p->announce_first == PLUMTREE_ANNOUNCE_MAX) {
        plumtree_out_flush(p);
    }
}

void plumtree_out_flush(struct plumtree *p)
{
    for (size_t i = 0; i < p->link_cap; i++) {
        struct plumtree_link *link = &p->links[i];
        if (link->is_used && link->announced < p->announce_count) {
            plumtree_out_put(p, (struct plumtree_out){.kind = PLUMTREE_OUT_HAVE,
                                                      .slot = (uint8_t)i,
                                                      .from = link->announced,
                                                      .position = p->announce_count});
        }
        link->announced = p->announce_count;
    }
    p->announce_due_ns = TIMERS_NEVER;
}

static void out_drop(struct plumtree_out *out)
{
    plumtree_cache_unref(out->payload);
    mem_free(out->list);
    *out = (struct plumtree_out){.kind = PLUMTREE_OUT_NOTHING};
}

void plumtree_out_forget_slot(struct plumtree *p, uint8_t slot)
{
    for (size_t i = p->out_first; i < p->out_count; i++) {
        if (p->out[i].slot == slot) {
            out_drop(&p->out[i]);
        }
    }
}

/* Let go of what the event before showed. */
static void release(struct plumtree *p)
{
    plumtree_cache_unref(p->held);
    p->held = NULL;
    if (p->scratch.cap > SCRATCH_KEPT) {
        buf_clear(&p->scratch);
    }
}

void plumtree_out_clear(struct plumtree *p)
{
    for (size_t i = p->out_first; i < p->out_count; i++) {
        out_drop(&p->out[i]);
    }
    release(p);
    buf_clear(&p->scratch);
    mem_free(p->out);
    p->out = NULL;
    p->out_first = 0;
    p->out_count = 0;
    p->out_cap = 0;
}

/* The queue is empty: start it anew. */
static void rewind_queue(struct plumtree *p)
{
    p->out_first = 0;
    p->out_count = 0;
    if (p->out_cap > OUT_CAP_KEPT) {
        mem_free(p->out);
        p->out = NULL;
        p->out_cap = 0;
    }
}

static void make_deliver(struct plumtree *p, struct plumtree_out *out, struct plumtree_event *event)
{
    const struct plumtree_payload *payload = out->payload;
    event->kind = PLUMTREE_DELIVER;
    event->origin = payload->from_origin;
    event->generation = payload->generation;
    event->sequence = payload->sequence;
    event->hops = payload->hops;
    event->is_repair = out->is_repair;
    event->items = span_of(payload->bytes, payload->items * (size_t)PLUMTREE_MSG_ITEM_SIZE);
    event->payload = span_of(payload->bytes + event->items.len, payload->len - event->items.len);
    event->signature = span_of(payload->signature, sizeof payload->signature);
    p->held = out->payload;
    out->payload = NULL;
}

static void make_gossip(struct plumtree *p, struct plumtree_out *out, struct plumtree_msg *m)
{
    const struct plumtree_payload *payload = out->payload;
    m->kind = PLUMTREE_MSG_GOSSIP;
    m->origin = payload->from_origin;
    m->generation = payload->generation;
    m->sequence = payload->sequence;
    m->hops = payload->hops < PLUMTREE_MSG_HOPS_MAX ? payload->hops + 1 : payload->hops;
    m->payload = span_of(payload->bytes, payload->len);
    m->items = payload->items;
    m->signature = span_of(payload->signature, sizeof payload->signature);
    m->is_repair = out->is_repair;
    m->is_wave = out->is_wave;
    p->held = out->payload;
    out->payload = NULL;
}

/* Room for `count` ids and their hops behind them. */
static struct span_mut scratch_of(struct plumtree *p, size_t count)
{
    size_t len = count * (PLUMTREE_MSG_ID_SIZE + 1);
    int rc = buf_reserve(&p->scratch, len);
    CHECK(rc == 0);
    return span_mut_of(p->scratch.ptr, len);
}

/* False when the link knows all of them. */
static bool make_have(struct plumtree *p, const struct plumtree_out *out, struct plumtree_msg *m)
{
    uint64_t from = out->from;
    if (p->announce_count - from > PLUMTREE_ANNOUNCE_MAX) {
        from = p->announce_count - PLUMTREE_ANNOUNCE_MAX; /* overwritten: digests tell of them */
    }
    if (from >= out->position) {
        return false;
    }
    size_t max = (size_t)(out->position - from);
    struct span_mut ids = scratch_of(p, max);
    struct span_mut hops = span_mut_slice(ids, max * PLUMTREE_MSG_ID_SIZE, max);
    size_t count = 0;
    for (; from < out->position; from++) {
        const struct plumtree_have *have = &p->announce[from % PLUMTREE_ANNOUNCE_MAX];
        if (have->from != out->slot) {
            memcpy(ids.ptr + count * PLUMTREE_MSG_ID_SIZE, have->id.bytes, PLUMTREE_MSG_ID_SIZE);
            hops.ptr[count++] = have->hops;
        }
    }
    m->kind = PLUMTREE_MSG_HAVE;
    m->ids = span_of(ids.ptr, count * PLUMTREE_MSG_ID_SIZE);
    m->id_hops = span_of(hops.ptr, count);
    return count > 0;
}

/* True when `next` asks the same neighbour for another one in the same way. */
static bool goes_along(const struct plumtree_out *next, const struct plumtree_out *out)
{
    return next->kind == PLUMTREE_OUT_GRAFT && next->slot == out->slot && next->has_id &&
           next->is_tree == out->is_tree;
}

/* Takes along those right behind it that go along. */
static void make_graft(struct plumtree *p, const struct plumtree_out *out, struct plumtree_msg *m)
{
    size_t count = 1;
    m->kind = PLUMTREE_MSG_GRAFT;
    m->is_tree = out->is_tree;
    if (!out->has_id) {
        return;
    }
    while (count < PLUMTREE_MSG_IDS_MAX && p->out_first + count - 1 < p->out_count &&
           goes_along(&p->out[p->out_first + count - 1], out)) {
        count++;
    }
    struct span_mut ids = scratch_of(p, count);
    memcpy(ids.ptr, out->id.bytes, PLUMTREE_MSG_ID_SIZE);
    for (size_t i = 1; i < count; i++) {
        memcpy(ids.ptr + i * PLUMTREE_MSG_ID_SIZE, p->out[p->out_first++].id.bytes,
               PLUMTREE_MSG_ID_SIZE);
    }
    m->ids = span_of(ids.ptr, count * PLUMTREE_MSG_ID_SIZE);
}

static void make_digest(struct plumtree *p, struct plumtree_out *out, struct plumtree_msg *m)
{
    m->kind = PLUMTREE_MSG_DIGEST;
    m->position = out->position;
    m->offers = span_of(out->list, out->list_len);
    buf_clear(&p->scratch); /* it takes the list over */
    p->scratch.ptr = out->list;
    p->scratch.cap = out->list_len;
    out->list = NULL;
}

/* Make the event of `out`, whose place in the queue is given up already. False when it came to
 * nothing. */
static bool make(struct plumtree *p, struct plumtree_out *out, struct plumtree_event *event)
{
    memset(event, 0, sizeof *event);
    if (out->kind != PLUMTREE_OUT_NOTHING && out->kind != PLUMTREE_OUT_DELIVER) {
        event->kind = PLUMTREE_SEND;
        event->to = p->links[out->slot].id;
    }
    switch (out->kind) {
    case PLUMTREE_OUT_NOTHING:
        return false;
    case PLUMTREE_OUT_DELIVER:
        make_deliver(p, out, event);
        return true;
    case PLUMTREE_OUT_GOSSIP:
        make_gossip(p, out, &event->msg);
        return true;
    case PLUMTREE_OUT_HAVE:
        return make_have(p, out, &event->msg);
    case PLUMTREE_OUT_GRAFT:
        make_graft(p, out, &event->msg);
        return true;
    case PLUMTREE_OUT_PRUNE:
        event->msg.kind = PLUMTREE_MSG_PRUNE;
        return true;
    case PLUMTREE_OUT_DIGEST:
        make_digest(p, out, &event->msg);
        return true;
    case PLUMTREE_OUT_ACK:
        event->msg.kind = PLUMTREE_MSG_ACK;
        event->msg.position = out->position;
        return true;
    }
    return false;
}

bool plumtree_out_next(struct plumtree *p, struct plumtree_event *event)
{
    bool is_made = false;
    release(p);
    while (!is_made && p->out_first < p->out_count) {
        struct plumtree_out out = p->out[p->out_first++];
        is_made = make(p, &out, event);
    }
    if (p->out_first == p->out_count) {
        rewind_queue(p);
    }
    return is_made;
}
