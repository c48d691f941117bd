/*
 * Join walks and shuffles. Hearsay is counted by the neighbour that brought it, not by the node
 * that it names as its origin.
 */
#include "overlay/views_walk.h"

#include "base/mem.h"
#include "overlay/views_links.h"

#define WALK_NS (30 * VIEWS_LINKS_SECOND) /* a shuffle's reply comes within it or not at all */
#define SHUFFLE_ACTIVE 3                  /* HyParView's numbers */
#define SHUFFLE_PASSIVE 4

static void hear(struct views *v, uint64_t now, const struct views_msg_peer *peer,
                 const struct overlay_id *from)
{
    uint32_t source = (uint32_t)views_roots_hash(from) | 1;
    if (!views_links_is_self(v, &peer->id) && !views_links_is_shunned(v, now, &peer->id) &&
        views_book_hear(&v->book, &peer->id, peer->where, source)) {
        views_links_emit(
            v, &(struct views_event){.kind = VIEWS_LEARNED, .id = peer->id, .where = peer->where});
        if (v->active_count < v->config.active_target && v->repair_tries > 0) {
            v->repair_tries = 0;
        }
    }
}

static void hear_all(struct views *v, uint64_t now, const struct views_msg *m,
                     const struct overlay_id *from)
{
    for (size_t i = 0; i < m->peer_count; i++) {
        hear(v, now, &m->peers[i], from);
    }
}

/* Have a peer that another one named dialled, soon and not too often: names cost nothing. */
static bool follow_advice(struct views *v, uint64_t now, const struct views_msg_peer *peer)
{
    if (views_links_advised(v) >= VIEWS_ADVISED_MAX ||
        !views_links_allow(&v->asked, now, VIEWS_ASKED_RATE, VIEWS_ASKED_BURST) ||
        !views_links_begin(v, now, peer, VIEWS_GOAL_CONNECT)) {
        return false;
    }
    views_links_find(v, &peer->id)->is_advised = true;
    return true;
}

void views_walk_follow(struct views *v, uint64_t now, const struct views_msg *m,
                       const struct overlay_id *from)
{
    /* Who lost its place is joined to the one who has it, needed or not: then no two parts of the
     * mesh can come apart by a replacement. */
    bool is_replaced = m->kind == VIEWS_MSG_LEAVE && m->reason == VIEWS_MSG_REPLACED;
    hear_all(v, now, m, from);
    if (v->active_count >= (is_replaced ? v->config.active_max : v->config.active_target)) {
        return;
    }
    views_links_repair(v, now);
    if (m->peer_count > 0) {
        (void)follow_advice(v, now, &m->peers[0]);
    }
}

static void take_join(struct views *v, uint64_t now, const struct overlay_id *from,
                      const struct views_msg *m)
{
    const struct overlay_id *who = &m->peers[0].id;
    struct views_link *known = views_links_find(v, who);
    if (views_links_is_self(v, who)) {
        return;
    }
    struct views_link *next = views_links_random(v, from, who);
    bool is_end = m->ttl == 0 || next == NULL || v->active_count < v->config.active_min;
    if (m->ttl == VIEWS_PASSIVE_TTL || is_end) {
        hear(v, now, &m->peers[0], from);
    }
    if (is_end && known == NULL && v->active_count < v->config.active_max &&
        follow_advice(v, now, &m->peers[0])) {
        return;
    }
    if (m->ttl > 0 && next != NULL) {
        struct views_msg on = *m;
        on.ttl--;
        on.peer_count = 1;
        views_links_send(v, &next->id, &on);
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

/* The walk that makes room for one more of `back`: the oldest of all, or of its own when it has a
 * neighbour's share. */
static struct views_walk *walk_victim(struct views *v, uint64_t now, const struct overlay_id *back)
{
    struct views_walk *oldest = &v->walks[0];
    struct views_walk *own = NULL;
    size_t count = 0;
    for (size_t i = 0; i < VIEWS_WALKS_MAX; i++) {
        struct views_walk *w = &v->walks[i];
        oldest = w->end_ns < oldest->end_ns ? w : oldest;
        if (now < w->end_ns && overlay_id_is_equal(&w->back, back)) {
            own = own == NULL || w->end_ns < own->end_ns ? w : own;
            count++;
        }
    }
    return count < VIEWS_WALKS_SHARE ? oldest : own;
}

/* Remember the way back. */
static void walk_add(struct views *v, uint64_t now, uint64_t nonce, const struct overlay_id *back)
{
    if (v->walks == NULL) {
        v->walks = mem_new_array(VIEWS_WALKS_MAX, sizeof v->walks[0]);
    }
    *walk_victim(v, now, back) =
        (struct views_walk){.nonce = nonce, .end_ns = now + WALK_NS, .back = *back};
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

void views_walk_start_shuffle(struct views *v, uint64_t now)
{
    struct views_msg m = {.kind = VIEWS_MSG_SHUFFLE,
                          .ttl = VIEWS_WALK_TTL,
                          .nonce = random_u64(v->config.random) | 1,
                          .peer_count = 1,
                          .peers = {views_links_self(v)}};
    struct views_link *first = views_links_random(v, &v->config.self, &v->config.self);
    if (first == NULL) {
        return;
    }
    for (size_t i = 0; i < v->link_count && m.peer_count <= SHUFFLE_ACTIVE; i++) {
        if (v->links[i].state == VIEWS_ACTIVE && &v->links[i] != first) {
            m.peers[m.peer_count] = views_links_peer(v, &v->links[i].id);
            m.peer_count++;
        }
    }
    put_passive(v, &m, 1 + SHUFFLE_ACTIVE + SHUFFLE_PASSIVE);
    walk_add(v, now, m.nonce, &v->config.self);
    views_links_send(v, &first->id, &m);
}

static void take_shuffle(struct views *v, uint64_t now, const struct overlay_id *from,
                         const struct views_msg *m)
{
    struct views_link *next = views_links_random(v, from, &m->peers[0].id);
    if (m->ttl > 0 && next != NULL && walk_of(v, now, m->nonce) == NULL) {
        struct views_msg on = *m;
        on.ttl--;
        walk_add(v, now, m->nonce, from);
        views_links_send(v, &next->id, &on);
        return;
    }
    struct views_msg answer = {.kind = VIEWS_MSG_REPLY, .nonce = m->nonce};
    put_passive(v, &answer, VIEWS_MSG_PEERS_MAX);
    views_links_send(v, from, &answer);
    hear_all(v, now, m, from);
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
    if (views_links_is_self(v, &back)) {
        hear_all(v, now, m, from);
    } else if (views_links_is_active(v, &back)) {
        views_links_send(v, &back, m);
    }
}

void views_walk_start_join(struct views *v, const struct overlay_id *who)
{
    struct views_msg m = {.kind = VIEWS_MSG_JOIN,
                          .ttl = VIEWS_WALK_TTL,
                          .peer_count = 1,
                          .peers = {views_links_peer(v, who)}};
    for (size_t i = 0; i < v->link_count; i++) {
        if (v->links[i].state == VIEWS_ACTIVE && !overlay_id_is_equal(&v->links[i].id, who)) {
            views_links_send(v, &v->links[i].id, &m);
        }
    }
}

void views_walk_take(struct views *v, uint64_t now, const struct overlay_id *from,
                     const struct views_msg *m)
{
    if (!views_links_is_active(v, from)) {
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
