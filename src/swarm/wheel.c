/*
 * Two wheels of lists of blocks. When the near one has turned once, the next slot of the far one is
 * spread over it; what lies beyond the far one goes into its last slot and is put again from there.
 */
#include "swarm/wheel.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define BLOCK_SIZE 2000 /* bytes of items in a block; a longer item has one of its own */
#define AHEAD_SLOTS 16  /* wheel_ahead looks no further */
#define FAR_SHIFT 12    /* a far slot is one turn of the near wheel */
#define SLOT_MASK (WHEEL_SLOTS - 1)
#define ALIGNED(n) (((n) + 7) & ~(size_t)7)

struct wheel_block {
    struct wheel_block *next;
    uint32_t used;
    uint32_t size;
    /* items follow, each aligned to 8 */
};

static uint8_t *bytes_of(struct wheel_block *b)
{
    return (uint8_t *)(b + 1);
}

void wheel_init(struct wheel *w)
{
    memset(w, 0, sizeof *w);
}

static void free_blocks(struct wheel_block *b)
{
    while (b != NULL) {
        struct wheel_block *next = b->next;
        mem_free(b);
        b = next;
    }
}

void wheel_clear(struct wheel *w)
{
    for (size_t i = 0; i < WHEEL_SLOTS; i++) {
        free_blocks(w->near[i].first);
        free_blocks(w->far[i].first);
    }
    free_blocks(w->unused);
    wheel_init(w);
}

static struct wheel_block *block_new(struct wheel *w, size_t len)
{
    struct wheel_block *b = w->unused;
    if (len <= BLOCK_SIZE && b != NULL) {
        w->unused = b->next;
    } else {
        size_t size = len <= BLOCK_SIZE ? BLOCK_SIZE : len;
        b = mem_new_raw(sizeof *b + size);
        b->size = (uint32_t)size;
    }
    b->next = NULL;
    b->used = 0;
    return b;
}

static void block_free(struct wheel *w, struct wheel_block *b)
{
    if (b->size == BLOCK_SIZE) {
        b->next = w->unused;
        w->unused = b;
    } else {
        mem_free(b);
    }
}

static struct wheel_slot *slot_of(struct wheel *w, uint64_t slot)
{
    uint64_t turns = (slot >> FAR_SHIFT) - (w->slot >> FAR_SHIFT);
    if (turns == 0) {
        return &w->near[slot & SLOT_MASK];
    }
    turns = turns < WHEEL_SLOTS ? turns : WHEEL_SLOTS - 1;
    return &w->far[((w->slot >> FAR_SHIFT) + turns) & SLOT_MASK];
}

static struct wheel_item *append(struct wheel *w, struct wheel_slot *s,
                                 const struct wheel_item *item)
{
    size_t size = sizeof *item + ALIGNED(item->len);
    struct wheel_block *b = s->last;
    if (b == NULL || b->size - b->used < size) {
        struct wheel_block *new = block_new(w, size);
        if (b == NULL) {
            s->first = new;
        } else {
            b->next = new;
        }
        s->last = new;
        b = new;
    }
    struct wheel_item *place = (struct wheel_item *)(void *)(bytes_of(b) + b->used);
    b->used += (uint32_t)size;
    *place = *item;
    return place;
}

uint8_t *wheel_put(struct wheel *w, uint64_t at_ns, const struct wheel_item *item)
{
    struct wheel_item new = *item;
    uint64_t slot = (at_ns >> WHEEL_SLOT_SHIFT) + ((at_ns & ((1u << WHEEL_SLOT_SHIFT) - 1)) != 0);
    new.slot = slot > w->slot ? slot : w->slot;
    w->count++;
    return (uint8_t *)(append(w, slot_of(w, new.slot), &new) + 1);
}

/* The far slot that begins now goes to the near wheel. */
static void spread(struct wheel *w)
{
    struct wheel_slot *s = &w->far[(w->slot >> FAR_SHIFT) & SLOT_MASK];
    struct wheel_block *b = s->first;
    *s = (struct wheel_slot){NULL, NULL};
    while (b != NULL) {
        struct wheel_block *next = b->next;
        for (size_t at = 0; at < b->used;) {
            const struct wheel_item *item = (const struct wheel_item *)(void *)(bytes_of(b) + at);
            struct wheel_item *copy = append(w, slot_of(w, item->slot), item);
            memcpy(copy + 1, item + 1, item->len);
            at += sizeof *item + ALIGNED(item->len);
        }
        block_free(w, b);
        b = next;
    }
}

/* Free what was read, and find the place of the next item; false at the slot's end. */
static bool find(struct wheel *w)
{
    struct wheel_slot *s = &w->near[w->slot & SLOT_MASK];
    if (w->reading == NULL) {
        w->reading = s->first;
        w->read_at = 0;
    }
    while (w->reading != NULL && w->read_at == w->reading->used) {
        struct wheel_block *b = w->reading;
        if (b->next == NULL) {
            return false; /* it stays: more may be put into this slot */
        }
        s->first = b->next;
        w->reading = b->next;
        w->read_at = 0;
        block_free(w, b);
    }
    return w->reading != NULL;
}

static void advance(struct wheel *w)
{
    struct wheel_slot *s = &w->near[w->slot & SLOT_MASK];
    if (s->first != NULL) {
        block_free(w, s->first); /* the one left by find */
        *s = (struct wheel_slot){NULL, NULL};
    }
    w->reading = NULL;
    w->slot++;
    if ((w->slot & SLOT_MASK) == 0) {
        spread(w);
    }
}

/* What wheel_ahead shows next comes behind the item that is being taken, unless it is ahead still.
 */
static void follow(struct wheel *w)
{
    if (w->ahead_count > 0) {
        w->ahead_count--;
    } else {
        w->ahead = w->reading;
        w->ahead_at = w->read_at;
        w->ahead_slot = w->slot;
    }
}

const struct wheel_item *wheel_next(struct wheel *w, uint64_t until_ns)
{
    while (!find(w)) {
        if (w->slot >= until_ns >> WHEEL_SLOT_SHIFT) {
            w->ahead = w->ahead_count > 0 ? w->ahead : NULL; /* its block may be gone */
            return NULL;
        }
        advance(w);
    }
    const struct wheel_item *item =
        (const struct wheel_item *)(void *)(bytes_of(w->reading) + w->read_at);
    w->read_at += sizeof *item + ALIGNED(item->len);
    w->count--;
    follow(w);
    return item;
}

const struct wheel_item *wheel_ahead(struct wheel *w)
{
    struct wheel_block *b = w->ahead;
    size_t at = w->ahead_at;
    uint64_t slot = w->ahead_slot;
    if (b == NULL || w->ahead_count == WHEEL_AHEAD_MAX) {
        return NULL;
    }
    while (at == b->used) {
        at = 0;
        b = b->next;
        while (b == NULL) {
            if ((slot & SLOT_MASK) == SLOT_MASK || slot - w->slot == AHEAD_SLOTS) {
                return NULL;
            }
            slot++;
            b = w->near[slot & SLOT_MASK].first;
        }
    }
    const struct wheel_item *item = (const struct wheel_item *)(void *)(bytes_of(b) + at);
    w->ahead = b;
    w->ahead_at = at + sizeof *item + ALIGNED(item->len);
    w->ahead_slot = slot;
    w->ahead_count++;
    return item;
}
