/*
 * Bounded ring of items that are copied in and out. Holds no storage while empty.
 */
#include "base/ring.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "wavu/err.h"

#define CAP_MIN 4         /* items */
#define FIRST_BYTES 1024u /* or one: what allocators have at hand without a search */

void ring_init(struct ring *r, size_t item_size, size_t max)
{
    CHECK(item_size > 0 && max <= SIZE_MAX / item_size);
    *r = (struct ring){.item_size = item_size, .max = max};
}

void ring_clear(struct ring *r)
{
    mem_free(r->items);
    ring_init(r, r->item_size, r->max);
}

/* Where the `i`th oldest of `cap` places stands; i < cap. */
static uint8_t *slot(const struct ring *r, size_t i)
{
    size_t to_end = r->cap - r->first;

    return r->items + (i < to_end ? r->first + i : i - to_end) * r->item_size;
}

/* Places of a ring that was empty. */
static size_t first_cap(const struct ring *r)
{
    size_t cap = FIRST_BYTES / r->item_size;

    cap = cap < CAP_MIN ? cap : CAP_MIN;
    return cap > 0 ? cap : 1;
}

/* Move to about twice as many places, the oldest item to the front. */
static void grow(struct ring *r)
{
    size_t cap = r->cap > r->max / 2 ? r->max : r->cap * 2;

    cap = cap == 0 ? first_cap(r) : cap;
    cap = cap > r->max ? r->max : cap;
    uint8_t *items = mem_new_raw(cap * r->item_size);
    size_t to_end = r->cap - r->first;
    size_t head = r->count < to_end ? r->count : to_end;

    if (r->items != NULL) {
        memcpy(items, r->items + r->first * r->item_size, head * r->item_size);
        memcpy(items + head * r->item_size, r->items, (r->count - head) * r->item_size);
    }
    mem_free(r->items);
    r->items = items;
    r->cap = cap;
    r->first = 0;
}

int ring_push(struct ring *r, const void *item)
{
    if (r->count == r->max) {
        return WAVU_ERR_LIMIT;
    }
    if (r->count == r->cap) {
        grow(r);
    }
    memcpy(slot(r, r->count), item, r->item_size);
    r->count++;
    return 0;
}

bool ring_pop(struct ring *r, void *item)
{
    if (r->count == 0) {
        return false;
    }
    memcpy(item, slot(r, 0), r->item_size);
    r->count--;
    if (r->count == 0) {
        ring_clear(r);
    } else {
        r->first = r->first + 1 == r->cap ? 0 : r->first + 1;
    }
    return true;
}

void *ring_at(const struct ring *r, size_t i)
{
    return i < r->count ? slot(r, i) : NULL;
}
