/*
 * Each wish is an entry with the sequence number that route gave it; route's verdict finds it, is
 * told, and ends it. What route still says of entries that have ended meets nobody.
 */
#include "node/wavu_send.h"

#include "base/budget.h"
#include "base/check.h"
#include "base/mem.h"
#include "node/wavu_modules.h"
#include "route/route.h"
#include "wavu/mesh.h"

/* One payload under way. Owned by the list. */
struct wavu_send_entry {
    struct list link;
    uint32_t sequence;
    void (*done)(void *context, int err);                    /* or NULL */
    void (*answered)(void *context, int err, uint32_t hops); /* of a probe; or NULL */
    void *context;
};

struct wavu_sends {
    struct wavu_node *node;
    struct route *route;
    struct wavu_send_user user;
    struct list entries;
    struct budget_bucket bucket; /* payloads */
    struct budget_bucket bytes;  /* of them */
};

_Static_assert(WAVU_WAY_MAX == FORWARD_HOPS, "as route has it");
_Static_assert(WAVU_SEND_MAX == ROUTE_MSG_PAYLOAD_MAX, "as route has it");
_Static_assert(UINT64_C(1000000000) * WAVU_SEND_SECONDS ==
                   FORWARD_WAIT_NS * (FORWARD_ATTEMPTS_MAX * (FORWARD_ATTEMPTS_MAX + 1) / 2),
               "the n-th attempt waits n times as long as the first");
_Static_assert(2 * WAVU_SEND_RATE <= FORWARD_ORIGIN_RATE &&
                   2 * WAVU_SEND_BURST <= FORWARD_ORIGIN_BURST &&
                   2 * WAVU_SEND_BYTES_RATE <= FORWARD_ORIGIN_BYTES_RATE &&
                   2 * WAVU_SEND_BYTES_BURST <= FORWARD_ORIGIN_BYTES_BURST,
               "relays take second attempts, too");

static void wavu_send_on_deliver(void *context, const struct overlay_id *origin,
                                 struct span payload, uint32_t hops)
{
    const struct wavu_sends *s = context;
    if (payload.len > 0) { /* else it only asked whether we are here */
        s->user.deliver(s->user.context, origin, payload, hops);
    }
}

/* The last word on an entry. It is gone before it is told: who is told may send again. */
static void wavu_send_end(struct wavu_send_entry *entry, int err, uint32_t hops)
{
    const struct wavu_send_entry ended = *entry;
    list_remove(&entry->link);
    mem_free(entry);
    if (ended.done != NULL) {
        ended.done(ended.context, err);
    }
    if (ended.answered != NULL) {
        ended.answered(ended.context, err, hops);
    }
}

static void wavu_send_on_done(void *context, uint32_t sequence, const struct overlay_id *target,
                              int err, uint32_t hops)
{
    struct wavu_sends *s = context;
    (void)target;
    for (struct list *at = list_next(&s->entries, &s->entries); at != NULL;
         at = list_next(&s->entries, at)) {
        struct wavu_send_entry *entry = LIST_OF(at, struct wavu_send_entry, link);
        if (entry->sequence == sequence) {
            wavu_send_end(entry, err, hops);
            return;
        }
    }
}

void wavu_send_start(struct wavu_node *node, struct overlay *overlay, struct wavu_send_user user)
{
    struct wavu_sends *s = mem_new(sizeof *s);
    struct turn *turn = &node->port->turn;
    /* The mesh's generation serves here, too: the store has reserved it, so it is above those of
     * earlier lives whatever the clocks say. */
    const struct route_config route = {
        .overlay = overlay,
        .turn = turn,
        .random = &node->port->random,
        .generation = wavu_keep_generation(node->keep),
        .metric = wavu_modules_metric(node->modules),
        .user = {.deliver = wavu_send_on_deliver, .done = wavu_send_on_done, .context = s}};
    s->node = node;
    s->user = user;
    list_init(&s->entries);
    budget_bucket_init(&s->bucket, WAVU_SEND_RATE, WAVU_SEND_BURST, turn->now_ns);
    budget_bucket_init(&s->bytes, WAVU_SEND_BYTES_RATE, WAVU_SEND_BYTES_BURST, turn->now_ns);
    s->route = route_new(&route);
    node->sends = s;
}

void wavu_send_end_all(struct wavu_sends *s)
{
    struct list *first = NULL;
    while (s != NULL && (first = list_next(&s->entries, &s->entries)) != NULL) {
        wavu_send_end(LIST_OF(first, struct wavu_send_entry, link), WAVU_ERR_SHUTDOWN, 0);
    }
}

void wavu_send_free(struct wavu_sends *s)
{
    if (s == NULL) {
        return;
    }
    CHECK(list_is_empty(&s->entries)); /* wavu_send_end_all was called, and nothing came since */
    s->node->sends = NULL;
    route_free(s->route);
    mem_free(s);
}

void wavu_send_set_metric(struct wavu_sends *s, const struct route_metric *metric)
{
    if (s != NULL) {
        route_set_metric(s->route, metric);
    }
}

void wavu_send_event(struct wavu_sends *s, const struct mesh_event *event)
{
    if (s != NULL) {
        route_event(s->route, event);
    }
}

bool wavu_send_reaches(const struct wavu_sends *s, const struct overlay_id *id)
{
    return s != NULL && route_is_reached(s->route, id);
}

/* ---- Public ---- */

static int wavu_send_target(const char *peer, struct overlay_id *target)
{
    struct peerid id;
    int rc = peerid_parse(&id, span_from_text(peer));
    if (rc < 0) {
        return WAVU_ERR_INVALID;
    }
    return overlay_id_from_peer(target, &id);
}

/* Send it; `*out` is the new entry, nobody's yet. */
static int wavu_send_begin(struct wavu_node *node, const char *peer, struct span data,
                           struct wavu_send_entry **out)
{
    struct overlay_id target;
    uint32_t sequence = 0;
    struct wavu_sends *s = node->sends;
    if (s == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (node->swarm.is_closing) {
        return WAVU_ERR_SHUTDOWN;
    }
    int rc = wavu_send_target(peer, &target);
    if (rc == 0 && data.len > WAVU_SEND_MAX) {
        rc = WAVU_ERR_LIMIT;
    }
    if (rc == 0 && data.len > 0) { /* without, it is a question whether somebody is there */
        struct wavu_module_message message = {.where = WAVU_MODULE_UNICAST,
                                              .kind = "data",
                                              .text = (const char *)data.ptr,
                                              .text_len = data.len};
        rc = wavu_modules_say(node->modules, &message);
    }
    struct budget_bucket bucket = s->bucket;
    if (rc == 0 &&
        (budget_bucket_take(&bucket, 1, node->port->turn.now_ns) < 0 ||
         budget_bucket_take(&s->bytes, (uint32_t)data.len, node->port->turn.now_ns) < 0)) {
        rc = WAVU_ERR_AGAIN;
    }
    if (rc == 0) {
        s->bucket = bucket;
        rc = route_send(s->route, &target, data, &sequence);
    }
    if (rc < 0) {
        return rc;
    }
    *out = mem_new(sizeof **out);
    (*out)->sequence = sequence;
    list_push_back(&s->entries, &(*out)->link);
    return 0;
}

int wavu_send(struct wavu_node *node, const char *peer, const void *data, size_t len,
              void (*done)(void *context, int err), void *context)
{
    struct wavu_send_entry *entry = NULL;
    int rc = wavu_send_begin(node, peer, span_of(data, len), &entry);
    if (rc == 0) {
        entry->done = done;
        entry->context = context;
    }
    return rc;
}

int wavu_send_probe(struct wavu_node *node, const char *peer,
                    void (*answered)(void *context, int err, uint32_t hops), void *context)
{
    struct wavu_send_entry *entry = NULL;
    int rc = wavu_send_begin(node, peer, span_empty(), &entry);
    if (rc == 0) {
        entry->answered = answered;
        entry->context = context;
    }
    return rc;
}

void wavu_send_forget(struct wavu_sends *s, const void *context)
{
    if (s == NULL) {
        return;
    }
    for (struct list *at = list_next(&s->entries, &s->entries); at != NULL;
         at = list_next(&s->entries, at)) {
        struct wavu_send_entry *entry = LIST_OF(at, struct wavu_send_entry, link);
        if (entry->context == context) {
            entry->answered = NULL;
        }
    }
}

int wavu_mesh_way(struct wavu_node *node, const char *peer, struct wavu_hop out[WAVU_WAY_MAX],
                  size_t *count)
{
    struct overlay_id target;
    struct paths_hop way[FORWARD_HOPS];
    *count = 0;
    if (node->sends == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    int rc = wavu_send_target(peer, &target);
    if (rc < 0) {
        return rc;
    }
    *count = route_way(node->sends->route, &target, way);
    for (size_t i = 0; i < *count; i++) {
        struct peerid id;
        overlay_id_to_peer(&way[i].id, &id);
        out[i] = (struct wavu_hop){.cost_us = way[i].cost, .rtt_us = way[i].rtt_us};
        peerid_format(&id, out[i].id);
    }
    return *count > 0 ? 0 : WAVU_ERR_UNREACHABLE;
}
