/*
 * Entries in one array, ordered by key. Writes arrive when their commit is settled, on the node's
 * thread.
 */
#include "store/store_mem.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "store/store_index.h"

struct entry {
    struct span key; /* in `bytes` */
    struct span value;
    uint8_t bytes[];
};

struct store_mem {
    struct entry **entries; /* owned, ordered */
    size_t count;
    size_t cap;
    struct store_batch none; /* always empty: nothing is written behind */
};

struct store_mem *store_mem_new(void)
{
    struct store_mem *m = mem_new(sizeof *m);
    list_init(&m->none.ranges);
    return m;
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

/* Take out the entries from `from` to before `to`. */
static void take_out(struct store_mem *m, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        mem_free(m->entries[i]);
    }
    if (to > from) {
        memmove(&m->entries[from], &m->entries[to], (m->count - to) * sizeof(struct entry *));
    }
    m->count -= to - from;
}

static void put_in(struct store_mem *m, size_t at, struct span key, struct span value)
{
    struct entry *e = mem_new_raw(sizeof *e + key.len + value.len);
    memcpy(e->bytes, key.ptr, key.len);
    if (value.len > 0) {
        memcpy(e->bytes + key.len, value.ptr, value.len);
    }
    e->key = span_of(e->bytes, key.len);
    e->value = span_of(e->bytes + key.len, value.len);
    if (m->count == m->cap) {
        m->cap = m->cap == 0 ? 8 : m->cap + m->cap / 2;
        m->entries = mem_resize(m->entries, m->cap * sizeof(struct entry *));
    }
    memmove(&m->entries[at + 1], &m->entries[at], (m->count - at) * sizeof(struct entry *));
    m->entries[at] = e;
    m->count++;
}

/* Write or delete one. */
static void set(struct store_mem *m, struct span key, bool is_delete, struct span value)
{
    size_t at = place_of(m, key);
    if (has(m, at, key)) {
        take_out(m, at, at + 1);
    }
    if (!is_delete) {
        put_in(m, at, key, value);
    }
}

static void delete_range(struct store_mem *m, struct span from, struct span to)
{
    take_out(m, place_of(m, from), place_of(m, to));
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

static int on_prev(void *back, struct span prefix, struct span before, struct buf *key,
                   struct buf *value)
{
    const struct store_mem *m = back;
    size_t at = place_of(m, before);
    if (at == 0 || !span_has_prefix(m->entries[at - 1]->key, prefix)) {
        return WAVU_ERR_NOT_FOUND;
    }
    int rc = buf_append(key, m->entries[at - 1]->key);
    return rc < 0 || value == NULL ? rc : buf_append(value, m->entries[at - 1]->value);
}

static int on_hold(void *back)
{
    (void)back; /* nobody writes while the node's thread reads */
    return 0;
}

static void on_let_go(void *back)
{
    (void)back;
}

static const struct store_batch *on_late(void *back)
{
    const struct store_mem *m = back;
    return &m->none;
}

static int io_put(void *back, struct span key, struct span value)
{
    set(back, key, false, value);
    return 0;
}

static int io_remove(void *back, struct span key)
{
    set(back, key, true, span_empty());
    return 0;
}

static int on_commit(void *back, const struct store_batch *batch)
{
    (void)back; /* readers are on another thread: on_settle does it */
    (void)batch;
    return 0;
}

static void on_settle(void *back, struct store_batch *batch)
{
    struct store_mem *m = back;
    const struct list *ranges = &batch->ranges;
    for (struct list *n = list_next(ranges, ranges); n != NULL; n = list_next(ranges, n)) {
        const struct store_range *range = LIST_OF(n, struct store_range, link);
        delete_range(m, store_whole_span(&range->from), store_whole_span(&range->to));
    }
    for (const struct store_op *op = batch->first[0]; op != NULL; op = op->next[0]) {
        set(m, op->key, op->is_delete, op->value);
    }
    const struct store_index_io io = {
        .back = m, .next = on_next, .prev = on_prev, .put = io_put, .remove = io_remove};
    CHECK(store_index_settle(&io, batch) == 0);
}

static void on_recover(void *back)
{
    (void)back; /* its commits do not fail */
}

static int on_check(void *back, struct store_whole *at, struct store_progress *p)
{
    (void)back; /* no disk, no damage */
    (void)at;
    p->is_done = true;
    return 0;
}

static int on_copy(void *back, store_each *each, void *context)
{
    (void)back; /* the node's thread writes beside a job */
    (void)each;
    (void)context;
    return WAVU_ERR_UNSUPPORTED;
}

static void on_free(void *back)
{
    struct store_mem *m = back;
    take_out(m, 0, m->count);
    mem_free(m->entries);
    mem_free(m);
}

const struct store_back_ops store_mem_ops = {
    .open = on_open,
    .get = on_get,
    .next = on_next,
    .prev = on_prev,
    .hold = on_hold,
    .let_go = on_let_go,
    .late = on_late,
    .commit = on_commit,
    .settle = on_settle,
    .recover = on_recover,
    .check = on_check,
    .copy = on_copy,
    .free = on_free,
};
