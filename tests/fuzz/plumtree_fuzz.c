/*
 * The plumtree machine under operations drawn from the input: three machines that are linked and
 * cut, say things and hear of each other in any order, and a neighbour that sends whatever the
 * input says. Nothing is delivered twice, invariants hold, nothing leaks.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"
#include "overlay/plumtree.h"
#include "swarm/null_sign.h"
#include "tests/support/overlay_null.h"

#define NODES 3
#define PEERS 5 /* those from NODES on only send what the input says */
#define IN_FLIGHT 16
#define STEPS_MAX 400
#define LIVES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct flight {
    uint8_t from;
    uint8_t to;
    uint8_t *bytes; /* owned; NULL: free */
    size_t len;
};

struct game {
    struct plumtree nodes[NODES];
    struct overlay_id ids[PEERS];
    struct overlay_sign signs[PEERS];
    struct random_seeded seeded;
    struct random random;
    struct flight flights[IN_FLIGHT];
    uint8_t got[NODES][PEERS][256]; /* by origin and sequence, small ones */
    uint64_t now;
    struct rd in;
};

static uint8_t draw(struct game *g)
{
    return rd_u8(&g->in);
}

static void drain(struct game *g, uint8_t node)
{
    static uint8_t out[PLUMTREE_MSG_SIZE_MAX];
    struct plumtree_event e;
    while (plumtree_next_event(&g->nodes[node], &e)) {
        if (e.kind == PLUMTREE_DELIVER) {
            size_t origin = overlay_null_number(&e.origin);
            if (origin < PEERS && e.sequence < 256 && e.generation == 1) {
                CHECK(g->got[node][origin][e.sequence]++ == 0);
            }
            continue;
        }
        struct wr w;
        wr_init(&w, span_mut_of(out, sizeof out));
        plumtree_msg_encode(&w, &e.msg);
        CHECK(wr_finish(&w) == 0);
        struct flight *f = &g->flights[random_below(&g->random, IN_FLIGHT)];
        mem_free(f->bytes);
        f->bytes = mem_new_raw(w.len);
        memcpy(f->bytes, out, w.len);
        f->len = w.len;
        f->from = node;
        f->to = (uint8_t)overlay_null_number(&e.to);
    }
    plumtree_check(&g->nodes[node]);
}

/* Deliver one message; it stays in flight, so it may come again. */
static void land(struct game *g)
{
    struct flight *f = &g->flights[draw(g) % IN_FLIGHT];
    struct plumtree_msg m;
    if (f->bytes == NULL || f->to >= NODES) {
        return;
    }
    CHECK(plumtree_msg_decode(&m, span_of(f->bytes, f->len)) == 0);
    int rc = plumtree_feed(&g->nodes[f->to], g->now, &g->ids[f->from], &m);
    CHECK(rc != WAVU_ERR_CRYPTO); /* nobody forged it, and on an old link's place it may be late */
    drain(g, f->to);
}

/* A message of the hostile peer: half drawn by the input whole, half a plausible one. */
static void attack(struct game *g, uint8_t node)
{
    uint8_t from = (uint8_t)(NODES + draw(g) % (PEERS - NODES));
    struct plumtree_msg m = {.kind = (enum plumtree_msg_kind)(draw(g) % 7)};
    uint8_t ids[3 * PLUMTREE_MSG_ID_SIZE] = {0};
    uint8_t hops[3] = {draw(g), 1, 2};
    uint8_t signature[OVERLAY_SIGN_SIZE] = {0};
    uint8_t offers[PLUMTREE_MSG_OFFER_SIZE_MAX + 8];
    const uint8_t payload[3 * PLUMTREE_MSG_ITEM_SIZE] = {from};
    struct wr w;
    struct plumtree_msg_offer offer = {.origin = g->ids[draw(g) % PEERS],
                                       .generation = draw(g) % LIVES,
                                       .ranges = {{1u + draw(g), 1u + draw(g)}},
                                       .range_count = 1};
    m.origin = g->ids[from];
    m.generation = draw(g) % LIVES;
    m.sequence = draw(g);
    m.hops = draw(g);
    m.is_repair = draw(g) % 2;
    m.is_wave = draw(g) % 2;
    m.is_tree = draw(g) % 2;
    m.position = draw(g);
    m.payload = span_of(payload, 1 + draw(g) % sizeof payload);
    m.items = draw(g) % 4; /* also more than there is room for */
    m.signature = span_of(signature, sizeof signature);
    if (g->nodes[node].seen.count > 0 && draw(g) % 2 == 0) {
        struct list *last = g->nodes[node].seen.recent.prev;
        struct plumtree_msg_id id =
            plumtree_seen_id(LIST_OF(last, struct plumtree_origin, recent), draw(g));
        memcpy(ids, id.bytes, sizeof id.bytes);
    }
    m.ids = span_of(ids, sizeof ids);
    m.id_hops = span_of(hops, sizeof hops);
    wr_init(&w, span_mut_of(offers, sizeof offers));
    plumtree_msg_put_offer(&w, &offer);
    m.offers = wr_span(&w);
    if (draw(g) % 4 != 0 && m.items * PLUMTREE_MSG_ITEM_SIZE <= m.payload.len) {
        uint8_t head[PLUMTREE_MSG_HEAD_SIZE]; /* signed as it should be: what plumtree.c signs */
        uint8_t root[HASH_SHA256_SIZE];
        plumtree_msg_root(root, &m);
        g->signs[from].sign(g->signs[from].context, signature,
                            plumtree_msg_head(span_mut_of(head, sizeof head), &m, root),
                            plumtree_msg_rest(&m));
    }
    int rc = plumtree_feed(&g->nodes[node], g->now, &g->ids[from], &m);
    CHECK(rc <= 0);
    drain(g, node);
}

static void step(struct game *g)
{
    uint8_t kind = draw(g);
    uint8_t node = draw(g) % NODES;
    uint8_t peer = draw(g) % PEERS;
    struct plumtree *p = &g->nodes[node];
    switch (kind % 8) {
    case 0:
        if (peer != node) {
            int rc = plumtree_link_up(p, g->now, &g->ids[peer]);
            CHECK(rc == 0 || rc == WAVU_ERR_EXISTS);
        }
        break;
    case 1:
        plumtree_link_down(p, g->now, &g->ids[peer]);
        break;
    case 2: {
        int rc = plumtree_broadcast(p, g->now, span_of(&kind, 1), NULL);
        CHECK(rc == 0 || rc == WAVU_ERR_AGAIN);
        break;
    }
    case 3:
        g->now += (uint64_t)draw(g) * draw(g) * TIMERS_MS;
        plumtree_tick(p, g->now);
        break;
    case 4:
        g->now = plumtree_deadline(p) != TIMERS_NEVER && plumtree_deadline(p) > g->now
                     ? plumtree_deadline(p)
                     : g->now;
        plumtree_tick(p, g->now);
        CHECK(plumtree_deadline(p) > g->now);
        break;
    case 5:
        attack(g, node);
        break;
    default:
        land(g);
        break;
    }
    drain(g, node);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct game g;
    size_t live = mem_live_count();
    memset(&g, 0, sizeof g);
    rd_init(&g.in, span_of(data, len));
    random_seeded_init(&g.seeded, 1);
    g.random = random_from_seeded(&g.seeded);
    g.now = TIMERS_SECOND;
    for (size_t i = 0; i < PEERS; i++) {
        g.ids[i] = overlay_null_id(i);
        g.signs[i] = null_sign_as(&g.ids[i]);
    }
    for (size_t i = 0; i < NODES; i++) {
        struct plumtree_config config = {.self = g.ids[i],
                                         .generation = 1,
                                         .random = &g.random,
                                         .sign = &g.signs[i],
                                         .cache_bytes = 8192,
                                         .origins_max = 16};
        plumtree_init(&g.nodes[i], &config);
    }
    for (size_t i = 0; i < STEPS_MAX && rd_left(&g.in) > 0; i++) {
        step(&g);
    }
    for (size_t i = 0; i < NODES; i++) {
        plumtree_clear(&g.nodes[i]);
    }
    for (size_t i = 0; i < IN_FLIGHT; i++) {
        mem_free(g.flights[i].bytes);
    }
    CHECK(mem_live_count() == live);
    return 0;
}
