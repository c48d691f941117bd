/*
 * Dijkstra from the target backwards, so that one search ranks all our neighbours. Costs are the
 * same in both directions. Edges are joined when the second of the two ends is told of, so a search
 * walks pointers only.
 */
#include "route/paths.h"

#include <string.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/rd.h"

struct paths_edge {
    struct paths_link said;
    struct paths_node *peer; /* NULL: the other end does not name us */
    uint32_t cost;           /* of both directions; counts with a peer */
};

struct paths_node {
    struct overlay_id id;
    struct heap_node heap; /* while a search runs */
    uint64_t distances[PATHS_TREES];
    uint64_t reached; /* the last version in which we reach it */
    size_t count;
    struct paths_edge edges[PATHS_LINKS_MAX];
};

void paths_init(struct paths *p, const struct overlay_id *self, const struct random *random,
                const struct route_metric *metric)
{
    memset(p, 0, sizeof *p);
    p->self = *self;
    p->metric = *metric;
    p->version = 1;
    map_init(&p->nodes, random);
    heap_init(&p->heap);
}

void paths_clear(struct paths *p)
{
    size_t at = 0;
    struct paths_node *node = NULL;
    while ((node = map_next(&p->nodes, &at)) != NULL) {
        mem_free(node);
    }
    map_clear(&p->nodes);
    heap_clear(&p->heap);
}

static struct paths_node *node_of(const struct paths *p, const struct overlay_id *id)
{
    return map_get(&p->nodes, overlay_id_span(id));
}

static struct paths_edge *edge_to(struct paths_node *node, const struct overlay_id *id)
{
    for (size_t i = 0; i < node->count; i++) {
        if (overlay_id_is_equal(&node->edges[i].said.id, id)) {
            return &node->edges[i];
        }
    }
    return NULL;
}

/* ---- What members say ---- */

static void part(struct paths_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        struct paths_node *peer = node->edges[i].peer;
        struct paths_edge *back = peer == NULL ? NULL : edge_to(peer, &node->id);
        if (back != NULL) {
            back->peer = NULL;
        }
    }
    node->count = 0;
}

/* Of the link of which its ends say this: each names the other. */
static uint32_t cost_of(const struct paths *p, const struct paths_link *a,
                        const struct paths_link *b)
{
    struct route_metric_link link = {.a = &b->id, .b = &a->id, .facts = a->facts};
    struct route_metric_facts *worse = &link.facts;
    worse->rtt_us = b->facts.rtt_us > worse->rtt_us ? b->facts.rtt_us : worse->rtt_us;
    worse->loss = b->facts.loss > worse->loss ? b->facts.loss : worse->loss;
    uint32_t cost = p->metric.cost(p->metric.context, &link);
    return cost > 0 ? cost : 1;
}

static void join(const struct paths *p, struct paths_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        struct paths_edge *edge = &node->edges[i];
        struct paths_node *peer = node_of(p, &edge->said.id);
        struct paths_edge *back = peer == NULL ? NULL : edge_to(peer, &node->id);
        if (back != NULL) {
            edge->peer = peer;
            back->peer = node;
            edge->cost = cost_of(p, &edge->said, &back->said);
            back->cost = edge->cost;
        }
    }
}

int paths_read(struct span value, struct paths_link out[PATHS_LINKS_MAX], size_t *count)
{
    struct rd r;
    rd_init(&r, value);
    uint8_t version = rd_u8(&r);
    *count = 0;
    if (version > PATHS_VERSION) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (r.failed || version != PATHS_VERSION || value.len > PATHS_VALUE_MAX ||
        (value.len - 1) % PATHS_LINK_SIZE != 0) {
        return WAVU_ERR_PROTO;
    }
    while (rd_left(&r) > 0) {
        struct paths_link *link = &out[(*count)++];
        int rc = overlay_id_take(&link->id, rd_bytes(&r, OVERLAY_ID_SIZE));
        CHECK(rc == 0); /* the length was looked at */
        link->facts.rtt_us = rd_u32be(&r);
        link->facts.loss = rd_u16be(&r);
    }
    return 0;
}

/* Read the links into `node`, which has none. Those of itself and those named twice are skipped. */
static int take_links(struct paths_node *node, struct span value)
{
    struct paths_link links[PATHS_LINKS_MAX];
    size_t count = 0;
    int rc = paths_read(value, links, &count);
    for (size_t i = 0; i < count; i++) {
        if (!overlay_id_is_equal(&links[i].id, &node->id) && edge_to(node, &links[i].id) == NULL) {
            node->edges[node->count++] = (struct paths_edge){.said = links[i]};
        }
    }
    return rc;
}

int paths_set(struct paths *p, const struct overlay_id *owner, struct span value)
{
    struct paths_node *node = node_of(p, owner);
    if (node == NULL && p->nodes.count >= PATHS_NODES_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (node == NULL) {
        node = mem_new(sizeof *node);
        node->id = *owner;
        CHECK(map_put(&p->nodes, overlay_id_span(&node->id), node) == NULL);
    }
    p->version++;
    part(node);
    int rc = take_links(node, value);
    join(p, node);
    return rc;
}

void paths_forget(struct paths *p, const struct overlay_id *owner)
{
    struct paths_node *node = node_of(p, owner);
    if (node != NULL) {
        p->version++;
        part(node);
        CHECK(map_remove(&p->nodes, overlay_id_span(owner)) == node);
        mem_free(node);
    }
}

void paths_set_metric(struct paths *p, const struct route_metric *metric)
{
    size_t at = 0;
    struct paths_node *node = NULL;
    p->metric = *metric;
    p->version++;
    while ((node = map_next(&p->nodes, &at)) != NULL) {
        join(p, node);
    }
}

void paths_put(struct wr *w, const struct paths_link *links, size_t count)
{
    CHECK(count <= PATHS_LINKS_MAX);
    wr_u8(w, PATHS_VERSION);
    for (size_t i = 0; i < count; i++) {
        wr_bytes(w, overlay_id_span(&links[i].id));
        wr_u32be(w, links[i].facts.rtt_us);
        wr_u16be(w, links[i].facts.loss);
    }
}

/* ---- Ways ---- */

/* `node` is at `distance`: tell its neighbours. */
static void relax(struct paths *p, size_t tree, struct paths_node *node, uint64_t distance)
{
    for (size_t i = 0; i < node->count; i++) {
        struct paths_node *peer = node->edges[i].peer;
        uint64_t through = distance + node->edges[i].cost; /* 1,024 x 2^32 at most */
        if (peer == NULL || through >= peer->distances[tree]) {
            continue;
        }
        peer->distances[tree] = through;
        if (heap_has(&peer->heap)) {
            heap_move(&p->heap, &peer->heap, through);
        } else {
            heap_add(&p->heap, &peer->heap, through);
        }
    }
}

static void search(struct paths *p, size_t tree, struct paths_node *target)
{
    size_t at = 0;
    struct paths_node *node = NULL;
    struct heap_node *first = NULL;
    while ((node = map_next(&p->nodes, &at)) != NULL) {
        node->distances[tree] = PATHS_NEVER;
    }
    p->searches++;
    target->distances[tree] = 0;
    heap_add(&p->heap, &target->heap, 0);
    while ((first = heap_first(&p->heap)) != NULL) {
        node = LIST_OF(first, struct paths_node, heap);
        heap_remove(&p->heap, first);
        if (!overlay_id_is_equal(&node->id, &p->self)) {
            relax(p, tree, node, node->distances[tree]);
        }
    }
}

/* The tree of `target`, as the graph is now; PATHS_TREES when there is none. */
static size_t tree_of(const struct paths *p, const struct overlay_id *target)
{
    size_t i = 0;
    while (i < PATHS_TREES && (p->trees[i].version != p->version ||
                               !overlay_id_is_equal(&p->trees[i].target, target))) {
        i++;
    }
    return i;
}

bool paths_is_ready(const struct paths *p, const struct overlay_id *target)
{
    return tree_of(p, target) < PATHS_TREES || node_of(p, target) == NULL;
}

uint64_t paths_distance(struct paths *p, const struct overlay_id *from,
                        const struct overlay_id *target)
{
    struct paths_node *end = node_of(p, target);
    const struct paths_node *start = node_of(p, from);
    if (end == NULL || start == NULL) {
        return overlay_id_is_equal(from, target) ? 0 : PATHS_NEVER;
    }
    size_t tree = tree_of(p, target);
    if (tree < PATHS_TREES) {
        return start->distances[tree];
    }
    tree = p->tree_next;
    p->tree_next = (tree + 1) % PATHS_TREES;
    p->trees[tree].target = *target;
    p->trees[tree].version = p->version;
    search(p, tree, end);
    return start->distances[tree];
}

static uint32_t rtt_of(const struct paths_node *node, const struct paths_edge *edge)
{
    const struct paths_edge *back = edge->peer == NULL ? NULL : edge_to(edge->peer, &node->id);
    uint32_t rtt_us = edge->said.facts.rtt_us;
    return back != NULL && back->said.facts.rtt_us > rtt_us ? back->said.facts.rtt_us : rtt_us;
}

/* The link that `node` would take in that tree; NULL when no link of it leads on. */
static const struct paths_edge *next_of(const struct paths *p, size_t tree,
                                        const struct paths_node *node)
{
    const struct paths_edge *best = NULL;
    for (size_t i = 0; i < node->count; i++) {
        const struct paths_edge *edge = &node->edges[i];
        if (edge->peer != NULL && edge->peer->distances[tree] != PATHS_NEVER &&
            edge->peer->distances[tree] + edge->cost == node->distances[tree] &&
            !overlay_id_is_equal(&edge->said.id, &p->self) &&
            (best == NULL || overlay_id_order(&edge->said.id, &best->said.id) < 0)) {
            best = edge;
        }
    }
    return best;
}

size_t paths_way(struct paths *p, const struct overlay_id *first, const struct overlay_id *target,
                 struct paths_hop *out, size_t max)
{
    struct paths_node *self = node_of(p, &p->self);
    const struct paths_edge *own = self == NULL ? NULL : edge_to(self, first);
    size_t count = 0;
    if (max == 0 || paths_distance(p, first, target) == PATHS_NEVER) {
        return 0;
    }
    out[count++] = (struct paths_hop){.id = *first,
                                      .cost = paths_own_cost(p, first),
                                      .rtt_us = own == NULL ? 0 : rtt_of(self, own)};
    const struct paths_node *node = node_of(p, first);
    size_t tree = tree_of(p, target);
    while (!overlay_id_is_equal(&out[count - 1].id, target)) {
        const struct paths_edge *next = next_of(p, tree, node);
        if (next == NULL || count == max) {
            return 0;
        }
        out[count++] = (struct paths_hop){
            .id = next->said.id, .cost = next->cost, .rtt_us = rtt_of(node, next)};
        node = next->peer;
    }
    return count;
}

static void reach(struct paths *p, struct paths_node *node)
{
    if (node != NULL && node->reached != p->version) {
        node->reached = p->version;
        heap_add(&p->heap, &node->heap, 0); /* in any order */
    }
}

static void flood(struct paths *p)
{
    struct heap_node *first = NULL;
    const struct paths_node *self = node_of(p, &p->self);
    p->reached = p->version;
    reach(p, node_of(p, &p->self));
    for (size_t i = 0; self != NULL && i < self->count; i++) { /* we know that they stand */
        reach(p, node_of(p, &self->edges[i].said.id));
    }
    while ((first = heap_first(&p->heap)) != NULL) {
        const struct paths_node *node = LIST_OF(first, struct paths_node, heap);
        heap_remove(&p->heap, first);
        for (size_t i = 0; i < node->count; i++) {
            reach(p, node->edges[i].peer);
        }
    }
}

bool paths_is_reached(struct paths *p, const struct overlay_id *id)
{
    if (p->reached != p->version) {
        flood(p);
    }
    const struct paths_node *node = node_of(p, id);
    return node != NULL && node->reached == p->version;
}

uint32_t paths_own_cost(const struct paths *p, const struct overlay_id *neighbour)
{
    struct paths_node *self = node_of(p, &p->self);
    const struct paths_edge *edge = self == NULL ? NULL : edge_to(self, neighbour);
    if (edge != NULL && edge->peer != NULL) {
        return edge->cost;
    }
    const struct paths_link ours = {.id = *neighbour};
    const struct paths_link unknown = {.id = p->self};
    return cost_of(p, edge != NULL ? &edge->said : &ours, &unknown);
}

size_t paths_count(const struct paths *p)
{
    return p->nodes.count;
}

void paths_check(const struct paths *p)
{
    size_t at = 0;
    struct paths_node *node = NULL;
    map_check(&p->nodes);
    CHECK(p->nodes.count <= PATHS_NODES_MAX && heap_first(&p->heap) == NULL);
    while ((node = map_next(&p->nodes, &at)) != NULL) {
        CHECK(node->count <= PATHS_LINKS_MAX && node_of(p, &node->id) == node);
        for (size_t i = 0; i < node->count; i++) {
            const struct paths_edge *edge = &node->edges[i];
            if (edge->peer != NULL) {
                const struct paths_edge *back = edge_to(edge->peer, &node->id);
                CHECK(back != NULL && back->peer == node && back->cost == edge->cost);
            }
        }
    }
}
