/*
 * The state machine under operations drawn from the input: three machines that are linked and cut,
 * write and hear of each other in any order, and a hostile neighbour; who belongs changes. A value
 * is always one that its owner wrote, invariants hold, nothing leaks.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/timers.h"
#include "overlay/state.h"
#include "swarm/null_sign.h"
#include "tests/support/overlay_null.h"

#define NODES 3
#define PEERS 5 /* those from NODES on only send what the input says */
#define OPEN 2  /* this node asks nobody who belongs */
#define IN_FLIGHT 16
#define STEPS_MAX 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct flight {
    uint8_t from;
    uint8_t to;
    uint8_t *bytes; /* owned; NULL: free */
    size_t len;
};

struct game {
    struct state nodes[NODES];
    struct overlay_id ids[PEERS];
    struct overlay_sign signs[PEERS];
    struct random_seeded seeded;
    struct random random;
    struct flight flights[IN_FLIGHT];
    uint8_t belong; /* a bit for each of the peers */
    uint64_t now;
    struct rd in;
};

static uint8_t draw(struct game *g)
{
    return rd_u8(&g->in);
}

static bool belongs(void *context, const struct overlay_id *owner)
{
    const struct game *g = context;
    return (g->belong >> overlay_null_number(owner)) % 2 == 1;
}

/* What an owner writes begins with its number: nobody else's value may stand under its name. */
static void check_value(const struct overlay_id *owner, struct span value)
{
    CHECK(value.len > 0 && value.ptr[0] == overlay_null_number(owner));
}

static void drain(struct game *g, uint8_t node)
{
    static uint8_t out[STATE_MSG_SIZE_MAX];
    struct state_event e;
    struct state_cursor cursor = {0};
    while (state_next_event(&g->nodes[node], &e)) {
        if (e.kind == STATE_CHANGED && e.value.ptr != NULL) {
            check_value(&e.owner, e.value);
        }
        if (e.kind != STATE_SEND) {
            continue;
        }
        struct wr w;
        wr_init(&w, span_mut_of(out, sizeof out));
        state_msg_encode(&w, &e.msg);
        CHECK(wr_finish(&w) == 0);
        struct flight *f = &g->flights[random_below(&g->random, IN_FLIGHT)];
        mem_free(f->bytes);
        f->bytes = mem_new_raw(w.len);
        memcpy(f->bytes, out, w.len);
        f->len = w.len;
        f->from = node;
        f->to = (uint8_t)overlay_null_number(&e.to);
    }
    state_check(&g->nodes[node]);
    while (state_next(&g->nodes[node], &cursor)) {
        check_value(&cursor.owner, cursor.value);
    }
}

/* Deliver one message; it stays in flight, so it may come again. */
static void land(struct game *g)
{
    struct flight *f = &g->flights[draw(g) % IN_FLIGHT];
    struct state_msg m;
    if (f->bytes == NULL || f->to >= NODES) {
        return;
    }
    CHECK(state_msg_decode(&m, span_of(f->bytes, f->len)) == 0);
    int rc = state_feed(&g->nodes[f->to], g->now, &g->ids[f->from], &m);
    CHECK(rc == 0 || rc == WAVU_ERR_LIMIT || rc == WAVU_ERR_NOT_FOUND);
    drain(g, f->to);
}

/* One block by the hostile peer, of itself or of somebody else. */
static size_t write_block(struct game *g, uint8_t from, struct span_mut out)
{
    uint8_t bytes[4 * 256];
    uint8_t head[OVERLAY_SIGN_HEAD_MAX];
    uint8_t signature[OVERLAY_SIGN_SIZE];
    uint8_t set[STATE_MSG_SET_SIZE] = {draw(g)};
    struct state_msg_block block = {
        .owner = g->ids[draw(g) % PEERS], .generation = draw(g) % 4, .age_s = draw(g)};
    struct wr w;
    uint64_t version = 0;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    for (size_t count = draw(g) % 4; count > 0; count--) {
        uint8_t key = draw(g);
        uint8_t value[2] = {(uint8_t)overlay_null_number(&g->ids[from]), draw(g)};
        version += 1 + draw(g) % 3u;
        struct state_msg_entry e = {.version = version,
                                    .key = span_of(&key, 1),
                                    .value = span_of(value, 2),
                                    .is_deleted = draw(g) % 4 == 0,
                                    .set = span_of(set, sizeof set),
                                    .signature = span_of(signature, sizeof signature)};
        e.value.len = e.is_deleted ? 0 : 2;
        g->signs[from].sign(
            g->signs[from].context, signature,
            state_owner_head(span_mut_of(head, sizeof head), &block.owner, block.generation, &e),
            e.value);
        state_msg_put_entry(&w, &e);
    }
    block.entries = wr_span(&w);
    wr_init(&w, out);
    state_msg_put_block(&w, &block);
    return w.len;
}

static void attack(struct game *g, uint8_t node)
{
    uint8_t from = (uint8_t)(NODES + draw(g) % (PEERS - NODES));
    uint8_t list[2048];
    uint8_t buckets[STATE_MSG_BUCKET_COUNT * STATE_MSG_BUCKET_SIZE];
    struct state_msg m = {.kind = (enum state_msg_kind)(draw(g) % 5)};
    struct state_msg_item item = {
        .owner = g->ids[draw(g) % PEERS], .generation = draw(g) % 4, .version = draw(g)};
    uint8_t flags = draw(g);
    struct wr w;
    item.is_partial = flags % 2;
    item.is_silent = flags / 2 % 2;
    memset(buckets, draw(g), sizeof buckets);
    m.salt = draw(g);
    m.hash = draw(g);
    m.mask = (uint64_t)draw(g) << 56 | draw(g);
    m.is_request = draw(g) % 2;
    m.buckets = span_of(buckets, sizeof buckets);
    if (m.kind == STATE_MSG_DELTA) {
        m.blocks = span_of(list, write_block(g, from, span_mut_of(list, sizeof list)));
    } else {
        wr_init(&w, span_mut_of(list, sizeof list));
        state_msg_put_item(&w, &item);
        m.items = wr_span(&w);
    }
    int rc = state_feed(&g->nodes[node], g->now, &g->ids[from], &m);
    CHECK(rc <= 0);
    drain(g, node);
}

static void write_key(struct game *g, uint8_t node)
{
    uint8_t key = draw(g);
    static uint8_t value[600];
    struct state *s = &g->nodes[node];
    value[0] = node;
    value[1] = draw(g);
    int rc = draw(g) % 4 == 0
                 ? state_delete(s, g->now, span_of(&key, 1))
                 : state_set(s, g->now, span_of(&key, 1), span_of(value, 1 + (size_t)draw(g) * 2));
    CHECK(rc == 0 || rc == WAVU_ERR_LIMIT || rc == WAVU_ERR_NOT_FOUND);
}

/* Save somebody's namespace and load it at another node. */
static void carry(struct game *g, uint8_t node, uint8_t owner)
{
    static uint8_t out[STATE_MSG_SIZE_MAX];
    uint8_t to = draw(g) % NODES;
    struct wr w;
    wr_init(&w, span_mut_of(out, sizeof out));
    if (state_save(&g->nodes[node], g->now, &g->ids[owner], &w) == 0) {
        int rc = state_load(&g->nodes[to], g->now, wr_span(&w));
        CHECK(rc == 0 || rc == WAVU_ERR_EXISTS);
        drain(g, to);
    }
}

static void step(struct game *g)
{
    uint8_t kind = draw(g);
    uint8_t node = draw(g) % NODES;
    uint8_t peer = draw(g) % PEERS;
    struct state *s = &g->nodes[node];
    switch (kind % 10) {
    case 0:
        if (peer != node) {
            int rc = state_link_up(s, g->now, &g->ids[peer]);
            CHECK(rc == 0 || rc == WAVU_ERR_EXISTS);
        }
        break;
    case 1:
        state_link_down(s, g->now, &g->ids[peer]);
        break;
    case 2:
        write_key(g, node);
        break;
    case 3:
        g->now += (uint64_t)draw(g) * draw(g) * TIMERS_MS;
        state_tick(s, g->now);
        break;
    case 4:
        g->now = state_deadline(s) > g->now ? state_deadline(s) : g->now;
        state_tick(s, g->now);
        CHECK(state_deadline(s) > g->now);
        break;
    case 5:
        attack(g, node);
        break;
    case 6:
        if (peer % 2 == 0) {
            carry(g, node, draw(g) % PEERS);
        } else if (draw(g) % 2 == 0) {
            g->belong = draw(g);
            for (size_t i = 0; i < NODES; i++) {
                state_recheck(&g->nodes[i]);
            }
        } else {
            state_forget(s, g->now, &g->ids[draw(g) % PEERS]);
        }
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
        struct state_config config = {.self = g.ids[i],
                                      .generation = 1,
                                      .random = &g.random,
                                      .sign = &g.signs[i],
                                      .forget_ns = 60 * TIMERS_SECOND,
                                      .owners_max = 4,
                                      .bytes_max = 40960};
        if (i != OPEN) {
            config.policy = (struct state_policy){.belongs = belongs, .context = &g};
        }
        state_init(&g.nodes[i], g.now, &config);
    }
    for (size_t i = 0; i < STEPS_MAX && rd_left(&g.in) > 0; i++) {
        step(&g);
    }
    for (size_t i = 0; i < NODES; i++) {
        state_clear(&g.nodes[i]);
    }
    for (size_t i = 0; i < IN_FLIGHT; i++) {
        mem_free(g.flights[i].bytes);
    }
    CHECK(mem_live_count() == live);
    return 0;
}
