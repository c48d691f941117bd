/*
 * Payers by id, counted by their origins.
 */
#include "overlay/plumtree_payer.h"

#include "base/check.h"
#include "base/mem.h"
#include "overlay/plumtree_rate.h"

void plumtree_payer_init(struct plumtree_payers *p, const struct random *random)
{
    map_init(&p->by_id, random);
}

void plumtree_payer_clear(struct plumtree_payers *p)
{
    struct plumtree_payer *payer = NULL;
    for (size_t at = 0; (payer = map_next(&p->by_id, &at)) != NULL;) {
        mem_free(payer);
    }
    map_clear(&p->by_id);
}

struct plumtree_payer *plumtree_payer_find(const struct plumtree_payers *p,
                                           const struct overlay_id *id)
{
    return map_get(&p->by_id, overlay_id_span(id));
}

struct plumtree_payer *plumtree_payer_take(struct plumtree_payers *p, const struct overlay_id *id,
                                           uint64_t now)
{
    struct plumtree_payer *payer = plumtree_payer_find(p, id);
    if (payer == NULL) {
        payer = mem_new(sizeof *payer);
        payer->id = *id;
        budget_bucket_init(&payer->rate, PLUMTREE_ORIGIN_RATE, PLUMTREE_ORIGIN_BURST, now);
        CHECK(map_put(&p->by_id, overlay_id_span(&payer->id), payer) == NULL);
    }
    payer->origins++;
    return payer;
}

void plumtree_payer_drop(struct plumtree_payers *p, struct plumtree_payer *payer)
{
    CHECK(payer->origins > 0);
    payer->origins--;
    if (payer->origins == 0) {
        CHECK(map_remove(&p->by_id, overlay_id_span(&payer->id)) == payer);
        mem_free(payer);
    }
}
