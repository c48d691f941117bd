/*
 * Waves: one broadcast in about a hundred goes over all links, and each node's first copy shows
 * where its branch of the tree is. So links that came since are used, the tree is laid by delays as
 * they are now, and what repairs have made of it is forgotten.
 *
 * A wave is an ordinary broadcast in all else. Who takes no part (it had one lately, or is older)
 * passes it on by the tree, and both sorts of nodes prune what brings a second copy: the links that
 * stay eager are always those of first copies, so they reach everyone whoever takes part.
 *
 * Each node holds a wave for PLUMTREE_WAVE_HOLD_NS. Copies race, and holding charges every link
 * that they take: among ways of about equal delay the one of fewer links wins, which keeps the tree
 * narrow for all other origins.
 */
#include "base/check.h"
#include "overlay/plumtree_core.h"

void plumtree_wave_count(struct plumtree *p)
{
    p->calm += p->calm < PLUMTREE_WAVE_EVERY;
}

bool plumtree_wave_is_due(const struct plumtree *p, size_t len)
{
    return p->calm == PLUMTREE_WAVE_EVERY && len <= PLUMTREE_WAVE_PAYLOAD_MAX;
}

bool plumtree_wave_is_welcome(const struct plumtree *p, const struct plumtree_msg *m)
{
    return m->is_wave && !m->is_repair && p->calm >= PLUMTREE_WAVE_MIN &&
           m->payload.len <= PLUMTREE_WAVE_PAYLOAD_MAX;
}

bool plumtree_wave_lets(const struct plumtree *p, uint64_t now, const struct plumtree_msg_id *id)
{
    return now >= p->wave_end_ns || span_is_equal(span_of(id->bytes, sizeof id->bytes),
                                                  span_of(p->wave_id.bytes, sizeof id->bytes));
}

void plumtree_wave_begin(struct plumtree *p, uint64_t due_ns, struct plumtree_payload *payload)
{
    plumtree_wave_send(p); /* PLUMTREE_WAVE_MIN broadcasts came while one was held */
    for (size_t i = 0; i < p->link_cap; i++) {
        p->links[i].is_eager = p->links[i].is_used;
    }
    p->wave = plumtree_cache_ref(payload);
    p->wave_id = plumtree_seen_id(payload->origin, payload->sequence);
    p->wave_due_ns = due_ns;
    p->wave_end_ns = due_ns + PLUMTREE_WAVE_LAYS_NS;
    p->calm = 0;
    p->stats.waves++;
}

void plumtree_wave_send(struct plumtree *p)
{
    for (size_t i = 0; i < p->link_cap && p->wave != NULL; i++) {
        const struct plumtree_link *link = &p->links[i];
        if (link->is_used && link->is_eager && i != p->wave->from) {
            plumtree_out_put(p, (struct plumtree_out){.kind = PLUMTREE_OUT_GOSSIP,
                                                      .slot = (uint8_t)i,
                                                      .is_wave = true,
                                                      .payload = plumtree_cache_ref(p->wave)});
        }
    }
    plumtree_wave_clear(p);
}

void plumtree_wave_clear(struct plumtree *p)
{
    plumtree_cache_unref(p->wave);
    p->wave = NULL;
    p->wave_due_ns = TIMERS_NEVER;
}
