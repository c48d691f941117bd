/*
 * Batches: filled by the store's callers during a turn, then read only, by the job that commits it
 * and by readers of the node's thread.
 */
#include "store/store_batch.h"

#include <string.h>

#include "base/mem.h"

void store_batch_init(struct store_batch *b, const struct random *random)
{
    *b = (struct store_batch){.bytes = 0};
    list_init(&b->ops);
    map_init(&b->keys, random);
}

void store_batch_clear(struct store_batch *b)
{
    struct list *link;
    while ((link = list_pop_front(&b->ops)) != NULL) {
        mem_free(LIST_OF(link, struct store_op, link));
    }
    map_clear(&b->keys);
    b->bytes = 0;
}

void store_batch_move(struct store_batch *to, struct store_batch *from)
{
    struct map keys = to->keys;
    list_splice_back(&to->ops, &from->ops);
    to->keys = from->keys;
    to->bytes = from->bytes;
    to->number = from->number;
    from->keys = keys;
    from->bytes = 0;
}

size_t store_batch_cost(size_t key_len, size_t value_len)
{
    /* A map of pointers at most half full, and the allocator's own. */
    return sizeof(struct store_op) + 2 * sizeof(struct map_slot) + 16 + key_len + value_len;
}

static void drop(struct store_batch *b, struct store_op *op)
{
    b->bytes -= store_batch_cost(op->key.len, op->value.len);
    list_remove(&op->link);
    mem_free(op);
}

void store_batch_add(struct store_batch *b, struct span key, bool is_delete, struct span value)
{
    struct store_op *op = mem_new_raw(sizeof *op + key.len + value.len);
    *op = (struct store_op){.is_delete = is_delete};
    memcpy(op->bytes, key.ptr, key.len);
    if (value.len > 0) {
        memcpy(op->bytes + key.len, value.ptr, value.len);
    }
    op->key = span_of(op->bytes, key.len);
    op->value = span_of(op->bytes + key.len, value.len);
    struct store_op *old = map_remove(&b->keys, key); /* the map borrows its key */
    if (old != NULL) {
        drop(b, old);
    }
    (void)map_put(&b->keys, op->key, op);
    list_push_back(&b->ops, &op->link);
    b->bytes += store_batch_cost(key.len, value.len);
}

const struct store_op *store_batch_find(const struct store_batch *b, struct span key)
{
    return map_get(&b->keys, key);
}

const struct store_op *store_batch_next(const struct store_batch *b, struct span prefix,
                                        struct span from)
{
    const struct store_op *best = NULL;
    for (struct list *n = list_next(&b->ops, &b->ops); n != NULL; n = list_next(&b->ops, n)) {
        const struct store_op *op = LIST_OF(n, struct store_op, link);
        if (span_has_prefix(op->key, prefix) && span_compare(op->key, from) >= 0 &&
            (best == NULL || span_compare(op->key, best->key) < 0)) {
            best = op;
        }
    }
    return best;
}

const struct store_op *store_batch_last(const struct store_batch *b, struct span prefix)
{
    const struct store_op *best = NULL;
    for (struct list *n = list_next(&b->ops, &b->ops); n != NULL; n = list_next(&b->ops, n)) {
        const struct store_op *op = LIST_OF(n, struct store_op, link);
        if (span_has_prefix(op->key, prefix) &&
            (best == NULL || span_compare(op->key, best->key) > 0)) {
            best = op;
        }
    }
    return best;
}

bool store_batch_is_empty(const struct store_batch *b)
{
    return list_is_empty(&b->ops);
}
