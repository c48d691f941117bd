/*
 * Bounded first-in first-out ring of fixed-size items.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/err.h"

struct ring {
    uint8_t *items; /* owned; grows by doubling up to `max` */
    size_t item_size;
    size_t cap;
    size_t max;
    size_t first; /* index of the oldest */
    size_t count;
};

/** An empty ring of items of `item_size` bytes, at most `max`. Allocates nothing. */
void ring_init(struct ring *r, size_t item_size, size_t max);

/** Drop all items and the storage; the ring is usable again. */
void ring_clear(struct ring *r);

/** Append a copy of `*item`. Returns WAVU_ERR_LIMIT when `max` are in it. */
WARN_UNUSED int ring_push(struct ring *r, const void *item);

/** Copy the oldest to `*item` and drop it; false when empty. Gives storage back when it becomes
 * empty. */
WARN_UNUSED bool ring_pop(struct ring *r, void *item);

/** The `i`th oldest item, or NULL. */
void *ring_at(const struct ring *r, size_t i);

#endif
