/*
 * Plumtree on a mesh: every broadcast reaches every live node once, whatever the links lose, double
 * or reorder; the tree costs next to no duplicates; hostile neighbours are bounded.
 */
#include "swarm/null_sign.h"
#include "tests/base/unit.h"

#include "base/timers.h"
#include "tests/support/overlay_null.h"
#include "tests/support/plumtree_world.h"

static void assert_all_right(const struct plumtree_world *w)
{
    for (size_t i = 0; i < w->said_count; i++) {
        assert_int_equal(plumtree_world_wrong(w, i), 0);
    }
    assert_int_equal(w->strange, 0);
}

static void one_run_with_loss(uint32_t loss_permil, uint64_t seed,
                              struct plumtree_world_totals *sum)
{
    struct plumtree_world *w = plumtree_world_new(50, 6, seed);
    w->mesh.loss_permil = loss_permil;
    w->mesh.double_permil = seed % 2 == 0 ? 20 : 0;
    w->mesh.jitter_ms = seed % 3 == 0 ? 60 : 0;
    w->is_checked = seed == 1;
    for (size_t i = 0; i < 20; i++) {
        plumtree_world_say(w, seed % 4 == 0 ? (size_t)random_below(&w->mesh.random, 50) : 3);
        plumtree_world_run(w, 300 * TIMERS_MS);
    }
    plumtree_world_run(w, 60 * TIMERS_SECOND);
    assert_all_right(w);
    assert_int_equal(w->errors, 0);
    struct plumtree_world_totals t = plumtree_world_totals(w);
    sum->duplicates += t.duplicates;
    sum->delivered += t.delivered;
    sum->repaired += t.repaired;
    plumtree_world_free(w);
}

static void everybody_gets_everything_once_at_any_loss(void **state)
{
    static const uint32_t losses[] = {0, 10, 50, 100};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct plumtree_world_totals sum = {0};
        for (uint64_t seed = 1; seed <= 20; seed++) {
            one_run_with_loss(losses[i], seed, &sum);
        }
        print_message(
            "loss %u permil, 50 nodes, tree built in it: redundancy %.3f, asked for %.3f\n",
            losses[i], (double)sum.duplicates / (double)sum.delivered,
            (double)sum.repaired / (double)sum.delivered);
    }
}

/* `count` broadcasts, one a second, from `node` or (below 0) from anybody; returns how many
 * payloads came in vain for each delivery. */
static double say_many(struct plumtree_world *w, size_t count, int node, const char *what)
{
    struct plumtree_world_totals before = plumtree_world_totals(w);
    uint64_t worst_ns = 0;
    uint32_t hops = 0;
    for (size_t i = 0; i < count; i++) {
        size_t origin =
            node < 0 ? (size_t)random_below(&w->mesh.random, w->mesh.count) : (size_t)node;
        size_t s = plumtree_world_say(w, origin);
        plumtree_world_run(w, TIMERS_SECOND);
        uint64_t took_ns = w->said[s].last_at - w->said[s].at;
        worst_ns = took_ns > worst_ns ? took_ns : worst_ns;
        hops = w->said[s].hops_max > hops ? w->said[s].hops_max : hops;
    }
    struct plumtree_world_totals after = plumtree_world_totals(w);
    double redundancy = (double)(after.duplicates - before.duplicates) /
                        (double)(after.delivered - before.delivered);
    print_message("%zu nodes, %s: redundancy %.4f, last after %u ms, %u hops\n", w->mesh.count,
                  what, redundancy, (unsigned)(worst_ns / TIMERS_MS), hops);
    return redundancy;
}

/* One machine with two neighbours that say nothing. */
struct alone {
    struct overlay_id id;
    struct overlay_sign sign;
    struct random_seeded seeded;
    struct random random;
    struct plumtree plumtree;
};

static void alone_init(struct alone *n, const struct overlay_id *one,
                       const struct overlay_id *other)
{
    random_seeded_init(&n->seeded, 1);
    n->id = overlay_null_id(1);
    n->sign = null_sign_as(&n->id);
    n->random = random_from_seeded(&n->seeded);
    struct plumtree_config config = {
        .self = n->id, .generation = 1, .random = &n->random, .sign = &n->sign};
    plumtree_init(&n->plumtree, &config);
    assert_int_equal(plumtree_link_up(&n->plumtree, 1, one), 0);
    assert_int_equal(plumtree_link_up(&n->plumtree, 1, other), 0);
}

/* A link that rests carries ids only, until one of them is asked for as part of the tree. */
static void a_link_that_rests_carries_no_payloads(void **state)
{
    struct overlay_id other = overlay_null_id(2);
    struct overlay_id branch = overlay_null_id(3);
    struct alone n;
    struct plumtree_event e;
    size_t sent = 0;
    (void)state;
    alone_init(&n, &other, &branch);
    plumtree_link_rest(&n.plumtree, &other);
    assert_true(plumtree_is_eager(&n.plumtree, &other)); /* there is no tree yet */
    assert_int_equal(plumtree_broadcast(&n.plumtree, 1, span_of("hello", 5), NULL), 0);
    while (plumtree_next_event(&n.plumtree, &e)) {
    }
    plumtree_link_rest(&n.plumtree, &other);
    assert_false(plumtree_is_eager(&n.plumtree, &other));
    plumtree_link_rest(&n.plumtree, &branch);
    assert_true(plumtree_is_eager(&n.plumtree, &branch)); /* the last one */
    assert_int_equal(plumtree_broadcast(&n.plumtree, 1, span_of("hello", 5), NULL), 0);
    for (uint64_t now = 1; now < TIMERS_SECOND; now += TIMERS_MS) {
        plumtree_tick(&n.plumtree, now);
        while (plumtree_next_event(&n.plumtree, &e)) {
            assert_true(e.msg.kind != PLUMTREE_MSG_GOSSIP || overlay_id_is_equal(&e.to, &branch));
            sent += e.msg.kind == PLUMTREE_MSG_HAVE;
        }
    }
    assert_int_equal(sent, 1);
    plumtree_link_rest(&n.plumtree, &n.id); /* unknown: nothing */
    plumtree_clear(&n.plumtree);
}

/* Where a branch of the tree breaks off, all links are asked to be branches, and pruned later. */
static void a_lost_branch_is_mended_at_once(void **state)
{
    struct overlay_id branch = overlay_null_id(2);
    struct overlay_id rest = overlay_null_id(3);
    struct alone n;
    struct plumtree_event e;
    size_t grafts = 0;
    (void)state;
    alone_init(&n, &branch, &rest);
    assert_int_equal(plumtree_broadcast(&n.plumtree, 1, span_of("hello", 5), NULL), 0);
    plumtree_link_rest(&n.plumtree, &rest);
    plumtree_link_down(&n.plumtree, 2, &branch);
    while (plumtree_next_event(&n.plumtree, &e)) {
        bool is_graft = e.kind == PLUMTREE_SEND && e.msg.kind == PLUMTREE_MSG_GRAFT;
        assert_true(!is_graft || (e.msg.is_tree && overlay_id_is_equal(&e.to, &rest)));
        grafts += is_graft;
    }
    assert_int_equal(grafts, 1);
    assert_true(plumtree_is_eager(&n.plumtree, &rest));
    /* A link that rested is no branch: nothing is asked when it goes. */
    assert_int_equal(plumtree_link_up(&n.plumtree, 3, &branch), 0);
    plumtree_link_rest(&n.plumtree, &branch);
    plumtree_link_down(&n.plumtree, 4, &branch);
    while (plumtree_next_event(&n.plumtree, &e)) {
        assert_int_not_equal(e.msg.kind, PLUMTREE_MSG_GRAFT);
    }
    plumtree_clear(&n.plumtree);
}

static void a_steady_tree_brings_no_duplicates(void **state)
{
    (void)state;
    struct plumtree_world *w = plumtree_world_new(1000, 6, 7);
    (void)say_many(w, PLUMTREE_WAVE_FIRST + 1, 0, "the tree is built, by a wave at last");
    assert_true(say_many(w, 10, 0, "one sender") <= 0.005);
    assert_true(say_many(w, 20, -1, "rotating senders") <= 0.005);
    assert_all_right(w);
    plumtree_world_free(w);
}

static void silence_follows_a_broadcast(void **state)
{
    (void)state;
    struct plumtree_world *w = plumtree_world_new(30, 4, 3);
    plumtree_world_say(w, 0);
    plumtree_world_run(w, 30 * TIMERS_SECOND);
    uint64_t packets = w->mesh.packet_count;
    plumtree_world_run(w, 600 * TIMERS_SECOND);
    assert_int_equal(w->mesh.packet_count, packets);
    for (size_t i = 0; i < 30; i++) { /* and the cache is empty by then */
        assert_int_equal(w->nodes[i].cache.bytes, 0);
    }
    plumtree_world_free(w);
}

static void split(struct plumtree_world *w, bool is_parted, bool is_noticed)
{
    w->mesh.is_parted = is_parted;
    for (size_t i = 0; i < w->mesh.count && is_noticed; i++) {
        for (size_t j = 0; j < w->mesh.nodes[i].link_count; j++) {
            size_t other = w->mesh.nodes[i].links[j];
            if (w->mesh.nodes[i].is_far != w->mesh.nodes[other].is_far) {
                plumtree_world_link(w, i, other, !is_parted);
            }
        }
    }
}

static void one_partition(bool is_noticed)
{
    struct plumtree_world *w = plumtree_world_new(60, 6, 11);
    plumtree_world_say(w, 0);
    plumtree_world_run(w, 10 * TIMERS_SECOND);
    for (size_t i = 0; i < 30; i++) {
        w->mesh.nodes[i].is_far = true;
    }
    split(w, true, is_noticed);
    for (size_t i = 0; i < 30; i++) {
        plumtree_world_say(w, i % 2 == 0 ? 5 : 45);
        plumtree_world_run(w, 5 * TIMERS_SECOND);
    }
    split(w, false, is_noticed);
    plumtree_world_run(w, 30 * TIMERS_SECOND);
    plumtree_world_say(w, 7);
    plumtree_world_run(w, 30 * TIMERS_SECOND);
    assert_all_right(w);
    plumtree_world_free(w);
}

static void a_healed_partition_gets_what_was_said_meanwhile(void **state)
{
    (void)state;
    one_partition(true);
    one_partition(false);
}

static bool has_live_neighbour(const struct plumtree_world *w, size_t node)
{
    for (size_t i = 0; i < w->mesh.nodes[node].link_count; i++) {
        if (!w->mesh.nodes[w->mesh.nodes[node].links[i]].is_down) {
            return true;
        }
    }
    return false;
}

static void survivors_of_a_crash_get_everything(void **state)
{
    (void)state;
    struct plumtree_world *w = plumtree_world_new(100, 6, 8);
    (void)say_many(w, 3, 0, "before the crash");
    for (size_t i = 70; i < 100; i++) { /* silently */
        w->mesh.nodes[i].is_down = true;
        gossip_mesh_touch(&w->mesh, i);
    }
    for (size_t i = 0; i < 70; i++) {
        assert_true(has_live_neighbour(w, i)); /* the seed is one that leaves nobody alone */
    }
    size_t first = w->said_count;
    (void)say_many(w, 10, 0, "30 of 100 silent");
    plumtree_world_run(w, 20 * TIMERS_SECOND);
    for (size_t i = 70; i < 100; i++) {
        plumtree_world_link_all(w, i, false);
    }
    (void)say_many(w, 10, 1, "their links are down");
    plumtree_world_run(w, 20 * TIMERS_SECOND);
    for (; first < w->said_count; first++) {
        assert_int_equal(plumtree_world_wrong(w, first), 0);
    }
    plumtree_world_free(w);
}

static void a_restarted_origin_is_heard_in_its_new_life(void **state)
{
    (void)state;
    struct plumtree_world *w = plumtree_world_new(20, 4, 9);
    plumtree_world_say(w, 4);
    plumtree_world_run(w, 10 * TIMERS_SECOND);
    for (uint64_t life = 2; life < 6; life++) {
        plumtree_world_link_all(w, 4, false);
        plumtree_clear(&w->nodes[4]);
        plumtree_world_start(w, 4, life);
        plumtree_world_link_all(w, 4, true);
        plumtree_world_run(w, TIMERS_SECOND);
        plumtree_world_say(w, 4);
        plumtree_world_run(w, 10 * TIMERS_SECOND);
        assert_int_equal(plumtree_world_wrong(w, w->said_count - 1), 0);
    }
    assert_int_equal(w->errors, 0);
    plumtree_world_free(w);
}

/* Two nodes, of which number 1 is played by the test. */
struct duel {
    struct plumtree_world *w;
    struct plumtree *victim;
    struct overlay_id *self;
    struct overlay_sign *sign;
    uint8_t signature[OVERLAY_SIGN_SIZE];
};

static struct duel duel_new(void)
{
    struct plumtree_world *w = plumtree_world_new(2, 2, 1);
    return (struct duel){.w = w, .victim = &w->nodes[0], .self = &w->ids[1], .sign = &w->signs[1]};
}

/* What the attacker says itself in one of its lives, signed as it should be. */
static struct plumtree_msg gossip_in(struct duel *d, uint64_t generation, uint32_t sequence,
                                     struct span payload)
{
    struct plumtree_msg m = {.kind = PLUMTREE_MSG_GOSSIP,
                             .origin = *d->self,
                             .generation = generation,
                             .sequence = sequence,
                             .hops = 1,
                             .payload = payload};
    uint8_t head[OVERLAY_SIGN_HEAD_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(head, sizeof head));
    wr_text(&w, "wavu broadcast 2");
    wr_bytes(&w, overlay_id_span(&m.origin));
    wr_u64be(&w, m.generation);
    wr_u32be(&w, m.sequence);
    wr_bytes(&w, span_of((const uint8_t[32]){0}, 32)); /* no items */
    d->sign->sign(d->sign->context, d->signature, wr_span(&w), payload);
    m.signature = span_of(d->signature, sizeof d->signature);
    return m;
}

static struct plumtree_msg own_gossip(struct duel *d, uint32_t sequence, struct span payload)
{
    return gossip_in(d, 1, sequence, payload);
}

static int attack(struct duel *d, const struct plumtree_msg *m)
{
    struct plumtree_event e;
    int rc = plumtree_feed(d->victim, d->w->mesh.now, d->self, m);
    while (plumtree_next_event(d->victim, &e)) {
    }
    plumtree_check(d->victim);
    return rc;
}

static void forgeries_are_told_from_broadcasts(void **state)
{
    (void)state;
    struct duel d = duel_new();
    struct plumtree_msg m = own_gossip(&d, 1, UNIT_TEXT("mine"));
    struct plumtree_msg forged = m;
    forged.origin = overlay_null_id(0); /* in the victim's own name */
    assert_int_equal(attack(&d, &forged), WAVU_ERR_CRYPTO);
    forged = m;
    forged.sequence = 2;
    assert_int_equal(attack(&d, &forged), WAVU_ERR_CRYPTO);
    forged = m;
    forged.generation = 2;
    assert_int_equal(attack(&d, &forged), WAVU_ERR_CRYPTO);
    forged = m;
    forged.payload = UNIT_TEXT("else");
    assert_int_equal(attack(&d, &forged), WAVU_ERR_CRYPTO);
    forged = m;
    forged.hops = 0;
    assert_int_equal(attack(&d, &forged), WAVU_ERR_PROTO);
    assert_int_equal(d.victim->stats.forged, 4);
    assert_int_equal(d.victim->seen.count, 0); /* nothing of it was kept */
    assert_int_equal(attack(&d, &m), 0);
    assert_int_equal(attack(&d, &m), 0); /* a replay */
    assert_int_equal(d.victim->stats.delivered, 1);
    assert_int_equal(d.victim->stats.duplicates, 1);
    struct overlay_id stranger = overlay_null_id(9);
    assert_int_equal(plumtree_feed(d.victim, d.w->mesh.now, &stranger, &m), WAVU_ERR_NOT_FOUND);
    plumtree_world_free(d.w);
}

/* Feed from neighbour `node`; returns the kinds of what is sent for it, a bit each. */
static unsigned kinds_after(struct plumtree *p, uint64_t now, const struct overlay_id *from,
                            const struct plumtree_msg *m)
{
    struct plumtree_event e;
    unsigned kinds = 0;
    assert_int_equal(plumtree_feed(p, now, from, m), 0);
    while (plumtree_next_event(p, &e)) {
        kinds |= e.kind == PLUMTREE_SEND ? 1u << e.msg.kind : 1u;
    }
    plumtree_check(p);
    return kinds;
}

static void only_a_second_way_is_pruned(void **state)
{
    (void)state;
    struct duel d = duel_new();
    struct plumtree *p = d.victim;
    uint64_t now = d.w->mesh.now;
    struct overlay_id second = overlay_null_id(5);
    assert_int_equal(plumtree_link_up(p, now, &second), 0);
    struct plumtree_msg m = own_gossip(&d, 1, UNIT_TEXT("x"));
    assert_int_equal(kinds_after(p, now, d.self, &m), 1u | 1u << PLUMTREE_MSG_GOSSIP);
    assert_int_equal(kinds_after(p, now, d.self, &m), 0); /* a cable that doubles */
    assert_true(plumtree_is_eager(p, d.self));
    m.is_repair = true;
    assert_int_equal(kinds_after(p, now, &second, &m), 0); /* somebody asked */
    m.is_repair = false;
    assert_int_equal(kinds_after(p, now, &second, &m), 1u << PLUMTREE_MSG_PRUNE);
    assert_false(plumtree_is_eager(p, &second));
    struct plumtree_msg graft = {.kind = PLUMTREE_MSG_GRAFT, .is_tree = true};
    assert_int_equal(kinds_after(p, now, &second, &graft), 0);
    assert_true(plumtree_is_eager(p, &second));
    struct plumtree_msg prune = {.kind = PLUMTREE_MSG_PRUNE};
    assert_int_equal(kinds_after(p, now, &second, &prune), 0);
    assert_false(plumtree_is_eager(p, &second));
    plumtree_world_free(d.w);
}

static void a_much_shorter_way_takes_the_place_of_the_long_one(void **state)
{
    (void)state;
    struct duel d = duel_new();
    struct plumtree *p = d.victim;
    uint64_t now = d.w->mesh.now;
    struct overlay_id second = overlay_null_id(5);
    struct plumtree_msg prune = {.kind = PLUMTREE_MSG_PRUNE};
    assert_int_equal(plumtree_link_up(p, now, &second), 0);
    assert_int_equal(kinds_after(p, now, &second, &prune), 0);
    struct plumtree_msg m = own_gossip(&d, 1, UNIT_TEXT("x"));
    m.hops = 3 + PLUMTREE_OPTIMISE_HOPS;
    assert_int_equal(kinds_after(p, now, d.self, &m), 1u);
    uint8_t hops = 3;
    struct plumtree_msg_id id = plumtree_seen_id(plumtree_seen_find(&p->seen, d.self, 1), 1);
    struct plumtree_msg have = {.kind = PLUMTREE_MSG_HAVE,
                                .ids = span_of(id.bytes, sizeof id.bytes),
                                .id_hops = span_of(&hops, 1)};
    assert_int_equal(kinds_after(p, now, &second, &have), 0); /* one link too few */
    hops = 2;
    assert_int_equal(kinds_after(p, now, &second, &have),
                     1u << PLUMTREE_MSG_GRAFT | 1u << PLUMTREE_MSG_PRUNE);
    assert_true(plumtree_is_eager(p, &second) && !plumtree_is_eager(p, d.self));
    plumtree_world_free(d.w);
}

static void an_id_is_asked_for_alone_before_the_tree_is_changed(void **state)
{
    (void)state;
    struct duel d = duel_new();
    struct plumtree *p = d.victim;
    struct plumtree_event e;
    struct overlay_id second = overlay_null_id(5);
    struct plumtree_msg prune = {.kind = PLUMTREE_MSG_PRUNE};
    assert_int_equal(plumtree_link_up(p, d.w->mesh.now, &second), 0);
    assert_int_equal(kinds_after(p, d.w->mesh.now, &second, &prune), 0);
    for (uint8_t i = 0; i < 3; i++) {
        uint8_t bytes[PLUMTREE_MSG_ID_SIZE] = {1, [15] = i};
        uint8_t hops = 3;
        struct plumtree_msg have = {.kind = PLUMTREE_MSG_HAVE,
                                    .ids = span_of(bytes, sizeof bytes),
                                    .id_hops = span_of(&hops, 1)};
        assert_int_equal(kinds_after(p, d.w->mesh.now, &second, &have), 0);
        d.w->mesh.now += PLUMTREE_IHAVE_TIMEOUT_NS;
        plumtree_tick(p, d.w->mesh.now);
        assert_true(plumtree_next_event(p, &e));
        assert_int_equal(e.msg.kind, PLUMTREE_MSG_GRAFT);
        assert_true(overlay_id_is_equal(&e.to, &second));
        assert_int_equal(e.msg.is_tree, i + 1 >= PLUMTREE_MISSES_MAX);
        assert_false(plumtree_next_event(p, &e));
    }
    plumtree_world_free(d.w);
}

/* Short broadcasts that one origin gets through when nobody else speaks: at once, and a second. */
#define FLOOD_BURST ((PLUMTREE_ORIGIN_BURST + PLUMTREE_COMMON_BURST) / PLUMTREE_TOKENS_EACH)
#define FLOOD_RATE ((PLUMTREE_ORIGIN_RATE + PLUMTREE_COMMON_RATE) / PLUMTREE_TOKENS_EACH)

static void endless_origins_and_broadcasts_are_shed(void **state)
{
    (void)state;
    static uint8_t payload[PLUMTREE_MSG_PAYLOAD_MAX];
    struct duel d = duel_new();
    size_t taken = 0;
    for (uint32_t i = 1; i < 3000; i++) {
        struct plumtree_msg m = own_gossip(&d, i, span_of(payload, 100));
        int rc = attack(&d, &m);
        assert_true(rc == 0 || rc == WAVU_ERR_LIMIT);
        taken += rc == 0;
    }
    assert_int_equal(taken, FLOOD_BURST + 1); /* the first one made it known */
    d.w->mesh.now += TIMERS_SECOND;
    taken = 0;
    for (uint32_t i = 1; i < 2 * FLOOD_RATE; i++) { /* what a second gives */
        struct plumtree_msg m = own_gossip(&d, 5000 + i, span_of(payload, 100));
        taken += attack(&d, &m) == 0;
    }
    assert_int_equal(taken, FLOOD_RATE);
    for (uint32_t i = 1; i < 300; i++) {
        struct plumtree_msg m = own_gossip(&d, 10000 + i, span_of(payload, sizeof payload));
        assert_true(attack(&d, &m) <= 0);
    }
    assert_true(d.victim->cache.bytes <= PLUMTREE_CACHE_BYTES_MAX / PLUMTREE_CACHE_SHARE_MAX);
    plumtree_world_free(d.w);
}

/* A new life for each broadcast does not make them more. */
static void endless_lives_are_shed(void **state)
{
    (void)state;
    struct duel d = duel_new();
    size_t taken = 0;
    for (uint32_t i = 1; i < 3000; i++) {
        struct plumtree_msg m = gossip_in(&d, i, 1 + i % 3, UNIT_TEXT("again"));
        int rc = attack(&d, &m);
        assert_true(rc == 0 || rc == WAVU_ERR_LIMIT);
        taken += rc == 0;
    }
    assert_int_equal(taken, FLOOD_BURST + 1);
    assert_true(d.victim->seen.count <= PLUMTREE_SEEN_LIVES_MAX);
    plumtree_world_free(d.w);
}

static void announcements_without_payloads_are_bounded(void **state)
{
    (void)state;
    struct duel d = duel_new();
    uint8_t ids[PLUMTREE_MSG_IDS_MAX * PLUMTREE_MSG_ID_SIZE];
    uint8_t hops[PLUMTREE_MSG_IDS_MAX] = {0};
    struct plumtree_msg m = {.kind = PLUMTREE_MSG_HAVE,
                             .ids = span_of(ids, sizeof ids),
                             .id_hops = span_of(hops, sizeof hops)};
    bool is_muted = false;
    for (size_t i = 0; i < 200; i++) {
        struct plumtree_event e;
        random_fill(&d.w->mesh.random, ids, sizeof ids);
        (void)attack(&d, &m);
        assert_true(d.victim->want.by_id.count <= PLUMTREE_WANT_PER_LINK_MAX);
        d.w->mesh.now += 100 * TIMERS_MS;
        plumtree_tick(d.victim, d.w->mesh.now);
        while (plumtree_next_event(d.victim, &e)) {
        }
        is_muted = is_muted || d.victim->stats.broken > PLUMTREE_LINK_BROKEN_BURST;
    }
    assert_true(is_muted);
    /* It asks in vain at the rate that is granted, however much is announced. */
    assert_true(d.victim->stats.broken < PLUMTREE_LINK_BROKEN_BURST + 20 * 40 + 300);
    plumtree_world_free(d.w);
}

static void the_own_pace_and_size_are_limited(void **state)
{
    (void)state;
    static uint8_t payload[PLUMTREE_MSG_PAYLOAD_MAX + 1];
    struct plumtree_world *w = plumtree_world_new(2, 2, 1);
    struct plumtree *p = &w->nodes[0];
    struct plumtree_event e;
    size_t said = 0;
    assert_int_equal(plumtree_broadcast(p, w->mesh.now, span_of(payload, sizeof payload), NULL),
                     WAVU_ERR_LIMIT);
    while (plumtree_broadcast(p, w->mesh.now, UNIT_TEXT("x"), NULL) == 0) {
        said++;
        while (plumtree_next_event(p, &e)) {
        }
    }
    assert_int_equal(said, FLOOD_BURST / 2);
    assert_int_equal(plumtree_broadcast(p, w->mesh.now, UNIT_TEXT("x"), NULL), WAVU_ERR_AGAIN);
    assert_int_equal(plumtree_broadcast(p, w->mesh.now + TIMERS_SECOND, UNIT_TEXT("x"), NULL), 0);
    plumtree_world_free(w);
}

static void real_signatures_carry_a_broadcast(void **state)
{
    (void)state;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 1);
    struct random source = random_from_seeded(&seeded);
    struct ed25519_pair pairs[2];
    struct overlay_id ids[2];
    struct overlay_sign signs[2];
    struct plumtree nodes[2];
    struct plumtree_event e;
    for (size_t i = 0; i < 2; i++) {
        ed25519_make(&pairs[i], &source);
        memcpy(ids[i].bytes, pairs[i].public_key, OVERLAY_ID_SIZE);
        signs[i] = overlay_sign_ed25519(&pairs[i]);
        struct plumtree_config config = {
            .self = ids[i], .generation = 1, .random = &source, .sign = &signs[i]};
        plumtree_init(&nodes[i], &config);
    }
    assert_int_equal(plumtree_link_up(&nodes[0], 1, &ids[1]), 0);
    assert_int_equal(plumtree_link_up(&nodes[1], 1, &ids[0]), 0);
    assert_int_equal(plumtree_broadcast(&nodes[0], 1, UNIT_TEXT("hello"), NULL), 0);
    assert_true(plumtree_next_event(&nodes[0], &e));
    e.msg.sequence++;
    assert_int_equal(plumtree_feed(&nodes[1], 1, &ids[0], &e.msg), WAVU_ERR_CRYPTO);
    e.msg.sequence--;
    assert_int_equal(plumtree_feed(&nodes[1], 1, &ids[0], &e.msg), 0);
    assert_true(plumtree_next_event(&nodes[1], &e));
    assert_int_equal(e.kind, PLUMTREE_DELIVER);
    assert_true(span_is_equal(e.payload, UNIT_TEXT("hello")));
    assert_false(plumtree_next_event(&nodes[1], &e));
    plumtree_clear(&nodes[0]);
    plumtree_clear(&nodes[1]);
}

/* Items are signed one by one through their tree, the rest behind them: no relay alters either, or
 * where one ends and the other begins. What is passed on is what came. */
static void items_are_signed_apart_from_the_rest(void **state)
{
    (void)state;
    struct duel d = duel_new();
    uint8_t bytes[3 * PLUMTREE_MSG_ITEM_SIZE + 8] = {1};
    uint8_t head[PLUMTREE_MSG_HEAD_SIZE];
    uint8_t root[HASH_SHA256_SIZE];
    struct plumtree_event e;
    struct overlay_id third = overlay_null_id(5);
    memset(bytes + 32, 2, 32);
    memset(bytes + 64, 3, 32);
    struct plumtree_msg m = own_gossip(&d, 1, span_of(bytes, sizeof bytes));
    m.items = 3;
    plumtree_msg_root(root, &m);
    d.sign->sign(d.sign->context, d.signature,
                 plumtree_msg_head(span_mut_of(head, sizeof head), &m, root),
                 plumtree_msg_rest(&m));
    for (size_t bit = 0; bit < sizeof bytes * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(attack(&d, &m), WAVU_ERR_CRYPTO);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (m.items = 0; m.items < 3; m.items++) {
        assert_int_equal(attack(&d, &m), WAVU_ERR_CRYPTO);
    }
    m.items = 4;
    assert_int_equal(attack(&d, &m), WAVU_ERR_PROTO); /* more than there are bytes */
    m.items = PLUMTREE_MSG_ITEMS_MAX + 1;
    assert_int_equal(attack(&d, &m), WAVU_ERR_PROTO);
    m.items = 3;
    assert_int_equal(plumtree_link_up(d.victim, d.w->mesh.now, &third), 0);
    assert_int_equal(plumtree_feed(d.victim, d.w->mesh.now, d.self, &m), 0);
    size_t passed = 0;
    while (plumtree_next_event(d.victim, &e)) {
        if (e.kind == PLUMTREE_DELIVER) {
            assert_true(span_is_equal(e.items, span_of(bytes, 96)));
            assert_true(span_is_equal(e.payload, span_of(bytes + 96, 8)));
            assert_true(span_is_equal(e.signature, span_of(d.signature, OVERLAY_SIGN_SIZE)));
            assert_true(e.generation == m.generation && e.sequence == 1);
            passed++;
        } else if (e.msg.kind == PLUMTREE_MSG_GOSSIP) {
            assert_true(e.msg.items == 3 && span_is_equal(e.msg.payload, m.payload));
            passed++;
        }
    }
    assert_int_equal(passed, 2);
    plumtree_world_free(d.w);
}

/* Our own, signed for real: 128 at most. */
static void own_items_are_signed(void **state)
{
    (void)state;
    static uint8_t bytes[(PLUMTREE_MSG_ITEMS_MAX + 1) * PLUMTREE_MSG_ITEM_SIZE];
    struct plumtree_world *w = plumtree_world_new(2, 2, 1);
    struct plumtree_event e;
    assert_int_equal(plumtree_broadcast_items(&w->nodes[0], w->mesh.now,
                                              span_of(bytes, sizeof bytes),
                                              PLUMTREE_MSG_ITEMS_MAX + 1, NULL),
                     WAVU_ERR_LIMIT);
    assert_int_equal(plumtree_broadcast_items(&w->nodes[0], w->mesh.now,
                                              span_of(bytes, sizeof bytes), PLUMTREE_MSG_ITEMS_MAX,
                                              NULL),
                     0);
    assert_true(plumtree_next_event(&w->nodes[0], &e));
    assert_true(e.kind == PLUMTREE_SEND && e.msg.items == PLUMTREE_MSG_ITEMS_MAX);
    const struct plumtree_msg m = e.msg;
    assert_int_equal(plumtree_feed(&w->nodes[1], w->mesh.now, &w->ids[0], &m), 0);
    assert_true(plumtree_next_event(&w->nodes[1], &e));
    assert_int_equal(e.kind, PLUMTREE_DELIVER);
    assert_int_equal(e.payload.len, PLUMTREE_MSG_ITEM_SIZE);
    plumtree_world_free(w);
}

static void links_are_counted(void **state)
{
    (void)state;
    struct plumtree_world *w = plumtree_world_new(1, 0, 1);
    struct plumtree *p = &w->nodes[0];
    for (size_t i = 1; i <= PLUMTREE_LINKS_MAX; i++) {
        struct overlay_id id = overlay_null_id(i);
        assert_int_equal(plumtree_link_up(p, w->mesh.now, &id), 0);
        assert_int_equal(plumtree_link_up(p, w->mesh.now, &id), WAVU_ERR_EXISTS);
        assert_true(plumtree_is_eager(p, &id));
    }
    struct overlay_id more = overlay_null_id(100);
    assert_int_equal(plumtree_link_up(p, w->mesh.now, &more), WAVU_ERR_LIMIT);
    assert_int_equal(plumtree_eager_count(p), PLUMTREE_LINKS_MAX);
    struct overlay_id first = overlay_null_id(1);
    plumtree_link_down(p, w->mesh.now, &first);
    plumtree_link_down(p, w->mesh.now, &first);
    assert_int_equal(plumtree_link_up(p, w->mesh.now, &more), 0);
    plumtree_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(items_are_signed_apart_from_the_rest),
        UNIT(own_items_are_signed),
        UNIT(everybody_gets_everything_once_at_any_loss),
        UNIT(a_link_that_rests_carries_no_payloads),
        UNIT(a_lost_branch_is_mended_at_once),
        UNIT(a_steady_tree_brings_no_duplicates),
        UNIT(silence_follows_a_broadcast),
        UNIT(a_healed_partition_gets_what_was_said_meanwhile),
        UNIT(survivors_of_a_crash_get_everything),
        UNIT(a_restarted_origin_is_heard_in_its_new_life),
        UNIT(forgeries_are_told_from_broadcasts),
        UNIT(only_a_second_way_is_pruned),
        UNIT(a_much_shorter_way_takes_the_place_of_the_long_one),
        UNIT(an_id_is_asked_for_alone_before_the_tree_is_changed),
        UNIT(endless_origins_and_broadcasts_are_shed),
        UNIT(endless_lives_are_shed),
        UNIT(announcements_without_payloads_are_bounded),
        UNIT(the_own_pace_and_size_are_limited),
        UNIT(real_signatures_carry_a_broadcast),
        UNIT(links_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
