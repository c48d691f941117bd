/*
 * IHAVE, IWANT and IDONTWANT.
 */
#include "pubsub/gossipsub_gossip.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"
#include "pubsub/gossipsub_core.h"

#define ID_SIZE (GOSSIPSUB_MSG_ID_MAX + 2u)     /* with its head */
#define URGENT_NS (50 * TIMERS_MS)              /* for what comes together */
#define SLOW_BEATS 600u                         /* that who was slow is asked last */
#define GIVEN_RANK (1000 * GOSSIPSUB_SCORE_ONE) /* before all scores of usual size */
#define IDS_AT_ONCE 900u                        /* in one item, which then has its size */

_Static_assert(IDS_AT_ONCE *ID_SIZE + GOSSIPSUB_MSG_TOPIC_MAX + 16 <= GOSSIPSUB_PEER_ITEM_MAX,
               "an item of ids fits into an RPC");

/* An id as that peer writes it. */
static struct span gossipsub_gossip_name(const struct gossipsub_peer *p,
                                         const struct gossipsub_sign_id *id)
{
    struct span by_key = p->is_by_key ? gossipsub_sign_by_key(id) : span_empty();
    return by_key.len > 0 ? by_key : gossipsub_sign_id_span(id);
}

/* Read an id that a peer named; who names by key is written to likewise. False: none of ours. */
static bool gossipsub_gossip_read(struct gossipsub *g, struct gossipsub_peer *p, struct span named,
                                  struct gossipsub_sign_id *id, uint64_t *key)
{
    if (gossipsub_sign_named(id, named) < 0) {
        return false;
    }
    p->is_by_key = p->is_by_key || id->len != named.len;
    *key = gossipsub_hash(g, gossipsub_sign_id_span(id));
    return true;
}

/* ---- Lists of ids for one peer ---- */

struct gossipsub_gossip_list {
    struct gossipsub_peer *peer;
    enum gossipsub_msg_kind kind;
    struct span topic;
    struct wr ids;
    size_t count;
    uint8_t *room; /* owned: for the ids and, behind them, the item */
};

static void gossipsub_gossip_begin(struct gossipsub_gossip_list *l, struct gossipsub_peer *p,
                                   enum gossipsub_msg_kind kind, struct span topic, size_t ids)
{
    size_t size = (ids < IDS_AT_ONCE ? ids : IDS_AT_ONCE) * ID_SIZE;
    *l = (struct gossipsub_gossip_list){.peer = p, .kind = kind, .topic = topic};
    l->room = mem_new_raw(2 * size + GOSSIPSUB_MSG_TOPIC_MAX + 16);
    wr_init(&l->ids, span_mut_of(l->room, size));
}

/* Queue what was gathered. */
static void gossipsub_gossip_flush(struct gossipsub *g, struct gossipsub_gossip_list *l)
{
    struct wr w;
    if (l->count == 0) {
        return;
    }
    wr_init(&w,
            span_mut_of(l->room + l->ids.out.len, l->ids.out.len + GOSSIPSUB_MSG_TOPIC_MAX + 16));
    gossipsub_msg_write_ids(&w, l->kind, l->topic, wr_span(&l->ids));
    CHECK(!w.failed);
    if (gossipsub_peer_gossip(l->peer, wr_span(&w))) {
        gossipsub_wake(g, l->peer);
    }
    wr_init(&l->ids, l->ids.out);
    l->count = 0;
}

static void gossipsub_gossip_add(struct gossipsub *g, struct gossipsub_gossip_list *l,
                                 const struct gossipsub_sign_id *id)
{
    if (l->ids.out.len - l->ids.len < ID_SIZE) {
        gossipsub_gossip_flush(g, l);
    }
    gossipsub_msg_write_id(&l->ids, l->kind, gossipsub_gossip_name(l->peer, id));
    l->count++;
}

static void gossipsub_gossip_end(struct gossipsub *g, struct gossipsub_gossip_list *l)
{
    gossipsub_gossip_flush(g, l);
    mem_free(l->room);
}

/* ---- What others say ---- */

/* Whom to ask rather: who gave before, then by score, last who let us wait. */
static int64_t gossipsub_gossip_trust(struct gossipsub *g, uint64_t now,
                                      const struct gossipsub_peer *p)
{
    int64_t rank = gossipsub_rank(g, now, p);
    rank += p->has_given && rank >= 0 ? GIVEN_RANK : 0;
    return p->slow_until > g->beat ? INT64_MIN : rank;
}

/* Ask for what is not here and was not asked of another. */
static void gossipsub_gossip_ask(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                                 struct gossipsub_msg_item *item)
{
    struct gossipsub_gossip_list list;
    struct span named;
    int64_t rank = gossipsub_gossip_trust(g, now, p);
    gossipsub_gossip_begin(&list, p, GOSSIPSUB_MSG_IWANT, span_empty(), IDS_AT_ONCE);
    g->batch++;
    for (unsigned i = 0;
         i < GOSSIPSUB_GOSSIP_IDS_MAX && p->wanted < GOSSIPSUB_GOSSIP_IDS_MAX &&
         p->asked < GOSSIPSUB_GOSSIP_OWED_MAX && gossipsub_msg_next_id(item, &named);
         i++) {
        struct gossipsub_sign_id id;
        enum gossipsub_cache_status status;
        uint64_t key;
        uint64_t at_ns;
        if (gossipsub_gossip_read(g, p, named, &id, &key) &&
            !gossipsub_cache_has_seen(&g->cache, key, &status, &at_ns) &&
            gossipsub_want_announced(
                &g->want, now,
                &(struct gossipsub_want_news){
                    .key = key, .id = &id, .peer = p->number, .batch = g->batch, .rank = rank})) {
            gossipsub_gossip_add(g, &list, &id);
            p->wanted++;
            p->asked++;
            g->stats.iwants++;
        }
    }
    gossipsub_gossip_end(g, &list);
}

void gossipsub_gossip_have(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                           struct gossipsub_msg_item *item, bool is_first)
{
    const struct gossipsub_topic *topic = gossipsub_topic_get(&g->topics, item->topic);
    p->ihaves += is_first ? 1 : 0;
    if (topic != NULL && gossipsub_topic_is_joined(topic) &&
        p->ihaves <= GOSSIPSUB_GOSSIP_IHAVES_MAX &&
        gossipsub_rank(g, now, p) >= g->config.thresholds.gossip) {
        gossipsub_gossip_ask(g, now, p, item);
    }
}

void gossipsub_gossip_wanted(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                             struct gossipsub_msg_item *item)
{
    struct span named;
    if (gossipsub_rank(g, now, p) < g->config.thresholds.gossip) {
        return;
    }
    while (p->served_ids < GOSSIPSUB_GOSSIP_IDS_MAX && gossipsub_msg_next_id(item, &named)) {
        struct gossipsub_sign_id id;
        uint64_t key;
        p->served_ids++;
        struct gossipsub_message *m = gossipsub_gossip_read(g, p, named, &id, &key)
                                          ? gossipsub_cache_get(&g->cache, key)
                                          : NULL;
        if (m != NULL && gossipsub_keys_get(&p->unwanted, key) == NULL &&
            gossipsub_peer_serve(p, key) <= GOSSIPSUB_GOSSIP_SERVED_MAX) {
            g->stats.dropped += gossipsub_peer_push(p, m, false);
            gossipsub_wake(g, p);
        }
    }
}

void gossipsub_gossip_declined(struct gossipsub *g, struct gossipsub_peer *p,
                               struct gossipsub_msg_item *item)
{
    struct span named;
    while (p->declines < GOSSIPSUB_GOSSIP_DECLINES_MAX && gossipsub_msg_next_id(item, &named)) {
        struct gossipsub_sign_id id;
        uint64_t key;
        p->declines++;
        if (gossipsub_gossip_read(g, p, named, &id, &key)) {
            gossipsub_peer_unwant(p, key, g->beat + GOSSIPSUB_GOSSIP_BEATS);
        }
    }
}

/* ---- What we say ---- */

void gossipsub_gossip_decline(struct gossipsub *g, const struct gossipsub_message *m)
{
    const struct gossipsub_topic *topic = m->topic;
    for (uint32_t i = 0; i < topic->front; i++) {
        struct gossipsub_peer *p = topic->edges[i]->peer;
        if (p->version == GOSSIPSUB_V12 && p->number != m->from &&
            gossipsub_peer_decline(p, gossipsub_gossip_name(p, &m->id))) {
            gossipsub_wake(g, p);
        }
    }
}

/* Announce `count` messages to one peer: all, or a random part of them that is not too large. */
static void gossipsub_gossip_announce(struct gossipsub *g, struct gossipsub_peer *p,
                                      const struct gossipsub_topic *topic,
                                      struct gossipsub_message **all, size_t count)
{
    struct gossipsub_gossip_list list;
    size_t some = count < GOSSIPSUB_GOSSIP_IDS_MAX ? count : GOSSIPSUB_GOSSIP_IDS_MAX;
    gossipsub_gossip_begin(&list, p, GOSSIPSUB_MSG_IHAVE, gossipsub_topic_name(topic), some);
    for (size_t i = 0; i < some; i++) {
        if (some < count) {
            size_t at = i + (size_t)random_below(g->config.random, count - i);
            struct gossipsub_message *m = all[at];
            all[at] = all[i];
            all[i] = m;
        }
        gossipsub_gossip_add(g, &list, &all[i]->id);
    }
    g->stats.ihaves += some;
    gossipsub_gossip_end(g, &list);
}

static bool gossipsub_gossip_is_hearer(struct gossipsub *g, uint64_t now,
                                       const struct gossipsub_peer *p)
{
    return !p->is_direct && p->version != GOSSIPSUB_FLOODSUB &&
           gossipsub_rank(g, now, p) >= g->config.thresholds.gossip;
}

/* Peers of the topic that are neither in the front nor direct, know gossip, and deserve it: in
 * turn. Drawn by chance, some would be left out in every heartbeat that announces a message. */
static size_t gossipsub_gossip_hearers(struct gossipsub *g, uint64_t now,
                                       struct gossipsub_topic *topic, uint32_t *turn,
                                       struct gossipsub_peer **out)
{
    uint32_t others = topic->edge_count - topic->front;
    size_t count = 0;
    size_t taken = 0;
    for (uint32_t i = topic->front; i < topic->edge_count; i++) {
        count += gossipsub_gossip_is_hearer(g, now, topic->edges[i]->peer) ? 1 : 0;
    }
    size_t share = (count * g->config.params.gossip_share + 99) / 100;
    size_t wanted = share > g->config.params.d_lazy ? share : g->config.params.d_lazy;
    for (uint32_t i = 0; i < others && taken < wanted; i++) {
        *turn = *turn + 1 < others ? *turn + 1 : 0;
        struct gossipsub_peer *p = topic->edges[topic->front + *turn]->peer;
        if (gossipsub_gossip_is_hearer(g, now, p)) {
            out[taken++] = p;
        }
    }
    return taken;
}

void gossipsub_gossip_emit(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic,
                           bool is_urgent)
{
    size_t recent =
        gossipsub_cache_recent(&g->cache, is_urgent ? 1 : g->config.params.windows_gossip);
    uint32_t *turn = is_urgent ? &topic->urgent_turn : &topic->turn;
    size_t count = 0;
    if (recent == 0 || topic->messages == 0 || topic->edge_count == topic->front) {
        return;
    }
    struct gossipsub_message **all = mem_new_array(recent, sizeof(struct gossipsub_message *));
    for (size_t i = 0; i < recent; i++) {
        struct gossipsub_message *m = gossipsub_cache_newest(&g->cache, i);
        if (m->topic == topic) {
            all[count++] = m;
        }
    }
    struct gossipsub_peer **hearers =
        mem_new_array(topic->edge_count, sizeof(struct gossipsub_peer *));
    size_t hearer_count = count > 0 ? gossipsub_gossip_hearers(g, now, topic, turn, hearers) : 0;
    for (size_t i = 0; i < hearer_count; i++) {
        gossipsub_gossip_announce(g, hearers[i], topic, all, count);
    }
    mem_free(hearers);
    mem_free(all);
}

/* ---- When the mesh fails ---- */

void gossipsub_gossip_repaired(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic,
                               uint32_t number)
{
    topic->helpers[topic->repaired++ % GOSSIPSUB_TOPIC_HELPERS] = number;
    topic->is_urgent = true;
    if (g->urgent_due_ns == TIMERS_NEVER && g->urgent_rounds < GOSSIPSUB_GOSSIP_URGENT_MAX) {
        g->urgent_due_ns = now + URGENT_NS;
        g->urgent_rounds++;
    }
}

void gossipsub_gossip_hurry(struct gossipsub *g, uint64_t now)
{
    struct list *head = &g->topics.joined;
    g->urgent_due_ns = TIMERS_NEVER;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        struct gossipsub_topic *topic = LIST_OF(l, struct gossipsub_topic, link);
        if (topic->is_urgent) {
            topic->is_urgent = false;
            gossipsub_gossip_emit(g, now, topic, true);
        }
    }
}

/* One request is one promise. */
static void gossipsub_gossip_broke(struct gossipsub *g, uint64_t now, uint32_t number,
                                   uint32_t batch)
{
    struct gossipsub_peer *p = gossipsub_of_number(g, number);
    if (p != NULL) {
        g->stats.broken++;
        if (p->broken != batch) {
            p->broken = batch;
            gossipsub_misbehaved(g, now, p, 1);
        }
    }
}

void gossipsub_gossip_beat(struct gossipsub *g, uint64_t now)
{
    struct gossipsub_want_late late;
    g->batch++;
    g->urgent_rounds = 0;
    while (gossipsub_want_next_late(&g->want, now, g->batch, &late)) {
        struct gossipsub_peer *slow = gossipsub_of_number(g, late.slow);
        struct gossipsub_peer *released = gossipsub_of_number(g, late.released);
        struct gossipsub_peer *next = gossipsub_of_number(g, late.next);
        if (slow != NULL) {
            slow->slow_until = g->beat + SLOW_BEATS;
        }
        if (released != NULL) {
            released->asked--;
        }
        for (unsigned i = 0; i < late.broken_count; i++) {
            gossipsub_gossip_broke(g, now, late.broken[i], late.batches[i]);
        }
        if (next != NULL) {
            struct gossipsub_gossip_list list;
            next->asked++;
            g->stats.iwants++;
            gossipsub_gossip_begin(&list, next, GOSSIPSUB_MSG_IWANT, span_empty(), 1);
            gossipsub_gossip_add(g, &list, &late.id);
            gossipsub_gossip_end(g, &list);
        }
    }
}
