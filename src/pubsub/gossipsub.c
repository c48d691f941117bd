/*
 * Gossipsub as a whole: peers come and go, RPCs are taken apart, events and heartbeats.
 */
#include "pubsub/gossipsub.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"
#include "pubsub/gossipsub_core.h"
#include "pubsub/gossipsub_gossip.h"
#include "pubsub/gossipsub_mesh.h"

#define SLOT_BITS 12u /* of a peer's number: GOSSIPSUB_PEERS_MAX places */
#define SLOTS_MIN 16u
#define DIRECT_BEATS 300u  /* heartbeats from one attempt to dial direct peers to the next */
#define CHANGES_MAX 2048u  /* subscriptions of one peer that are looked at in a heartbeat */
#define CONTROLS_MAX 1024u /* GRAFT and PRUNE likewise */
#define PENALTIES_MAX 32u  /* P7 of one peer in a heartbeat: more does not make it worse */

_Static_assert(GOSSIPSUB_PEERS_MAX == 1u << SLOT_BITS, "every peer has a place");

struct gossipsub_params gossipsub_params_default(void)
{
    return (struct gossipsub_params){.d = 6,
                                     .d_low = 5,
                                     .d_high = 12,
                                     .d_score = 4,
                                     .d_out = 2,
                                     .d_lazy = 6,
                                     .gossip_share = 25,
                                     .windows = 5,
                                     .windows_gossip = 4,
                                     .px_peers = 16,
                                     .heartbeat_ns = TIMERS_SECOND,
                                     .first_heartbeat_ns = 100 * TIMERS_MS,
                                     .fanout_ns = 60 * TIMERS_SECOND,
                                     .backoff_ns = 60 * TIMERS_SECOND,
                                     .leave_backoff_ns = 10 * TIMERS_SECOND,
                                     .iwant_ns = 3 * TIMERS_SECOND,
                                     .validation_ns = 5 * TIMERS_SECOND,
                                     .idontwant_bytes = 1024,
                                     .opportunistic_beats = 10,
                                     .flood_publish = true,
                                     .px = true};
}

static unsigned gossipsub_within(unsigned value, unsigned low, unsigned high)
{
    return value < low ? low : value > high ? high : value;
}

/* Numbers that fit together, whatever was asked for. */
static void gossipsub_settle(struct gossipsub_params *p)
{
    p->d = gossipsub_within(p->d, 1, GOSSIPSUB_DEGREE_MAX / 2);
    p->d_low = gossipsub_within(p->d_low, 1, p->d);
    p->d_high = gossipsub_within(p->d_high, p->d + 1, GOSSIPSUB_DEGREE_MAX);
    p->d_score = gossipsub_within(p->d_score, 0, p->d);
    p->d_out = gossipsub_within(p->d_out, 0, p->d / 2);
    p->d_lazy = gossipsub_within(p->d_lazy, 0, GOSSIPSUB_DEGREE_MAX);
    p->gossip_share = gossipsub_within(p->gossip_share, 0, 100);
    p->windows = gossipsub_within(p->windows, 1, GOSSIPSUB_DEGREE_MAX);
    p->windows_gossip = gossipsub_within(p->windows_gossip, 1, p->windows);
    p->px_peers = gossipsub_within(p->px_peers, 0, GOSSIPSUB_DEGREE_MAX);
    p->opportunistic_beats = gossipsub_within(p->opportunistic_beats, 1, UINT32_MAX);
    p->heartbeat_ns = p->heartbeat_ns == 0 ? TIMERS_SECOND : p->heartbeat_ns;
}

struct gossipsub *gossipsub_new(const struct gossipsub_config *config, uint64_t now)
{
    struct gossipsub *g = mem_new(sizeof *g);
    g->config = *config;
    gossipsub_settle(&g->config.params);
    gossipsub_topic_init(&g->topics, config->random);
    map_init(&g->peers, config->random);
    list_init(&g->peer_list);
    list_init(&g->notes);
    list_init(&g->ready);
    list_init(&g->pending);
    gossipsub_cache_init(&g->cache, g->config.params.windows);
    gossipsub_want_init(&g->want, config->random, g->config.params.iwant_ns);
    g->seed[0] = random_u64(config->random);
    g->seed[1] = random_u64(config->random);
    g->seqno = config->seqno;
    g->beat_due_ns = now + g->config.params.first_heartbeat_ns;
    g->urgent_due_ns = TIMERS_NEVER;
    if (!config->no_score) {
        g->score = gossipsub_score_new(config->score, config->random, now);
    }
    g->config.score = NULL; /* copied there */
    return g;
}

/* ---- Helpers of all parts ---- */

uint64_t gossipsub_hash(const struct gossipsub *g, struct span id)
{
    return map_hash(g->seed, id);
}

struct gossipsub_peer *gossipsub_of_number(const struct gossipsub *g, uint32_t number)
{
    uint32_t slot = number & (GOSSIPSUB_PEERS_MAX - 1);
    struct gossipsub_peer *p = slot < g->slot_cap ? g->slots[slot] : NULL;
    return p != NULL && number != 0 && p->number == number ? p : NULL;
}

int64_t gossipsub_rank(const struct gossipsub *g, uint64_t now, const struct gossipsub_peer *p)
{
    return p->score != NULL && !p->is_direct ? gossipsub_score_of(g->score, now, p->score) : 0;
}

void gossipsub_misbehaved(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                          unsigned count)
{
    if (p->penalties < PENALTIES_MAX && !p->is_direct) {
        p->penalties += count;
        g->stats.misbehaviour += count;
        if (p->score != NULL) {
            gossipsub_score_misbehaved(g->score, now, p->score, count);
        }
    }
}

void gossipsub_wake(struct gossipsub *g, struct gossipsub_peer *p)
{
    if (!p->is_told && !list_is_linked(&p->ready) && gossipsub_peer_has_output(p)) {
        list_push_back(&g->ready, &p->ready);
    }
}

void gossipsub_tell(struct gossipsub *g, enum gossipsub_event_kind kind, const struct peerid *peer,
                    struct gossipsub_message *message, struct span bytes)
{
    struct gossipsub_note *n = mem_new(sizeof *n + bytes.len);
    n->kind = kind;
    if (peer != NULL) {
        n->peer = *peer;
    }
    if (message != NULL) {
        n->message = gossipsub_cache_ref(message);
        n->ticket = g->last_ticket;
    }
    n->len = bytes.len;
    if (bytes.len > 0) {
        memcpy(n->bytes, bytes.ptr, bytes.len);
    }
    list_push_back(&g->notes, &n->link);
}

static void gossipsub_stuck(struct gossipsub *g, struct gossipsub_peer *p)
{
    if (!p->is_closing) {
        p->is_closing = true;
        gossipsub_tell(g, GOSSIPSUB_CLOSE, &p->id, NULL, span_empty());
    }
}

void gossipsub_control(struct gossipsub *g, struct gossipsub_peer *p, struct span item)
{
    if (gossipsub_peer_control(p, item) < 0) {
        gossipsub_stuck(g, p);
    }
    gossipsub_wake(g, p);
}

static void gossipsub_subscribe(struct gossipsub *g, struct gossipsub_peer *p, struct span topic,
                                bool is_on)
{
    if (gossipsub_peer_subscribe(p, topic, is_on) < 0) {
        gossipsub_stuck(g, p);
    }
    gossipsub_wake(g, p);
}

/* ---- Peers ---- */

static struct gossipsub_peer *gossipsub_get(const struct gossipsub *g, const struct peerid *peer)
{
    return map_get(&g->peers, peerid_span(peer));
}

static bool gossipsub_is_direct(const struct gossipsub *g, const struct peerid *peer)
{
    for (size_t i = 0; i < g->direct_count; i++) {
        if (peerid_is_equal(&g->direct[i], peer)) {
            return true;
        }
    }
    return false;
}

/* Give it a place, and a number that no other ever had. */
static void gossipsub_place(struct gossipsub *g, struct gossipsub_peer *p)
{
    uint32_t slot = 0;
    while (slot < g->slot_cap && g->slots[slot] != NULL) {
        slot++;
    }
    if (slot == g->slot_cap) {
        uint32_t cap = g->slot_cap == 0 ? SLOTS_MIN : 2 * g->slot_cap;
        g->slots = mem_resize(g->slots, cap * sizeof(struct gossipsub_peer *));
        memset(&g->slots[slot], 0, (cap - slot) * sizeof(struct gossipsub_peer *));
        g->slot_cap = cap;
    }
    g->peer_serial++;
    if (g->peer_serial >= UINT32_C(1) << (32 - SLOT_BITS)) {
        g->peer_serial = 1;
    }
    g->slots[slot] = p;
    p->number = g->peer_serial << SLOT_BITS | slot;
}

int gossipsub_peer_up(struct gossipsub *g, uint64_t now, const struct peerid *peer,
                      const struct gossipsub_link *link)
{
    if (gossipsub_get(g, peer) != NULL) {
        return WAVU_ERR_EXISTS;
    }
    if (g->peers.count >= GOSSIPSUB_PEERS_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct gossipsub_peer *p = mem_new(sizeof *p);
    gossipsub_peer_init(p);
    p->id = *peer;
    p->hash = gossipsub_hash(g, peerid_span(peer));
    p->version = link->version;
    p->is_dialled = link->is_dialled;
    p->is_direct = gossipsub_is_direct(g, peer);
    gossipsub_place(g, p);
    (void)map_put(&g->peers, peerid_span(&p->id), p);
    list_push_back(&g->peer_list, &p->link);
    if (g->score != NULL) {
        p->score = gossipsub_score_up(g->score, now, peer, link->group);
    }
    struct list *head = &g->topics.joined;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        gossipsub_subscribe(g, p, gossipsub_topic_name(LIST_OF(l, struct gossipsub_topic, link)),
                            true);
    }
    return 0;
}

/* It leaves a topic, or all is over with it. */
static void gossipsub_exit(struct gossipsub *g, uint64_t now, struct gossipsub_edge *e)
{
    struct gossipsub_topic *topic = e->topic;
    struct gossipsub_peer *p = e->peer;
    if (gossipsub_topic_is_joined(topic)) {
        if (gossipsub_topic_is_front(e) && p->score != NULL) {
            gossipsub_score_pruned(g->score, now, p->score, (unsigned)topic->number);
        }
        gossipsub_tell(g, GOSSIPSUB_PEER_OFF, &p->id, NULL, gossipsub_topic_name(topic));
    }
    gossipsub_topic_exit(&g->topics, e);
}

void gossipsub_peer_down(struct gossipsub *g, uint64_t now, const struct peerid *peer)
{
    struct gossipsub_peer *p = gossipsub_get(g, peer);
    if (p == NULL) {
        return;
    }
    while (p->edge_count > 0) {
        gossipsub_exit(g, now, p->edges[p->edge_count - 1]);
    }
    if (p->score != NULL) {
        gossipsub_score_down(g->score, now, p->score);
    }
    (void)map_remove(&g->peers, peerid_span(&p->id));
    list_remove(&p->link);
    list_remove(&p->ready);
    g->slots[p->number & (GOSSIPSUB_PEERS_MAX - 1)] = NULL;
    gossipsub_peer_clear(p);
    mem_free(p);
}

static int gossipsub_direct_add(struct gossipsub *g, const struct peerid *peer)
{
    if (g->direct_count == GOSSIPSUB_DIRECT_MAX) {
        return WAVU_ERR_LIMIT;
    }
    g->direct = mem_resize(g->direct, (g->direct_count + 1) * sizeof *g->direct);
    g->direct[g->direct_count++] = *peer;
    return 0;
}

static void gossipsub_direct_remove(struct gossipsub *g, const struct peerid *peer)
{
    size_t i = 0;
    while (!peerid_is_equal(&g->direct[i], peer)) {
        i++;
    }
    g->direct[i] = g->direct[--g->direct_count];
}

int gossipsub_direct(struct gossipsub *g, uint64_t now, const struct peerid *peer, bool is_direct)
{
    struct gossipsub_peer *p = gossipsub_get(g, peer);
    if (gossipsub_is_direct(g, peer) == is_direct) {
        return 0;
    }
    if (!is_direct) {
        gossipsub_direct_remove(g, peer);
    } else if (gossipsub_direct_add(g, peer) < 0) {
        return WAVU_ERR_LIMIT;
    }
    for (uint32_t i = 0; p != NULL && i < p->edge_count; i++) {
        struct gossipsub_edge *e = p->edges[i];
        if (gossipsub_topic_is_front(e) && gossipsub_topic_is_joined(e->topic)) {
            gossipsub_mesh_put_out(g, now, e, false);
        } else if (gossipsub_topic_is_front(e)) {
            gossipsub_topic_from_front(e);
        }
    }
    if (p != NULL) {
        p->is_direct = is_direct;
    } else if (is_direct) {
        gossipsub_tell(g, GOSSIPSUB_CONNECT, peer, NULL, span_empty());
    }
    return 0;
}

/* ---- Topics ---- */

static void gossipsub_announce(struct gossipsub *g, struct span topic, bool is_on)
{
    struct list *head = &g->peer_list;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        gossipsub_subscribe(g, LIST_OF(l, struct gossipsub_peer, link), topic, is_on);
    }
}

int gossipsub_join(struct gossipsub *g, uint64_t now, struct span topic,
                   const struct gossipsub_topic_config *config)
{
    static const struct gossipsub_topic_config usual = {.policy = GOSSIPSUB_SIGN_STRICT};
    if (!gossipsub_msg_is_topic(topic)) {
        return WAVU_ERR_INVALID;
    }
    if (config != NULL && config->score != NULL && !gossipsub_score_topic_is_valid(config->score)) {
        return WAVU_ERR_INVALID;
    }
    struct gossipsub_topic *t = gossipsub_topic_get(&g->topics, topic);
    if (t != NULL && gossipsub_topic_is_joined(t)) {
        return WAVU_ERR_EXISTS;
    }
    if (g->topics.joined_count == GOSSIPSUB_JOINED_MAX) {
        return WAVU_ERR_LIMIT;
    }
    t = gossipsub_topic_need(&g->topics, topic, true);
    config = config != NULL ? config : &usual;
    t->policy = config->policy;
    t->asks = config->asks;
    t->in_order = config->in_order;
    gossipsub_topic_join(&g->topics, t);
    if (g->score != NULL) {
        gossipsub_score_join(g->score, (unsigned)t->number, config->score);
    }
    gossipsub_announce(g, topic, true);
    for (uint32_t i = 0; i < t->edge_count; i++) {
        gossipsub_tell(g, GOSSIPSUB_PEER_ON, &t->edges[i]->peer->id, NULL, topic);
    }
    gossipsub_mesh_join(g, now, t);
    return 0;
}

int gossipsub_leave(struct gossipsub *g, uint64_t now, struct span topic)
{
    struct gossipsub_topic *t = topic.len > 0 ? gossipsub_topic_get(&g->topics, topic) : NULL;
    if (t == NULL || !gossipsub_topic_is_joined(t)) {
        return WAVU_ERR_NOT_FOUND;
    }
    gossipsub_announce(g, gossipsub_topic_name(t), false);
    gossipsub_flow_expire(g, now, t);
    gossipsub_mesh_leave(g, now, t);
    if (g->score != NULL) {
        gossipsub_score_leave(g->score, (unsigned)t->number);
    }
    gossipsub_topic_leave(&g->topics, t);
    gossipsub_topic_release(&g->topics, t);
    return 0;
}

int gossipsub_publish(struct gossipsub *g, uint64_t now, struct span topic, struct span data,
                      struct gossipsub_sign_id *id)
{
    if (!gossipsub_msg_is_topic(topic)) {
        return WAVU_ERR_INVALID;
    }
    if (data.len > GOSSIPSUB_DATA_MAX) {
        return WAVU_ERR_LIMIT;
    }
    struct gossipsub_topic *t = gossipsub_topic_need(&g->topics, topic, false);
    if (t == NULL) {
        return WAVU_ERR_LIMIT;
    }
    if (!gossipsub_topic_is_joined(t)) {
        t->policy = GOSSIPSUB_SIGN_STRICT;
        gossipsub_topic_fanout(&g->topics, t, now + g->config.params.fanout_ns);
        gossipsub_mesh_fan_out(g, now, t);
    }
    struct wr w;
    size_t size = data.len + GOSSIPSUB_SIGN_OVERHEAD_MAX;
    uint8_t *bytes = mem_new_raw(size);
    const struct gossipsub_msg_publish m = {.data = data.ptr != NULL ? data : span_of("", 0),
                                            .topic = gossipsub_topic_name(t)};
    wr_init(&w, span_mut_of(bytes, size));
    gossipsub_sign_write(&w, g->config.sign, t->policy, &g->config.self, g->seqno, &m);
    CHECK(!w.failed);
    g->seqno++;
    int rc = gossipsub_flow_publish(g, now, t, wr_span(&w), id);
    mem_free(bytes);
    return rc;
}

void gossipsub_validated(struct gossipsub *g, uint64_t now, uint64_t ticket,
                         enum gossipsub_verdict verdict)
{
    gossipsub_flow_validated(g, now, ticket, verdict);
}

/* ---- RPCs ---- */

static void gossipsub_enter(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                            struct span name)
{
    struct gossipsub_topic *t = gossipsub_topic_need(&g->topics, name, false);
    if (t == NULL || gossipsub_topic_edge(t, p) != NULL) {
        return;
    }
    if (gossipsub_topic_enter(&g->topics, t, p) == NULL) {
        gossipsub_topic_release(&g->topics, t);
        if (p->penalties == 0) {
            gossipsub_misbehaved(g, now, p, 1);
        }
    } else if (gossipsub_topic_is_joined(t)) {
        gossipsub_tell(g, GOSSIPSUB_PEER_ON, &p->id, NULL, name);
    }
}

static void gossipsub_take_subscription(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                                        const struct gossipsub_msg_item *item)
{
    p->changes++;
    if (p->changes > CHANGES_MAX || !gossipsub_msg_is_topic(item->topic)) {
        if (p->penalties == 0) {
            gossipsub_misbehaved(g, now, p, 1);
        }
        return;
    }
    if (item->kind == GOSSIPSUB_MSG_SUBSCRIBE) {
        gossipsub_enter(g, now, p, item->topic);
        return;
    }
    struct gossipsub_topic *t = gossipsub_topic_get(&g->topics, item->topic);
    struct gossipsub_edge *e = t != NULL ? gossipsub_topic_edge(t, p) : NULL;
    if (e != NULL) {
        gossipsub_exit(g, now, e);
    }
}

static void gossipsub_take_control(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                                   struct gossipsub_msg_item *item)
{
    p->controls++;
    if (p->controls > CONTROLS_MAX) {
        gossipsub_misbehaved(g, now, p, 1);
    } else if (item->topic.len == 0) {
        return;
    } else if (item->kind == GOSSIPSUB_MSG_GRAFT) {
        gossipsub_mesh_grafted(g, now, p, item);
    } else {
        gossipsub_mesh_pruned(g, now, p, item);
    }
}

/* One item of a peer that is listened to. */
static void gossipsub_take(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                           struct gossipsub_msg_item *item, bool *had_ihave)
{
    switch (item->kind) {
    case GOSSIPSUB_MSG_SUBSCRIBE:
    case GOSSIPSUB_MSG_UNSUBSCRIBE:
        gossipsub_take_subscription(g, now, p, item);
        return;
    case GOSSIPSUB_MSG_PUBLISH:
        if (item->topic.len > 0) {
            gossipsub_flow_take(g, now, p, &item->publish);
        }
        return;
    case GOSSIPSUB_MSG_IHAVE:
        if (item->topic.len > 0) {
            gossipsub_gossip_have(g, now, p, item, !*had_ihave);
            *had_ihave = true;
        }
        return;
    case GOSSIPSUB_MSG_IWANT:
        gossipsub_gossip_wanted(g, now, p, item);
        return;
    case GOSSIPSUB_MSG_IDONTWANT:
        gossipsub_gossip_declined(g, p, item);
        return;
    case GOSSIPSUB_MSG_GRAFT:
    case GOSSIPSUB_MSG_PRUNE:
        gossipsub_take_control(g, now, p, item);
        return;
    }
}

int gossipsub_feed(struct gossipsub *g, uint64_t now, const struct peerid *peer, struct span rpc)
{
    struct gossipsub_peer *p = gossipsub_get(g, peer);
    struct gossipsub_msg m;
    struct gossipsub_msg_item item;
    bool had_ihave = false;
    if (p == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    int rc = gossipsub_msg_check(rpc);
    if (rc < 0) {
        g->stats.malformed++;
        gossipsub_misbehaved(g, now, p, 1);
        return rc;
    }
    /* Of whom nothing is believed, only what it is in is remembered, for better days. */
    bool is_heard = gossipsub_rank(g, now, p) >= g->config.thresholds.graylist;
    gossipsub_msg_init(&m, rpc);
    while (gossipsub_msg_next(&m, &item)) {
        if (is_heard || item.kind == GOSSIPSUB_MSG_SUBSCRIBE ||
            item.kind == GOSSIPSUB_MSG_UNSUBSCRIBE) {
            gossipsub_take(g, now, p, &item, &had_ihave);
        }
    }
    return 0;
}

bool gossipsub_pull(struct gossipsub *g, uint64_t now, const struct peerid *peer, struct buf *out)
{
    (void)now;
    struct gossipsub_peer *p = gossipsub_get(g, peer);
    bool has_one = p != NULL && gossipsub_peer_pull(p, out, &g->stats);
    if (p != NULL) {
        list_remove(&p->ready); /* who pulls knows already */
        p->is_told = gossipsub_peer_has_output(p);
    }
    return has_one;
}

/* ---- Events ---- */

static void gossipsub_note_free(struct gossipsub_note *n)
{
    if (n != NULL) {
        list_remove(&n->link);
        if (n->message != NULL) {
            gossipsub_cache_unref(n->message);
        }
        mem_free(n);
    }
}

bool gossipsub_next_event(struct gossipsub *g, struct gossipsub_event *event)
{
    *event = (struct gossipsub_event){.kind = GOSSIPSUB_WRITABLE};
    gossipsub_note_free(g->held);
    g->held = NULL;
    struct list *l = list_pop_front(&g->notes);
    if (l != NULL) {
        struct gossipsub_note *n = LIST_OF(l, struct gossipsub_note, link);
        g->held = n;
        event->kind = n->kind;
        event->peer = n->peer;
        event->ticket = n->kind == GOSSIPSUB_VALIDATE ? n->ticket : 0;
        if (n->message != NULL) {
            event->message = n->message->publish;
            event->topic = n->message->publish.topic;
        } else if (n->kind == GOSSIPSUB_CONNECT) {
            event->record = span_of(n->bytes, n->len);
        } else {
            event->topic = span_of(n->bytes, n->len);
        }
        return true;
    }
    l = list_pop_front(&g->ready);
    if (l == NULL) {
        return false;
    }
    struct gossipsub_peer *p = LIST_OF(l, struct gossipsub_peer, ready);
    p->is_told = true;
    event->peer = p->id;
    return true;
}

/* ---- Time ---- */

static void gossipsub_dial_direct(struct gossipsub *g)
{
    for (size_t i = 0; i < g->direct_count; i++) {
        if (gossipsub_get(g, &g->direct[i]) == NULL) {
            gossipsub_tell(g, GOSSIPSUB_CONNECT, &g->direct[i], NULL, span_empty());
        }
    }
}

static void gossipsub_beat(struct gossipsub *g, uint64_t now)
{
    struct list *head = &g->peer_list;
    g->beat++;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        gossipsub_peer_beat(LIST_OF(l, struct gossipsub_peer, link), g->beat);
    }
    gossipsub_gossip_beat(g, now);
    gossipsub_mesh_beat(g, now);
    gossipsub_cache_shift(&g->cache, now);
    if (g->beat % DIRECT_BEATS == 0) {
        gossipsub_dial_direct(g);
    }
    g->beat_due_ns = now + g->config.params.heartbeat_ns;
}

uint64_t gossipsub_deadline(const struct gossipsub *g)
{
    uint64_t due = g->beat_due_ns;
    uint64_t pending = gossipsub_flow_deadline(g);
    uint64_t score = g->score != NULL ? gossipsub_score_deadline(g->score) : TIMERS_NEVER;
    due = pending < due ? pending : due;
    due = g->urgent_due_ns < due ? g->urgent_due_ns : due;
    return score < due ? score : due;
}

void gossipsub_tick(struct gossipsub *g, uint64_t now)
{
    gossipsub_flow_expire(g, now, NULL);
    if (g->score != NULL && gossipsub_score_deadline(g->score) <= now) {
        gossipsub_score_tick(g->score, now);
    }
    if (g->urgent_due_ns <= now) {
        gossipsub_gossip_hurry(g, now);
    }
    if (g->beat_due_ns <= now) {
        gossipsub_beat(g, now);
    }
}

void gossipsub_free(struct gossipsub *g)
{
    struct list *l;
    if (g == NULL) {
        return;
    }
    while ((l = list_next(&g->peer_list, &g->peer_list)) != NULL) {
        struct peerid id = LIST_OF(l, struct gossipsub_peer, link)->id;
        gossipsub_peer_down(g, 0, &id);
    }
    while ((l = list_next(&g->notes, &g->notes)) != NULL) {
        gossipsub_note_free(LIST_OF(l, struct gossipsub_note, link));
    }
    gossipsub_note_free(g->held);
    gossipsub_flow_clear(g);
    gossipsub_want_clear(&g->want);
    gossipsub_cache_clear(&g->cache);
    gossipsub_topic_clear(&g->topics);
    gossipsub_score_free(g->score);
    map_clear(&g->peers);
    mem_free(g->slots);
    mem_free(g->direct);
    mem_free(g);
}

/* ---- What is so ---- */

const struct gossipsub_stats *gossipsub_stats(const struct gossipsub *g)
{
    return &g->stats;
}

size_t gossipsub_topics(const struct gossipsub *g, struct span *out, size_t max)
{
    const struct list *head = &g->topics.joined;
    size_t count = 0;
    for (struct list *l = list_next(head, head); l != NULL && count < max; l = list_next(head, l)) {
        out[count++] = gossipsub_topic_name(LIST_OF(l, struct gossipsub_topic, link));
    }
    return count;
}

size_t gossipsub_peers(const struct gossipsub *g, struct span topic, struct peerid *out, size_t max)
{
    size_t count = 0;
    if (topic.len == 0) {
        const struct list *head = &g->peer_list;
        for (struct list *l = list_next(head, head); l != NULL && count < max;
             l = list_next(head, l)) {
            out[count++] = LIST_OF(l, struct gossipsub_peer, link)->id;
        }
        return count;
    }
    const struct gossipsub_topic *t = gossipsub_topic_get(&g->topics, topic);
    for (uint32_t i = 0; t != NULL && i < t->edge_count && count < max; i++) {
        out[count++] = t->edges[i]->peer->id;
    }
    return count;
}

static const struct gossipsub_topic *gossipsub_joined(const struct gossipsub *g, struct span topic)
{
    const struct gossipsub_topic *t = topic.len > 0 ? gossipsub_topic_get(&g->topics, topic) : NULL;
    return t != NULL && gossipsub_topic_is_joined(t) ? t : NULL;
}

bool gossipsub_is_in_mesh(const struct gossipsub *g, struct span topic, const struct peerid *peer)
{
    const struct gossipsub_topic *t = gossipsub_joined(g, topic);
    const struct gossipsub_peer *p = gossipsub_get(g, peer);
    const struct gossipsub_edge *e = t != NULL && p != NULL ? gossipsub_topic_edge(t, p) : NULL;
    return e != NULL && gossipsub_topic_is_front(e);
}

size_t gossipsub_mesh_count(const struct gossipsub *g, struct span topic)
{
    const struct gossipsub_topic *t = gossipsub_joined(g, topic);
    return t != NULL ? t->front : 0;
}

int64_t gossipsub_score(const struct gossipsub *g, uint64_t now, const struct peerid *peer)
{
    const struct gossipsub_peer *p = gossipsub_get(g, peer);
    return p != NULL ? gossipsub_rank(g, now, p) : 0;
}

void gossipsub_score_set(struct gossipsub *g, const struct peerid *peer, int64_t application)
{
    const struct gossipsub_peer *p = gossipsub_get(g, peer);
    if (p != NULL && p->score != NULL) {
        gossipsub_score_application(g->score, p->score, application);
    }
}

size_t gossipsub_memory(const struct gossipsub *g)
{
    const struct list *head = &g->peer_list;
    size_t bytes = sizeof *g + gossipsub_topic_memory(&g->topics) +
                   gossipsub_cache_memory(&g->cache) + g->peers.cap * sizeof(struct map_slot) +
                   g->slot_cap * sizeof(struct gossipsub_peer *) +
                   g->direct_count * sizeof *g->direct;
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        bytes += gossipsub_peer_memory(LIST_OF(l, struct gossipsub_peer, link));
    }
    return bytes;
}

void gossipsub_check(const struct gossipsub *g)
{
    const struct list *head = &g->peer_list;
    size_t waiting = 0;
    gossipsub_topic_check(&g->topics);
    gossipsub_cache_check(&g->cache);
    gossipsub_want_check(&g->want);
    map_check(&g->peers);
    CHECK(list_count(head) == g->peers.count);
    for (struct list *l = list_next(head, head); l != NULL; l = list_next(head, l)) {
        const struct gossipsub_peer *p = LIST_OF(l, struct gossipsub_peer, link);
        gossipsub_peer_check(p);
        CHECK(gossipsub_of_number(g, p->number) == p);
        CHECK(!gossipsub_peer_has_output(p) || p->is_told || list_is_linked(&p->ready));
        waiting += p->waiting;
    }
    CHECK(waiting <= g->pending_count && list_count(&g->pending) == g->pending_count);
    if (g->score != NULL) {
        gossipsub_score_check(g->score);
    }
}
