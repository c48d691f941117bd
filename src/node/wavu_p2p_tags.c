/*
 * Which connections a node keeps when it has too many: tags with weights, and the trim.
 *
 * Arrives: tags and limits of wavu/p2p.h; news of connections. Leaves: connections that are ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "node/wavu_node.h"
#include "node/wavu_p2p.h"

struct wavu_p2p_tag {
    char name[WAVU_PEER_TAG_MAX]; /* "": free */
    int64_t weight;
};

/* A peer with tags, in t->peers. */
struct wavu_p2p_tagged {
    struct peerid id;
    struct wavu_p2p_tag tags[WAVU_PEER_TAGS_MAX];
};

/* A connection that may go. */
struct wavu_p2p_choice {
    struct conn *conn;
    int64_t weight;
};

static struct wavu_p2p_tag *wavu_p2p_tag_of(struct wavu_p2p_tagged *peer, const char *name)
{
    for (size_t i = 0; i < WAVU_PEER_TAGS_MAX; i++) {
        if (strcmp(peer->tags[i].name, name) == 0) {
            return &peer->tags[i];
        }
    }
    return NULL;
}

/* Weights are a program's: their sum stays within its type. */
static int64_t wavu_p2p_add(int64_t a, int64_t b)
{
    if (b > 0 && a > INT64_MAX - b) {
        return INT64_MAX;
    }
    if (b < 0 && a < INT64_MIN - b) {
        return INT64_MIN;
    }
    return a + b;
}

static int64_t wavu_p2p_weight(const struct wavu_p2p_tags *t, const struct peerid *id)
{
    const struct wavu_p2p_tagged *peer = map_get(&t->peers, peerid_span(id));
    int64_t sum = 0;
    for (size_t i = 0; peer != NULL && i < WAVU_PEER_TAGS_MAX; i++) {
        sum = wavu_p2p_add(sum, peer->tags[i].weight);
    }
    return sum;
}

int wavu_peer_tag(struct wavu_node *node, const char *peer, const char *tag, int64_t weight)
{
    struct wavu_p2p_tags *t = &wavu_p2p_of(node)->tags;
    struct peerid id;
    if (peerid_parse(&id, span_from_text(peer)) < 0 || tag[0] == '\0' ||
        strlen(tag) >= WAVU_PEER_TAG_MAX) {
        return WAVU_ERR_INVALID;
    }
    struct wavu_p2p_tagged *tagged = map_get(&t->peers, peerid_span(&id));
    if (tagged == NULL) {
        if (t->peers.count >= WAVU_PEER_TAGGED_MAX) {
            return WAVU_ERR_LIMIT;
        }
        tagged = mem_new(sizeof *tagged);
        tagged->id = id;
        CHECK(map_put(&t->peers, peerid_span(&tagged->id), tagged) == NULL);
    }
    struct wavu_p2p_tag *place = wavu_p2p_tag_of(tagged, tag);
    place = place != NULL ? place : wavu_p2p_tag_of(tagged, "");
    if (place == NULL) {
        return WAVU_ERR_LIMIT;
    }
    (void)snprintf(place->name, sizeof place->name, "%s", tag);
    place->weight = weight;
    return 0;
}

int wavu_peer_untag(struct wavu_node *node, const char *peer, const char *tag)
{
    struct wavu_p2p_tags *t = &wavu_p2p_of(node)->tags;
    struct peerid id;
    if (peerid_parse(&id, span_from_text(peer)) < 0 || tag[0] == '\0') {
        return WAVU_ERR_INVALID;
    }
    struct wavu_p2p_tagged *tagged = map_get(&t->peers, peerid_span(&id));
    struct wavu_p2p_tag *place = tagged == NULL ? NULL : wavu_p2p_tag_of(tagged, tag);
    if (place == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    *place = (struct wavu_p2p_tag){.weight = 0};
    bool is_bare = true;
    for (size_t i = 0; i < WAVU_PEER_TAGS_MAX; i++) {
        is_bare = is_bare && tagged->tags[i].name[0] == '\0';
    }
    if (is_bare) {
        (void)map_remove(&t->peers, peerid_span(&id));
        mem_free(tagged);
    }
    return 0;
}

int64_t wavu_peer_weight(const struct wavu_node *node, const char *peer)
{
    struct peerid id;
    return node->p2p == NULL || peerid_parse(&id, span_from_text(peer)) < 0
               ? 0
               : wavu_p2p_weight(&node->p2p->tags, &id);
}

/* ---- The trim ---- */

/* Least weight first, then the oldest, then by id: nothing is left to the order of a map. */
static int wavu_p2p_compare(const void *one, const void *other)
{
    const struct wavu_p2p_choice *a = one;
    const struct wavu_p2p_choice *b = other;
    if (a->weight != b->weight) {
        return a->weight < b->weight ? -1 : 1;
    }
    if (a->conn->opened_ns != b->conn->opened_ns) {
        return a->conn->opened_ns < b->conn->opened_ns ? -1 : 1;
    }
    return span_compare(peerid_span(conn_peer(a->conn)), peerid_span(conn_peer(b->conn)));
}

/* Those that are open, into `out` (room for all; NULL: only counted) when they are old enough. */
static size_t wavu_p2p_open(const struct wavu_node *node, struct wavu_p2p_choice *out,
                            size_t *old_count)
{
    const struct wavu_p2p_tags *t = &node->p2p->tags;
    const struct swarm *s = &node->swarm;
    uint64_t now = node->port->turn.now_ns;
    size_t count = 0;
    struct list *at = list_next(&s->conns, &s->conns);
    *old_count = 0;
    while (at != NULL) {
        struct conn *c = LIST_OF(at, struct conn, link_swarm);
        at = list_next(&s->conns, at);
        if (!conn_is_open(c)) {
            continue;
        }
        count++;
        if (out != NULL && now - c->opened_ns >= t->grace_ns) {
            out[(*old_count)++] =
                (struct wavu_p2p_choice){.conn = c, .weight = wavu_p2p_weight(t, conn_peer(c))};
        }
    }
    return count;
}

void wavu_peers_trim(struct wavu_node *node)
{
    const struct wavu_p2p_tags *t = &wavu_p2p_of(node)->tags;
    size_t old_count = 0;
    if (t->high == 0 || node->swarm.conn_count <= t->low) {
        return;
    }
    struct wavu_p2p_choice *old = mem_new(node->swarm.conn_count * sizeof *old);
    size_t count = wavu_p2p_open(node, old, &old_count);
    qsort(old, old_count, sizeof *old, wavu_p2p_compare);
    for (size_t i = 0; i < old_count && count - i > t->low; i++) {
        conn_finish(old[i].conn);
    }
    mem_free(old);
}

static void wavu_p2p_expect(struct wavu_p2p_tags *t, struct wavu_node *node)
{
    size_t old_count = 0;
    if (t->high > 0 && !timers_is_set(&t->timer) &&
        wavu_p2p_open(node, NULL, &old_count) > t->high) {
        timers_set(&node->port->turn.timers, &t->timer, node->port->turn.now_ns + WAVU_P2P_TRIM_NS,
                   TIMERS_SECOND);
    }
}

static void wavu_p2p_on_conn(void *context, struct conn *conn)
{
    struct wavu_node *node = context;
    (void)conn;
    wavu_p2p_expect(&node->p2p->tags, node);
}

static void wavu_p2p_on_timer(struct timer *timer, uint64_t now)
{
    struct wavu_p2p_tags *t = LIST_OF(timer, struct wavu_p2p_tags, timer);
    (void)now;
    wavu_peers_trim(t->observe.context);
    wavu_p2p_expect(t, t->observe.context); /* those were too young */
}

int wavu_peers_limit(struct wavu_node *node, uint32_t low, uint32_t high, uint64_t grace_ms)
{
    struct wavu_p2p_tags *t = &wavu_p2p_of(node)->tags;
    if (low > high || grace_ms > UINT64_MAX / TIMERS_MS) {
        return WAVU_ERR_INVALID;
    }
    swarm_unobserve(&t->observe);
    t->low = low;
    t->high = high;
    t->grace_ns = grace_ms * TIMERS_MS;
    if (high > 0) {
        swarm_observe(&node->swarm, &t->observe);
        wavu_p2p_expect(t, node);
    }
    return 0;
}

void wavu_p2p_tags_init(struct wavu_p2p_tags *t, struct wavu_node *node)
{
    map_init(&t->peers, &node->port->random);
    t->observe = (struct observe){.context = node, .conn_up = wavu_p2p_on_conn};
    timers_prepare(&t->timer, wavu_p2p_on_timer);
}

void wavu_p2p_tags_clear(struct wavu_p2p_tags *t)
{
    const struct wavu_node *node = t->observe.context;
    size_t at = 0;
    struct wavu_p2p_tagged *peer = NULL;
    swarm_unobserve(&t->observe);
    timers_cancel(&node->port->turn.timers, &t->timer);
    while ((peer = map_next(&t->peers, &at)) != NULL) {
        mem_free(peer);
    }
    map_clear(&t->peers);
}
