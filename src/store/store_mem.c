/*
 * Entries in one array, ordered by key. Writes arrive when their commit is settled, on the node's
 * thread.
 */
#include "store/store_mem.h"

#include <string.h>

#include "base/mem.h"

struct entry {
    struct span key; /* in `bytes` */
    struct span value;
    uint8_t bytes[];
};

struct store_mem {
    struct entry **entries; /* owned, ordered */
    size_t count;
    size_t cap;
};

struct store_mem *store_mem_new(void)
{
    return mem_new(sizeof(struct store_mem));
}

/* Where the first key that is at least `key` stands. */
static size_t place_of(const struct store_mem *m, struct span key)
{
    size_t low = 0;
    size_t high = m->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (span_compare(m->entries[middle]->key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool has(const struct store_mem *m, size_t at, struct span key)
{
    return at < m->count && span_is_equal(m->entries[at]->key, key);
}

static void take_out(struct store_mem *m, size_t at)
{
    mem_free(m->entries[at]);
    memmove(&m->entries[at], &m->entries[at + 1], (m->count - at - 1) * sizeof(struct entry *));
    m->count--;
}

static void put_in(struct store_mem *m, size_t at, const struct store_op *op)
{
    struct entry *e = mem_new_raw(sizeof *e + op->key.len + op->value.len);
    memcpy(e->bytes, op->bytes, op->key.len + op->value.len);
    e->key = span_of(e->bytes, op->key.len);
    e->value = span_of(e->bytes + op->key.len, op->value.len);
    if (m->count == m->cap) {
        m->cap = m->cap == 0 ? 8 : m->cap + m->cap / 2;
        m->entries = mem_resize(m->entries, m->cap * sizeof(struct entry *));
    }
    memmove(&m->entries[at + 1], &m->entries[at], (m->count - at) * sizeof(struct entry *));
    m->entries[at] = e;
    m->count++;
}

static int on_open(void *back)
{
    (void)back;
    return 0;
}

static int on_get(void *back, struct span key, struct buf *value)
{
    const struct store_mem *m = back;
    size_t at = place_of(m, key);
    return has(m, at, key) ? buf_append(value, m->entries[at]->value) : WAVU_ERR_NOT_FOUND;
}

static int on_next(void *back, struct span prefix, struct span from, struct buf *key,
                   struct buf *value)
{
    const struct store_mem *m = back;
    size_t at = place_of(m, from);
    if (at == m->count || !span_has_prefix(m->entries[at]->key, prefix)) {
        return WAVU_ERR_NOT_FOUND;
    }
    int rc = buf_append(key, m->entries[at]->key);
    return rc < 0 ? rc : buf_append(value, m->entries[at]->value);
}

static int on_last(void *back, struct span prefix, struct buf *key)
{
    const struct store_mem *m = back;
    size_t low = place_of(m, prefix);
    size_t high = m->count;
    while (low < high) { /* where the first key stands that no longer begins so */
        size_t middle = low + (high - low) / 2;
        if (span_has_prefix(m->entries[middle]->key, prefix)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || !span_has_prefix(m->entries[low - 1]->key, prefix)) {
        return WAVU_ERR_NOT_FOUND;
    }
    return buf_append(key, m->entries[low - 1]->key);
}

static int on_commit(void *back, const struct store_batch *batch)
{
    (void)back; /* readers are on another thread: on_settle does it */
    (void)batch;
    return 0;
}

static void on_settle(void *back, const struct store_batch *batch)
{
    struct store_mem *m = back;
    const struct list *ops = &batch->ops;
    for (struct list *n = list_next(ops, ops); n != NULL; n = list_next(ops, n)) {
        const struct store_op *op = LIST_OF(n, struct store_op, link);
        size_t at = place_of(m, op->key);
        if (has(m, at, op->key)) {
            take_out(m, at);
        }
        if (!op->is_delete) {
            put_in(m, at, op);
        }
    }
}

static void on_free(void *back)
{
    struct store_mem *m = back;
    while (m->count > 0) {
        take_out(m, m->count - 1);
    }
    mem_free(m->entries);
    mem_free(m);
}

const struct store_back_ops store_mem_ops = {
    .open = on_open,
    .get = on_get,
    .next = on_next,
    .last = on_last,
    .commit = on_commit,
    .settle = on_settle,
    .free = on_free,
};
