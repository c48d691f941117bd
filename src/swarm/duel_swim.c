/*
 * Messages are copied as they lie in memory: nobody foreign reads them.
 */
#include "swarm/duel_swim.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "swarm/swim.h"

#define LETTER 1 /* the one kind of event */

struct head {
    uint32_t seq;
    uint16_t target;
    uint16_t count;
    uint8_t kind;
};

struct node {
    struct swim swim;
    struct random random;
    struct random_seeded seeded;
};

struct players {
    struct duel_world *world;
    struct node *nodes;
    uint16_t count;
    uint8_t bytes[sizeof(struct head) + SWIM_MEMBERS_MAX * sizeof(struct swim_news)];
    struct swim_news news[SWIM_MEMBERS_MAX];
};

static void send(struct players *all, uint16_t node, const struct swim_event *e)
{
    const struct swim_msg *m = &e->msg;
    struct head head = {
        .seq = m->seq, .target = m->target, .count = m->count, .kind = (uint8_t)m->kind};
    size_t news_len = m->count * sizeof m->news[0];
    memcpy(all->bytes, &head, sizeof head);
    if (news_len > 0) {
        memcpy(all->bytes + sizeof head, m->news, news_len);
    }
    struct duel_letter letter = {.from = node,
                                 .to = e->member,
                                 .kind = LETTER,
                                 .is_sure = m->kind == SWIM_SYNC || m->kind == SWIM_SYNC_REPLY};
    duel_world_send(all->world, letter, span_of(all->bytes, sizeof head + news_len));
}

static void drain(struct players *all, uint16_t node)
{
    struct swim_event e;
    while (swim_next_event(&all->nodes[node].swim, &e)) {
        switch (e.kind) {
        case SWIM_SEND:
            send(all, node, &e);
            break;
        case SWIM_DOWN:
            duel_world_verdict(all->world, node, e.member, e.is_own);
            break;
        case SWIM_BACK:
            break;
        }
    }
}

static void take(void *context, const struct duel_event *e, struct span bytes)
{
    struct players *all = context;
    struct head head;
    memcpy(&head, bytes.ptr, sizeof head);
    CHECK(bytes.len == sizeof head + head.count * sizeof all->news[0]);
    if (head.count > 0) {
        memcpy(all->news, bytes.ptr + sizeof head, bytes.len - sizeof head);
    }
    struct swim_msg m = {.kind = (enum swim_kind)head.kind,
                         .seq = head.seq,
                         .target = head.target,
                         .count = head.count,
                         .news = all->news};
    swim_feed(&all->nodes[e->to].swim, all->world->now, e->from, &m);
    drain(all, e->to);
}

static void tick(void *context, uint16_t node, bool is_blocked)
{
    struct players *all = context;
    swim_tick(&all->nodes[node].swim, all->world->now, is_blocked);
    drain(all, node);
}

static uint64_t deadline(void *context, uint16_t node)
{
    struct players *all = context;
    return swim_deadline(&all->nodes[node].swim);
}

static void *start(struct duel_world *w)
{
    struct players *all = mem_new(sizeof *all);
    all->world = w;
    all->count = (uint16_t)w->config.pauses.nodes;
    all->nodes = mem_new_array(all->count, sizeof all->nodes[0]);
    for (uint16_t i = 0; i < all->count; i++) {
        struct node *n = &all->nodes[i];
        struct swim_config config = {.random = &n->random, .self = i, .members = all->count};
        random_seeded_init(&n->seeded, sim_draw_mix(w->config.pauses.seed, i));
        n->random = random_from_seeded(&n->seeded);
        swim_init(&n->swim, w->now, &config);
    }
    return all;
}

static void stop(void *context)
{
    struct players *all = context;
    for (uint16_t i = 0; i < all->count; i++) {
        swim_check(&all->nodes[i].swim);
        swim_clear(&all->nodes[i].swim);
    }
    mem_free(all->nodes);
    mem_free(all);
}

const struct duel_player duel_swim_player = {start, stop, take, tick, deadline};
