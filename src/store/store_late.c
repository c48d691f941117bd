/*
 * The journal's rows, and what of them waits for its place. What is written twice, after a commit
 * of which nobody knows whether it succeeded, is the same both times.
 */
#include "store/store_late.h"

#include "base/check.h"
#include "store/store_index.h"
#include "store/store_journal.h"

void store_late_init(struct store_late *l)
{
    *l = (struct store_late){.next = 1};
    list_init(&l->rows.ranges); /* it draws nothing before it reads */
}

void store_late_clear(struct store_late *l)
{
    store_batch_clear(&l->rows);
}

/* ---- The journal ---- */

/* Add all that it has. */
static int read_journal(struct store_late *l, struct store_conn *c)
{
    struct buf bytes;
    uint64_t number = 0;
    int rc = 0;
    buf_init(&bytes, STORE_LATE_MAX);
    while (rc == 0) {
        number++;
        bytes.len = 0;
        rc = store_conn_journal_next(c, &number, &bytes);
        rc = rc == WAVU_ERR_LIMIT ? WAVU_ERR_CORRUPT : rc;
        rc = rc < 0 ? rc : store_journal_read(&l->rows, buf_span(&bytes));
        l->next = rc < 0 ? l->next : number + 1;
        l->journal += bytes.len;
    }
    buf_clear(&bytes);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

int store_late_read(struct store_late *l, struct store_conn *c, const struct random *random)
{
    if (l->is_read) {
        return 0;
    }
    store_batch_init(&l->rows, random);
    l->journal = 0;
    int rc = read_journal(l, c);
    if (rc < 0) {
        store_batch_clear(&l->rows);
    }
    l->is_read = rc == 0;
    return rc;
}

static int put_journal(const struct store_late *l, struct store_conn *c,
                       const struct store_batch *batch)
{
    struct buf bytes;
    buf_init(&bytes, STORE_LATE_MAX);
    store_journal_write(&bytes, batch);
    int rc = store_conn_journal_put(c, l->next, buf_span(&bytes));
    buf_clear(&bytes);
    return rc;
}

/* ---- Places ---- */

static int io_next(void *back, struct span prefix, struct span from, struct buf *key,
                   struct buf *value)
{
    return store_conn_next(back, prefix, from, key, value);
}

static int io_prev(void *back, struct span prefix, struct span before, struct buf *key,
                   struct buf *value)
{
    return store_conn_prev(back, prefix, before, key, value);
}

static int io_put(void *back, struct span key, struct span value)
{
    return store_conn_put(back, key, value);
}

static int io_remove(void *back, struct span key)
{
    return store_conn_delete(back, key);
}

static int delete_ranges(struct store_conn *c, const struct store_batch *batch)
{
    const struct list *ranges = &batch->ranges;
    int rc = 0;
    for (struct list *n = list_next(ranges, ranges); rc == 0 && n != NULL;
         n = list_next(ranges, n)) {
        const struct store_range *range = LIST_OF(n, struct store_range, link);
        rc = store_conn_delete_range(c, store_whole_span(&range->from),
                                     store_whole_span(&range->to));
    }
    return rc;
}

static int write_op(struct store_conn *c, const struct store_op *op)
{
    return op->is_delete ? store_conn_delete(c, op->key) : store_conn_put(c, op->key, op->value);
}

/* What a batch does to indexes, but for what the younger one deletes as a range; no words. */
static void add_index_writes(struct store_batch *all, const struct store_batch *from,
                             const struct store_batch *younger)
{
    static const uint8_t space = STORE_INDEXES;
    for (const struct store_op *op = store_batch_next(from, span_of(&space, 1));
         op != NULL && op->key.ptr[0] == space; op = op->next[0]) {
        if (younger == NULL || store_batch_range_of(younger, op->key) == NULL) {
            store_batch_add(all, op->key, op->is_delete, span_empty());
        }
    }
}

/* Bring the indexes up to both at once: what the first one let be folded, the second would strike
 * out. */
static int settle_indexes(struct store_conn *c, const struct store_batch *rows,
                          const struct store_batch *batch)
{
    const struct store_index_io io = {
        .back = c, .next = io_next, .prev = io_prev, .put = io_put, .remove = io_remove};
    struct store_batch all = {.draw = {rows->draw[0], rows->draw[1]}};
    list_init(&all.ranges);
    add_index_writes(&all, rows, batch);
    add_index_writes(&all, batch, NULL);
    int rc = store_index_settle(&io, &all);
    store_batch_clear(&all);
    return rc;
}

/* What waits, and over it the batch, in one order; then the indexes. */
static int write_all(struct store_conn *c, const struct store_batch *rows,
                     const struct store_batch *batch)
{
    const struct store_op *old = rows->first[0];
    const struct store_op *young = batch->first[0];
    int rc = delete_ranges(c, batch);
    while (rc == 0 && (old != NULL || young != NULL)) {
        const int order = old == NULL ? 1 : young == NULL ? -1 : span_compare(old->key, young->key);
        if (order >= 0) {
            rc = write_op(c, young);
            young = young->next[0];
        } else if (store_batch_range_of(batch, old->key) == NULL) {
            rc = write_op(c, old);
        }
        old = order <= 0 ? old->next[0] : old;
    }
    return rc < 0 ? rc : settle_indexes(c, rows, batch);
}

/* ---- A commit ---- */

/* Does the batch wait, too? The same before and after its commit. */
static bool waits(const struct store_late *l, const struct store_batch *batch)
{
    return !batch->is_whole && list_is_empty(&batch->ranges) &&
           l->rows.bytes + batch->bytes <= STORE_LATE_MAX &&
           l->journal + batch->bytes <= STORE_LATE_JOURNAL_MAX;
}

int store_late_write(const struct store_late *l, struct store_conn *c,
                     const struct store_batch *batch)
{
    CHECK(l->is_read);
    if (waits(l, batch)) {
        return put_journal(l, c, batch);
    }
    int rc = write_all(c, &l->rows, batch);
    return rc < 0 ? rc : store_conn_journal_clear(c);
}

void store_late_settle(struct store_late *l, struct store_batch *batch)
{
    if (waits(l, batch)) {
        l->journal += batch->bytes;
        l->next++;
        store_batch_take(&l->rows, batch);
    } else {
        l->journal = 0;
        store_batch_clear(&l->rows);
    }
}

int store_late_put_away(struct store_conn *c, const struct random *random)
{
    struct store_late all;
    struct store_batch none;
    store_late_init(&all);
    none = (struct store_batch){.is_whole = true};
    list_init(&none.ranges);
    int rc = store_conn_begin(c);
    rc = rc < 0 ? rc : store_late_read(&all, c, random);
    rc = rc < 0 ? rc : store_late_write(&all, c, &none);
    rc = rc < 0 ? rc : store_conn_commit(c);
    store_late_clear(&all);
    return rc;
}
