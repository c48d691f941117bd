/*
 * Messages in and out.
 *
 *   take -> known: a duplicate | unverified: invalid | new -> VALIDATE -> verdict -> accept
 *                                                          -> accept -> kept, DELIVER, handed on
 */
#include "pubsub/gossipsub_flow.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"
#include "pubsub/gossipsub_core.h"
#include "pubsub/gossipsub_gossip.h"
#include "pubsub/gossipsub_mesh.h"

/* ---- Out ---- */

/* Is this one to whom the message need not go: who brought it, or said it? */
static bool gossipsub_flow_has(const struct gossipsub_message *m, const struct gossipsub_peer *p)
{
    return p->number == m->from || span_is_equal(peerid_span(&p->id), m->publish.from);
}

static void gossipsub_flow_give(struct gossipsub *g, struct gossipsub_message *m,
                                struct gossipsub_peer *p, bool is_own)
{
    if (!gossipsub_flow_has(m, p)) {
        g->stats.dropped += gossipsub_peer_push(p, m, is_own);
        gossipsub_wake(g, p);
    }
}

/* To the front; outside of it to direct peers, and to those that know no meshes. */
static void gossipsub_flow_forward(struct gossipsub *g, uint64_t now, struct gossipsub_message *m,
                                   bool is_own)
{
    const struct gossipsub_topic *topic = m->topic;
    bool to_all = is_own && g->config.params.flood_publish;
    for (uint32_t i = 0; i < topic->edge_count; i++) {
        struct gossipsub_peer *p = topic->edges[i]->peer;
        if (i < topic->front || p->is_direct ||
            ((to_all || p->version == GOSSIPSUB_FLOODSUB) &&
             gossipsub_rank(g, now, p) >= g->config.thresholds.publish)) {
            gossipsub_flow_give(g, m, p, is_own);
        }
    }
}

int gossipsub_flow_publish(struct gossipsub *g, uint64_t now, struct gossipsub_topic *topic,
                           struct span bytes, struct gossipsub_sign_id *id)
{
    enum gossipsub_cache_status status;
    uint64_t at_ns;
    struct gossipsub_message *m = gossipsub_cache_message(bytes);
    if (gossipsub_sign_name(&m->id, topic->policy, &m->publish) < 0) {
        gossipsub_cache_unref(m);
        return WAVU_ERR_CRYPTO; /* it could not be signed */
    }
    m->key = gossipsub_hash(g, gossipsub_sign_id_span(&m->id));
    m->topic = topic;
    topic->messages++;
    if (gossipsub_cache_has_seen(&g->cache, m->key, &status, &at_ns)) {
        gossipsub_cache_unref(m);
        return WAVU_ERR_EXISTS;
    }
    gossipsub_cache_see(&g->cache, m->key, GOSSIPSUB_CACHE_VALID, now);
    gossipsub_cache_put(&g->cache, m);
    gossipsub_flow_forward(g, now, m, true);
    g->stats.published++;
    if (id != NULL) {
        *id = m->id;
    }
    gossipsub_cache_unref(m);
    return 0;
}

/* ---- Verdicts ---- */

static void gossipsub_flow_invalid(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                                   const struct gossipsub_topic *topic)
{
    if (p != NULL && p->score != NULL && gossipsub_topic_is_joined(topic)) {
        gossipsub_score_invalid(g->score, now, p->score, (unsigned)topic->number);
    }
}

static void gossipsub_flow_accept(struct gossipsub *g, uint64_t now, struct gossipsub_message *m)
{
    struct gossipsub_peer *p = gossipsub_of_number(g, m->from);
    gossipsub_cache_see(&g->cache, m->key, GOSSIPSUB_CACHE_VALID, now);
    if (p != NULL && p->score != NULL) {
        gossipsub_score_first(g->score, now, p->score, (unsigned)m->topic->number);
    }
    if (gossipsub_cache_get(&g->cache, m->key) == NULL) {
        gossipsub_cache_put(&g->cache, m);
    }
    g->stats.delivered++;
    gossipsub_tell(g, GOSSIPSUB_DELIVER, p != NULL ? &p->id : NULL, m, span_empty());
    gossipsub_flow_forward(g, now, m, false);
}

static void gossipsub_flow_free(struct gossipsub *g, struct gossipsub_pending *w)
{
    struct gossipsub_peer *p = gossipsub_of_number(g, w->message->from);
    if (p != NULL) {
        p->waiting--;
    }
    list_remove(&w->link);
    g->pending_count--;
    gossipsub_cache_unref(w->message);
    mem_free(w);
}

static void gossipsub_flow_judge(struct gossipsub *g, uint64_t now, struct gossipsub_pending *w,
                                 enum gossipsub_verdict verdict)
{
    struct gossipsub_message *m = w->message;
    if (!gossipsub_topic_is_joined(m->topic)) {
        verdict = GOSSIPSUB_IGNORE;
    }
    switch (verdict) {
    case GOSSIPSUB_ACCEPT:
        gossipsub_flow_accept(g, now, m);
        break;
    case GOSSIPSUB_REJECT:
        g->stats.invalid++;
        gossipsub_cache_see(&g->cache, m->key, GOSSIPSUB_CACHE_INVALID, now);
        gossipsub_flow_invalid(g, now, gossipsub_of_number(g, m->from), m->topic);
        break;
    case GOSSIPSUB_IGNORE:
        g->stats.ignored++;
        gossipsub_cache_see(&g->cache, m->key, GOSSIPSUB_CACHE_IGNORED, now);
        break;
    }
    for (uint32_t i = 0; i < w->other_count && verdict != GOSSIPSUB_IGNORE; i++) {
        struct gossipsub_peer *p = gossipsub_of_number(g, w->others[i]);
        if (verdict == GOSSIPSUB_REJECT) {
            gossipsub_flow_invalid(g, now, p, m->topic);
        } else if (p != NULL && p->score != NULL) {
            gossipsub_score_duplicate(g->score, now, p->score, (unsigned)m->topic->number, 0);
        }
    }
    gossipsub_flow_free(g, w);
}

void gossipsub_flow_validated(struct gossipsub *g, uint64_t now, uint64_t ticket,
                              enum gossipsub_verdict verdict)
{
    for (struct list *l = list_next(&g->pending, &g->pending); l != NULL;
         l = list_next(&g->pending, l)) {
        struct gossipsub_pending *w = LIST_OF(l, struct gossipsub_pending, link);
        if (w->ticket == ticket) {
            gossipsub_flow_judge(g, now, w, verdict);
            return;
        }
    }
}

void gossipsub_flow_expire(struct gossipsub *g, uint64_t now, const struct gossipsub_topic *left)
{
    struct list *next;
    for (struct list *l = list_next(&g->pending, &g->pending); l != NULL; l = next) {
        struct gossipsub_pending *w = LIST_OF(l, struct gossipsub_pending, link);
        next = list_next(&g->pending, l);
        if (left == NULL && w->due_ns > now) {
            return;
        }
        if (left == NULL || w->message->topic == left) {
            gossipsub_flow_judge(g, now, w, GOSSIPSUB_IGNORE);
        }
    }
}

uint64_t gossipsub_flow_deadline(const struct gossipsub *g)
{
    struct list *l = list_next(&g->pending, &g->pending);
    return l != NULL ? LIST_OF(l, struct gossipsub_pending, link)->due_ns : TIMERS_NEVER;
}

void gossipsub_flow_clear(struct gossipsub *g)
{
    for (struct list *l; (l = list_next(&g->pending, &g->pending)) != NULL;) {
        gossipsub_flow_free(g, LIST_OF(l, struct gossipsub_pending, link));
    }
}

/* ---- In ---- */

/* A peer brought one that waits for its verdict. */
static void gossipsub_flow_also(struct gossipsub *g, uint64_t key, uint32_t number)
{
    for (struct list *l = list_next(&g->pending, &g->pending); l != NULL;
         l = list_next(&g->pending, l)) {
        struct gossipsub_pending *w = LIST_OF(l, struct gossipsub_pending, link);
        if (w->message->key != key) {
            continue;
        }
        bool is_new = w->message->from != number;
        for (uint32_t i = 0; i < w->other_count; i++) {
            is_new = is_new && w->others[i] != number;
        }
        if (is_new && w->other_count < GOSSIPSUB_FLOW_OTHERS_MAX) {
            w->others[w->other_count++] = number;
        }
        return;
    }
}

/* Was it here before? Then that counts for or against who brought it. */
static bool gossipsub_flow_is_known(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                                    const struct gossipsub_topic *topic, uint64_t key)
{
    enum gossipsub_cache_status status;
    uint64_t at_ns;
    if (!gossipsub_cache_has_seen(&g->cache, key, &status, &at_ns)) {
        return false;
    }
    g->stats.duplicates++;
    switch (status) {
    case GOSSIPSUB_CACHE_WAITS:
        gossipsub_flow_also(g, key, p->number);
        break;
    case GOSSIPSUB_CACHE_VALID:
        if (p->score != NULL) {
            gossipsub_score_duplicate(g->score, now, p->score, (unsigned)topic->number,
                                      now > at_ns ? now - at_ns : 0);
        }
        break;
    case GOSSIPSUB_CACHE_INVALID:
        gossipsub_flow_invalid(g, now, p, topic);
        break;
    case GOSSIPSUB_CACHE_IGNORED:
        break;
    }
    return true;
}

static uint64_t gossipsub_flow_seqno(const struct gossipsub_message *m)
{
    struct rd r;
    rd_init(&r, m->publish.seqno);
    return rd_u64be(&r);
}

/* Where messages must come in order: is this one newer than its author's last? */
static bool gossipsub_flow_is_next(struct gossipsub *g, const struct gossipsub_message *m)
{
    struct gossipsub_topic *topic = m->topic;
    struct gossipsub_keys_entry e;
    if (!topic->in_order || m->publish.from.len == 0) {
        return true;
    }
    uint64_t author = gossipsub_hash(g, m->publish.from);
    uint64_t seqno = gossipsub_flow_seqno(m);
    uint64_t *last = gossipsub_keys_get(&topic->authors, author);
    if (last != NULL) {
        bool is_next = seqno > *last;
        *last = is_next ? seqno : *last;
        return is_next;
    }
    if (gossipsub_keys_is_full(&topic->authors)) {
        (void)gossipsub_keys_pop(&topic->authors, &e);
    }
    gossipsub_keys_put(&topic->authors, author, seqno);
    return true;
}

/* It is new, and its author signed it. */
static void gossipsub_flow_new(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                               struct gossipsub_message *m)
{
    if (m->topic->asks && (g->pending_count == GOSSIPSUB_FLOW_PENDING_MAX ||
                           p->waiting == GOSSIPSUB_FLOW_SHARE_MAX)) {
        g->stats.ignored++; /* and not seen: it may come again */
        return;
    }
    if (!gossipsub_flow_is_next(g, m)) {
        g->stats.ignored++;
        gossipsub_cache_see(&g->cache, m->key, GOSSIPSUB_CACHE_IGNORED, now);
        return;
    }
    if (m->publish.data.len >= g->config.params.idontwant_bytes) {
        gossipsub_gossip_decline(g, m);
    }
    if (!m->topic->asks) {
        gossipsub_flow_accept(g, now, m);
        return;
    }
    struct gossipsub_pending *w = mem_new(sizeof *w);
    w->message = gossipsub_cache_ref(m);
    w->ticket = ++g->last_ticket;
    w->due_ns = now + g->config.params.validation_ns;
    list_push_back(&g->pending, &w->link);
    g->pending_count++;
    p->waiting++;
    gossipsub_cache_see(&g->cache, m->key, GOSSIPSUB_CACHE_WAITS, now);
    gossipsub_tell(g, GOSSIPSUB_VALIDATE, &p->id, m, span_empty());
}

void gossipsub_flow_take(struct gossipsub *g, uint64_t now, struct gossipsub_peer *p,
                         const struct gossipsub_msg_publish *publish)
{
    struct gossipsub_topic *topic = gossipsub_topic_get(&g->topics, publish->topic);
    struct gossipsub_sign_id id;
    if (topic == NULL || !gossipsub_topic_is_joined(topic) ||
        (publish->from.len > 0 && span_is_equal(publish->from, peerid_span(&g->config.self)))) {
        return; /* not ours, or said by us in another life */
    }
    if (gossipsub_sign_name(&id, topic->policy, publish) < 0) {
        g->stats.invalid++;
        gossipsub_flow_invalid(g, now, p, topic);
        return;
    }
    uint64_t key = gossipsub_hash(g, gossipsub_sign_id_span(&id));
    if (gossipsub_flow_is_known(g, now, p, topic, key)) {
        return;
    }
    if (gossipsub_sign_verify(g->config.sign, topic->policy, publish) < 0) {
        g->stats.invalid++; /* and not seen: its author may yet say one of that id */
        gossipsub_flow_invalid(g, now, p, topic);
        return;
    }
    struct gossipsub_peer *asked = gossipsub_of_number(g, gossipsub_want_came(&g->want, key));
    if (asked != NULL) {
        asked->asked--;
        g->stats.repaired++;
        asked->slow_until = asked == p ? 0 : asked->slow_until;
        const struct gossipsub_edge *edge = gossipsub_topic_edge(topic, p);
        if (edge == NULL || !gossipsub_topic_is_front(edge)) {
            gossipsub_gossip_repaired(g, now, topic, p->number);
        }
    }
    struct gossipsub_message *m = gossipsub_cache_message(publish->bytes);
    m->id = id;
    m->key = key;
    m->from = p->number;
    m->topic = topic;
    topic->messages++;
    topic->came++;
    p->has_given = true;
    gossipsub_flow_new(g, now, p, m);
    gossipsub_cache_unref(m);
}
