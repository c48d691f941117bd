/*
 * Nodes that speak the protocol and mean harm. They run the same mesh, so that they are neighbours
 * like others, and change what it sends, or add to it.
 *
 * SILENT passes nothing on, LIAR speaks of versions, broadcasts and peers that are not, REPLAY says
 * again what it heard, FLOOD sends all of that and nonsense besides.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "swarm/world_core.h"

#define HEARD_MAX 64
#define HEARD_SIZE 1024 /* longer frames are not kept */
#define REPLAY_NS (100 * WORLD_MS)
#define ROOM 8192
#define JUNK_IDS 32
#define JUNK_OWNERS 16
#define JUNK_BYTES 200

struct heard {
    uint8_t kind;
    uint16_t len;
    uint8_t bytes[HEARD_SIZE];
};

/* Of all hostile nodes together: what one heard, another may replay. */
struct world_hostile {
    struct heard heard[HEARD_MAX];
    size_t count;
    uint8_t list[ROOM];
    uint8_t room[ROOM];
};

/* Somebody who is not: no node has such a number. */
static struct overlay_id nobody(const struct random *random)
{
    struct overlay_id id;
    random_fill(random, id.bytes, OVERLAY_ID_SIZE);
    id.bytes[OVERLAY_ID_SIZE - 4] |= 0x80;
    return id;
}

/* ---- Lists of lies ---- */

static struct span false_items(struct world_hostile *h, const struct random *random)
{
    struct wr w;
    wr_init(&w, span_mut_of(h->list, sizeof h->list));
    for (int i = 0; i < JUNK_OWNERS; i++) {
        struct state_msg_item item = {.owner = nobody(random),
                                      .generation = 1 + random_below(random, 9),
                                      .version = 1 + random_below(random, 1000)};
        state_msg_put_item(&w, &item);
    }
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

static struct span false_offers(struct world_hostile *h, const struct random *random)
{
    struct wr w;
    wr_init(&w, span_mut_of(h->list, sizeof h->list));
    for (int i = 0; i < JUNK_OWNERS; i++) {
        struct plumtree_msg_offer offer = {.origin = nobody(random),
                                           .generation = 1,
                                           .ranges = {{.first = 1, .count = 1000}},
                                           .range_count = 1};
        plumtree_msg_put_offer(&w, &offer);
    }
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

static struct span false_block(struct world_hostile *h, const struct random *random,
                               const struct overlay_id *owner)
{
    static const uint8_t signature[OVERLAY_SIGN_SIZE];
    static const uint8_t set[STATE_MSG_SET_SIZE];
    uint8_t entries[512];
    struct wr w;
    struct state_msg_entry entry = {.version = 1 + random_below(random, 100000),
                                    .key = span_of("key", 3),
                                    .value = span_of("forged", 6),
                                    .set = span_of(set, sizeof set),
                                    .signature = span_of(signature, sizeof signature)};
    wr_init(&w, span_mut_of(entries, sizeof entries));
    state_msg_put_entry(&w, &entry);
    CHECK(wr_finish(&w) == 0);
    struct state_msg_block block = {
        .owner = *owner, .generation = 1 + random_below(random, 5), .entries = wr_span(&w)};
    wr_init(&w, span_mut_of(h->list, sizeof h->list));
    state_msg_put_block(&w, &block);
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

/* ---- Messages of lies, in the room ---- */

static struct span say_state(struct world_hostile *h, const struct state_msg *m)
{
    struct wr w;
    wr_init(&w, span_mut_of(h->room, sizeof h->room));
    state_msg_encode(&w, m);
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

static struct span say_plumtree(struct world_hostile *h, const struct plumtree_msg *m)
{
    struct wr w;
    wr_init(&w, span_mut_of(h->room, sizeof h->room));
    plumtree_msg_encode(&w, m);
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

static struct span say_views(struct world_hostile *h, const struct views_msg *m)
{
    struct wr w;
    wr_init(&w, span_mut_of(h->room, sizeof h->room));
    views_msg_encode(&w, m);
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

static struct span false_shuffle(struct world_hostile *h, const struct random *random,
                                 struct views_msg *m)
{
    static const uint8_t nowhere[8] = {1};
    for (size_t i = 1; i < m->peer_count; i++) {
        m->peers[i] = (struct views_msg_peer){.id = nobody(random),
                                              .where = span_of(nowhere, sizeof nowhere)};
    }
    return say_views(h, m);
}

static struct span false_ids(struct world_hostile *h, const struct random *random)
{
    static const uint8_t hops[JUNK_IDS];
    uint8_t ids[JUNK_IDS * PLUMTREE_MSG_ID_SIZE];
    random_fill(random, ids, sizeof ids);
    return say_plumtree(h, &(struct plumtree_msg){.kind = PLUMTREE_MSG_HAVE,
                                                  .ids = span_of(ids, sizeof ids),
                                                  .id_hops = span_of(hops, sizeof hops)});
}

static struct span false_gossip(struct world_hostile *h, const struct random *random,
                                const struct overlay_id *origin)
{
    static const uint8_t signature[OVERLAY_SIGN_SIZE];
    return say_plumtree(
        h, &(struct plumtree_msg){.kind = PLUMTREE_MSG_GOSSIP,
                                  .origin = *origin,
                                  .generation = 1,
                                  .sequence = 1 + (uint32_t)random_below(random, 100000),
                                  .hops = 1,
                                  .payload = span_of("sixteen bytes...", 16),
                                  .signature = span_of(signature, sizeof signature)});
}

/* ---- What its mesh sends, changed ---- */

static struct span lie_of_state(struct world_hostile *h, const struct random *random,
                                struct span body)
{
    struct state_msg m;
    /* A delta, which may be longer than the room, stays what it is. */
    if (state_msg_decode(&m, body) < 0 ||
        (m.kind != STATE_MSG_DIGEST && m.kind != STATE_MSG_HASH)) {
        return body;
    }
    if (m.kind == STATE_MSG_DIGEST) {
        m.items = false_items(h, random);
    }
    m.hash ^= m.kind == STATE_MSG_HASH ? 1 : 0;
    return say_state(h, &m);
}

static struct span lie_of_broadcasts(struct world_hostile *h, const struct random *random,
                                     struct span body)
{
    struct plumtree_msg m;
    if (plumtree_msg_decode(&m, body) < 0 || m.kind != PLUMTREE_MSG_DIGEST) {
        return body;
    }
    m.offers = false_offers(h, random);
    return say_plumtree(h, &m);
}

static struct span lie_of_peers(struct world_hostile *h, const struct random *random,
                                struct span body)
{
    struct views_msg m;
    if (views_msg_decode(&m, body) < 0 ||
        (m.kind != VIEWS_MSG_SHUFFLE && m.kind != VIEWS_MSG_REPLY)) {
        return body;
    }
    return false_shuffle(h, random, &m);
}

bool world_hostile_sends(struct world *w, uint32_t i, enum overlay_kind kind, struct span *body)
{
    struct world_node *n = &w->nodes[i];
    if (n->hostile == SCENARIO_SILENT) {
        return kind != OVERLAY_PLUMTREE && kind != OVERLAY_STATE;
    }
    if (n->hostile != SCENARIO_LIAR) {
        return true;
    }
    if (kind == OVERLAY_STATE) {
        *body = lie_of_state(w->hostile, &n->random, *body);
    } else if (kind == OVERLAY_PLUMTREE) {
        *body = lie_of_broadcasts(w->hostile, &n->random, *body);
    } else if (kind == OVERLAY_VIEWS) {
        *body = lie_of_peers(w->hostile, &n->random, *body);
    }
    return true;
}

void world_hostile_heard(struct world *w, uint32_t i, enum overlay_kind kind, struct span body)
{
    struct world_hostile *h = w->hostile;
    (void)i;
    if (body.len <= HEARD_SIZE) {
        struct heard *place = &h->heard[h->count++ % HEARD_MAX];
        place->kind = (uint8_t)kind;
        place->len = (uint16_t)body.len;
        memcpy(place->bytes, body.ptr, body.len);
    }
}

/* ---- Acts ---- */

/* One of the floods' frames; its kind is returned. */
static enum overlay_kind junk(struct world *w, struct world_node *n, struct span *body)
{
    struct world_hostile *h = w->hostile;
    const struct random *random = &n->random;
    const struct overlay_id *victim = &w->nodes[random_below(random, w->config.nodes)].id;
    struct views_msg shuffle = {.kind = VIEWS_MSG_SHUFFLE, .ttl = 6, .peer_count = 8};
    switch (random_below(random, 6)) {
    case 0:
        *body = false_ids(h, random);
        return OVERLAY_PLUMTREE;
    case 1:
        *body = false_gossip(h, random, victim);
        return OVERLAY_PLUMTREE;
    case 2:
        shuffle.nonce = random_u64(random);
        shuffle.peers[0].id = n->id;
        *body = false_shuffle(h, random, &shuffle);
        return OVERLAY_VIEWS;
    case 3:
        *body = say_state(h, &(struct state_msg){.kind = STATE_MSG_DIGEST,
                                                 .mask = UINT64_MAX,
                                                 .items = false_items(h, random)});
        return OVERLAY_STATE;
    case 4:
        *body = say_state(h, &(struct state_msg){.kind = STATE_MSG_DELTA,
                                                 .blocks = false_block(h, random, victim)});
        return OVERLAY_STATE;
    default:
        random_fill(random, h->room, JUNK_BYTES);
        *body = span_of(h->room, JUNK_BYTES);
        return (enum overlay_kind)(1 + random_below(random, 6));
    }
}

void world_hostile_act(struct world *w, uint32_t i)
{
    struct world_node *n = &w->nodes[i];
    struct world_hostile *h = w->hostile;
    if (n->hostile != SCENARIO_REPLAY && n->hostile != SCENARIO_FLOOD) {
        return;
    }
    struct wheel_item item = {.to = i, .kind = WORLD_HOSTILE, .tag = n->lives};
    wheel_put(&w->wheel, world_now(w) + n->harm_ns, &item);
    if (n->link_count == 0) {
        return;
    }
    struct world_link *l = &n->links[random_below(&n->random, n->link_count)];
    if (n->hostile == SCENARIO_FLOOD && random_below(&n->random, 4) > 0) {
        struct span body;
        enum overlay_kind kind = junk(w, n, &body);
        world_cable_carry(w, i, l, kind, body);
    } else if (h->count > 0) {
        size_t kept = h->count < HEARD_MAX ? h->count : HEARD_MAX;
        const struct heard *old = &h->heard[random_below(&n->random, kept)];
        world_cable_carry(w, i, l, (enum overlay_kind)old->kind, span_of(old->bytes, old->len));
    }
}

void world_hostile_begin(struct world *w, uint32_t i, const struct scenario_fault *f)
{
    struct world_node *n = &w->nodes[i];
    if (w->hostile == NULL) {
        w->hostile = mem_new(sizeof *w->hostile);
    }
    n->hostile = (uint8_t)f->kind;
    n->harm_ns = f->kind == SCENARIO_FLOOD ? WORLD_S / f->amount : REPLAY_NS;
    if (f->kind == SCENARIO_REPLAY || f->kind == SCENARIO_FLOOD) {
        struct wheel_item item = {.to = i, .kind = WORLD_HOSTILE, .tag = n->lives};
        wheel_put(&w->wheel, world_now(w) + n->harm_ns, &item);
    }
}

void world_hostile_end(struct world *w, uint32_t i)
{
    w->nodes[i].hostile = 0;
}
