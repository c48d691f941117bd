/*
 * A sorted list of places: those that share leading bits stand side by side.
 */
#include "swarm/kad_forest.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

uint64_t kad_forest_place(const struct kad_key *key)
{
    static const struct kad_key zero = {{0}};
    return kad_key_distance(key, &zero);
}

void kad_forest_clear(struct kad_forest *f)
{
    mem_free(f->leaves);
    *f = (struct kad_forest){0};
}

void kad_forest_add(struct kad_forest *f, uint64_t place, uint32_t who)
{
    if (f->count == f->room) {
        f->room = f->room == 0 ? 1024 : 2 * f->room;
        f->leaves = mem_resize(f->leaves, f->room * sizeof f->leaves[0]);
    }
    f->leaves[f->count++] = (struct kad_leaf){.place = place, .who = who};
}

static int kad_forest_order(const void *a, const void *b)
{
    const struct kad_leaf *x = a;
    const struct kad_leaf *y = b;
    if (x->place != y->place) {
        return x->place < y->place ? -1 : 1;
    }
    return x->who < y->who ? -1 : x->who > y->who;
}

void kad_forest_sort(struct kad_forest *f)
{
    if (f->count > 0) {
        qsort(f->leaves, f->count, sizeof f->leaves[0], kad_forest_order);
    }
}

/* The first leaf that is not before `place`, from `low` to `high`. */
static size_t kad_forest_from(const struct kad_forest *f, uint64_t place, size_t low, size_t high)
{
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->leaves[middle].place < place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void kad_forest_range(const struct kad_forest *f, uint64_t place, unsigned bits, size_t *low,
                      size_t *high)
{
    CHECK(bits <= 64);
    uint64_t tail = bits == 0 ? UINT64_MAX : bits == 64 ? 0 : UINT64_MAX >> bits;
    uint64_t last = place | tail;
    *low = kad_forest_from(f, place & ~tail, 0, f->count);
    *high = last == UINT64_MAX ? f->count : kad_forest_from(f, last + 1, *low, f->count);
}

/* The smallest range around the target that has `max` leaves; among them are the nearest. */
size_t kad_forest_nearest(const struct kad_forest *f, uint64_t target, uint32_t *out, size_t max)
{
    size_t low = 0;
    size_t high = f->count;
    size_t count = 0;
    for (unsigned bits = 1; bits <= 64; bits++) {
        size_t start;
        size_t end;
        kad_forest_range(f, target, bits, &start, &end);
        if (end - start < max) {
            break;
        }
        low = start;
        high = end;
    }
    size_t *best = mem_new_array(max + 1, sizeof *best);
    for (size_t i = low; i < high; i++) {
        uint64_t distance = f->leaves[i].place ^ target;
        size_t at = count;
        while (at > 0 && (f->leaves[best[at - 1]].place ^ target) > distance) {
            at--;
        }
        if (at < max) {
            count += count < max ? 1 : 0;
            memmove(&best[at + 1], &best[at], (count - at - 1) * sizeof best[0]);
            best[at] = i;
        }
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = f->leaves[best[i]].who;
    }
    mem_free(best);
    return count;
}
