/*
 * What origins may say.
 */
#include "overlay/plumtree_rate.h"

uint32_t plumtree_rate_price(size_t len)
{
    return PLUMTREE_TOKENS_EACH + (uint32_t)(len / PLUMTREE_TOKEN_BYTES);
}

int plumtree_rate_take(struct budget_bucket *own, struct budget_bucket *common, uint32_t price,
                       uint64_t now)
{
    return budget_bucket_take(own, price, now) == 0 ? 0 : budget_bucket_take(common, price, now);
}

bool plumtree_rate_has(struct budget_bucket *own, struct budget_bucket *common, uint32_t price,
                       uint64_t now)
{
    return budget_bucket_left(own, now) >= price ||
           (common != NULL && budget_bucket_left(common, now) >= price);
}

void plumtree_rate_owe(struct budget_bucket *own, uint32_t price, uint64_t now)
{
    uint32_t left = budget_bucket_left(own, now);

    (void)!budget_bucket_take(own, price < left ? price : left, now);
}

/* Take it when half of the burst is left then. */
static bool take_half(struct budget_bucket *b, uint32_t price, uint64_t now)
{
    return budget_bucket_left(b, now) >= price + b->burst / 2 &&
           budget_bucket_take(b, price, now) == 0;
}

int plumtree_rate_say(struct budget_bucket *own, struct budget_bucket *common, uint32_t price,
                      uint64_t now)
{
    return take_half(own, price, now) || take_half(common, price, now) ? 0 : WAVU_ERR_AGAIN;
}
