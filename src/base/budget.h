/*
 * Bounded allowances in a tree: what a peer grows is charged to the peer's budget and, with it, to
 * the node's, before it is allocated.
 */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "wavu/err.h"

struct budget {
    struct budget *parent; /* charged along; NULL at the root. Must outlive this. */
    uint64_t used;
    uint64_t max;
    uint64_t own;  /* of `used`, the first so many are not charged to the parent */
    uint64_t peak; /* highest `used` ever */
};

/** An unused allowance of `max` (bytes, or whatever the owner counts). */
void budget_init(struct budget *b, struct budget *parent, uint64_t max);

/** Let the first `own` be `b`'s whatever others took: the parent is charged only for what is above,
 * and must be smaller for it. Before anything is taken. */
void budget_reserve(struct budget *b, uint64_t own);

/** CHECK that everything was given back. */
void budget_clear(struct budget *b);

/** Take `amount` here and, as far as it is not `own`, from every parent; or nothing and
 * WAVU_ERR_LIMIT. */
WARN_UNUSED int budget_take(struct budget *b, uint64_t amount);

/** Give back `amount` that was taken. */
void budget_give(struct budget *b, uint64_t amount);

/** What budget_take would grant now: the least that is left here or in a parent. */
uint64_t budget_left(const struct budget *b);

/* Token bucket: `rate` tokens a second up to `burst`; integer arithmetic, no floats. */
struct budget_bucket {
    uint64_t tokens_milli; /* thousandths of a token */
    uint64_t filled_ns;    /* when last filled */
    uint32_t rate;         /* tokens a second */
    uint32_t burst;        /* tokens at most */
};

/** A full bucket. */
void budget_bucket_init(struct budget_bucket *b, uint32_t rate, uint32_t burst, uint64_t now);

/** Take `count` tokens at `now`; WAVU_ERR_LIMIT when there are not so many. */
WARN_UNUSED int budget_bucket_take(struct budget_bucket *b, uint32_t count, uint64_t now);

/** Whole tokens that are there at `now`. */
uint32_t budget_bucket_left(struct budget_bucket *b, uint64_t now);

/** Put `milli` thousandths of a token in besides those of time; what finds no room is lost. */
void budget_bucket_add(struct budget_bucket *b, uint64_t milli);

/** True when the bucket would be full at `now` (and so can be forgotten). */
bool budget_bucket_is_full(const struct budget_bucket *b, uint64_t now);

#endif
