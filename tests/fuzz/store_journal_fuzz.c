/*
 * Rows of the journal: whatever one holds is refused, and nothing of it taken, or read within its
 * bounds; what was read and is written again is read as the same.
 */
#include "base/check.h"
#include "store/store_check.h"
#include "store/store_journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROW_MAX ((size_t)4 * 1024 * 1024)

static void start(struct store_batch *b)
{
    static struct random_seeded seeded;
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    store_batch_init(b, &random);
}

/* Both hold the same, of a form that the database may have. */
static void expect_same(const struct store_batch *a, const struct store_batch *b)
{
    const struct store_op *y = b->first[0];
    for (const struct store_op *x = a->first[0]; x != NULL; x = x->next[0], y = y->next[0]) {
        CHECK(y != NULL && x->is_delete == y->is_delete);
        CHECK(span_is_equal(x->key, y->key) && span_is_equal(x->value, y->value));
        CHECK(store_check_is_key(x->key));
        CHECK(x->is_delete ? x->value.len == 0 : store_check_is_sound(x->key, x->value));
        CHECK(x->next[0] == NULL || span_compare(x->key, x->next[0]->key) < 0);
    }
    CHECK(y == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct store_batch once;
    struct store_batch again;
    struct buf bytes;
    start(&once);
    start(&again);
    buf_init(&bytes, ROW_MAX);
    int rc = store_journal_read(&once, span_of(data, size));
    if (rc == 0) {
        store_journal_write(&bytes, &once);
        CHECK(bytes.len <= size); /* no shorter form of it was there */
        CHECK(store_journal_read(&again, buf_span(&bytes)) == 0);
        expect_same(&once, &again);
    } else {
        CHECK(rc == WAVU_ERR_CORRUPT || rc == WAVU_ERR_UNSUPPORTED);
        CHECK(store_batch_is_empty(&once));
    }
    buf_clear(&bytes);
    store_batch_clear(&once);
    store_batch_clear(&again);
    return 0;
}
