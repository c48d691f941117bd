/*
 * The forwarding machine under operations drawn from the input: one node with neighbours that come
 * and go and say anything, in names that are theirs and in others'. Nothing is delivered twice,
 * invariants hold, nothing leaks.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"
#include "base/timers.h"
#include "route/forward.h"
#include "swarm/null_sign.h"
#include "tests/support/overlay_null.h"

#define PEERS 6 /* 0 is the node */
#define STEPS_MAX 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct game {
    struct forward node;
    struct paths paths;
    struct overlay_id ids[PEERS];
    struct overlay_sign signs[PEERS];
    struct random_seeded seeded;
    struct random random;
    uint8_t got[PEERS][256]; /* by origin and sequence */
    struct route_msg last;   /* what the node sent last: to be answered */
    uint8_t signature[OVERLAY_SIGN_SIZE];
    uint64_t now;
    struct rd in;
};

static uint8_t draw(struct game *g)
{
    return rd_u8(&g->in);
}

static void drain(struct game *g)
{
    static uint8_t out[ROUTE_MSG_SIZE_MAX];
    struct forward_event e;
    struct route_msg m;
    while (forward_next_event(&g->node, g->now, &e)) {
        if (e.kind == FORWARD_DELIVER) {
            size_t origin = overlay_null_number(&e.id);
            CHECK(origin < PEERS && e.sequence < 256);
            CHECK(g->got[origin][e.sequence]++ == 0);
        } else if (e.kind == FORWARD_SEND) {
            struct wr w;
            wr_init(&w, span_mut_of(out, sizeof out));
            route_msg_encode(&w, &e.msg);
            CHECK(wr_finish(&w) == 0 && route_msg_decode(&m, wr_span(&w)) == 0);
            g->last = m;
            g->last.payload = span_empty();
        } else {
            CHECK(e.err == 0 || e.err == WAVU_ERR_TIMEOUT || e.err == WAVU_ERR_UNREACHABLE);
        }
    }
    forward_check(&g->node);
}

/* Sign `m` as `who`, mostly. */
static void sign(struct game *g, struct route_msg *m, size_t who)
{
    uint8_t head[OVERLAY_SIGN_HEAD_MAX];
    struct wr w;
    memset(g->signature, 0, sizeof g->signature);
    m->signature = span_of(g->signature, sizeof g->signature);
    if (draw(g) % 8 != 0) {
        wr_init(&w, span_mut_of(head, sizeof head));
        route_msg_signed_head(&w, m);
        CHECK(wr_finish(&w) == 0);
        g->signs[who].sign(g->signs[who].context, g->signature, wr_span(&w), m->payload);
    }
}

static void attack(struct game *g)
{
    static const uint8_t payload[4] = {1, 2, 3, 4};
    size_t origin = draw(g) % PEERS;
    size_t target = (origin + 1 + draw(g) % (PEERS - 1)) % PEERS;
    struct route_msg m = {.kind = ROUTE_MSG_DATA,
                          .origin = g->ids[origin],
                          .target = g->ids[target],
                          .generation = 1,
                          .sequence = 1u + draw(g) % 255,
                          .attempt = 1u + draw(g) % ROUTE_MSG_ATTEMPTS_MAX,
                          .limit = 1u + draw(g) % ROUTE_MSG_LIMIT_MAX,
                          .hops = 1u + draw(g) % ROUTE_MSG_LIMIT_MAX,
                          .payload = span_of(payload, draw(g) % sizeof payload)};
    sign(g, &m, origin);
    int rc = forward_feed(&g->node, g->now, &g->ids[draw(g) % PEERS], &m);
    CHECK(rc <= 0);
}

/* Answer what the node sent last, as its target or as somebody on the way. */
static void reply(struct game *g)
{
    struct route_msg m = g->last;
    if (m.kind == ROUTE_MSG_NONE) {
        return;
    }
    m.kind = draw(g) % 2 == 0 ? ROUTE_MSG_ACK : ROUTE_MSG_NACK;
    m.limit = 0;
    m.hops = 1u + draw(g) % ROUTE_MSG_LIMIT_MAX;
    m.reason = ROUTE_MSG_NO_WAY;
    sign(g, &m, overlay_null_number(&m.target));
    CHECK(forward_feed(&g->node, g->now, &g->ids[draw(g) % PEERS], &m) <= 0);
}

static void gossip(struct game *g)
{
    struct paths_link links[3];
    uint8_t space[PATHS_VALUE_MAX];
    struct wr w;
    size_t count = draw(g) % 4;
    for (size_t i = 0; i < count; i++) {
        links[i].id = g->ids[draw(g) % PEERS];
        links[i].facts.rtt_us = draw(g);
        links[i].facts.loss = draw(g);
    }
    wr_init(&w, span_mut_of(space, sizeof space));
    paths_put(&w, links, count);
    size_t junk = draw(g) % 8 == 0 ? 1 : 0;
    int rc = paths_set(&g->paths, &g->ids[draw(g) % PEERS], span_slice(wr_span(&w), junk, w.len));
    CHECK(rc <= 0);
    paths_check(&g->paths);
}

static void step(struct game *g)
{
    const struct overlay_id *peer = &g->ids[1 + draw(g) % (PEERS - 1)];
    uint32_t sequence = 0;
    int rc = 0;
    switch (draw(g) % 8) {
    case 0:
        rc = forward_link_up(&g->node, g->now, peer);
        CHECK(rc == 0 || rc == WAVU_ERR_EXISTS);
        break;
    case 1:
        forward_link_down(&g->node, peer);
        break;
    case 2:
        rc = forward_send(&g->node, g->now, peer, span_of("hi", 2), &sequence);
        CHECK(rc == 0 || rc == WAVU_ERR_UNREACHABLE || rc == WAVU_ERR_AGAIN);
        break;
    case 3:
        g->now += (uint64_t)draw(g) * 10 * TIMERS_MS;
        break;
    case 4:
        gossip(g);
        break;
    case 5:
        reply(g);
        break;
    default:
        attack(g);
        break;
    }
    drain(g);
    CHECK(forward_deadline(&g->node) > g->now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct game g;
    size_t live = mem_live_count();
    struct route_metric metric = route_metric_default();
    memset(&g, 0, sizeof g);
    rd_init(&g.in, span_of(data, len));
    random_seeded_init(&g.seeded, 1);
    g.random = random_from_seeded(&g.seeded);
    g.now = TIMERS_SECOND;
    for (size_t i = 0; i < PEERS; i++) {
        g.ids[i] = overlay_null_id(i);
        g.signs[i] = null_sign_as(&g.ids[i]);
    }
    paths_init(&g.paths, &g.ids[0], &g.random, &metric);
    const struct forward_config config = {.self = g.ids[0],
                                          .generation = 1,
                                          .random = &g.random,
                                          .sign = &g.signs[0],
                                          .paths = &g.paths};
    forward_init(&g.node, &config);
    for (size_t i = 0; i < STEPS_MAX && rd_left(&g.in) > 0; i++) {
        step(&g);
    }
    forward_clear(&g.node);
    paths_clear(&g.paths);
    CHECK(mem_live_count() == live);
    return 0;
}
