/*
 * Batches: filled by the store's callers during a turn, then read only, by the job that commits it
 * and by readers of the node's thread. The writes are a skip list.
 */
#include "store/store_batch.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

/* What stands for a key in a deleted range. */
static const struct store_op deleted = {.is_delete = true};

void store_batch_init(struct store_batch *b, const struct random *random)
{
    *b = (struct store_batch){.bytes = 0};
    list_init(&b->ranges);
    random_fill(random, (uint8_t *)b->draw, sizeof b->draw);
    b->draw[0] |= 1; /* a xorshift generator must not be all zeros */
}

static void drop_range(struct store_batch *b, struct store_range *range)
{
    list_remove(&range->link);
    b->bytes -= sizeof *range;
    b->range_count--;
    mem_free(range);
}

void store_batch_clear(struct store_batch *b)
{
    struct list *link;
    while (b->first[0] != NULL) {
        struct store_op *op = b->first[0];
        b->first[0] = op->next[0];
        mem_free(op);
    }
    memset(b->first, 0, sizeof b->first);
    while ((link = list_next(&b->ranges, &b->ranges)) != NULL) {
        drop_range(b, LIST_OF(link, struct store_range, link));
    }
    b->bytes = 0;
}

void store_batch_move(struct store_batch *to, struct store_batch *from)
{
    CHECK(store_batch_is_empty(to));
    memcpy(to->first, from->first, sizeof to->first);
    memset(from->first, 0, sizeof from->first);
    list_splice_back(&to->ranges, &from->ranges);
    to->range_count = from->range_count;
    to->bytes = from->bytes;
    to->number = from->number;
    from->range_count = 0;
    from->bytes = 0;
}

size_t store_batch_cost(size_t key_len, size_t value_len)
{
    /* A level more on the average than the first third, and the allocator's own. */
    return sizeof(struct store_op) + 2 * sizeof(struct store_op *) + 16 + key_len + value_len;
}

/* For each level the last link that leads to a key before `key`. */
static void find_links(struct store_batch *b, struct span key,
                       struct store_op **links[STORE_BATCH_LEVELS])
{
    struct store_op **next = b->first;
    for (size_t level = STORE_BATCH_LEVELS; level-- > 0;) {
        while (next[level] != NULL && span_compare(next[level]->key, key) < 0) {
            next = next[level]->next;
        }
        links[level] = &next[level];
    }
}

/* Take out what the links lead to. */
static void drop(struct store_batch *b, struct store_op **links[STORE_BATCH_LEVELS])
{
    struct store_op *op = *links[0];
    for (size_t level = 0; level < op->levels; level++) {
        *links[level] = op->next[level];
    }
    b->bytes -= store_batch_cost(op->key.len, op->value.len);
    mem_free(op);
}

/* One more with a chance of a quarter each. */
static uint8_t draw_levels(struct store_batch *b)
{
    uint64_t x = b->draw[0];
    uint64_t y = b->draw[1];
    uint8_t levels = 1;
    b->draw[0] = y;
    x ^= x << 23;
    b->draw[1] = x ^ y ^ (x >> 17) ^ (y >> 26);
    uint64_t bits = b->draw[1] + y;
    for (bits >>= 16; levels < STORE_BATCH_LEVELS && (bits & 3) == 0; bits >>= 2) {
        levels++;
    }
    return levels;
}

/* It replaces what is there for its key. */
static void put_in(struct store_batch *b, struct store_op *op)
{
    struct store_op **links[STORE_BATCH_LEVELS];
    find_links(b, op->key, links);
    if (*links[0] != NULL && span_is_equal((*links[0])->key, op->key)) {
        drop(b, links);
    }
    for (size_t level = 0; level < op->levels; level++) {
        op->next[level] = *links[level];
        *links[level] = op;
    }
    b->bytes += store_batch_cost(op->key.len, op->value.len);
}

void store_batch_add(struct store_batch *b, struct span key, bool is_delete, struct span value)
{
    const uint8_t levels = draw_levels(b);
    const size_t head = sizeof(struct store_op) + levels * sizeof(struct store_op *);
    struct store_op *op = mem_new_raw(head + key.len + value.len);
    uint8_t *bytes = (uint8_t *)op + head;
    CHECK(key.len > 0);
    memcpy(bytes, key.ptr, key.len);
    if (value.len > 0) {
        memcpy(bytes + key.len, value.ptr, value.len);
    }
    *op = (struct store_op){.is_delete = is_delete, .levels = levels};
    op->key = span_of(bytes, key.len);
    op->value = span_of(bytes + key.len, value.len);
    put_in(b, op);
}

void store_batch_take(struct store_batch *b, struct store_batch *from)
{
    struct store_op *next = from->first[0];
    CHECK(list_is_empty(&from->ranges));
    memset(from->first, 0, sizeof from->first);
    from->bytes = 0;
    while (next != NULL) {
        struct store_op *op = next;
        next = op->next[0];
        put_in(b, op);
    }
}

/* `range` takes in all ranges that it touches. */
static void unite(struct store_batch *b, struct store_range *range)
{
    struct list *next = list_next(&b->ranges, &b->ranges);
    while (next != NULL) {
        struct store_range *other = LIST_OF(next, struct store_range, link);
        struct span from = store_whole_span(&other->from);
        struct span to = store_whole_span(&other->to);
        next = list_next(&b->ranges, next);
        if (span_compare(from, store_whole_span(&range->to)) > 0 ||
            span_compare(to, store_whole_span(&range->from)) < 0) {
            continue;
        }
        if (span_compare(from, store_whole_span(&range->from)) < 0) {
            range->from = other->from;
        }
        if (span_compare(to, store_whole_span(&range->to)) > 0) {
            range->to = other->to;
        }
        drop_range(b, other);
    }
}

int store_batch_add_range(struct store_batch *b, struct span from, struct span to)
{
    struct store_op **links[STORE_BATCH_LEVELS];
    struct store_range *range = mem_new(sizeof *range);
    CHECK(span_compare(from, to) < 0);
    store_whole_set(&range->from, from);
    store_whole_set(&range->to, to);
    unite(b, range);
    if (b->range_count == STORE_BATCH_RANGES_MAX) {
        mem_free(range);
        return WAVU_ERR_LIMIT;
    }
    list_push_back(&b->ranges, &range->link);
    b->range_count++;
    b->bytes += sizeof *range;
    find_links(b, from, links);
    while (*links[0] != NULL && span_compare((*links[0])->key, to) < 0) {
        drop(b, links); /* written before it was deleted */
    }
    return 0;
}

const struct store_range *store_batch_range_of(const struct store_batch *b, struct span key)
{
    for (struct list *n = list_next(&b->ranges, &b->ranges); n != NULL;
         n = list_next(&b->ranges, n)) {
        const struct store_range *range = LIST_OF(n, struct store_range, link);
        if (span_compare(store_whole_span(&range->from), key) <= 0 &&
            span_compare(key, store_whole_span(&range->to)) < 0) {
            return range;
        }
    }
    return NULL;
}

/* The last write before `key`, NULL: none; *behind is the one that follows it, or NULL. */
static const struct store_op *find_around(const struct store_batch *b, struct span key,
                                          const struct store_op **behind)
{
    const struct store_op *before = NULL;
    struct store_op *const *next = b->first;
    for (size_t level = STORE_BATCH_LEVELS; level-- > 0;) {
        while (next[level] != NULL && span_compare(next[level]->key, key) < 0) {
            before = next[level];
            next = before->next;
        }
    }
    *behind = next[0];
    return before;
}

const struct store_op *store_batch_next(const struct store_batch *b, struct span from)
{
    const struct store_op *behind;
    (void)find_around(b, from, &behind);
    return behind;
}

const struct store_op *store_batch_prev(const struct store_batch *b, struct span before)
{
    const struct store_op *behind;
    return find_around(b, before, &behind);
}

const struct store_op *store_batch_find(const struct store_batch *b, struct span key)
{
    const struct store_op *op = store_batch_next(b, key);
    if (op != NULL && span_is_equal(op->key, key)) {
        return op;
    }
    return store_batch_range_of(b, key) != NULL ? &deleted : NULL;
}

bool store_batch_is_empty(const struct store_batch *b)
{
    return b->first[0] == NULL && list_is_empty(&b->ranges);
}
