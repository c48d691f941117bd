/*
 * Each frame under way is remembered by the sequence number that route gave it, until its verdict.
 */
#include "node/wavu_hops.h"

#include <string.h>

#include "base/budget.h"
#include "base/mem.h"
#include "courier/courier.h"
#include "node/wavu_keep.h"
#include "node/wavu_modules.h"
#include "node/wavu_node.h"
#include "route/route.h"

_Static_assert(1 + COURIER_HOP_FRAME <= ROUTE_MSG_PAYLOAD_MAX, "a frame and its channel fit");
_Static_assert(2 * WAVU_HOPS_RATE <= FORWARD_ORIGIN_RATE &&
                   2 * WAVU_HOPS_BURST <= FORWARD_ORIGIN_BURST &&
                   2 * WAVU_HOPS_BYTES_RATE <= FORWARD_ORIGIN_BYTES_RATE &&
                   2 * WAVU_HOPS_BYTES_BURST <= FORWARD_ORIGIN_BYTES_BURST,
               "relays take second attempts, too");

struct under_way {
    uint32_t sequence;
    uint64_t ticket;
};

struct wavu_hops {
    struct route *route;
    struct turn *turn;
    struct wavu_hops_user user;
    struct budget_bucket bucket; /* frames */
    struct budget_bucket bytes;  /* of them */
    struct under_way flights[WAVU_HOPS_MAX];
    size_t count;
};

static void on_deliver(void *context, const struct overlay_id *origin, struct span payload,
                       uint32_t hops)
{
    const struct wavu_hops *h = context;

    (void)hops;
    if (payload.len > 1 && payload.ptr[0] == WAVU_HOPS_CHANNEL) {
        h->user.frame(h->user.context, origin->bytes, span_slice(payload, 1, payload.len));
    }
}

static void on_done(void *context, uint32_t sequence, const struct overlay_id *target, int err,
                    uint32_t hops)
{
    struct wavu_hops *h = context;

    (void)target;
    (void)hops;
    for (size_t i = 0; i < h->count; i++) {
        if (h->flights[i].sequence == sequence) {
            const uint64_t ticket = h->flights[i].ticket;

            h->flights[i] = h->flights[--h->count];
            h->user.done(h->user.context, ticket, err);
            return;
        }
    }
}

struct wavu_hops *wavu_hops_new(struct wavu_networks_one *o, struct wavu_hops_user user)
{
    struct wavu_hops *h = mem_new(sizeof *h);
    struct turn *turn = &o->owner->node->port->turn;
    const struct route_config route = {
        .overlay = o->overlay,
        .turn = turn,
        .random = &o->owner->node->port->random,
        .generation = wavu_keep_generation(o->keep),
        .metric = wavu_modules_metric(o->owner->node->modules),
        .user = {.deliver = on_deliver, .done = on_done, .context = h}};

    h->turn = turn;
    h->user = user;
    budget_bucket_init(&h->bucket, WAVU_HOPS_RATE, WAVU_HOPS_BURST, turn->now_ns);
    budget_bucket_init(&h->bytes, WAVU_HOPS_BYTES_RATE, WAVU_HOPS_BYTES_BURST, turn->now_ns);
    h->route = route_new(&route);
    return h;
}

void wavu_hops_free(struct wavu_hops *h)
{
    if (h != NULL) {
        route_free(h->route);
        mem_free(h);
    }
}

void wavu_hops_set_metric(struct wavu_hops *h, const struct route_metric *metric)
{
    route_set_metric(h->route, metric);
}

void wavu_hops_event(struct wavu_hops *h, const struct mesh_event *event)
{
    route_event(h->route, event);
}

static struct overlay_id id_of(const uint8_t device[32])
{
    struct overlay_id id;

    memcpy(id.bytes, device, sizeof id.bytes);
    return id;
}

bool wavu_hops_reaches(struct wavu_hops *h, const uint8_t device[32])
{
    const struct overlay_id id = id_of(device);

    return route_is_reached(h->route, &id);
}

int wavu_hops_send(struct wavu_hops *h, const uint8_t device[32], struct span frame,
                   uint64_t ticket)
{
    const struct overlay_id id = id_of(device);
    uint8_t payload[1 + COURIER_HOP_FRAME] = {WAVU_HOPS_CHANNEL};
    uint32_t sequence = 0;

    if (frame.len > COURIER_HOP_FRAME) {
        return WAVU_ERR_LIMIT;
    }
    struct budget_bucket bucket = h->bucket;

    if (h->count == WAVU_HOPS_MAX || budget_bucket_take(&bucket, 1, h->turn->now_ns) < 0 ||
        budget_bucket_take(&h->bytes, 1 + (uint32_t)frame.len, h->turn->now_ns) < 0) {
        return WAVU_ERR_AGAIN;
    }
    h->bucket = bucket;
    memcpy(payload + 1, frame.ptr, frame.len);
    int rc = route_send(h->route, &id, span_of(payload, 1 + frame.len), &sequence);

    if (rc == 0) {
        h->flights[h->count++] = (struct under_way){.sequence = sequence, .ticket = ticket};
    }
    return rc;
}
