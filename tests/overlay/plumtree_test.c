/*
 * Plumtree on a mesh: every broadcast reaches every live node once, whatever the links lose, double
 * or reorder; the tree costs next to no duplicates; hostile neighbours are bounded.
 */
#include "tests/base/unit.h"

#include "base/check.h"
#include "base/timers.h"
#include "overlay/plumtree.h"
#include "tests/support/gossip_mesh.h"

#define SAID_MAX 64

/* A provider of equal sizes: the signature is the head's end and the signer's key. */
static void null_sign(void *context, uint8_t signature[OVERLAY_SIGN_SIZE], struct span head,
                      struct span body)
{
    const struct overlay_id *id = context;
    (void)body;
    memcpy(signature, id->bytes, OVERLAY_ID_SIZE);
    memcpy(signature + OVERLAY_ID_SIZE, head.ptr + head.len - 12, 12);
    memset(signature + OVERLAY_ID_SIZE + 12, 0, OVERLAY_SIGN_SIZE - OVERLAY_ID_SIZE - 12);
}

static int null_verify(void *context, const uint8_t *signature, const struct overlay_id *who,
                       struct span head, struct span body)
{
    (void)context;
    (void)body;
    return memcmp(signature, who->bytes, OVERLAY_ID_SIZE) == 0 &&
                   memcmp(signature + OVERLAY_ID_SIZE, head.ptr + head.len - 12, 12) == 0
               ? 0
               : WAVU_ERR_CRYPTO;
}

struct said {
    size_t origin;
    uint32_t sequence;
    uint64_t at;
    uint64_t last_at;
    uint32_t hops_max;
    size_t delivered;
};

struct world {
    struct gossip_mesh mesh;
    struct plumtree *nodes;
    struct overlay_id *ids;
    struct overlay_sign *signs;
    uint8_t *got; /* SAID_MAX counts a node */
    struct said said[SAID_MAX];
    size_t said_count;
    uint64_t errors;
    bool is_checked;
};

static struct overlay_id id_of(size_t node)
{
    struct overlay_id id = {{0}};
    id.bytes[0] = (uint8_t)(node * 37);
    id.bytes[30] = (uint8_t)(node >> 8);
    id.bytes[31] = (uint8_t)node;
    return id;
}

static size_t number_of(const struct overlay_id *id)
{
    return (size_t)id->bytes[30] << 8 | id->bytes[31];
}

static void delivered(struct world *w, size_t node, const struct plumtree_event *e)
{
    size_t origin = number_of(&e->origin);
    for (size_t i = 0; i < w->said_count; i++) {
        struct said *s = &w->said[i];
        if (s->origin != origin || s->sequence != e->sequence) {
            continue;
        }
        assert_int_equal(e->payload.len, 100);
        assert_int_equal(e->payload.ptr[0], i);
        w->got[node * SAID_MAX + i]++;
        s->delivered++;
        s->last_at = w->mesh.now;
        s->hops_max = e->hops > s->hops_max ? e->hops : s->hops_max;
        return;
    }
    fail_msg("a broadcast that nobody said");
}

static void drain(struct world *w, size_t node)
{
    static uint8_t out[PLUMTREE_MSG_SIZE_MAX];
    struct plumtree_event e;
    while (plumtree_next_event(&w->nodes[node], &e)) {
        if (e.kind == PLUMTREE_DELIVER) {
            delivered(w, node, &e);
            continue;
        }
        struct wr wr;
        wr_init(&wr, span_mut_of(out, sizeof out));
        plumtree_msg_encode(&wr, &e.msg);
        assert_int_equal(wr_finish(&wr), 0);
        gossip_mesh_send(&w->mesh, node, number_of(&e.to), wr_span(&wr));
    }
    if (w->is_checked) {
        plumtree_check(&w->nodes[node]);
    }
}

static void feed(void *context, size_t node, size_t from, struct span bytes)
{
    struct world *w = context;
    struct plumtree_msg m;
    assert_int_equal(plumtree_msg_decode(&m, bytes), 0);
    w->errors += plumtree_feed(&w->nodes[node], w->mesh.now, &w->ids[from], &m) < 0;
    drain(w, node);
}

static void tick(void *context, size_t node)
{
    struct world *w = context;
    plumtree_tick(&w->nodes[node], w->mesh.now);
    drain(w, node);
}

static uint64_t deadline(void *context, size_t node)
{
    struct world *w = context;
    return plumtree_deadline(&w->nodes[node]);
}

static void start_node(struct world *w, size_t node, uint64_t generation)
{
    struct plumtree_config config = {.self = w->ids[node],
                                     .generation = generation,
                                     .random = &w->mesh.random,
                                     .sign = &w->signs[node],
                                     .origins_max = 64};
    plumtree_init(&w->nodes[node], &config);
}

static void link_up(struct world *w, size_t a, size_t b)
{
    assert_int_equal(plumtree_link_up(&w->nodes[a], w->mesh.now, &w->ids[b]), 0);
    gossip_mesh_touch(&w->mesh, a);
}

static struct world *world_new(size_t count, size_t degree, uint64_t seed)
{
    static const struct gossip_mesh_ops ops = {feed, tick, deadline};
    struct world *w = mem_new(sizeof *w);
    gossip_mesh_init(&w->mesh, count, seed, &ops, w);
    gossip_mesh_wire(&w->mesh, degree);
    w->nodes = mem_new_array(count, sizeof *w->nodes);
    w->ids = mem_new_array(count, sizeof *w->ids);
    w->signs = mem_new_array(count, sizeof *w->signs);
    w->got = mem_new_array(count, SAID_MAX);
    for (size_t i = 0; i < count; i++) {
        w->ids[i] = id_of(i);
        w->signs[i] = (struct overlay_sign){null_sign, null_verify, &w->ids[i]};
        start_node(w, i, 1);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < w->mesh.nodes[i].link_count; j++) {
            link_up(w, i, w->mesh.nodes[i].links[j]);
        }
    }
    return w;
}

static void world_free(struct world *w)
{
    for (size_t i = 0; i < w->mesh.count; i++) {
        plumtree_check(&w->nodes[i]);
        plumtree_clear(&w->nodes[i]);
    }
    gossip_mesh_clear(&w->mesh);
    mem_free(w->nodes);
    mem_free(w->ids);
    mem_free(w->signs);
    mem_free(w->got);
    mem_free(w);
}

static size_t say(struct world *w, size_t node)
{
    uint8_t payload[100];
    struct said *s = &w->said[w->said_count];
    memset(payload, (int)w->said_count, sizeof payload);
    *s = (struct said){.origin = node, .at = w->mesh.now};
    assert_int_equal(plumtree_broadcast(&w->nodes[node], w->mesh.now,
                                        span_of(payload, sizeof payload), &s->sequence),
                     0);
    w->said_count++;
    drain(w, node);
    gossip_mesh_touch(&w->mesh, node);
    return w->said_count - 1;
}

static void run(struct world *w, uint64_t ns)
{
    gossip_mesh_run(&w->mesh, w->mesh.now + ns);
}

/* Exactly once at everyone who lives, but the origin. */
static void assert_all_have(const struct world *w, size_t said)
{
    for (size_t i = 0; i < w->mesh.count; i++) {
        int expected = i != w->said[said].origin && !w->mesh.nodes[i].is_down;
        if (w->got[i * SAID_MAX + said] != expected) {
            fail_msg("broadcast %zu came %d times to node %zu", said, w->got[i * SAID_MAX + said],
                     i);
        }
    }
}

struct totals {
    uint64_t duplicates;
    uint64_t delivered;
    uint64_t grafts;
    uint64_t swaps;
    uint64_t repaired;
};

static struct totals totals_of(const struct world *w)
{
    struct totals t = {0};
    for (size_t i = 0; i < w->mesh.count; i++) {
        t.duplicates += w->nodes[i].stats.duplicates;
        t.delivered += w->nodes[i].stats.delivered;
        t.grafts += w->nodes[i].stats.grafts;
        t.swaps += w->nodes[i].stats.swaps;
        t.repaired += w->nodes[i].stats.repaired;
    }
    return t;
}

static void one_run_with_loss(uint32_t loss_permil, uint64_t seed, struct totals *sum)
{
    struct world *w = world_new(60, 6, seed);
    w->mesh.loss_permil = loss_permil;
    w->mesh.double_permil = seed % 2 == 0 ? 20 : 0;
    w->mesh.jitter_ms = seed % 3 == 0 ? 60 : 0;
    for (size_t i = 0; i < 20; i++) {
        say(w, seed % 4 == 0 ? (size_t)random_below(&w->mesh.random, w->mesh.count) : 3);
        run(w, 300 * TIMERS_MS);
    }
    run(w, 60 * TIMERS_SECOND);
    for (size_t i = 0; i < w->said_count; i++) {
        assert_all_have(w, i);
    }
    assert_int_equal(w->errors, 0);
    struct totals t = totals_of(w);
    sum->duplicates += t.duplicates;
    sum->delivered += t.delivered;
    sum->repaired += t.repaired;
    world_free(w);
}

static void everybody_gets_everything_once_at_any_loss(void **state)
{
    static const uint32_t losses[] = {0, 10, 50, 100};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct totals sum = {0};
        for (uint64_t seed = 1; seed <= 20; seed++) {
            one_run_with_loss(losses[i], seed, &sum);
        }
        print_message("loss %u permil: redundancy %.3f, repaired %.3f\n", losses[i],
                      (double)sum.duplicates / (double)sum.delivered,
                      (double)sum.repaired / (double)sum.delivered);
    }
}

static void a_steady_tree_has_no_duplicates(void **state)
{
    (void)state;
    struct world *w = world_new(1000, 6, 7);
    for (size_t i = 0; i < 10; i++) {
        say(w, 0);
        run(w, TIMERS_SECOND);
    }
    run(w, 10 * TIMERS_SECOND);
    struct totals before = totals_of(w);
    uint64_t worst_ns = 0;
    uint32_t hops = 0;
    for (size_t i = 0; i < 20; i++) {
        size_t s = say(w, 0);
        run(w, TIMERS_SECOND);
        worst_ns = w->said[s].last_at - w->said[s].at > worst_ns
                       ? w->said[s].last_at - w->said[s].at
                       : worst_ns;
        hops = w->said[s].hops_max > hops ? w->said[s].hops_max : hops;
        assert_all_have(w, s);
    }
    struct totals after = totals_of(w);
    double redundancy = (double)(after.duplicates - before.duplicates) / (20.0 * 999.0);
    print_message("1000 nodes, one sender: redundancy %.4f, last %u ms, hops %u\n", redundancy,
                  (unsigned)(worst_ns / TIMERS_MS), hops);
    assert_true(redundancy <= 0.05);
    assert_true(worst_ns < 500 * TIMERS_MS);
    before = after;
    hops = 0;
    worst_ns = 0;
    for (size_t i = 0; i < 30; i++) {
        size_t s = say(w, (size_t)random_below(&w->mesh.random, 1000));
        run(w, TIMERS_SECOND);
        worst_ns = w->said[s].last_at - w->said[s].at > worst_ns
                       ? w->said[s].last_at - w->said[s].at
                       : worst_ns;
        hops = w->said[s].hops_max > hops ? w->said[s].hops_max : hops;
        assert_all_have(w, s);
    }
    after = totals_of(w);
    redundancy = (double)(after.duplicates - before.duplicates) / (30.0 * 999.0);
    print_message("1000 nodes, rotating: redundancy %.4f, last %u ms, hops %u\n", redundancy,
                  (unsigned)(worst_ns / TIMERS_MS), hops);
    assert_true(redundancy <= 0.05);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(everybody_gets_everything_once_at_any_loss),
        UNIT(a_steady_tree_has_no_duplicates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
