/*
 * Links and events of the views.
 */
#include "overlay/views_links.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

struct item {
    struct views_event event;
    uint8_t *block; /* owned: where the event's spans point to */
};

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

void views_links_emit(struct views *v, const struct views_event *event)
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

void views_links_send(struct views *v, const struct overlay_id *to, const struct views_msg *m)
{
    views_links_emit(v, &(struct views_event){.kind = VIEWS_SEND, .id = *to, .msg = *m});
}

void views_links_tell(struct views *v, enum views_event_kind kind, const struct overlay_id *id,
                      enum views_msg_reason reason)
{
    views_links_emit(v, &(struct views_event){.kind = kind, .id = *id, .reason = reason});
}

bool views_links_allow(struct views_bucket *b, uint64_t now, uint32_t rate, uint32_t burst)
{
    uint64_t fill = now > b->at_ns ? (now - b->at_ns) / (VIEWS_LINKS_SECOND / rate) : 0;
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

bool views_links_may_come(struct views *v, uint64_t now, const struct overlay_id *id)
{
    uint64_t tag = views_roots_hash(id);
    if (v->comes == NULL) {
        v->comes = mem_new_array(VIEWS_COMES_MAX, sizeof v->comes[0]);
    }
    struct views_come *come = &v->comes[0];
    for (size_t i = 0; i < VIEWS_COMES_MAX && come->tag != tag; i++) {
        bool is_better = v->comes[i].tag == tag || v->comes[i].paid_ns < come->paid_ns;
        come = is_better ? &v->comes[i] : come;
    }
    if (come->tag != tag) { /* in the place of who asked least */
        *come = (struct views_come){.tag = tag};
    }
    uint64_t from_ns = come->paid_ns > now ? come->paid_ns : now;
    if (from_ns - now > (VIEWS_COMES_BURST - 1) * VIEWS_COMES_NS) {
        return false;
    }
    come->paid_ns = from_ns + VIEWS_COMES_NS;
    return true;
}

static struct views_shunned *shunned_of(const struct views *v, const struct overlay_id *id)
{
    uint64_t tag = views_roots_hash(id);
    for (size_t i = 0; v->shunned != NULL && i < VIEWS_SHUNNED_MAX; i++) {
        if (v->shunned[i].tag == tag) {
            return &v->shunned[i];
        }
    }
    return NULL;
}

void views_links_shun(struct views *v, uint64_t now, const struct overlay_id *id)
{
    struct views_shunned *s = shunned_of(v, id);
    if (v->shunned == NULL) {
        v->shunned = mem_new_array(VIEWS_SHUNNED_MAX, sizeof v->shunned[0]);
    }
    if (s == NULL) { /* in the place of who may come back first */
        s = &v->shunned[0];
        for (size_t i = 1; i < VIEWS_SHUNNED_MAX; i++) {
            s = v->shunned[i].end_ns < s->end_ns ? &v->shunned[i] : s;
        }
    }
    *s = (struct views_shunned){.tag = views_roots_hash(id), .end_ns = now + VIEWS_SHUNNED_NS};
}

bool views_links_is_shunned(const struct views *v, uint64_t now, const struct overlay_id *id)
{
    const struct views_shunned *s = shunned_of(v, id);
    return s != NULL && now < s->end_ns;
}

void views_links_pardon(struct views *v, const struct overlay_id *id)
{
    struct views_shunned *s = shunned_of(v, id);
    if (s != NULL) {
        s->end_ns = 0;
    }
}

uint64_t views_links_jitter(const struct views *v, uint64_t ns)
{
    return ns / 2 + random_below(v->config.random, ns + 1);
}

bool views_links_is_self(const struct views *v, const struct overlay_id *id)
{
    return overlay_id_is_equal(id, &v->config.self);
}

struct views_link *views_links_find(const struct views *v, const struct overlay_id *id)
{
    for (size_t i = 0; i < v->link_count; i++) {
        if (overlay_id_is_equal(&v->links[i].id, id)) {
            return &v->links[i];
        }
    }
    return NULL;
}

size_t views_links_count(const struct views *v, enum views_links_state first,
                         enum views_links_state last)
{
    size_t n = 0;
    for (size_t i = 0; i < v->link_count; i++) {
        n += v->links[i].state >= first && v->links[i].state <= last;
    }
    return n;
}

size_t views_links_pending(const struct views *v)
{
    return views_links_count(v, VIEWS_DIALLING, VIEWS_DIALLING) +
           views_links_count(v, VIEWS_ASKED, VIEWS_AUDITING);
}

size_t views_links_advised(const struct views *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->link_count; i++) {
        const struct views_link *l = &v->links[i];
        n += l->is_advised && l->state != VIEWS_IDLE && l->state != VIEWS_ACTIVE;
    }
    return n;
}

struct views_msg_peer views_links_self(const struct views *v)
{
    return (struct views_msg_peer){.id = v->config.self, .where = v->config.where};
}

struct views_msg_peer views_links_peer(const struct views *v, const struct overlay_id *id)
{
    const struct views_peer *p = views_book_find(&v->book, id);
    return (struct views_msg_peer){.id = *id,
                                   .where = p != NULL ? views_book_where(p) : span_empty()};
}

void views_links_repair(struct views *v, uint64_t due_ns)
{
    v->repair_due_ns = due_ns < v->repair_due_ns ? due_ns : v->repair_due_ns;
}

struct views_link *views_links_random(const struct views *v, const struct overlay_id *not_this,
                                      const struct overlay_id *nor_this)
{
    struct views_link *found = NULL;
    size_t seen = 0;
    for (size_t i = 0; i < v->link_count; i++) {
        struct views_link *l = &v->links[i];
        if (l->state == VIEWS_ACTIVE && !overlay_id_is_equal(&l->id, not_this) &&
            !overlay_id_is_equal(&l->id, nor_this) && random_below(v->config.random, ++seen) == 0) {
            found = l;
        }
    }
    return found;
}

struct views_link *views_links_add(struct views *v, uint64_t now, const struct overlay_id *id)
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
                             .state = VIEWS_IDLE,
                             .end_ns = now + VIEWS_IDLE_NS,
                             .bucket = {.at_ns = now, .level = VIEWS_LINK_BURST}};
    return l;
}

void views_links_spare(struct views *v, uint64_t now)
{
    struct views_link *oldest = NULL;
    size_t idle = 0;
    for (size_t i = 0; i < v->link_count; i++) {
        struct views_link *l = &v->links[i];
        if (l->state == VIEWS_IDLE) {
            idle++;
            oldest = oldest == NULL || l->end_ns < oldest->end_ns ? l : oldest;
        }
    }
    if (idle >= VIEWS_IDLE_MAX) {
        views_links_end(v, now, oldest, VIEWS_MSG_UNSAID);
    }
}

void views_links_greet(struct views *v, const struct views_link *l, struct span where)
{
    if (l->is_sought) {
        views_book_met(&v->book, &l->id, where);
    } else {
        views_book_came(&v->book, &l->id, where);
    }
}

void views_links_remove(struct views *v, struct views_link *l)
{
    v->active_count = (uint8_t)(v->active_count - (l->state == VIEWS_ACTIVE));
    *l = v->links[--v->link_count];
}

/* The one place that changes a link's state. */
static void set_state(struct views *v, struct views_link *l, enum views_links_state state,
                      uint64_t end_ns)
{
    CHECK(state != VIEWS_DIALLING || l->state == VIEWS_IDLE);
    v->active_count =
        (uint8_t)(v->active_count + (state == VIEWS_ACTIVE) - (l->state == VIEWS_ACTIVE));
    l->state = state;
    l->end_ns = end_ns;
}

void views_links_end(struct views *v, uint64_t now, struct views_link *l,
                     enum views_msg_reason reason)
{
    struct overlay_id id = l->id;
    bool was_active = l->state == VIEWS_ACTIVE;
    views_links_remove(v, l);
    if (was_active) {
        views_links_tell(v, VIEWS_DOWN, &id, reason);
        if (v->active_count < v->config.active_target) {
            views_links_repair(v, now);
        }
    }
    views_links_tell(v, VIEWS_DROP, &id, reason);
}

void views_links_tell_roots(struct views *v, uint64_t now, const struct views_link *l,
                            bool is_asking)
{
    struct views_msg m = {
        .kind = VIEWS_MSG_AUDIT, .degree = v->active_count, .is_asking = is_asking};
    views_roots_put(&v->roots, now, &m);
    views_links_send(v, &l->id, &m);
}

void views_links_renew_roots(struct views *v, uint64_t now, const struct views_link *l)
{
    struct views_msg m = {.kind = VIEWS_MSG_AUDIT, .degree = v->active_count};
    views_roots_put(&v->roots, now, &m);
    if (l->list == views_roots_list_of(&m)) {
        views_roots_shorten(&m);
    }
    views_links_send(v, &l->id, &m);
}

void views_links_activate(struct views *v, uint64_t now, struct views_link *l, bool is_healing,
                          bool is_wanted)
{
    if (l->state != VIEWS_ACTIVE) {
        set_state(v, l, VIEWS_ACTIVE, UINT64_MAX);
        bool is_spare = !is_healing && !is_wanted && v->active_count > v->config.active_min;
        views_links_emit(
            v, &(struct views_event){.kind = VIEWS_UP, .id = l->id, .is_spare = is_spare});
        views_links_greet(v, l, span_empty());
        v->repair_tries = 0;
        v->dials_failed = 0;
        views_links_tell_roots(v, now, l, false);
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
    if (l->goal == VIEWS_GOAL_HEAL) {
        return VIEWS_MSG_HEAL;
    }
    return v->active_count < v->config.active_min ? VIEWS_MSG_LACKING : VIEWS_MSG_NORMAL;
}

void views_links_ask(struct views *v, uint64_t now, struct views_link *l)
{
    struct views_msg m = {.kind = VIEWS_MSG_REQUEST,
                          .priority = priority_of(v, l),
                          .degree = v->active_count,
                          .peer_count = 1,
                          .peers = {views_links_self(v)}};
    if (l->state != VIEWS_ASKED) {
        l->tries = 0;
        set_state(v, l, VIEWS_ASKED, 0);
    }
    l->tries++;
    l->end_ns = now + v->config.answer_ns;
    l->is_chosen = true;
    views_links_send(v, &l->id, &m);
}

static void audit(struct views *v, uint64_t now, struct views_link *l)
{
    if (l->state != VIEWS_AUDITING) {
        l->tries = 0;
        l->asked_ns = now;
        set_state(v, l, VIEWS_AUDITING, 0);
    }
    l->tries++;
    l->end_ns = now + v->config.answer_ns;
    views_links_tell_roots(v, now, l, true);
}

void views_links_pursue(struct views *v, uint64_t now, struct views_link *l)
{
    if (l->goal == VIEWS_GOAL_PROBE || l->goal == VIEWS_GOAL_NEARER) {
        audit(v, now, l);
    } else {
        views_links_ask(v, now, l);
    }
}

bool views_links_begin(struct views *v, uint64_t now, const struct views_msg_peer *peer,
                       enum views_links_goal goal)
{
    struct views_link *l = views_links_find(v, &peer->id);
    if (views_links_is_self(v, &peer->id) || v->is_quitting ||
        views_links_is_shunned(v, now, &peer->id) || views_links_pending(v) >= VIEWS_DIALS_MAX ||
        (l != NULL && l->state != VIEWS_IDLE)) {
        return false;
    }
    if (l != NULL) {
        l->goal = goal;
        l->is_advised = false;
        views_links_pursue(v, now, l);
        return true;
    }
    l = views_links_add(v, now, &peer->id);
    if (l == NULL) {
        return false;
    }
    l->goal = goal;
    l->is_sought = true;
    set_state(v, l, VIEWS_DIALLING, now + v->config.connect_ns);
    views_links_emit(
        v, &(struct views_event){.kind = VIEWS_DIAL, .id = peer->id, .where = peer->where});
    return true;
}

static size_t chosen_count(const struct views *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->link_count; i++) {
        n += v->links[i].state == VIEWS_ACTIVE && v->links[i].is_chosen;
    }
    return n;
}

static bool misses_less(const struct views_link *a, const struct views_link *b)
{
    return a->is_used != b->is_used ? b->is_used : a->degree > b->degree;
}

struct views_link *views_links_victim(const struct views *v, uint64_t now,
                                      const struct overlay_id *not_this, uint32_t degree_min)
{
    struct views_link *best = NULL;
    size_t seen = 0;
    bool is_choice_kept = chosen_count(v) <= VIEWS_CHOSEN_MIN;
    for (size_t i = 0; i < v->link_count; i++) {
        struct views_link *l = &v->links[i];
        if (l->state != VIEWS_ACTIVE || now < l->protect_ns || l->degree < degree_min ||
            (l->is_chosen && is_choice_kept) || overlay_id_is_equal(&l->id, not_this)) {
            continue;
        }
        if (best == NULL || misses_less(l, best)) {
            best = l;
            seen = 1;
        } else if (!misses_less(best, l) && random_below(v->config.random, ++seen) == 0) {
            best = l;
        }
    }
    return best;
}

void views_links_evict(struct views *v, uint64_t now, struct views_link *l,
                       const struct overlay_id *other)
{
    struct views_msg m = {.kind = VIEWS_MSG_LEAVE, .reason = VIEWS_MSG_REPLACED};
    if (other != NULL) {
        m.peers[m.peer_count++] = views_links_peer(v, other);
    }
    views_links_send(v, &l->id, &m);
    v->stats.evicted++;
    views_book_delay(&v->book, &l->id, now + VIEWS_LINKS_REFUSED_NS);
    views_links_end(v, now, l, VIEWS_MSG_REPLACED);
}

bool views_links_is_active(const struct views *v, const struct overlay_id *id)
{
    const struct views_link *l = views_links_find(v, id);
    return l != NULL && l->state == VIEWS_ACTIVE;
}

void views_links_init(struct views *v)
{
    ring_init(&v->events, sizeof(struct item), VIEWS_EVENTS_MAX);
}

void views_links_clear(struct views *v)
{
    struct item item;
    while (ring_pop(&v->events, &item)) {
        mem_free(item.block);
    }
    ring_clear(&v->events);
    mem_free(v->links);
    mem_free(v->borrowed);
}

bool views_links_next(struct views *v, struct views_event *event)
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
