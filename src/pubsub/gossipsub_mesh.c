/*
 * Meshes: GRAFT and PRUNE, and what each heartbeat does to keep them well.
 */
#include "pubsub/gossipsub_mesh.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"
#include "crypto/signed_record.h"
#include "pubsub/gossipsub_core.h"
#include "pubsub/gossipsub_gossip.h"

#define OPPORTUNISTIC_PEERS 2u        /* taken in at once */
#define FAILS_SHARE 4u                /* a mesh fails when gossip brings more than one of so many */
#define PRUNE_OVERHEAD 32u            /* heads and a number */
#define FLOOD_NS (10 * TIMERS_SECOND) /* a GRAFT so soon after PRUNE is punished twice */

/* ---- One peer in, one out ---- */

static void gossipsub_mesh_note(struct gossipsub *g, uint64_t now, struct gossipsub_edge *edge,
                                bool is_in)
{
    struct gossipsub_peer *p = edge->peer;
    unsigned number = (unsigned)edge->topic->number;
    if (p->score == NULL) {
        return;
    }
    if (is_in) {
        gossipsub_score_grafted(g->score, now, p->score, number);
    } else {
        gossipsub_score_pruned(g->score, now, p->score, number);
    }
}

/* Take a peer into the mesh and tell it. */
static void gossipsub_mesh_take_in(struct gossipsub *g, uint64_t now, struct gossipsub_edge *edge)
{
    uint8_t item[GOSSIPSUB_MSG_TOPIC_MAX + 16];
    struct wr w;
    gossipsub_topic_to_front(edge);
    gossipsub_mesh_note(g, now, edge, true);
    wr_init(&w, span_mut_of(item, sizeof item));
    gossipsub_msg_write_graft(&w, gossipsub_topic_name(edge->topic));
    gossipsub_control(g, edge->peer, wr_span(&w));
    g->stats.grafts++;
}

/* Whom to look for. */
struct gossipsub_mesh_wish {
    int64_t score;   /* at least */
    bool is_dialled; /* by us */
    bool is_fan_out; /* whoever is backed off may be, too */
};

static bool gossipsub_mesh_suits(const struct gossipsub *g, uint64_t now,
                                 const struct gossipsub_edge *e,
                                 const struct gossipsub_mesh_wish *wish)
{
    const struct gossipsub_peer *p = e->peer;
    return !p->is_direct && !p->is_closing && p->version != GOSSIPSUB_FLOODSUB &&
           (!wish->is_dialled || p->is_dialled) &&
           (wish->is_fan_out || gossipsub_topic_backoff(e->topic, p->hash) == 0) &&
           gossipsub_rank(g, now, p) >= wish->score;
}

/* Draw `count` at random of those that are not in the front and suit. Returns how many there are.
 */
static size_t gossipsub_mesh_draw(struct gossipsub *g, uint64_t now,
                                  const struct gossipsub_topic *topic,
                                  const struct gossipsub_mesh_wish *wish,
                                  struct gossipsub_edge **out, size_t count)
{
    size_t seen = 0;
    for (uint32_t i = topic->front; i < topic->edge_count && count > 0; i++) {
        struct gossipsub_edge *e = topic->edges[i];
        if (!gossipsub_mesh_suits(g, now, e, wish)) {
            continue;
        }
        seen++;
        if (seen <= count) {
            out[seen - 1] = e;
        } else {
            uint64_t at = random_below(g->config.random, seen);
            if (at < count) {
                out[at] = e;
            }
        }
    }
    return seen < count ? seen : count;
}

/* Take up to `count` into the front: of the mesh, or of a fan-out. */
static void gossipsub_mesh_fill(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic,
                                const struct gossipsub_mesh_wish *wish, size_t count)
{
    struct gossipsub_edge *found[GOSSIPSUB_DEGREE_MAX];
    count = gossipsub_mesh_draw(g, now, topic, wish, found,
                                count < GOSSIPSUB_DEGREE_MAX ? count : GOSSIPSUB_DEGREE_MAX);
    for (size_t i = 0; i < count; i++) {
        if (wish->is_fan_out) {
            gossipsub_topic_to_front(found[i]);
        } else {
            gossipsub_mesh_take_in(g, now, found[i]);
        }
    }
}

/* ---- PRUNE ---- */

/* Peers of the topic with their records, for one that is put out. */
static void gossipsub_mesh_write_px(struct gossipsub *g, uint64_t now,
                                    const struct gossipsub_topic *topic,
                                    const struct gossipsub_peer *to, struct wr *w)
{
    size_t named = 0;
    uint32_t start =
        topic->edge_count > 0 ? (uint32_t)random_below(g->config.random, topic->edge_count) : 0;
    for (uint32_t i = 0; i < topic->edge_count && named < g->config.params.px_peers; i++) {
        const struct gossipsub_peer *p = topic->edges[(start + i) % topic->edge_count]->peer;
        struct gossipsub_msg_peer peer = {.id = peerid_span(&p->id)};
        if (p == to || p->version == GOSSIPSUB_FLOODSUB || gossipsub_rank(g, now, p) < 0 ||
            !g->config.record(g->config.record_context, &p->id, &peer.record) ||
            peer.record.len > SIGNED_RECORD_SIZE_MAX) {
            continue;
        }
        struct wr before = *w;
        gossipsub_msg_write_peer(w, &peer);
        if (w->failed) {
            *w = before;
            return;
        }
        named++;
    }
}

static void gossipsub_mesh_send_prune(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                                      const struct gossipsub_topic *topic, uint64_t backoff_ns,
                                      bool with_px)
{
    /* What others would not know what to do with. */
    bool is_new = p->version >= GOSSIPSUB_V11;
    bool names = with_px && is_new && g->config.params.px && g->config.record != NULL;
    size_t room = names ? GOSSIPSUB_MESH_PX_BYTES_MAX : 0;
    size_t size = room + GOSSIPSUB_MSG_TOPIC_MAX + PRUNE_OVERHEAD;
    uint8_t *bytes = mem_new_raw(room + size);
    struct wr px;
    struct wr w;
    wr_init(&px, span_mut_of(bytes, room));
    wr_init(&w, span_mut_of(bytes + room, size));
    if (names) {
        gossipsub_mesh_write_px(g, now, topic, p, &px);
    }
    gossipsub_msg_write_prune(&w, gossipsub_topic_name(topic),
                              is_new ? backoff_ns / TIMERS_SECOND : 0, wr_span(&px));
    CHECK(!w.failed);
    gossipsub_control(g, p, wr_span(&w));
    g->stats.prunes++;
    mem_free(bytes);
}

void gossipsub_mesh_put_out(struct gossipsub *g, uint64_t now, struct gossipsub_edge *edge,
                            bool with_px)
{
    struct gossipsub_topic *topic = edge->topic;
    uint64_t backoff_ns = g->config.params.backoff_ns;
    gossipsub_mesh_note(g, now, edge, false);
    gossipsub_topic_from_front(edge);
    gossipsub_topic_back_off(topic, edge->peer->hash, now + backoff_ns);
    gossipsub_mesh_send_prune(g, now, edge->peer, topic, backoff_ns, with_px);
}

/* ---- Joining and leaving ---- */

void gossipsub_mesh_join(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic)
{
    const struct gossipsub_mesh_wish wish = {.score = 0};
    /* Its fan-out is asked, too, as far as it suits a mesh. */
    for (uint32_t i = topic->front; i > 0; i--) {
        struct gossipsub_edge *e = topic->edges[i - 1];
        gossipsub_topic_from_front(e);
        if (gossipsub_mesh_suits(g, now, e, &wish) && i <= g->config.params.d) {
            gossipsub_mesh_take_in(g, now, e);
        }
    }
    if (topic->front < g->config.params.d) {
        gossipsub_mesh_fill(g, now, topic, &wish, g->config.params.d - topic->front);
    }
}

void gossipsub_mesh_leave(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic)
{
    uint64_t backoff_ns = g->config.params.leave_backoff_ns;
    while (topic->front > 0) {
        struct gossipsub_edge *e = topic->edges[topic->front - 1];
        gossipsub_mesh_note(g, now, e, false);
        gossipsub_topic_from_front(e);
        gossipsub_topic_back_off(topic, e->peer->hash, now + backoff_ns);
        gossipsub_mesh_send_prune(g, now, e->peer, topic, backoff_ns, true);
    }
}

/* ---- What others say ---- */

/* Within the backoff: it is refused, punished, and waits anew. */
static void gossipsub_mesh_refuse_early(struct gossipsub *g, uint64_t now,
                                        const struct gossipsub_edge *e, uint64_t until_ns)
{
    uint64_t backoff_ns = g->config.params.backoff_ns;
    bool is_flood = now + backoff_ns < until_ns + FLOOD_NS;
    gossipsub_misbehaved(g, now, e->peer, is_flood ? 2 : 1);
    gossipsub_topic_back_off(e->topic, e->peer->hash, now + backoff_ns);
    gossipsub_mesh_send_prune(g, now, e->peer, e->topic, backoff_ns, false);
}

void gossipsub_mesh_grafted(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                            const struct gossipsub_msg_item *item)
{
    struct gossipsub_topic *topic = gossipsub_topic_get(&g->topics, item->topic);
    if (topic == NULL || !gossipsub_topic_is_joined(topic) || p->version == GOSSIPSUB_FLOODSUB) {
        return;
    }
    struct gossipsub_edge *e = gossipsub_topic_edge(topic, p);
    if (e == NULL) { /* whoever wants to be in its mesh is in the topic */
        e = gossipsub_topic_enter(&g->topics, topic, p);
        if (e != NULL) {
            gossipsub_tell(g, GOSSIPSUB_PEER_ON, &p->id, NULL, item->topic);
        }
    }
    if (e == NULL || gossipsub_topic_is_front(e)) {
        return;
    }
    uint64_t backoff_ns = g->config.params.backoff_ns;
    uint64_t until_ns = gossipsub_topic_backoff(topic, p->hash);
    int64_t rank = gossipsub_rank(g, now, p);
    if (p->is_direct) {
        gossipsub_mesh_send_prune(g, now, p, topic, backoff_ns, false);
    } else if (now < until_ns) {
        gossipsub_mesh_refuse_early(g, now, e, until_ns);
    } else if (rank < 0 || (topic->front >= g->config.params.d_high && !p->is_dialled)) {
        gossipsub_topic_back_off(topic, p->hash, now + backoff_ns);
        gossipsub_mesh_send_prune(g, now, p, topic, backoff_ns, rank >= 0);
    } else {
        gossipsub_topic_to_front(e);
        gossipsub_mesh_note(g, now, e, true);
    }
}

/* Peers that were named to us, each by a record that it signed itself. */
static void gossipsub_mesh_take_px(struct gossipsub *g, struct gossipsub_msg_item *item)
{
    struct gossipsub_msg_peer named;
    for (unsigned i = 0; i < g->config.params.px_peers && gossipsub_msg_next_peer(item, &named);
         i++) {
        struct signed_record_peer record;
        struct peerid id;
        if (peerid_decode(&id, named.id) < 0 || peerid_is_equal(&id, &g->config.self) ||
            map_get(&g->peers, peerid_span(&id)) != NULL || named.record.len == 0 ||
            signed_record_open_peer(&record, named.record) < 0 ||
            !peerid_is_equal(&record.peer, &id)) {
            continue;
        }
        gossipsub_tell(g, GOSSIPSUB_CONNECT, &id, NULL, named.record);
    }
}

void gossipsub_mesh_pruned(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                           struct gossipsub_msg_item *item)
{
    struct gossipsub_topic *topic = gossipsub_topic_get(&g->topics, item->topic);
    struct gossipsub_edge *e = topic != NULL ? gossipsub_topic_edge(topic, p) : NULL;
    if (e == NULL || !gossipsub_topic_is_joined(topic)) {
        return;
    }
    uint64_t backoff_s = item->backoff_s < GOSSIPSUB_MESH_BACKOFF_S_MAX
                             ? item->backoff_s
                             : GOSSIPSUB_MESH_BACKOFF_S_MAX;
    uint64_t backoff_ns = backoff_s > 0 ? backoff_s * TIMERS_SECOND : g->config.params.backoff_ns;
    gossipsub_topic_back_off(topic, p->hash, now + backoff_ns);
    if (!gossipsub_topic_is_front(e)) {
        return; /* then it has nothing to make up for, either */
    }
    gossipsub_mesh_note(g, now, e, false);
    gossipsub_topic_from_front(e);
    if (gossipsub_rank(g, now, p) >= g->config.thresholds.accept_px) {
        gossipsub_mesh_take_px(g, item);
    }
}

/* ---- Heartbeats ---- */

/* One of the mesh, while it is decided who stays. */
struct gossipsub_mesh_ranked {
    struct gossipsub_edge *edge;
    int64_t rank;
};

static void gossipsub_mesh_shuffle(struct gossipsub *g, struct gossipsub_mesh_ranked *all,
                                   size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t at = (size_t)random_below(g->config.random, i);
        struct gossipsub_mesh_ranked other = all[at];
        all[at] = all[i - 1];
        all[i - 1] = other;
    }
}

/* The mesh, best first, and equal ones in random order. Free with mem_free. */
static struct gossipsub_mesh_ranked *gossipsub_mesh_rank(struct gossipsub *g, uint64_t now,
                                                         const struct gossipsub_topic *topic)
{
    struct gossipsub_mesh_ranked *all = mem_new_array(topic->front + 1, sizeof *all);
    for (uint32_t i = 0; i < topic->front; i++) {
        all[i] = (struct gossipsub_mesh_ranked){
            .edge = topic->edges[i], .rank = gossipsub_rank(g, now, topic->edges[i]->peer)};
    }
    gossipsub_mesh_shuffle(g, all, topic->front);
    for (size_t i = 1; i < topic->front; i++) {
        struct gossipsub_mesh_ranked one = all[i];
        size_t at = i;
        for (; at > 0 && all[at - 1].rank < one.rank; at--) {
            all[at] = all[at - 1];
        }
        all[at] = one;
    }
    return all;
}

/* Of `d` that stay, make as many of ours as are wanted and there; the best stay in any case. */
static void gossipsub_mesh_keep_dialled(const struct gossipsub *g,
                                        struct gossipsub_mesh_ranked *all, size_t count)
{
    size_t d = g->config.params.d;
    size_t ours = 0;
    for (size_t i = 0; i < d; i++) {
        ours += all[i].edge->peer->is_dialled ? 1 : 0;
    }
    size_t give = d; /* those before it may give way */
    for (size_t i = d; i < count && ours < g->config.params.d_out; i++) {
        if (!all[i].edge->peer->is_dialled) {
            continue;
        }
        do {
            give--;
        } while (give > 0 && all[give].edge->peer->is_dialled);
        struct gossipsub_mesh_ranked other = all[give];
        all[give] = all[i];
        all[i] = other;
        ours++;
    }
}

static void gossipsub_mesh_shrink(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic)
{
    size_t d = g->config.params.d;
    size_t best = g->config.params.d_score < d ? g->config.params.d_score : d;
    size_t count = topic->front;
    struct gossipsub_mesh_ranked *all = gossipsub_mesh_rank(g, now, topic);
    gossipsub_mesh_shuffle(g, all + best, count - best);
    gossipsub_mesh_keep_dialled(g, all, count);
    for (size_t i = d; i < count; i++) {
        gossipsub_mesh_put_out(g, now, all[i].edge, true);
    }
    mem_free(all);
}

/* Who does harm goes, and is told nobody's name. */
static void gossipsub_mesh_purge(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic)
{
    for (uint32_t i = topic->front; i > 0; i--) {
        struct gossipsub_edge *e = topic->edges[i - 1];
        if (gossipsub_rank(g, now, e->peer) < 0) {
            gossipsub_mesh_put_out(g, now, e, false);
        }
    }
}

static size_t gossipsub_mesh_dialled(const struct gossipsub_topic *topic)
{
    size_t count = 0;
    for (uint32_t i = 0; i < topic->front; i++) {
        count += topic->edges[i]->peer->is_dialled ? 1 : 0;
    }
    return count;
}

/* A mesh of poor peers takes in some that are better than its median. */
static void gossipsub_mesh_improve(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic)
{
    if (topic->front < 2) {
        return;
    }
    struct gossipsub_mesh_ranked *all = gossipsub_mesh_rank(g, now, topic);
    int64_t median = all[(topic->front - 1) / 2].rank;
    mem_free(all);
    if (median < g->config.thresholds.opportunistic) {
        const struct gossipsub_mesh_wish wish = {.score = median + 1};
        gossipsub_mesh_fill(g, now, topic, &wish, OPPORTUNISTIC_PEERS);
    }
}

/* A mesh that fails to bring what gossip then brings takes in who helped, as in plumtree. */
static void gossipsub_mesh_take_helpers(struct gossipsub *g, uint64_t now,
                                        struct gossipsub_topic *topic)
{
    const struct gossipsub_mesh_wish any = {.score = 0};
    bool fails = topic->repaired > topic->came / FAILS_SHARE;
    for (unsigned i = 0; i < GOSSIPSUB_TOPIC_HELPERS; i++) {
        struct gossipsub_peer *p = gossipsub_of_number(g, topic->helpers[i]);
        struct gossipsub_edge *e = p != NULL ? gossipsub_topic_edge(topic, p) : NULL;
        topic->helpers[i] = 0;
        if (fails && e != NULL && !gossipsub_topic_is_front(e) &&
            gossipsub_mesh_suits(g, now, e, &any)) {
            gossipsub_mesh_take_in(g, now, e);
        }
    }
    topic->came = 0;
    topic->repaired = 0;
}

static void gossipsub_mesh_upkeep(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic)
{
    const struct gossipsub_params *p = &g->config.params;
    const struct gossipsub_mesh_wish any = {.score = 0};
    const struct gossipsub_mesh_wish ours = {.score = 0, .is_dialled = true};
    gossipsub_topic_forget(topic, now, p->heartbeat_ns);
    gossipsub_mesh_purge(g, now, topic);
    gossipsub_mesh_take_helpers(g, now, topic);
    if (topic->front < p->d_low) {
        gossipsub_mesh_fill(g, now, topic, &any, p->d - topic->front);
    }
    if (topic->front >= p->d_high) {
        gossipsub_mesh_shrink(g, now, topic);
    }
    size_t dialled = gossipsub_mesh_dialled(topic);
    if (topic->front >= p->d_low && dialled < p->d_out) {
        gossipsub_mesh_fill(g, now, topic, &ours, p->d_out - dialled);
    }
    if (g->beat % p->opportunistic_beats == 0) {
        gossipsub_mesh_improve(g, now, topic);
    }
}

void gossipsub_mesh_fan_out(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic)
{
    const struct gossipsub_mesh_wish wish = {.score = g->config.thresholds.publish,
                                             .is_fan_out = true};
    for (uint32_t i = topic->front; i > 0; i--) {
        struct gossipsub_edge *e = topic->edges[i - 1];
        if (!gossipsub_mesh_suits(g, now, e, &wish)) {
            gossipsub_topic_from_front(e);
        }
    }
    if (topic->front < g->config.params.d) {
        gossipsub_mesh_fill(g, now, topic, &wish, g->config.params.d - topic->front);
    }
}

void gossipsub_mesh_beat(struct gossipsub *g, uint64_t now)
{
    struct list *head = &g->topics.joined;
    struct list *next;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        struct gossipsub_topic *topic = LIST_OF(l, struct gossipsub_topic, link);
        gossipsub_mesh_upkeep(g, now, topic);
        gossipsub_gossip_emit(g, now, topic, false);
    }
    head = &g->topics.fanout;
    for (struct list *l = list_next(head, head); l != NULL; l = next) {
        struct gossipsub_topic *topic = LIST_OF(l, struct gossipsub_topic, link);
        next = list_next(head, l);
        if (topic->fanout_until_ns <= now) {
            gossipsub_topic_fanout(&g->topics, topic, 0);
        } else {
            gossipsub_mesh_fan_out(g, now, topic);
            gossipsub_gossip_emit(g, now, topic, false);
        }
    }
    head = &g->topics.left;
    for (struct list *l = list_next(head, head); l != NULL; l = next) {
        struct gossipsub_topic *topic = LIST_OF(l, struct gossipsub_topic, link);
        next = list_next(head, l);
        gossipsub_topic_forget(topic, now, g->config.params.heartbeat_ns);
        gossipsub_topic_release(&g->topics, topic);
    }
}
