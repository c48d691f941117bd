/*
 * Events of many nodes in order of time, as fast as memory allows: slots of a 15,259th of a second,
 * whose items lie one behind the other in blocks. Items of one slot happen in the order in which
 * they were put, at the slot's time: a time is rounded up to its slot.
 *
 * The simulator of whole nodes (sim/) has a heap, which is exact to the nanosecond and four times
 * slower at a million events under way.
 */
#ifndef SWARM_WHEEL_H
#define SWARM_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/api.h"

#define WHEEL_SLOT_SHIFT 16 /* a slot is 2^16 ns */
#define WHEEL_SLOTS 4096    /* of the near wheel, 268 ms; the far one has as many, 18 minutes */
#define WHEEL_BODY_MAX 65535
#define WHEEL_AHEAD_MAX 12

struct wheel_item {
    uint64_t slot; /* when: set by wheel_put */
    uint32_t to;
    uint32_t from;
    uint32_t tag;
    uint16_t kind;
    uint16_t len; /* of the body behind it */
};

struct wheel_block;

struct wheel_slot {
    struct wheel_block *first;
    struct wheel_block *last;
};

struct wheel {
    struct wheel_slot near[WHEEL_SLOTS];
    struct wheel_slot far[WHEEL_SLOTS];
    struct wheel_block *unused;  /* of the usual size */
    struct wheel_block *reading; /* of the slot that is now; NULL before its first item */
    size_t read_at;              /* in it */
    uint64_t slot;               /* that is now */
    uint64_t count;              /* items that wait */
    /* wheel_ahead: behind the item that it showed last. At least `ahead_count` that it showed
     * were not taken yet, so the block is there. */
    struct wheel_block *ahead;
    size_t ahead_at;
    uint64_t ahead_slot;
    uint32_t ahead_count;
};

void wheel_init(struct wheel *w);
void wheel_clear(struct wheel *w);

/** Put an item at `at_ns` (now, when that is past); its `slot` is filled in. Returns where its
 * `len` bytes of body go; good until the next call. */
uint8_t *wheel_put(struct wheel *w, uint64_t at_ns, const struct wheel_item *item);

/** The next item up to `until_ns`, which becomes now; good until the next wheel_next. NULL when
 * there is none: then `until_ns` is now. */
const struct wheel_item *wheel_next(struct wheel *w, uint64_t until_ns);

static inline const uint8_t *wheel_body(const struct wheel_item *item)
{
    return (const uint8_t *)(item + 1);
}

/** Each item once, up to WHEEL_AHEAD_MAX before it is taken, or NULL when there is none so far: for
 * loading ahead what it will need. Items may be left out or shown twice. */
const struct wheel_item *wheel_ahead(struct wheel *w);

static inline uint64_t wheel_now(const struct wheel *w)
{
    return w->slot << WHEEL_SLOT_SHIFT;
}

#endif
