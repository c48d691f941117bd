/*
 * The views: requests, audits and time. Timers are found by looking at all of the few links.
 */
#include "overlay/views.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "overlay/views_links.h"
#include "overlay/views_repair.h"
#include "overlay/views_walk.h"

#define TRIES 3            /* of a request or audit before the peer counts as mute */
#define SHUFFLES_EARLY 4   /* the first ones come after 1, 2, 4, 8 s */
#define HURRY_FACTOR 20    /* probes are so much more frequent while a split heals */
#define NEARER_TRIES_MAX 4 /* doublings: 2 minutes to half an hour */
#define LOST_FACTOR 6      /* and after a loss, or while neighbours are missing */

static void reject(struct views *v, const struct overlay_id *to, enum views_msg_reason reason)
{
    struct views_msg m = {.kind = VIEWS_MSG_REJECT, .reason = reason};
    const struct views_link *other = views_links_random(v, to, to);
    v->stats.rejected++;
    if (other != NULL) {
        m.peers[m.peer_count++] = views_links_peer(v, &other->id);
    }
    views_links_send(v, to, &m);
}

/* May one more come in? Sets `*other` when that one loses its place. */
static bool has_room(struct views *v, uint64_t now, const struct overlay_id *who,
                     enum views_msg_priority priority, struct overlay_id *other, bool *is_other)
{
    struct views_link *l;
    *is_other = false;
    if (v->active_count < v->config.active_max) {
        return true;
    }
    bool is_urgent = priority == VIEWS_MSG_ALONE || priority == VIEWS_MSG_HEAL;
    /* At the limit not even for the moment before another one goes: nobody above has room. */
    if (priority == VIEWS_MSG_NORMAL || v->active_count >= VIEWS_ACTIVE_LIMIT ||
        !views_links_allow(&v->takes, now, VIEWS_TAKES_RATE, VIEWS_TAKES_BURST)) {
        return false;
    }
    /* For one who only lacks some, nobody else may come to lack some. */
    l = views_links_victim(v, now, who, is_urgent ? 0 : v->config.active_min + 1u);
    if (l != NULL) {
        *other = l->id;
        *is_other = true;
        return true;
    }
    return is_urgent && v->active_count < v->config.active_max + VIEWS_ACTIVE_SPARE;
}

static void take_request(struct views *v, uint64_t now, struct views_link *l,
                         const struct views_msg *m)
{
    struct overlay_id who = l->id;
    struct overlay_id other;
    bool is_other = false;
    bool is_new = l->state != VIEWS_ACTIVE;
    l->degree = (uint8_t)m->degree;
    if (m->peer_count > 0 && overlay_id_is_equal(&m->peers[0].id, &who)) {
        views_links_greet(v, l, m->peers[0].where);
    }
    if (is_new && !views_links_may_come(v, now, &who)) {
        reject(v, &who, VIEWS_MSG_BUSY);
        return;
    }
    if (is_new && (v->is_quitting || !has_room(v, now, &who, m->priority, &other, &is_other))) {
        reject(v, &who, v->is_quitting ? VIEWS_MSG_QUIT : VIEWS_MSG_FULL);
        return;
    }
    struct views_msg answer = {.kind = VIEWS_MSG_ACCEPT,
                               .degree = v->active_count + is_new,
                               .peer_count = 1,
                               .peers = {views_links_self(v)}};
    views_links_send(v, &who, &answer);
    if (!is_new) {
        return; /* our answer was lost, or both asked */
    }
    v->stats.accepted++;
    views_links_activate(v, now, l, m->priority == VIEWS_MSG_HEAL, m->priority != VIEWS_MSG_NORMAL);
    if (is_other) {
        views_links_evict(v, now, views_links_find(v, &other), &who);
    }
    if (m->priority == VIEWS_MSG_ALONE) {
        views_walk_start_join(v, &who);
    }
}

static void take_refusal(struct views *v, uint64_t now, struct views_link *l,
                         const struct views_msg *m)
{
    struct overlay_id from = l->id;
    if (l->state != (m->kind == VIEWS_MSG_REJECT ? VIEWS_ASKED : VIEWS_ACTIVE)) {
        return; /* late: what it refuses has ended already */
    }
    views_book_delay(&v->book, &from, now + VIEWS_LINKS_REFUSED_NS);
    views_links_end(v, now, l, m->reason);
    views_walk_follow(v, now, m, &from);
}

/* The neighbour that a new one replaces by nearness or at random, or NULL. */
static struct views_link *swapped(const struct views *v, uint64_t now, const struct views_link *l)
{
    struct views_link *worst = NULL;
    size_t near = 0;
    size_t others = 0;
    for (size_t i = 0; i < v->link_count; i++) {
        bool is_other = v->links[i].state == VIEWS_ACTIVE && &v->links[i] != l;
        others += is_other;
        near += is_other && v->links[i].is_near;
    }
    bool is_random_short = near + VIEWS_RANDOM_MIN >= others;
    for (size_t i = 0; i < v->link_count; i++) {
        struct views_link *o = &v->links[i];
        if (o->state == VIEWS_ACTIVE && o != l && now >= o->protect_ns &&
            o->degree > v->config.active_min && (o->is_near || !is_random_short) && o->rtt_ns > 0 &&
            !o->is_used && (worst == NULL || o->rtt_ns > worst->rtt_ns)) {
            worst = o;
        }
    }
    return worst;
}

static void take_accept(struct views *v, uint64_t now, struct views_link *l,
                        const struct views_msg *m)
{
    enum views_links_goal goal = l->goal;
    struct overlay_id who = l->id;
    l->degree = (uint8_t)m->degree;
    if (m->peer_count > 0 && overlay_id_is_equal(&m->peers[0].id, &who)) {
        views_links_greet(v, l, m->peers[0].where);
    }
    if (l->state != VIEWS_ASKED) {
        if (l->state == VIEWS_IDLE) { /* we gave up meanwhile */
            views_links_send(
                v, &who,
                &(struct views_msg){.kind = VIEWS_MSG_LEAVE, .reason = VIEWS_MSG_STRANGER});
        }
        return;
    }
    /* Others came in while we waited; what replaces a neighbour may stand beside it shortly. */
    if (v->active_count >=
        v->config.active_max + (goal == VIEWS_GOAL_CONNECT ? 0 : VIEWS_ACTIVE_SPARE)) {
        views_links_evict(v, now, l, NULL);
        return;
    }
    views_links_activate(v, now, l, goal == VIEWS_GOAL_HEAL, false);
    if (v->active_count <= v->config.active_target) {
        return;
    }
    struct views_link *old = goal == VIEWS_GOAL_NEARER ? swapped(v, now, l) : NULL;
    l->is_near = goal == VIEWS_GOAL_NEARER;
    if (goal == VIEWS_GOAL_SWAP) {
        old = views_links_victim(v, now, &who, v->config.active_min + 1u);
        old = old != NULL && old->is_used ? NULL : old;
    }
    if (old != NULL) {
        v->stats.swapped++;
        v->nearer_tries = goal == VIEWS_GOAL_NEARER ? 0 : v->nearer_tries;
        views_links_evict(v, now, old, &who);
    }
}

/* A split heals: ask more of those who were lost, for a while. */
static void hurry(struct views *v, uint64_t now)
{
    if (v->hurry_until_ns <= now) {
        v->hurry_until_ns = now + VIEWS_HURRY_NS;
        v->probe_due_ns = now + random_below(v->config.random, VIEWS_LINKS_SECOND);
    }
}

/* One that was lost is back, and both have room: a split that was too short for roots to show it
 * heals by such links. */
static bool is_regained(const struct views *v, uint64_t now, const struct views_link *l)
{
    return l->goal == VIEWS_GOAL_PROBE && now < v->lost_until_ns &&
           v->active_count < v->config.active_max && l->degree < v->config.active_max;
}

/* A peer that we probed says what component it is of. */
static void take_probed(struct views *v, uint64_t now, struct views_link *l, bool is_other,
                        uint64_t rtt_ns)
{
    struct views_link *worst = swapped(v, now, l);
    views_links_greet(v, l, span_empty());
    l->rtt_ns = rtt_ns;
    if (is_other) {
        v->stats.healed++;
        l->goal = VIEWS_GOAL_HEAL;
        views_links_tell(v, VIEWS_SPLIT, &l->id, VIEWS_MSG_UNSAID);
        hurry(v, now);
        views_links_ask(v, now, l);
    } else if (v->active_count < v->config.active_target || is_regained(v, now, l)) {
        l->goal = VIEWS_GOAL_CONNECT;
        views_links_ask(v, now, l);
    } else if (l->goal == VIEWS_GOAL_NEARER && worst != NULL && rtt_ns * 10 < worst->rtt_ns * 7) {
        views_links_ask(v, now, l);
    } else {
        views_links_end(v, now, l, VIEWS_MSG_UNSAID);
    }
}

static void take_audit(struct views *v, uint64_t now, struct views_link *l,
                       const struct views_msg *m)
{
    struct views_msg whole = *m;
    /* A brief one of another list says nothing, but that both lists are to be told whole next. */
    bool is_known = views_roots_complete(&v->roots, &whole);
    bool is_other = is_known && views_roots_differ(&v->roots, &whole);
    l->degree = (uint8_t)m->degree;
    l->list = views_roots_list_of(m);
    if (m->is_asking) {
        views_links_tell_roots(v, now, l, false);
    }
    if (l->state == VIEWS_ACTIVE && is_known) {
        if (is_other && v->active_count > 1) {
            hurry(v, now);
        }
        views_roots_merge(&v->roots, now, &whole);
    } else if (l->state == VIEWS_AUDITING && !m->is_asking && !m->is_brief) {
        take_probed(v, now, l, is_other, now - l->asked_ns + 1);
    } else if (l->state == VIEWS_IDLE && !m->is_asking) {
        views_links_send(
            v, &l->id, &(struct views_msg){.kind = VIEWS_MSG_LEAVE, .reason = VIEWS_MSG_STRANGER});
    }
}

static uint64_t or_default(uint64_t value, uint64_t fallback)
{
    return value != 0 ? value : fallback;
}

static void configure(struct views_config *c)
{
    c->rebalance_ns = or_default(c->rebalance_ns, VIEWS_REBALANCE_NS);
    c->shuffle_ns = or_default(c->shuffle_ns, VIEWS_SHUFFLE_NS);
    c->swap_ns = or_default(c->swap_ns, VIEWS_SWAP_NS);
    c->probe_ns = or_default(c->probe_ns, VIEWS_PROBE_NS);
    c->nearer_ns = or_default(c->nearer_ns, VIEWS_NEARER_NS);
    c->connect_ns = or_default(c->connect_ns, VIEWS_CONNECT_NS);
    c->answer_ns = or_default(c->answer_ns, VIEWS_ANSWER_NS);
    c->active_max = (uint16_t)or_default(c->active_max, VIEWS_ACTIVE_MAX);
    c->active_min = (uint16_t)or_default(c->active_min, VIEWS_ACTIVE_MIN);
    c->active_target = (uint16_t)or_default(c->active_target, VIEWS_ACTIVE_TARGET);
    c->passive_max = (uint16_t)or_default(c->passive_max, VIEWS_PASSIVE_MAX);
    c->retained_max = (uint16_t)or_default(c->retained_max, VIEWS_RETAINED_MAX);
    CHECK(c->active_min <= c->active_max);
    CHECK(c->active_max + VIEWS_ACTIVE_SPARE <= VIEWS_ACTIVE_LIMIT);
    if (c->active_target < c->active_min || c->active_target > c->active_max) {
        c->active_target = (uint16_t)((c->active_min + c->active_max) / 2);
    }
}

void views_init(struct views *v, uint64_t now, const struct views_config *config)
{
    memset(v, 0, sizeof *v);
    v->config = *config;
    configure(&v->config);
    v->config.where = span_empty();
    CHECK(views_set_where(v, config->where) == 0);
    views_book_init(&v->book, config->random, v->config.passive_max, v->config.retained_max);
    views_roots_init(&v->roots, &config->self, 1, now);
    views_links_init(v);
    v->takes = (struct views_bucket){.at_ns = now, .level = VIEWS_TAKES_BURST};
    v->asked = (struct views_bucket){.at_ns = now, .level = VIEWS_ASKED_BURST};
    v->rebalance_due_ns = now + views_links_jitter(v, v->config.rebalance_ns);
    v->shuffle_due_ns = now + views_links_jitter(v, VIEWS_LINKS_SECOND);
    v->swap_due_ns = now + views_links_jitter(v, v->config.swap_ns);
    v->probe_due_ns = now + views_links_jitter(v, v->config.probe_ns);
    v->nearer_due_ns = now + views_links_jitter(v, v->config.nearer_ns);
    v->repair_due_ns = now;
}

void views_set_rebalance(struct views *v, uint64_t now, uint64_t rebalance_ns)
{
    v->config.rebalance_ns = or_default(rebalance_ns, VIEWS_REBALANCE_NS);
    uint64_t next = now + views_links_jitter(v, v->config.rebalance_ns);
    v->rebalance_due_ns = next < v->rebalance_due_ns ? next : v->rebalance_due_ns;
}

void views_clear(struct views *v)
{
    views_links_clear(v);
    views_book_clear(&v->book);
    mem_free(v->walks);
    mem_free(v->comes);
    mem_free(v->sought);
    mem_free(v->shunned);
    mem_free(v->self_where);
    memset(v, 0, sizeof *v);
}

int views_learn(struct views *v, uint64_t now, const struct overlay_id *id, struct span where)
{
    if (where.len > VIEWS_MSG_WHERE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (views_links_is_self(v, id)) {
        return WAVU_ERR_EXISTS;
    }
    views_links_pardon(v, id);
    (void)views_book_hear(&v->book, id, where, 0);
    if (v->active_count < v->config.active_target) {
        views_links_repair(v, now);
    }
    return 0;
}

int views_retain(struct views *v, uint64_t now, const struct overlay_id *id, struct span where)
{
    int rc = views_learn(v, now, id, where);
    if (rc == 0) {
        views_book_failed(&v->book, now, id);
    }
    return rc;
}

int views_set_where(struct views *v, struct span where)
{
    uint8_t *copy = NULL;
    if (where.len > VIEWS_MSG_WHERE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (where.len > 0) {
        copy = mem_new_raw(where.len);
        memcpy(copy, where.ptr, where.len);
    }
    mem_free(v->self_where);
    v->self_where = copy;
    v->config.where = span_of(copy, where.len);
    return 0;
}

int views_link_up(struct views *v, uint64_t now, const struct overlay_id *id, bool is_ours)
{
    struct views_link *l = views_links_find(v, id);
    if (views_links_is_self(v, id)) {
        return WAVU_ERR_EXISTS;
    }
    bool is_known = l != NULL;
    if (!is_known) {
        views_links_spare(v, now);
        l = views_links_add(v, now, id);
    }
    if (l == NULL) {
        return WAVU_ERR_LIMIT;
    }
    views_links_pardon(v, id);
    l->is_sought = l->is_sought || is_ours;
    views_links_greet(v, l, span_empty());
    if (is_known) {
        bool is_late = l->goal == VIEWS_GOAL_CONNECT && v->active_count >= v->config.active_max;
        if (l->state == VIEWS_DIALLING && is_late) { /* others were faster */
            views_links_end(v, now, l, VIEWS_MSG_UNSAID);
        } else if (l->state == VIEWS_DIALLING) {
            views_links_pursue(v, now, l);
        }
        return 0;
    }
    if (is_ours && !v->is_quitting) {
        /* A seed. Those who came to us before we came to it may be cut off from all others with
         * us, however many they are: then it is asked as one of another component. */
        l->goal = v->active_count > 0 ? VIEWS_GOAL_HEAL : VIEWS_GOAL_CONNECT;
        views_links_ask(v, now, l);
    }
    return 0;
}

void views_link_down(struct views *v, uint64_t now, const struct overlay_id *id, bool is_dead)
{
    struct views_link *l = views_links_find(v, id);
    if (l == NULL) {
        return;
    }
    bool was_active = l->state == VIEWS_ACTIVE;
    if (was_active || is_dead) {
        views_links_greet(v, l, span_empty());
    }
    views_links_remove(v, l);
    if (is_dead) {
        uint64_t soon = now + views_links_jitter(v, v->config.probe_ns / LOST_FACTOR);
        views_book_failed(&v->book, now, id);
        v->lost_until_ns = now + VIEWS_LOST_NS;
        v->probe_due_ns = soon < v->probe_due_ns ? soon : v->probe_due_ns;
    } else {
        views_book_delay(&v->book, id, now + v->config.connect_ns);
    }
    if (was_active) {
        views_links_tell(v, VIEWS_DOWN, id, VIEWS_MSG_UNSAID);
    }
    if (was_active && v->active_count < v->config.active_target) {
        views_links_repair(v, now);
    } else {
        views_repair_after_failure(v, now);
    }
}

void views_link_failed(struct views *v, uint64_t now, const struct overlay_id *id)
{
    struct views_link *l = views_links_find(v, id);
    if (l == NULL || l->state != VIEWS_DIALLING) {
        return;
    }
    views_links_remove(v, l);
    views_book_failed(&v->book, now, id);
    v->dials_failed = (uint8_t)(v->dials_failed + (v->dials_failed < VIEWS_REPAIR_MORE));
    views_repair_after_failure(v, now);
}

void views_link_refused(struct views *v, uint64_t now, const struct overlay_id *id,
                        enum views_refusal why)
{
    struct views_link *l = views_links_find(v, id);
    bool was_active = l != NULL && l->state == VIEWS_ACTIVE;
    v->stats.barred++;
    if (l != NULL) {
        views_links_remove(v, l);
    }
    views_book_forget(&v->book, id);
    views_links_shun(v, now, id);
    if (was_active) {
        views_links_tell(v, VIEWS_DOWN, id, VIEWS_MSG_UNSAID);
    }
    views_links_emit(v, &(struct views_event){.kind = VIEWS_REFUSED, .id = *id, .refusal = why});
    if (was_active && v->active_count < v->config.active_target) {
        views_links_repair(v, now);
    } else {
        views_repair_after_failure(v, now);
    }
}

int views_feed(struct views *v, uint64_t now, const struct overlay_id *from,
               const struct views_msg *m)
{
    struct views_link *l = views_links_find(v, from);
    if (l == NULL || l->state == VIEWS_DIALLING) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (!views_links_allow(&l->bucket, now, VIEWS_LINK_RATE, VIEWS_LINK_BURST)) {
        v->stats.shed++;
        return WAVU_ERR_LIMIT;
    }
    switch (m->kind) {
    case VIEWS_MSG_NONE:
        return 0;
    case VIEWS_MSG_REQUEST:
        take_request(v, now, l, m);
        return 0;
    case VIEWS_MSG_ACCEPT:
        take_accept(v, now, l, m);
        return 0;
    case VIEWS_MSG_REJECT:
    case VIEWS_MSG_LEAVE:
        take_refusal(v, now, l, m);
        return 0;
    case VIEWS_MSG_JOIN:
    case VIEWS_MSG_SHUFFLE:
    case VIEWS_MSG_REPLY:
        views_walk_take(v, now, from, m);
        return 0;
    case VIEWS_MSG_AUDIT:
        take_audit(v, now, l, m);
        return 0;
    }
    return 0;
}

void views_set_used(struct views *v, const struct overlay_id *id, bool is_used)
{
    struct views_link *l = views_links_find(v, id);
    if (l != NULL) {
        l->is_used = is_used;
    }
}

void views_set_rtt(struct views *v, const struct overlay_id *id, uint64_t rtt_ns)
{
    struct views_link *l = views_links_find(v, id);
    if (l != NULL) {
        l->rtt_ns = rtt_ns;
    }
}

void views_quit(struct views *v, uint64_t now)
{
    v->is_quitting = true;
    while (v->link_count > 0) {
        struct views_link *l = &v->links[v->link_count - 1];
        if (l->state == VIEWS_ACTIVE) {
            views_links_send(
                v, &l->id, &(struct views_msg){.kind = VIEWS_MSG_LEAVE, .reason = VIEWS_MSG_QUIT});
        }
        views_links_end(v, now, l, VIEWS_MSG_QUIT);
    }
}

bool views_next_event(struct views *v, struct views_event *event)
{
    return views_links_next(v, event);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t views_deadline(const struct views *v)
{
    uint64_t due = earlier(v->rebalance_due_ns, v->shuffle_due_ns);
    due = earlier(due, earlier(v->swap_due_ns, v->probe_due_ns));
    due = earlier(due, earlier(v->nearer_due_ns, v->repair_due_ns));
    /* A neighbour's state has no end: mostly there is nothing to look at. */
    for (size_t i = 0; i < v->link_count && v->link_count > v->active_count; i++) {
        due = earlier(due, v->links[i].end_ns);
    }
    return v->is_quitting ? UINT64_MAX : due;
}

/* A link has been in its state for too long. */
static void expire(struct views *v, uint64_t now, struct views_link *l)
{
    struct overlay_id id = l->id;
    switch (l->state) {
    case VIEWS_DIALLING:
        views_link_failed(v, now, &id);
        views_links_tell(v, VIEWS_DROP, &id, VIEWS_MSG_UNSAID);
        return;
    case VIEWS_ASKED:
    case VIEWS_AUDITING:
        if (l->tries < TRIES) {
            views_links_pursue(v, now, l);
            return;
        }
        views_book_failed(&v->book, now, &id); /* linked and mute: as good as gone */
        views_links_end(v, now, l, VIEWS_MSG_UNSAID);
        if (v->active_count < v->config.active_target) {
            views_links_repair(v, now);
        }
        return;
    case VIEWS_IDLE:
        views_links_end(v, now, l, VIEWS_MSG_UNSAID);
        return;
    case VIEWS_ACTIVE:
        return;
    }
}

static void rebalance(struct views *v, uint64_t now)
{
    v->rebalance_due_ns = now + v->config.rebalance_ns - v->config.rebalance_ns / 8 +
                          random_below(v->config.random, v->config.rebalance_ns / 4 + 1);
    views_roots_renew(&v->roots, now, VIEWS_ROOTS_ROUNDS * v->config.rebalance_ns);
    for (size_t i = 0; i < v->link_count; i++) {
        if (v->links[i].state == VIEWS_ACTIVE) {
            views_links_renew_roots(v, now, &v->links[i]);
        }
    }
    if (v->active_count > v->config.active_max) {
        struct views_link *l =
            views_links_victim(v, now, &v->config.self, v->config.active_min + 1u);
        if (l != NULL) {
            views_links_evict(v, now, l, NULL);
        }
    }
}

/* Begin `goal` with a random passive peer. */
static void begin_random(struct views *v, uint64_t now, enum views_links_goal goal)
{
    const struct views_peer *drawn[VIEWS_ACTIVE_LIMIT];
    size_t n = views_book_draw(&v->book, now, drawn, VIEWS_ACTIVE_LIMIT);
    for (size_t i = 0; i < n; i++) {
        struct views_msg_peer peer = {.id = drawn[i]->id, .where = views_book_where(drawn[i])};
        if (views_links_find(v, &peer.id) == NULL) {
            v->stats.probed += views_links_begin(v, now, &peer, goal);
            return;
        }
    }
}

static void probe(struct views *v, uint64_t now)
{
    bool is_hurried = now < v->hurry_until_ns;
    bool is_lost = now < v->lost_until_ns || v->active_count < v->config.active_target;
    uint64_t pause = v->config.probe_ns / (is_hurried ? HURRY_FACTOR : is_lost ? LOST_FACTOR : 1);
    const struct views_peer *p = views_book_due(&v->book, is_hurried || is_lost ? UINT64_MAX : now);
    v->probe_due_ns = now + views_links_jitter(v, pause);
    if (p != NULL) {
        struct views_msg_peer peer = {.id = p->id, .where = views_book_where(p)};
        v->stats.probed += views_links_begin(v, now, &peer, VIEWS_GOAL_PROBE);
    }
}

void views_tick(struct views *v, uint64_t now)
{
    if (v->is_quitting) {
        return;
    }
    for (size_t i = v->link_count; i > 0; i--) {
        if (i <= v->link_count && now >= v->links[i - 1].end_ns) {
            expire(v, now, &v->links[i - 1]);
        }
    }
    if (now >= v->rebalance_due_ns) {
        rebalance(v, now);
    }
    if (now >= v->repair_due_ns) {
        views_repair_run(v, now);
    }
    if (now >= v->shuffle_due_ns) {
        bool is_early = v->shuffle_count < SHUFFLES_EARLY;
        v->shuffle_due_ns =
            now + views_links_jitter(v, is_early ? VIEWS_LINKS_SECOND << v->shuffle_count
                                                 : v->config.shuffle_ns);
        v->shuffle_count = (uint8_t)(v->shuffle_count + is_early);
        views_walk_start_shuffle(v, now);
    }
    if (now >= v->probe_due_ns) {
        probe(v, now);
    }
    if (now >= v->swap_due_ns) {
        v->swap_due_ns = now + views_links_jitter(v, v->config.swap_ns);
        begin_random(v, now, VIEWS_GOAL_SWAP);
    }
    if (now >= v->nearer_due_ns) {
        v->nearer_due_ns = now + views_links_jitter(v, v->config.nearer_ns << v->nearer_tries);
        v->nearer_tries = (uint8_t)(v->nearer_tries + (v->nearer_tries < NEARER_TRIES_MAX));
        begin_random(v, now, VIEWS_GOAL_NEARER);
    }
}

size_t views_active_count(const struct views *v)
{
    return v->active_count;
}

bool views_is_active(const struct views *v, const struct overlay_id *id)
{
    return views_links_is_active(v, id);
}

const struct overlay_id *views_next_active(const struct views *v, size_t *at)
{
    while (*at < v->link_count) {
        const struct views_link *l = &v->links[(*at)++];
        if (l->state == VIEWS_ACTIVE) {
            return &l->id;
        }
    }
    return NULL;
}

uint64_t views_size_estimate(const struct views *v)
{
    return views_roots_estimate(&v->roots);
}

void views_check(const struct views *v)
{
    CHECK(v->link_count <= v->link_cap && v->link_count <= VIEWS_LINKS_MAX);
    CHECK(v->active_count == views_links_count(v, VIEWS_ACTIVE, VIEWS_ACTIVE));
    CHECK(v->active_count <= v->config.active_max + VIEWS_ACTIVE_SPARE);
    CHECK(views_links_pending(v) <= VIEWS_LINKS_MAX);
    for (size_t i = 0; i < v->link_count; i++) {
        CHECK(views_links_find(v, &v->links[i].id) == &v->links[i]);
        CHECK(!views_links_is_self(v, &v->links[i].id));
        CHECK((v->links[i].state == VIEWS_ACTIVE) == (v->links[i].end_ns == UINT64_MAX));
    }
    CHECK(v->is_quitting || v->active_count >= v->config.active_target ||
          v->repair_due_ns != UINT64_MAX);
    views_book_check(&v->book);
    views_roots_check(&v->roots);
}
