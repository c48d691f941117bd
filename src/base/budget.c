/*
 * Allowances. A charge runs up the tree: peer, kind of use, node. Buckets bound rates.
 *
 * What is asked for comes from peers' messages, so sums are formed only where they cannot wrap.
 */
#include "base/budget.h"

#include <stddef.h>

#include "base/check.h"
#include "wavu/err.h"

#define MILLI 1000U                /* thousandths in a token */
#define NS_MILLI UINT64_C(1000000) /* at one token a second, a thousandth takes 10^6 ns */

/* The largest product that is formed below: a whole bucket in thousandths, in nanoseconds at
 * rate 1. */
_Static_assert((uint64_t)UINT32_MAX *MILLI <= (UINT64_MAX - UINT32_MAX) / NS_MILLI,
               "refilling a bucket cannot overflow");

void budget_init(struct budget *b, struct budget *parent, uint64_t max)
{
    *b = (struct budget){.parent = parent, .max = max};
}

void budget_clear(struct budget *b)
{
    CHECK(b->used == 0);
    *b = (struct budget){0};
}

void budget_reserve(struct budget *b, uint64_t own)
{
    CHECK(b->used == 0 && own <= b->max);
    b->own = own;
}

/* What of `used` the parent of `b` is charged for. */
static uint64_t above_own(const struct budget *b, uint64_t used)
{
    return used > b->own ? used - b->own : 0;
}

uint64_t budget_left(const struct budget *b)
{
    uint64_t left = UINT64_MAX;
    uint64_t free_below = 0; /* what the budgets below would take from their own first */

    for (; b != NULL; b = b->parent) {
        uint64_t here = b->used < b->max ? b->max - b->used : 0; /* max may have been lowered */

        here = here < UINT64_MAX - free_below ? here + free_below : UINT64_MAX;
        left = here < left ? here : left;
        free_below += b->used < b->own ? b->own - b->used : 0;
    }
    return left;
}

int budget_take(struct budget *b, uint64_t amount)
{
    if (amount > budget_left(b)) {
        return WAVU_ERR_LIMIT;
    }
    for (; b != NULL; b = b->parent) {
        uint64_t before = b->used;

        b->used += amount;
        b->peak = b->used > b->peak ? b->used : b->peak;
        amount = above_own(b, b->used) - above_own(b, before);
    }
    return 0;
}

void budget_give(struct budget *b, uint64_t amount)
{
    for (; b != NULL; b = b->parent) {
        uint64_t before = b->used;

        CHECK(amount <= b->used);
        b->used -= amount;
        amount = above_own(b, before) - above_own(b, b->used);
    }
}

static uint64_t bucket_full(const struct budget_bucket *b)
{
    return (uint64_t)b->burst * MILLI;
}

/* Bring tokens and filled_ns to `now`. */
static void bucket_fill(struct budget_bucket *b, uint64_t now)
{
    if (now < b->filled_ns) {
        b->filled_ns = now; /* the clock jumped back: go on from here, with nothing gained */
    }
    uint64_t elapsed_ns = now - b->filled_ns;
    uint64_t missing = bucket_full(b) - b->tokens_milli;

    if (b->rate == 0 || missing == 0) {
        b->filled_ns = now;
        return;
    }
    uint64_t until_full_ns = (missing * NS_MILLI + b->rate - 1) / b->rate;

    if (elapsed_ns >= until_full_ns) {
        b->tokens_milli += missing;
        b->filled_ns = now;
        return;
    }
    uint64_t gained = elapsed_ns * b->rate / NS_MILLI;

    b->tokens_milli += gained;
    /* Only the time that made whole thousandths is spent, or frequent calls would gain nothing. */
    b->filled_ns += (gained * NS_MILLI + b->rate - 1) / b->rate;
}

void budget_bucket_init(struct budget_bucket *b, uint32_t rate, uint32_t burst, uint64_t now)
{
    *b = (struct budget_bucket){.filled_ns = now, .rate = rate, .burst = burst};
    b->tokens_milli = bucket_full(b);
}

int budget_bucket_take(struct budget_bucket *b, uint32_t count, uint64_t now)
{
    uint64_t price = (uint64_t)count * MILLI;

    bucket_fill(b, now);
    if (price > b->tokens_milli) {
        return WAVU_ERR_LIMIT;
    }
    b->tokens_milli -= price;
    return 0;
}

uint32_t budget_bucket_left(struct budget_bucket *b, uint64_t now)
{
    bucket_fill(b, now);
    return (uint32_t)(b->tokens_milli / MILLI);
}

void budget_bucket_add(struct budget_bucket *b, uint64_t milli)
{
    uint64_t missing = bucket_full(b) - b->tokens_milli;

    b->tokens_milli += milli < missing ? milli : missing;
}

bool budget_bucket_is_full(const struct budget_bucket *b, uint64_t now)
{
    struct budget_bucket filled = *b;

    bucket_fill(&filled, now);
    return filled.tokens_milli == bucket_full(b);
}
