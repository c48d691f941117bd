/*
 * Tables as after hours: each bucket is as full as it can be.
 */
#include "swarm/kad_world_core.h"

#define SAMPLES 8 /* look-ups by which a node has counted servers when it all begins */

/* Others that share exactly `bits` with the node: all of them, or as many at random as the bucket
 * takes and half of those that may wait. False: nobody shares more bits. */
static bool kad_world_settle_bucket(struct kad_world *w, const struct kad_forest *all, uint32_t at,
                                    unsigned bits)
{
    struct kad_world_node *n = &w->nodes[at];
    size_t most = w->config.kad.k + w->config.kad.k / 2;
    size_t low;
    size_t high;
    kad_forest_range(all, n->place ^ (UINT64_C(1) << (63 - bits)), bits + 1, &low, &high);
    for (size_t i = 0; i < most && i < high - low; i++) {
        size_t pick = high - low <= most ? low + i : low + random_below(&w->random, high - low);
        kad_reached(&n->kad, &w->nodes[all->leaves[pick].who].id, 0, 0);
    }
    kad_forest_range(all, n->place, bits + 1, &low, &high);
    return high - low > 1;
}

/* It has counted servers by some look-ups, when it all begins. */
static void kad_world_settle_size(struct kad_world *w, const struct kad_forest *all, uint32_t at)
{
    struct kad_quests *q = &w->nodes[at].quests;
    for (int i = 0; i < SAMPLES; i++) {
        struct kad_key target;
        struct kad_key found[KAD_TABLE_K_MAX];
        uint32_t near[KAD_TABLE_K_MAX];
        random_fill(&w->random, target.bytes, sizeof target.bytes);
        size_t count = kad_forest_nearest(all, kad_forest_place(&target), near, w->config.kad.k);
        for (size_t j = 0; j < count; j++) {
            kad_key_of(&found[j], peerid_span(&w->nodes[near[j]].id));
        }
        kad_size_add(&q->size, &target, found, count);
    }
    q->sample_ns = kad_world_now(w) + random_below(&w->random, KAD_QUEST_SAMPLE_NS);
}

void kad_world_settle(struct kad_world *w)
{
    struct kad_forest all = {0};
    for (uint32_t i = 0; i < w->count; i++) {
        kad_forest_add(&all, w->nodes[i].place, i);
    }
    kad_forest_sort(&all);
    for (uint32_t i = 0; i < w->count; i++) {
        unsigned bits = 0;
        while (kad_world_settle_bucket(w, &all, i, bits) && bits < 62) {
            bits++;
        }
        kad_world_settle_size(w, &all, i);
    }
    kad_forest_clear(&all);
}
