/*
 * Waves: who makes one and when, what a node does with one that comes, and the tree that they
 * leave. One node's view first (its neighbours are played by the test), then a mesh.
 */
#include "tests/base/unit.h"

#include <string.h>

#include "base/timers.h"
#include "overlay/plumtree_core.h"
#include "swarm/null_sign.h"
#include "tests/support/overlay_null.h"
#include "tests/support/plumtree_world.h"

#define NEIGHBOURS 4 /* of the node; the first one is the origin of what it hears */

struct rig {
    struct overlay_id ids[NEIGHBOURS + 1]; /* the node's own comes last */
    struct overlay_sign sign;              /* of the node */
    struct overlay_sign origin_sign;
    struct random_seeded seeded;
    struct random random;
    struct plumtree node;
    struct plumtree origin;
    uint64_t now;
    uint32_t gossips[NEIGHBOURS]; /* that the node sent since they were set to 0 */
    uint32_t waves[NEIGHBOURS];   /* of them with the mark */
    uint32_t prunes[NEIGHBOURS];
};

static void start(struct rig *r, struct plumtree *p, struct overlay_id *self,
                  struct overlay_sign *sign)
{
    *sign = null_sign_as(self);
    struct plumtree_config config = {
        .self = *self, .generation = 1, .random = &r->random, .sign = sign};
    plumtree_init(p, &config);
}

static void rig_init(struct rig *r)
{
    memset(r, 0, sizeof *r);
    random_seeded_init(&r->seeded, 1);
    r->random = random_from_seeded(&r->seeded);
    r->now = TIMERS_SECOND;
    for (size_t i = 0; i <= NEIGHBOURS; i++) {
        r->ids[i] = overlay_null_id(i);
    }
    start(r, &r->node, &r->ids[NEIGHBOURS], &r->sign);
    start(r, &r->origin, &r->ids[0], &r->origin_sign);
    assert_int_equal(plumtree_link_up(&r->origin, r->now, &r->ids[NEIGHBOURS]), 0);
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        assert_int_equal(plumtree_link_up(&r->node, r->now, &r->ids[i]), 0);
    }
}

static void rig_clear(struct rig *r)
{
    plumtree_check(&r->node);
    plumtree_clear(&r->node);
    plumtree_clear(&r->origin);
}

/* Take the node's events. */
static void drain(struct rig *r)
{
    struct plumtree_event e;
    while (plumtree_next_event(&r->node, &e)) {
        for (size_t i = 0; i < NEIGHBOURS && e.kind == PLUMTREE_SEND; i++) {
            bool is_to = overlay_id_is_equal(&e.to, &r->ids[i]);
            bool is_gossip = is_to && e.msg.kind == PLUMTREE_MSG_GOSSIP;
            r->gossips[i] += is_gossip;
            r->waves[i] += is_gossip && e.msg.is_wave;
            r->prunes[i] += is_to && e.msg.kind == PLUMTREE_MSG_PRUNE;
        }
    }
    plumtree_check(&r->node);
}

static void forget(struct rig *r)
{
    memset(r->gossips, 0, sizeof r->gossips);
    memset(r->waves, 0, sizeof r->waves);
    memset(r->prunes, 0, sizeof r->prunes);
}

/* The origin says `len` bytes, which come to the node by its first `ways` neighbours. */
static void hear(struct rig *r, size_t len, bool is_wave, size_t ways)
{
    static const uint8_t payload[PLUMTREE_WAVE_PAYLOAD_MAX + 1];
    struct plumtree_event e;
    r->now += TIMERS_SECOND;
    assert_int_equal(plumtree_broadcast(&r->origin, r->now, span_of(payload, len), NULL), 0);
    while (plumtree_next_event(&r->origin, &e)) {
        for (size_t i = 0; e.msg.kind == PLUMTREE_MSG_GOSSIP && i < ways; i++) {
            e.msg.is_wave = is_wave;
            assert_int_equal(plumtree_feed(&r->node, r->now, &r->ids[i], &e.msg), 0);
            drain(r);
        }
    }
}

/* All links but the origin's carry ids only. */
static void rest(struct rig *r)
{
    struct plumtree_msg prune = {.kind = PLUMTREE_MSG_PRUNE};
    for (size_t i = 1; i < NEIGHBOURS; i++) {
        assert_int_equal(plumtree_feed(&r->node, r->now, &r->ids[i], &prune), 0);
    }
    assert_int_equal(plumtree_eager_count(&r->node), 1);
}

static size_t sum(const uint32_t *counts)
{
    size_t n = 0;
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        n += counts[i];
    }
    return n;
}

static void one_broadcast_in_so_many_is_a_wave(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    for (uint32_t i = 1; i <= PLUMTREE_WAVE_FIRST + 1 + 2 * (PLUMTREE_WAVE_EVERY + 1); i++) {
        uint32_t since = i - PLUMTREE_WAVE_FIRST - 1;
        bool is_wave = i > PLUMTREE_WAVE_FIRST && since % (PLUMTREE_WAVE_EVERY + 1) == 0;
        r.now += TIMERS_SECOND;
        rest(&r);
        forget(&r);
        assert_int_equal(plumtree_broadcast(&r.node, r.now, UNIT_TEXT("news"), NULL), 0);
        drain(&r);
        assert_int_equal(sum(r.waves), is_wave ? NEIGHBOURS : 0);
        assert_int_equal(sum(r.gossips), is_wave ? NEIGHBOURS : 1);
        assert_int_equal(plumtree_eager_count(&r.node), is_wave ? NEIGHBOURS : 1);
    }
    assert_int_equal(r.node.stats.waves, 3);
    rig_clear(&r);
}

static void what_others_say_counts_and_long_ones_wait(void **state)
{
    (void)state;
    static const uint8_t payload[PLUMTREE_WAVE_PAYLOAD_MAX + 1];
    struct rig r;
    rig_init(&r);
    for (uint32_t i = 0; i < PLUMTREE_WAVE_FIRST; i++) {
        hear(&r, 10, false, 1);
    }
    forget(&r);
    assert_int_equal(plumtree_broadcast(&r.node, r.now, span_of(payload, sizeof payload), NULL), 0);
    drain(&r);
    assert_int_equal(sum(r.waves), 0);
    assert_int_equal(plumtree_broadcast(&r.node, r.now, span_of(payload, 10), NULL), 0);
    drain(&r);
    assert_int_equal(sum(r.waves), NEIGHBOURS);
    rig_clear(&r);
}

static void a_wave_is_held_and_goes_over_all_links(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    hear(&r, 10, false, 1);
    rest(&r);
    forget(&r);
    hear(&r, 10, true, 2); /* the second copy comes while it is held */
    assert_int_equal(sum(r.gossips), 0);
    assert_int_equal(r.prunes[1], 1);
    assert_int_equal(plumtree_deadline(&r.node), r.now + PLUMTREE_WAVE_HOLD_NS);
    plumtree_tick(&r.node, r.now + PLUMTREE_WAVE_HOLD_NS - 1);
    drain(&r);
    assert_int_equal(sum(r.gossips), 0);
    plumtree_tick(&r.node, r.now + PLUMTREE_WAVE_HOLD_NS);
    drain(&r);
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        assert_int_equal(r.waves[i], i >= 2);
        assert_int_equal(plumtree_is_eager(&r.node, &r.ids[i]), i != 1);
    }
    assert_int_equal(sum(r.gossips), 2);
    rig_clear(&r);
}

static void what_may_be_no_wave_goes_by_the_tree(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    hear(&r, 10, true, 1);
    plumtree_tick(&r.node, r.now + PLUMTREE_WAVE_HOLD_NS);
    drain(&r);
    assert_int_equal(r.node.stats.waves, 1);
    rest(&r);
    for (uint32_t i = 0; i < PLUMTREE_WAVE_MIN; i++) { /* too soon */
        hear(&r, 10, true, 1);
        assert_int_equal(plumtree_eager_count(&r.node), 1);
    }
    hear(&r, PLUMTREE_WAVE_PAYLOAD_MAX + 1, true, 1); /* too long */
    assert_int_equal(r.node.stats.waves, 1);
    hear(&r, PLUMTREE_WAVE_PAYLOAD_MAX, true, 1);
    assert_int_equal(r.node.stats.waves, 2);
    assert_int_equal(plumtree_eager_count(&r.node), NEIGHBOURS);
    rig_clear(&r);
}

/* The wave's link, its neighbours and its node may all go while it is held. */
static void links_go_while_a_wave_is_held(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    hear(&r, 10, true, 1);
    plumtree_link_down(&r.node, r.now, &r.ids[0]);
    plumtree_link_down(&r.node, r.now, &r.ids[3]);
    drain(&r);
    forget(&r);
    plumtree_tick(&r.node, r.now + PLUMTREE_WAVE_HOLD_NS);
    drain(&r);
    assert_true(r.waves[0] == 0 && r.waves[1] == 1 && r.waves[2] == 1 && r.waves[3] == 0);
    rig_clear(&r);
    rig_init(&r);
    hear(&r, 10, true, 1);
    rig_clear(&r); /* held still: nothing leaks */
}

/* Say `count` broadcasts by nodes drawn at random; returns the widest way of one. */
static uint32_t say(struct plumtree_world *w, size_t count)
{
    uint32_t hops = 0;
    for (size_t i = 0; i < count; i++) {
        size_t s = plumtree_world_say(w, (size_t)random_below(&w->mesh.random, w->mesh.count));
        plumtree_world_run(w, 3 * TIMERS_SECOND);
        assert_int_equal(plumtree_world_wrong(w, s), 0);
        hops = w->said[s].hops_max > hops ? w->said[s].hops_max : hops;
    }
    return hops;
}

static void a_wave_leaves_a_narrow_tree(void **state)
{
    (void)state;
    struct plumtree_world *w = plumtree_world_new(1000, 6, 5);
    w->is_checked = true;
    (void)say(w, 1);
    uint32_t before = say(w, PLUMTREE_WAVE_FIRST - 1);
    (void)say(w, 1);
    assert_int_equal(w->nodes[0].stats.waves, 1);
    struct plumtree_world_totals start = plumtree_world_totals(w);
    uint32_t after = say(w, 20);
    struct plumtree_world_totals end = plumtree_world_totals(w);
    print_message("1000 nodes: %u links wide before a wave, %u after\n", before, after);
    assert_true(after < before && after <= 14);
    assert_true(end.duplicates - start.duplicates <= 10); /* the wave's own are over */
    plumtree_world_free(w);
}

/* Others that are under way at the same time are no part of the race: they are not held, so they
 * would lay a tree that is fast from one place and wide from all. */
static void what_follows_a_wave_does_not_lay_the_tree(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct plumtree_world *w = plumtree_world_new(1000, 6, seed);
        (void)say(w, PLUMTREE_WAVE_FIRST);
        for (size_t i = 0; i < 10; i++) { /* the first is a wave */
            (void)plumtree_world_say(w, (size_t)random_below(&w->mesh.random, w->mesh.count));
            plumtree_world_run(w, TIMERS_SECOND / 50);
        }
        plumtree_world_run(w, 3 * TIMERS_SECOND);
        uint32_t after = say(w, 30);
        print_message("1000 nodes: %u links wide after a wave with others at its heels\n", after);
        assert_in_range(after, 1, 32);
        plumtree_world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(one_broadcast_in_so_many_is_a_wave),
        UNIT(what_others_say_counts_and_long_ones_wait),
        UNIT(a_wave_is_held_and_goes_over_all_links),
        UNIT(what_may_be_no_wave_goes_by_the_tree),
        UNIT(links_go_while_a_wave_is_held),
        UNIT(a_wave_leaves_a_narrow_tree),
        UNIT(what_follows_a_wave_does_not_lay_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
