/*
 * Writes of a commit as bytes, and back: read through once before anything is taken.
 */
#include "store/store_journal.h"

#include "base/check.h"
#include "base/rd.h"
#include "base/wr.h"
#include "store/store_check.h"

#define SHARED_MAX 255 /* a byte */
#define HEAD_MAX 12    /* of a write, beside key and value: a byte and two varints */

/* ---- Writing ---- */

static size_t shared(struct span a, struct span b)
{
    size_t n = 0;
    while (n < a.len && n < b.len && n < SHARED_MAX && a.ptr[n] == b.ptr[n]) {
        n++;
    }
    return n;
}

static void write_op(struct buf *out, struct span before, const struct store_op *op)
{
    uint8_t bytes[HEAD_MAX + STORE_WHOLE_MAX];
    const size_t common = shared(before, op->key);
    const struct span rest = span_slice(op->key, common, op->key.len);
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    wr_u8(&w, (uint8_t)common);
    wr_prefixed(&w, rest);
    const struct span value = op->is_delete ? span_empty() : op->value;
    wr_varint(&w, op->is_delete ? 0 : 1 + (uint64_t)value.len);
    CHECK(wr_finish(&w) == 0);
    CHECK(buf_append(out, wr_span(&w)) == 0 && buf_append(out, value) == 0);
}

void store_journal_write(struct buf *out, const struct store_batch *batch)
{
    const uint8_t version = STORE_JOURNAL_VERSION;
    struct span before = span_empty();
    CHECK(list_is_empty(&batch->ranges));
    CHECK(buf_append(out, span_of(&version, 1)) == 0);
    for (const struct store_op *op = batch->first[0]; op != NULL; op = op->next[0]) {
        write_op(out, before, op);
        before = op->key;
    }
}

/* ---- Reading ---- */

/* `key` holds the one before, and becomes the next; false: there is none, or it is damaged. */
static bool read_op(struct rd *r, struct store_whole *key, bool *is_delete, struct span *value)
{
    struct store_whole next = *key;
    const size_t common = rd_u8(r);
    const struct span rest = rd_prefixed(r, sizeof next.bytes - 1);
    const uint64_t size = rd_varint(r);
    *is_delete = size == 0;
    *value = rd_bytes(r, *is_delete || size > 1 + STORE_VALUE_MAX ? 0 : (size_t)size - 1);
    if (r->failed || size > 1 + STORE_VALUE_MAX || common > key->len ||
        common + rest.len >= sizeof next.bytes) {
        r->failed = true;
        return false;
    }
    next.len = common;
    for (size_t i = 0; i < rest.len; i++) {
        next.bytes[next.len++] = rest.ptr[i];
    }
    r->failed = span_compare(store_whole_span(key), store_whole_span(&next)) >= 0 ||
                !store_check_is_key(store_whole_span(&next)) || next.bytes[0] == STORE_BLOCKS ||
                (!*is_delete && !store_check_is_sound(store_whole_span(&next), *value));
    *key = next;
    return !r->failed;
}

/* All of it, into `batch` unless that is NULL. */
static int read_all(struct store_batch *batch, struct span bytes)
{
    struct store_whole key = {.len = 0};
    struct span value;
    bool is_delete;
    struct rd r;
    rd_init(&r, bytes);
    if (rd_u8(&r) != STORE_JOURNAL_VERSION) {
        return r.failed ? WAVU_ERR_CORRUPT : WAVU_ERR_UNSUPPORTED;
    }
    while (rd_left(&r) > 0 && read_op(&r, &key, &is_delete, &value)) {
        if (batch != NULL) {
            store_batch_add(batch, store_whole_span(&key), is_delete, value);
        }
    }
    return rd_finish(&r) < 0 ? WAVU_ERR_CORRUPT : 0;
}

int store_journal_read(struct store_batch *batch, struct span bytes)
{
    int rc = read_all(NULL, bytes);
    return rc < 0 ? rc : read_all(batch, bytes);
}
