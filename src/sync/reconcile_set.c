/*
 * A set of items in order. Additions and removals come in, ranks and sums go out.
 */
#include "sync/reconcile_set.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/span.h"

#define RECONCILE_SET_SPARSE (RECONCILE_SET_BLOCK_MAX / 4)

struct reconcile_set_block {
    size_t count;
    struct reconcile_set_item items[RECONCILE_SET_BLOCK_MAX];
};

static uint64_t word_of(const uint8_t *id, size_t i)
{
    uint64_t word = 0;

    for (size_t k = 0; k < 8; k++) {
        word |= (uint64_t)id[i * 8 + k] << (8 * k);
    }
    return word;
}

static void sum_add(struct reconcile_set_sum *sum, const uint64_t words[4], uint64_t count)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < 4; i++) {
        uint64_t before = sum->words[i];
        uint64_t with = before + carry;

        carry = with < before;
        sum->words[i] = with + words[i];
        carry += sum->words[i] < with;
    }
    sum->count += count;
}

static void sum_take(struct reconcile_set_sum *sum, const struct reconcile_set_sum *other)
{
    uint64_t borrow = 0;

    for (size_t i = 0; i < 4; i++) {
        uint64_t before = sum->words[i];
        uint64_t without = before - borrow;

        borrow = before < borrow;
        sum->words[i] = without - other->words[i];
        borrow += without < other->words[i];
    }
    sum->count -= other->count;
}

static void sum_add_item(struct reconcile_set_sum *sum, const struct reconcile_set_item *item)
{
    const uint64_t words[4] = {word_of(item->id, 0), word_of(item->id, 1), word_of(item->id, 2),
                               word_of(item->id, 3)};

    sum_add(sum, words, 1);
}

/* ---- Order ---- */

/* -1, 0 or 1. */
static int compare(uint64_t key_a, const uint8_t *id_a, uint64_t key_b, const uint8_t *id_b)
{
    if (key_a != key_b) {
        return key_a < key_b ? -1 : 1;
    }
    int order =
        span_compare(span_of(id_a, RECONCILE_SET_ID_SIZE), span_of(id_b, RECONCILE_SET_ID_SIZE));

    return order < 0 ? -1 : order > 0;
}

int reconcile_set_compare(const struct reconcile_set_item *a, const struct reconcile_set_item *b)
{
    return compare(a->key, a->id, b->key, b->id);
}

int reconcile_set_compare_bounds(const struct reconcile_set_bound *a,
                                 const struct reconcile_set_bound *b)
{
    if (a->is_end || b->is_end) {
        return (int)a->is_end - (int)b->is_end;
    }
    return compare(a->key, a->id, b->key, b->id);
}

static bool is_below(const struct reconcile_set_item *item, const struct reconcile_set_bound *bound)
{
    return bound->is_end || compare(item->key, item->id, bound->key, bound->id) < 0;
}

struct reconcile_set_bound reconcile_set_bound_at(const struct reconcile_set_item *item)
{
    struct reconcile_set_bound bound = {.key = item->key, .id_len = RECONCILE_SET_ID_SIZE};

    memcpy(bound.id, item->id, sizeof bound.id);
    return bound;
}

struct reconcile_set_bound reconcile_set_bound_between(const struct reconcile_set_item *low,
                                                       const struct reconcile_set_item *high)
{
    struct reconcile_set_bound bound = {.key = high->key};

    CHECK(reconcile_set_compare(low, high) < 0);
    if (low->key == high->key) {
        size_t same = 0;

        while (low->id[same] == high->id[same]) {
            same++;
        }
        bound.id_len = (uint8_t)(same + 1);
        memcpy(bound.id, high->id, same + 1);
    }
    return bound;
}

/* ---- Life ---- */

void reconcile_set_init(struct reconcile_set *s)
{
    *s = (struct reconcile_set){0};
}

void reconcile_set_clear(struct reconcile_set *s)
{
    for (size_t i = 0; i < s->count; i++) {
        mem_free(s->blocks[i]);
    }
    mem_free(s->blocks);
    mem_free(s->below);
    reconcile_set_init(s);
}

/* ---- Places ---- */

/* The first block whose last item is not below `bound`, or the number of blocks. */
static size_t block_of(const struct reconcile_set *s, const struct reconcile_set_bound *bound)
{
    size_t low = 0;
    size_t high = s->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct reconcile_set_block *b = s->blocks[middle];

        if (is_below(&b->items[b->count - 1], bound)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* How many items of the block lie below `bound`. */
static size_t place_in(const struct reconcile_set_block *b, const struct reconcile_set_bound *bound)
{
    size_t low = 0;
    size_t high = b->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (is_below(&b->items[middle], bound)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Bring below[0 .. last] up to date. */
static void sum_up_to(struct reconcile_set *s, size_t last)
{
    if (s->summed == 0 && s->count > 0) {
        s->below[0] = (struct reconcile_set_sum){0};
        s->summed = 1;
    }
    for (; s->summed <= last && s->summed < s->count; s->summed++) {
        const struct reconcile_set_block *b = s->blocks[s->summed - 1];
        struct reconcile_set_sum sum = s->below[s->summed - 1];

        for (size_t i = 0; i < b->count; i++) {
            sum_add_item(&sum, &b->items[i]);
        }
        s->below[s->summed] = sum;
    }
}

/* Sums behind block `first` hold no more. */
static void changed_in(struct reconcile_set *s, size_t first)
{
    if (s->summed > first + 1) {
        s->summed = first + 1;
    }
}

/* The block that has the item of rank `rank`, which becomes its place there. */
static size_t block_at(struct reconcile_set *s, uint64_t *rank)
{
    size_t low = 0;
    size_t high = s->count;

    sum_up_to(s, s->count);
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (s->below[middle].count <= *rank) {
            low = middle;
        } else {
            high = middle;
        }
    }
    *rank -= s->below[low].count;
    return low;
}

/* ---- Changes ---- */

static void insert_block(struct reconcile_set *s, size_t at, struct reconcile_set_block *b)
{
    if (s->count == s->capacity) {
        size_t capacity = s->capacity == 0 ? 4 : 2 * s->capacity;

        s->blocks = mem_resize(s->blocks, capacity * sizeof *s->blocks);
        s->below = mem_resize(s->below, capacity * sizeof *s->below);
        s->capacity = capacity;
    }
    memmove(s->blocks + at + 1, s->blocks + at, (s->count - at) * sizeof *s->blocks);
    s->blocks[at] = b;
    s->count++;
    s->summed = s->summed < at ? s->summed : at;
}

static void remove_block(struct reconcile_set *s, size_t at)
{
    mem_free(s->blocks[at]);
    s->count--;
    memmove(s->blocks + at, s->blocks + at + 1, (s->count - at) * sizeof *s->blocks);
    s->summed = s->summed < at ? s->summed : at;
}

/* Halve a full block; in one that grows at its end, as histories do, all stays but the last. */
static void split(struct reconcile_set *s, size_t at, size_t place)
{
    struct reconcile_set_block *full = s->blocks[at];
    struct reconcile_set_block *upper = mem_new(sizeof *upper);
    size_t keep = place == full->count && at + 1 == s->count ? full->count - 1 : full->count / 2;

    upper->count = full->count - keep;
    memcpy(upper->items, full->items + keep, upper->count * sizeof *upper->items);
    full->count = keep;
    insert_block(s, at + 1, upper);
}

int reconcile_set_add(struct reconcile_set *s, const struct reconcile_set_item *item)
{
    const struct reconcile_set_bound bound = reconcile_set_bound_at(item);

    if (item->key > RECONCILE_SET_KEY_MAX) {
        return WAVU_ERR_INVALID;
    }
    size_t at = block_of(s, &bound);

    if (s->count == 0) {
        insert_block(s, 0, mem_new(sizeof(struct reconcile_set_block)));
    } else if (at == s->count) {
        at--;
    }
    size_t place = place_in(s->blocks[at], &bound);

    if (place < s->blocks[at]->count &&
        reconcile_set_compare(&s->blocks[at]->items[place], item) == 0) {
        return WAVU_ERR_EXISTS;
    }
    if (s->blocks[at]->count == RECONCILE_SET_BLOCK_MAX) {
        split(s, at, place);
        if (place > s->blocks[at]->count) {
            place -= s->blocks[at]->count;
            at++;
        }
    }
    struct reconcile_set_block *b = s->blocks[at];

    memmove(b->items + place + 1, b->items + place, (b->count - place) * sizeof *b->items);
    b->items[place] = *item;
    b->count++;
    s->size++;
    changed_in(s, at);
    return 0;
}

/* A sparse block goes into the one behind it where both fit. */
static void merge(struct reconcile_set *s, size_t at)
{
    struct reconcile_set_block *b = s->blocks[at];

    if (b->count == 0) {
        remove_block(s, at);
        return;
    }
    if (at + 1 < s->count && b->count + s->blocks[at + 1]->count <= 2 * RECONCILE_SET_SPARSE) {
        const struct reconcile_set_block *next = s->blocks[at + 1];

        memcpy(b->items + b->count, next->items, next->count * sizeof *b->items);
        b->count += next->count;
        remove_block(s, at + 1);
        changed_in(s, at);
    }
}

int reconcile_set_remove(struct reconcile_set *s, const struct reconcile_set_item *item)
{
    const struct reconcile_set_bound bound = reconcile_set_bound_at(item);
    size_t at = block_of(s, &bound);

    if (at == s->count) {
        return WAVU_ERR_NOT_FOUND;
    }
    struct reconcile_set_block *b = s->blocks[at];
    size_t place = place_in(b, &bound);

    if (reconcile_set_compare(&b->items[place], item) != 0) {
        return WAVU_ERR_NOT_FOUND;
    }
    b->count--;
    memmove(b->items + place, b->items + place + 1, (b->count - place) * sizeof *b->items);
    s->size--;
    changed_in(s, at);
    if (b->count <= RECONCILE_SET_SPARSE) {
        merge(s, at);
    }
    return 0;
}

/* ---- Questions ---- */

uint64_t reconcile_set_rank(struct reconcile_set *s, const struct reconcile_set_bound *bound)
{
    size_t at = block_of(s, bound);

    if (at == s->count) {
        return s->size;
    }
    sum_up_to(s, at);
    return s->below[at].count + place_in(s->blocks[at], bound);
}

const struct reconcile_set_item *reconcile_set_at(struct reconcile_set *s, uint64_t rank)
{
    CHECK(rank < s->size);
    size_t at = block_at(s, &rank);

    return &s->blocks[at]->items[rank];
}

/* The sum over everything below rank `rank`. */
static struct reconcile_set_sum sum_below(struct reconcile_set *s, uint64_t rank)
{
    uint64_t place = rank;
    struct reconcile_set_sum sum = {0};

    if (s->count > 0) {
        size_t at = block_at(s, &place);

        sum = s->below[at];
        for (size_t i = 0; i < place; i++) {
            sum_add_item(&sum, &s->blocks[at]->items[i]);
        }
    }
    return sum;
}

void reconcile_set_sum_of(struct reconcile_set *s, uint64_t from, uint64_t to,
                          struct reconcile_set_sum *out)
{
    CHECK(from <= to && to <= s->size);
    const struct reconcile_set_sum before = sum_below(s, from);

    *out = sum_below(s, to);
    sum_take(out, &before);
}

void reconcile_set_check(const struct reconcile_set *s)
{
    struct reconcile_set_sum sum = {0};
    const struct reconcile_set_item *last = NULL;

    CHECK(s->count <= s->capacity && s->summed <= s->count);
    for (size_t i = 0; i < s->count; i++) {
        const struct reconcile_set_block *b = s->blocks[i];

        CHECK(b->count > 0 && b->count <= RECONCILE_SET_BLOCK_MAX);
        if (i < s->summed) {
            CHECK(s->below[i].count == sum.count);
            CHECK(span_is_equal(span_of(s->below[i].words, sizeof sum.words),
                                span_of(sum.words, sizeof sum.words)));
        }
        for (size_t k = 0; k < b->count; k++) {
            CHECK(last == NULL || reconcile_set_compare(last, &b->items[k]) < 0);
            last = &b->items[k];
            sum_add_item(&sum, last);
        }
    }
    CHECK(sum.count == s->size);
}
