/*
 * The views: links and their states, timers found by looking at all of the few links. Peers that
 * are linked stay in the passive view as well, which so knows where everybody is.
 *
 * Links move in memory when one is added or removed: a pointer to one is good until then.
 */
#include "overlay/views.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define SECOND UINT64_C(1000000000)
#define TRIES 3                  /* of a request or audit before the peer counts as mute */
#define REFUSED_NS (30 * SECOND) /* a peer without room is left alone for it */
#define REPAIR_NS (SECOND / 4)   /* first pause between tries to fill the active view */
#define REPAIR_DOUBLINGS 5       /* up to 8 s */
#define WALK_NS (30 * SECOND)    /* a shuffle's reply comes within it or not at all */
#define SHUFFLES_EARLY 4         /* the first ones come after 1, 2, 4, 8 s */
#define SHUFFLE_ACTIVE 3         /* HyParView's numbers */
#define SHUFFLE_PASSIVE 4
#define HURRY_FACTOR 20

enum state { DIALLING, IDLE, ASKED, AUDITING, ACTIVE };
enum goal { CONNECT, PROBE, NEARER, SWAP, HEAL };

struct views_link {
    struct overlay_id id;
    enum state state;
    enum goal goal;
    uint64_t end_ns; /* all but ACTIVE: when this state has lasted too long */
    uint64_t asked_ns;
    uint64_t protect_ns; /* not to be evicted before */
    uint64_t rtt_ns;     /* 0: unknown */
    struct views_bucket bucket;
    uint8_t degree; /* as it said last */
    uint8_t tries;
    bool is_chosen; /* we asked */
    bool is_near;   /* chosen for its round trip */
};

struct item {
    struct views_event event;
    uint8_t *block; /* owned: where the event's spans point to */
};

/* --- events --- */

/* Move a span into the block at `*at`. */
static void keep(struct span *s, uint8_t *block, size_t *at)
{
    if (s->len == 0) {
        *s = span_empty();
        return;
    }
    memcpy(block + *at, s->ptr, s->len);
    s->ptr = block + *at;
    *at += s->len;
}

static void emit(struct views *v, const struct views_event *event)
{
    struct item item = {.event = *event};
    struct views_msg *m = &item.event.msg;
    size_t len = event->where.len;
    size_t at = 0;
    for (size_t i = 0; i < m->peer_count; i++) {
        len += m->peers[i].where.len;
    }
    if (len > 0) {
        item.block = mem_new_raw(len);
    }
    keep(&item.event.where, item.block, &at);
    for (size_t i = 0; i < m->peer_count; i++) {
        keep(&m->peers[i].where, item.block, &at);
    }
    CHECK(ring_push(&v->events, &item) == 0); /* the owner takes events after every call */
}

static void send(struct views *v, const struct overlay_id *to, const struct views_msg *m)
{
    emit(v, &(struct views_event){.kind = VIEWS_SEND, .id = *to, .msg = *m});
}

static void tell(struct views *v, enum views_event_kind kind, const struct overlay_id *id,
                 enum views_msg_reason reason)
{
    emit(v, &(struct views_event){.kind = kind, .id = *id, .reason = reason});
}

/* --- small things --- */

static bool bucket_take(struct views_bucket *b, uint64_t now, uint32_t rate, uint32_t burst)
{
    uint64_t fill = now > b->at_ns ? (now - b->at_ns) / (SECOND / rate) : 0;
    if (fill > 0) {
        uint64_t sum = b->level + fill;
        b->level = sum < burst ? (uint32_t)sum : burst;
        b->at_ns = now;
    }
    if (b->level == 0) {
        return false;
    }
    b->level--;
    return true;
}

/* Half to one and a half of `ns`. */
static uint64_t jitter(const struct views *v, uint64_t ns)
{
    return ns / 2 + random_below(v->config.random, ns + 1);
}

static bool is_self(const struct views *v, const struct overlay_id *id)
{
    return overlay_id_is_equal(id, &v->config.self);
}

static struct views_link *link_of(const struct views *v, const struct overlay_id *id)
{
    for (size_t i = 0; i < v->link_count; i++) {
        if (overlay_id_is_equal(&v->links[i].id, id)) {
            return &v->links[i];
        }
    }
    return NULL;
}

static size_t count_in(const struct views *v, enum state first, enum state last)
{
    size_t n = 0;
    for (size_t i = 0; i < v->link_count; i++) {
        n += v->links[i].state >= first && v->links[i].state <= last;
    }
    return n;
}

/* Our own dials and questions under way. */
static size_t pending(const struct views *v)
{
    return count_in(v, DIALLING, DIALLING) + count_in(v, ASKED, AUDITING);
}

static struct views_msg_peer self_peer(const struct views *v)
{
    return (struct views_msg_peer){.id = v->config.self, .where = v->config.where};
}

static struct views_msg_peer peer_of(const struct views *v, const struct overlay_id *id)
{
    const struct views_peer *p = views_book_find(&v->book, id);
    return (struct views_msg_peer){.id = *id,
                                   .where = p != NULL ? views_book_where(p) : span_empty()};
}

static void repair_soon(struct views *v, uint64_t due_ns)
{
    v->repair_due_ns = due_ns < v->repair_due_ns ? due_ns : v->repair_due_ns;
}

/* A random neighbour that is neither; NULL when there is none. */
static struct views_link *random_active(const struct views *v, const struct overlay_id *not_this,
                                        const struct overlay_id *nor_this)
{
    struct views_link *found = NULL;
    size_t seen = 0;
    for (size_t i = 0; i < v->link_count; i++) {
        struct views_link *l = &v->links[i];
        if (l->state == ACTIVE && !overlay_id_is_equal(&l->id, not_this) &&
            !overlay_id_is_equal(&l->id, nor_this) && random_below(v->config.random, ++seen) == 0) {
            found = l;
        }
    }
    return found;
}

/* --- links --- */

static struct views_link *link_add(struct views *v, uint64_t now, const struct overlay_id *id)
{
    if (v->link_count == VIEWS_LINKS_MAX) {
        return NULL;
    }
    if (v->link_count == v->link_cap) {
        v->link_cap = (uint8_t)(v->link_cap == 0 ? 6 : 2 * v->link_cap);
        v->links = mem_resize(v->links, v->link_cap * sizeof v->links[0]);
    }
    struct views_link *l = &v->links[v->link_count++];
    *l = (struct views_link){.id = *id,
                             .state = IDLE,
                             .end_ns = now + VIEWS_IDLE_NS,
                             .bucket = {.at_ns = now, .level = VIEWS_LINK_BURST}};
    return l;
}

static void link_remove(struct views *v, struct views_link *l)
{
    v->active_count = (uint8_t)(v->active_count - (l->state == ACTIVE));
    *l = v->links[--v->link_count];
}

/* The one place that changes a link's state. */
static void set_state(struct views *v, struct views_link *l, enum state state, uint64_t end_ns)
{
    CHECK(state != DIALLING || l->state == IDLE);
    v->active_count = (uint8_t)(v->active_count + (state == ACTIVE) - (l->state == ACTIVE));
    l->state = state;
    l->end_ns = end_ns;
}

/* End a link of whatever state, on our wish. */
static void let_go(struct views *v, uint64_t now, struct views_link *l,
                   enum views_msg_reason reason)
{
    struct overlay_id id = l->id;
    bool was_active = l->state == ACTIVE;
    link_remove(v, l);
    if (was_active) {
        tell(v, VIEWS_DOWN, &id, reason);
        if (v->active_count < v->config.active_target) {
            repair_soon(v, now);
        }
    }
    tell(v, VIEWS_DROP, &id, reason);
}

static void send_audit(struct views *v, const struct overlay_id *to, bool is_asking)
{
    struct views_msg m = {
        .kind = VIEWS_MSG_AUDIT, .degree = v->active_count, .is_asking = is_asking};
    views_roots_put(&v->roots, &m);
    send(v, to, &m);
}

static void make_active(struct views *v, uint64_t now, struct views_link *l, bool is_healing)
{
    if (l->state != ACTIVE) {
        set_state(v, l, ACTIVE, UINT64_MAX);
        tell(v, VIEWS_UP, &l->id, VIEWS_MSG_UNSAID);
        views_book_met(&v->book, &l->id, span_empty());
        v->repair_tries = 0;
        send_audit(v, &l->id, false);
    }
    if (is_healing) {
        l->protect_ns = now + VIEWS_PROTECT_NS;
    }
}

static enum views_msg_priority priority_of(const struct views *v, const struct views_link *l)
{
    if (v->active_count == 0) {
        return VIEWS_MSG_ALONE;
    }
    if (l->goal == HEAL) {
        return VIEWS_MSG_HEAL;
    }
    return v->active_count < v->config.active_min ? VIEWS_MSG_LACKING : VIEWS_MSG_NORMAL;
}

static void ask(struct views *v, uint64_t now, struct views_link *l)
{
    struct views_msg m = {.kind = VIEWS_MSG_REQUEST,
                          .priority = priority_of(v, l),
                          .degree = v->active_count,
                          .peer_count = 1,
                          .peers = {self_peer(v)}};
    if (l->state != ASKED) {
        l->tries = 0;
        set_state(v, l, ASKED, 0);
    }
    l->tries++;
    l->end_ns = now + v->config.answer_ns;
    l->is_chosen = true;
    send(v, &l->id, &m);
}

static void audit(struct views *v, uint64_t now, struct views_link *l)
{
    if (l->state != AUDITING) {
        l->tries = 0;
        l->asked_ns = now;
        set_state(v, l, AUDITING, 0);
    }
    l->tries++;
    l->end_ns = now + v->config.answer_ns;
    send_audit(v, &l->id, true);
}

static void pursue(struct views *v, uint64_t now, struct views_link *l)
{
    if (l->goal == PROBE || l->goal == NEARER) {
        audit(v, now, l);
    } else {
        ask(v, now, l);
    }
}

/* Begin something with a peer that is no neighbour; false when there is no room for it. */
static bool begin(struct views *v, uint64_t now, const struct views_msg_peer *peer, enum goal goal)
{
    struct views_link *l = link_of(v, &peer->id);
    if (is_self(v, &peer->id) || v->is_quitting || pending(v) >= VIEWS_DIALS_MAX ||
        (l != NULL && l->state != IDLE)) {
        return false;
    }
    if (l != NULL) {
        l->goal = goal;
        pursue(v, now, l);
        return true;
    }
    l = link_add(v, now, &peer->id);
    if (l == NULL) {
        return false;
    }
    l->goal = goal;
    set_state(v, l, DIALLING, now + v->config.connect_ns);
    emit(v, &(struct views_event){.kind = VIEWS_DIAL, .id = peer->id, .where = peer->where});
    return true;
}

/* --- who gives way --- */

static size_t chosen_count(const struct views *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->link_count; i++) {
        n += v->links[i].state == ACTIVE && v->links[i].is_chosen;
    }
    return n;
}

/* The neighbour that misses us least: of the highest degree, above `degree_min`. Never one that
 * heals a split, nor one of the last few that we chose ourselves. NULL when there is none. */
static struct views_link *victim(const struct views *v, uint64_t now,
                                 const struct overlay_id *not_this, uint32_t degree_min)
{
    struct views_link *best = NULL;
    size_t seen = 0;
    bool is_choice_kept = chosen_count(v) <= VIEWS_CHOSEN_MIN;
    for (size_t i = 0; i < v->link_count; i++) {
        struct views_link *l = &v->links[i];
        if (l->state != ACTIVE || now < l->protect_ns || l->degree < degree_min ||
            (l->is_chosen && is_choice_kept) || overlay_id_is_equal(&l->id, not_this)) {
            continue;
        }
        if (best == NULL || l->degree > best->degree) {
            best = l;
            seen = 1;
        } else if (l->degree == best->degree && random_below(v->config.random, ++seen) == 0) {
            best = l;
        }
    }
    return best;
}

/* Take leave of a neighbour and point it to `other`, whom it can ask instead. */
static void evict(struct views *v, uint64_t now, struct views_link *l,
                  const struct overlay_id *other)
{
    struct views_msg m = {.kind = VIEWS_MSG_LEAVE, .reason = VIEWS_MSG_REPLACED};
    if (other != NULL) {
        m.peers[m.peer_count++] = peer_of(v, other);
    }
    send(v, &l->id, &m);
    v->stats.evicted++;
    views_book_delay(&v->book, &l->id, now + REFUSED_NS);
    let_go(v, now, l, VIEWS_MSG_REPLACED);
}

/* --- requests --- */

static void reject(struct views *v, const struct overlay_id *to, enum views_msg_reason reason)
{
    struct views_msg m = {.kind = VIEWS_MSG_REJECT, .reason = reason};
    const struct views_link *other = random_active(v, to, to);
    v->stats.rejected++;
    if (other != NULL) {
        m.peers[m.peer_count++] = peer_of(v, &other->id);
    }
    send(v, to, &m);
}

/* A newcomer's walks begin at all other neighbours. */
static void start_join(struct views *v, const struct overlay_id *who)
{
    struct views_msg m = {
        .kind = VIEWS_MSG_JOIN, .ttl = VIEWS_WALK_TTL, .peer_count = 1, .peers = {peer_of(v, who)}};
    for (size_t i = 0; i < v->link_count; i++) {
        if (v->links[i].state == ACTIVE && !overlay_id_is_equal(&v->links[i].id, who)) {
            send(v, &v->links[i].id, &m);
        }
    }
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
    if (priority == VIEWS_MSG_NORMAL ||
        !bucket_take(&v->takes, now, VIEWS_TAKES_RATE, VIEWS_TAKES_BURST)) {
        return false;
    }
    /* For one who only lacks some, nobody else may come to lack some. */
    l = victim(v, now, who, is_urgent ? 0 : v->config.active_min + 1u);
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
    bool is_new = l->state != ACTIVE;
    l->degree = (uint8_t)m->degree;
    if (m->peer_count > 0 && overlay_id_is_equal(&m->peers[0].id, &who)) {
        views_book_met(&v->book, &who, m->peers[0].where);
    }
    if (is_new && (v->is_quitting || !has_room(v, now, &who, m->priority, &other, &is_other))) {
        reject(v, &who, v->is_quitting ? VIEWS_MSG_QUIT : VIEWS_MSG_FULL);
        return;
    }
    struct views_msg answer = {.kind = VIEWS_MSG_ACCEPT,
                               .degree = v->active_count + is_new,
                               .peer_count = 1,
                               .peers = {self_peer(v)}};
    send(v, &who, &answer);
    if (!is_new) {
        return; /* our answer was lost, or both asked */
    }
    v->stats.accepted++;
    make_active(v, now, l, m->priority == VIEWS_MSG_HEAL);
    if (is_other) {
        evict(v, now, link_of(v, &other), &who);
    }
    if (m->priority == VIEWS_MSG_ALONE) {
        start_join(v, &who);
    }
}

/* The neighbour that a new one replaces by nearness or at random, or NULL. */
static struct views_link *swapped(const struct views *v, uint64_t now, const struct views_link *l)
{
    struct views_link *worst = NULL;
    size_t near = 0;
    for (size_t i = 0; i < v->link_count; i++) {
        near += v->links[i].state == ACTIVE && v->links[i].is_near;
    }
    bool is_random_short = near + VIEWS_RANDOM_MIN >= v->active_count;
    for (size_t i = 0; i < v->link_count; i++) {
        struct views_link *o = &v->links[i];
        if (o->state == ACTIVE && o != l && now >= o->protect_ns &&
            o->degree > v->config.active_min && (o->is_near || !is_random_short) && o->rtt_ns > 0 &&
            (worst == NULL || o->rtt_ns > worst->rtt_ns)) {
            worst = o;
        }
    }
    return worst;
}

static void take_accept(struct views *v, uint64_t now, struct views_link *l,
                        const struct views_msg *m)
{
    enum goal goal = l->goal;
    struct overlay_id who = l->id;
    l->degree = (uint8_t)m->degree;
    if (m->peer_count > 0 && overlay_id_is_equal(&m->peers[0].id, &who)) {
        views_book_met(&v->book, &who, m->peers[0].where);
    }
    if (l->state != ASKED) {
        if (l->state == IDLE) { /* we gave up meanwhile */
            send(v, &who,
                 &(struct views_msg){.kind = VIEWS_MSG_LEAVE, .reason = VIEWS_MSG_STRANGER});
        }
        return;
    }
    make_active(v, now, l, goal == HEAL);
    if (v->active_count <= v->config.active_target) {
        return;
    }
    struct views_link *old = goal == NEARER ? swapped(v, now, l) : NULL;
    l->is_near = goal == NEARER;
    if (goal == SWAP) {
        old = victim(v, now, &who, v->config.active_min + 1u);
    }
    if (old != NULL) {
        v->stats.swapped++;
        evict(v, now, old, &who);
    }
}

/* --- hearsay --- */

static void hear(struct views *v, const struct views_msg_peer *peer, const struct overlay_id *from)
{
    uint32_t source = (uint32_t)views_roots_hash(from) | 1;
    if (!is_self(v, &peer->id) && views_book_hear(&v->book, &peer->id, peer->where, source)) {
        emit(v, &(struct views_event){.kind = VIEWS_LEARNED, .id = peer->id, .where = peer->where});
        if (v->active_count < v->config.active_target && v->repair_tries > 0) {
            v->repair_tries = 0;
        }
    }
}

static void hear_all(struct views *v, const struct views_msg *m, const struct overlay_id *from)
{
    for (size_t i = 0; i < m->peer_count; i++) {
        hear(v, &m->peers[i], from);
    }
}

/* A refusal or a leave names others to ask: go there at once when one is missing. */
static void follow(struct views *v, uint64_t now, const struct views_msg *m,
                   const struct overlay_id *from)
{
    hear_all(v, m, from);
    if (v->active_count >= v->config.active_target) {
        return;
    }
    repair_soon(v, now);
    if (m->peer_count > 0 && bucket_take(&v->asked, now, VIEWS_ASKED_RATE, VIEWS_ASKED_BURST)) {
        (void)begin(v, now, &m->peers[0], CONNECT);
    }
}

static void take_refusal(struct views *v, uint64_t now, struct views_link *l,
                         const struct views_msg *m)
{
    struct overlay_id from = l->id;
    bool is_answer = m->kind == VIEWS_MSG_REJECT ? l->state == ASKED : l->state == ACTIVE;
    if (!is_answer) {
        return; /* late: what it refuses has ended already */
    }
    views_book_delay(&v->book, &from, now + REFUSED_NS);
    let_go(v, now, l, m->reason);
    follow(v, now, m, &from);
}

/* --- walks --- */

static void take_join(struct views *v, uint64_t now, const struct overlay_id *from,
                      const struct views_msg *m)
{
    const struct overlay_id *who = &m->peers[0].id;
    struct views_link *known = link_of(v, who);
    if (is_self(v, who)) {
        return;
    }
    struct views_link *next = random_active(v, from, who);
    bool is_end = m->ttl == 0 || next == NULL || v->active_count < v->config.active_min;
    if (m->ttl == VIEWS_PASSIVE_TTL || is_end) {
        hear(v, &m->peers[0], from);
    }
    if (is_end && known == NULL && v->active_count < v->config.active_max &&
        bucket_take(&v->asked, now, VIEWS_ASKED_RATE, VIEWS_ASKED_BURST) &&
        begin(v, now, &m->peers[0], CONNECT)) {
        return;
    }
    if (m->ttl > 0 && next != NULL) {
        struct views_msg on = *m;
        on.ttl--;
        on.peer_count = 1;
        send(v, &next->id, &on);
    }
}

static struct views_walk *walk_of(const struct views *v, uint64_t now, uint64_t nonce)
{
    for (size_t i = 0; v->walks != NULL && i < VIEWS_WALKS_MAX; i++) {
        if (v->walks[i].nonce == nonce && now < v->walks[i].end_ns) {
            return &v->walks[i];
        }
    }
    return NULL;
}

/* Remember the way back, in place of the oldest. */
static void walk_add(struct views *v, uint64_t now, uint64_t nonce, const struct overlay_id *back)
{
    if (v->walks == NULL) {
        v->walks = mem_new_array(VIEWS_WALKS_MAX, sizeof v->walks[0]);
    }
    v->walks[v->walk_at] =
        (struct views_walk){.nonce = nonce, .end_ns = now + WALK_NS, .back = *back};
    v->walk_at = (uint8_t)((v->walk_at + 1) % VIEWS_WALKS_MAX);
}

/* Random passive peers into a message, up to `max` in all. */
static void put_passive(const struct views *v, struct views_msg *m, size_t max)
{
    const struct views_peer *drawn[VIEWS_MSG_PEERS_MAX];
    size_t n = views_book_draw(&v->book, UINT64_MAX, drawn, VIEWS_MSG_PEERS_MAX);
    for (size_t i = 0; i < n && m->peer_count < max; i++) {
        bool is_there = false;
        for (size_t j = 0; j < m->peer_count; j++) {
            is_there = is_there || overlay_id_is_equal(&m->peers[j].id, &drawn[i]->id);
        }
        if (!is_there) {
            m->peers[m->peer_count++] =
                (struct views_msg_peer){.id = drawn[i]->id, .where = views_book_where(drawn[i])};
        }
    }
}

static void start_shuffle(struct views *v, uint64_t now)
{
    struct views_msg m = {.kind = VIEWS_MSG_SHUFFLE,
                          .ttl = VIEWS_WALK_TTL,
                          .nonce = random_u64(v->config.random) | 1,
                          .peer_count = 1,
                          .peers = {self_peer(v)}};
    struct views_link *first = random_active(v, &v->config.self, &v->config.self);
    if (first == NULL) {
        return;
    }
    for (size_t i = 0; i < v->link_count && m.peer_count <= SHUFFLE_ACTIVE; i++) {
        if (v->links[i].state == ACTIVE && &v->links[i] != first) {
            m.peers[m.peer_count] = peer_of(v, &v->links[i].id);
            m.peer_count++;
        }
    }
    put_passive(v, &m, 1 + SHUFFLE_ACTIVE + SHUFFLE_PASSIVE);
    walk_add(v, now, m.nonce, &v->config.self);
    send(v, &first->id, &m);
}

static void take_shuffle(struct views *v, uint64_t now, const struct overlay_id *from,
                         const struct views_msg *m)
{
    struct views_link *next = random_active(v, from, &m->peers[0].id);
    if (m->ttl > 0 && next != NULL && walk_of(v, now, m->nonce) == NULL) {
        struct views_msg on = *m;
        on.ttl--;
        walk_add(v, now, m->nonce, from);
        send(v, &next->id, &on);
        return;
    }
    struct views_msg answer = {.kind = VIEWS_MSG_REPLY, .nonce = m->nonce};
    put_passive(v, &answer, VIEWS_MSG_PEERS_MAX);
    send(v, from, &answer);
    hear_all(v, m, from);
}

static void take_reply(struct views *v, uint64_t now, const struct overlay_id *from,
                       const struct views_msg *m)
{
    struct views_walk *w = walk_of(v, now, m->nonce);
    if (w == NULL) {
        return; /* late, or made up */
    }
    struct overlay_id back = w->back;
    w->end_ns = 0;
    if (is_self(v, &back)) {
        hear_all(v, m, from);
    } else if (views_is_active(v, &back)) {
        send(v, &back, m);
    }
}

/* --- audits --- */

/* A split heals: ask more of those who were lost, for a while. */
static void hurry(struct views *v, uint64_t now)
{
    if (v->hurry_until_ns <= now) {
        v->hurry_until_ns = now + VIEWS_HURRY_NS;
        v->probe_due_ns = now + random_below(v->config.random, SECOND);
    }
}

/* A peer that we probed says what component it is of. */
static void take_probed(struct views *v, uint64_t now, struct views_link *l, bool is_other,
                        uint64_t rtt_ns)
{
    struct views_link *worst = swapped(v, now, l);
    views_book_met(&v->book, &l->id, span_empty());
    l->rtt_ns = rtt_ns;
    if (is_other) {
        v->stats.healed++;
        l->goal = HEAL;
        tell(v, VIEWS_SPLIT, &l->id, VIEWS_MSG_UNSAID);
        hurry(v, now);
        ask(v, now, l);
    } else if (v->active_count < v->config.active_target) {
        l->goal = CONNECT;
        ask(v, now, l);
    } else if (l->goal == NEARER && worst != NULL && rtt_ns * 10 < worst->rtt_ns * 7) {
        ask(v, now, l);
    } else {
        let_go(v, now, l, VIEWS_MSG_UNSAID);
    }
}

static void take_audit(struct views *v, uint64_t now, struct views_link *l,
                       const struct views_msg *m)
{
    bool is_other = views_roots_differ(&v->roots, m);
    l->degree = (uint8_t)m->degree;
    if (m->is_asking) {
        send_audit(v, &l->id, false);
    }
    if (l->state == ACTIVE) {
        if (is_other && v->active_count > 1) {
            hurry(v, now);
        }
        views_roots_merge(&v->roots, now, m);
    } else if (l->state == AUDITING && !m->is_asking) {
        take_probed(v, now, l, is_other, now - l->asked_ns + 1);
    } else if (l->state == IDLE && !m->is_asking) {
        send(v, &l->id, &(struct views_msg){.kind = VIEWS_MSG_LEAVE, .reason = VIEWS_MSG_STRANGER});
    }
}

/* --- the door --- */

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
    ring_init(&v->events, sizeof(struct item), VIEWS_EVENTS_MAX);
    v->takes = (struct views_bucket){.at_ns = now, .level = VIEWS_TAKES_BURST};
    v->asked = (struct views_bucket){.at_ns = now, .level = VIEWS_ASKED_BURST};
    v->rebalance_due_ns = now + jitter(v, v->config.rebalance_ns);
    v->shuffle_due_ns = now + jitter(v, SECOND);
    v->swap_due_ns = now + jitter(v, v->config.swap_ns);
    v->probe_due_ns = now + jitter(v, v->config.probe_ns);
    v->nearer_due_ns = now + jitter(v, v->config.nearer_ns);
    v->repair_due_ns = now;
}

void views_clear(struct views *v)
{
    struct item item;
    while (ring_pop(&v->events, &item)) {
        mem_free(item.block);
    }
    ring_clear(&v->events);
    views_book_clear(&v->book);
    mem_free(v->links);
    mem_free(v->walks);
    mem_free(v->self_where);
    mem_free(v->borrowed);
    memset(v, 0, sizeof *v);
}

int views_learn(struct views *v, uint64_t now, const struct overlay_id *id, struct span where)
{
    if (where.len > VIEWS_MSG_WHERE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    if (is_self(v, id)) {
        return WAVU_ERR_EXISTS;
    }
    (void)views_book_hear(&v->book, id, where, 0);
    if (v->active_count < v->config.active_target) {
        repair_soon(v, now);
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
    struct views_link *l = link_of(v, id);
    if (is_self(v, id)) {
        return WAVU_ERR_EXISTS;
    }
    views_book_met(&v->book, id, span_empty());
    if (l != NULL) {
        if (l->state == DIALLING) {
            pursue(v, now, l);
        }
        return 0;
    }
    l = link_add(v, now, id);
    if (l == NULL) {
        return WAVU_ERR_LIMIT;
    }
    if (is_ours && !v->is_quitting && v->active_count < v->config.active_target) {
        ask(v, now, l);
    }
    return 0;
}

void views_link_down(struct views *v, uint64_t now, const struct overlay_id *id, bool is_dead)
{
    struct views_link *l = link_of(v, id);
    if (l == NULL) {
        return;
    }
    bool was_active = l->state == ACTIVE;
    link_remove(v, l);
    if (was_active || is_dead) {
        views_book_met(&v->book, id, span_empty());
    }
    if (is_dead) {
        views_book_failed(&v->book, now, id);
    } else {
        views_book_delay(&v->book, id, now + v->config.connect_ns);
    }
    if (was_active) {
        tell(v, VIEWS_DOWN, id, VIEWS_MSG_UNSAID);
    }
    if (v->active_count < v->config.active_target) {
        repair_soon(v, now);
    }
}

void views_link_failed(struct views *v, uint64_t now, const struct overlay_id *id)
{
    struct views_link *l = link_of(v, id);
    if (l == NULL || l->state != DIALLING) {
        return;
    }
    link_remove(v, l);
    views_book_failed(&v->book, now, id);
    if (v->active_count < v->config.active_target) {
        repair_soon(v, now);
    }
}

/* Walks come from neighbours only. */
static void take_walk(struct views *v, uint64_t now, const struct overlay_id *from,
                      const struct views_msg *m)
{
    if (!views_is_active(v, from)) {
        return;
    }
    if (m->kind == VIEWS_MSG_JOIN) {
        take_join(v, now, from, m);
    } else if (m->kind == VIEWS_MSG_SHUFFLE) {
        take_shuffle(v, now, from, m);
    } else {
        take_reply(v, now, from, m);
    }
}

int views_feed(struct views *v, uint64_t now, const struct overlay_id *from,
               const struct views_msg *m)
{
    struct views_link *l = link_of(v, from);
    if (l == NULL || l->state == DIALLING) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (!bucket_take(&l->bucket, now, VIEWS_LINK_RATE, VIEWS_LINK_BURST)) {
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
        take_walk(v, now, from, m);
        return 0;
    case VIEWS_MSG_AUDIT:
        take_audit(v, now, l, m);
        return 0;
    }
    return 0;
}

void views_set_rtt(struct views *v, const struct overlay_id *id, uint64_t rtt_ns)
{
    struct views_link *l = link_of(v, id);
    if (l != NULL) {
        l->rtt_ns = rtt_ns;
    }
}

void views_quit(struct views *v, uint64_t now)
{
    v->is_quitting = true;
    while (v->link_count > 0) {
        struct views_link *l = &v->links[v->link_count - 1];
        if (l->state == ACTIVE) {
            send(v, &l->id, &(struct views_msg){.kind = VIEWS_MSG_LEAVE, .reason = VIEWS_MSG_QUIT});
        }
        let_go(v, now, l, VIEWS_MSG_QUIT);
    }
}

bool views_next_event(struct views *v, struct views_event *event)
{
    struct item item;
    mem_free(v->borrowed);
    v->borrowed = NULL;
    if (!ring_pop(&v->events, &item)) {
        return false;
    }
    *event = item.event;
    v->borrowed = item.block;
    return true;
}

/* --- time --- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t views_deadline(const struct views *v)
{
    uint64_t due = earlier(v->rebalance_due_ns, v->shuffle_due_ns);
    due = earlier(due, earlier(v->swap_due_ns, v->probe_due_ns));
    due = earlier(due, earlier(v->nearer_due_ns, v->repair_due_ns));
    for (size_t i = 0; i < v->link_count; i++) {
        due = earlier(due, v->links[i].end_ns);
    }
    return v->is_quitting ? UINT64_MAX : due;
}

/* A link has been in its state for too long. */
static void expire(struct views *v, uint64_t now, struct views_link *l)
{
    struct overlay_id id = l->id;
    switch (l->state) {
    case DIALLING:
        views_link_failed(v, now, &id);
        tell(v, VIEWS_DROP, &id, VIEWS_MSG_UNSAID);
        return;
    case ASKED:
    case AUDITING:
        if (l->tries < TRIES) {
            pursue(v, now, l);
            return;
        }
        views_book_failed(&v->book, now, &id); /* linked and mute: as good as gone */
        let_go(v, now, l, VIEWS_MSG_UNSAID);
        if (v->active_count < v->config.active_target) {
            repair_soon(v, now);
        }
        return;
    case IDLE:
        let_go(v, now, l, VIEWS_MSG_UNSAID);
        return;
    case ACTIVE:
        return;
    }
}

/* Fill the active view: as many at once as are missing, from the passive view, and from the
 * retained list when that is all there is. */
static void repair(struct views *v, uint64_t now)
{
    const struct views_peer *drawn[VIEWS_ACTIVE_LIMIT + VIEWS_DIALS_MAX];
    struct views_msg_peer peers[VIEWS_ACTIVE_LIMIT + VIEWS_DIALS_MAX];
    if (v->active_count >= v->config.active_target) {
        v->repair_due_ns = UINT64_MAX;
        v->repair_tries = 0;
        return;
    }
    size_t n = views_book_draw(&v->book, now, drawn, VIEWS_ACTIVE_LIMIT + VIEWS_DIALS_MAX);
    const struct views_peer *lost = views_book_due(&v->book, UINT64_MAX);
    if (n == 0 && v->active_count == 0) {
        n = views_book_draw(&v->book, UINT64_MAX, drawn, VIEWS_DIALS_MAX);
        if (lost != NULL) {
            drawn[n++] = lost;
        }
    }
    for (size_t i = 0; i < n; i++) {
        peers[i] = (struct views_msg_peer){.id = drawn[i]->id, .where = views_book_where(drawn[i])};
    }
    bool is_begun = false;
    for (size_t i = 0; i < n && v->active_count + pending(v) < v->config.active_target; i++) {
        is_begun = begin(v, now, &peers[i], CONNECT) || is_begun;
    }
    if (!is_begun && pending(v) == 0 && v->repair_tries < REPAIR_DOUBLINGS) {
        v->repair_tries++;
    }
    v->repair_due_ns = now + jitter(v, REPAIR_NS << v->repair_tries);
}

static void rebalance(struct views *v, uint64_t now)
{
    v->rebalance_due_ns = now + v->config.rebalance_ns - v->config.rebalance_ns / 8 +
                          random_below(v->config.random, v->config.rebalance_ns / 4 + 1);
    views_roots_renew(&v->roots, now, VIEWS_ROOTS_ROUNDS * v->config.rebalance_ns);
    for (size_t i = 0; i < v->link_count; i++) {
        if (v->links[i].state == ACTIVE) {
            send_audit(v, &v->links[i].id, false);
        }
    }
    if (v->active_count > v->config.active_max) {
        struct views_link *l = victim(v, now, &v->config.self, v->config.active_min + 1u);
        if (l != NULL) {
            evict(v, now, l, NULL);
        }
    }
}

/* Begin `goal` with a random passive peer. */
static void begin_random(struct views *v, uint64_t now, enum goal goal)
{
    const struct views_peer *drawn[VIEWS_ACTIVE_LIMIT];
    size_t n = views_book_draw(&v->book, now, drawn, VIEWS_ACTIVE_LIMIT);
    for (size_t i = 0; i < n; i++) {
        struct views_msg_peer peer = {.id = drawn[i]->id, .where = views_book_where(drawn[i])};
        if (link_of(v, &peer.id) == NULL) {
            v->stats.probed += begin(v, now, &peer, goal);
            return;
        }
    }
}

static void probe(struct views *v, uint64_t now)
{
    bool is_hurried = now < v->hurry_until_ns;
    uint64_t pause = is_hurried ? v->config.probe_ns / HURRY_FACTOR : v->config.probe_ns;
    const struct views_peer *p = views_book_due(&v->book, is_hurried ? UINT64_MAX : now);
    v->probe_due_ns = now + jitter(v, pause);
    if (p != NULL) {
        struct views_msg_peer peer = {.id = p->id, .where = views_book_where(p)};
        v->stats.probed += begin(v, now, &peer, PROBE);
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
        repair(v, now);
    }
    if (now >= v->shuffle_due_ns) {
        bool is_early = v->shuffle_count < SHUFFLES_EARLY;
        v->shuffle_due_ns =
            now + jitter(v, is_early ? SECOND << v->shuffle_count : v->config.shuffle_ns);
        v->shuffle_count = (uint8_t)(v->shuffle_count + is_early);
        start_shuffle(v, now);
    }
    if (now >= v->probe_due_ns) {
        probe(v, now);
    }
    if (now >= v->swap_due_ns) {
        v->swap_due_ns = now + jitter(v, v->config.swap_ns);
        begin_random(v, now, SWAP);
    }
    if (now >= v->nearer_due_ns) {
        v->nearer_due_ns = now + jitter(v, v->config.nearer_ns);
        begin_random(v, now, NEARER);
    }
}

/* --- questions --- */

size_t views_active_count(const struct views *v)
{
    return v->active_count;
}

bool views_is_active(const struct views *v, const struct overlay_id *id)
{
    const struct views_link *l = link_of(v, id);
    return l != NULL && l->state == ACTIVE;
}

const struct overlay_id *views_next_active(const struct views *v, size_t *at)
{
    while (*at < v->link_count) {
        const struct views_link *l = &v->links[(*at)++];
        if (l->state == ACTIVE) {
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
    CHECK(v->active_count == count_in(v, ACTIVE, ACTIVE));
    CHECK(v->active_count <= v->config.active_max + VIEWS_ACTIVE_SPARE);
    CHECK(pending(v) <= VIEWS_LINKS_MAX);
    for (size_t i = 0; i < v->link_count; i++) {
        CHECK(link_of(v, &v->links[i].id) == &v->links[i]);
        CHECK(!is_self(v, &v->links[i].id));
        CHECK((v->links[i].state == ACTIVE) == (v->links[i].end_ns == UINT64_MAX));
    }
    CHECK(v->is_quitting || v->active_count >= v->config.active_target ||
          v->repair_due_ns != UINT64_MAX);
    views_book_check(&v->book);
    views_roots_check(&v->roots);
}
