/*
 * Batches of sealed pieces.
 */
#include "sync/file_batch.h"

#include "base/check.h"
#include "base/mem.h"

struct file_batch *file_batch_take(struct file_batch_pool *p, size_t size)
{
    const size_t whole = sizeof(struct file_batch) + size;
    struct file_batch *b = NULL;

    for (size_t i = 0; i < FILE_BATCH_SPARES_MAX && b == NULL; i++) {
        if (p->spares[i] != NULL && p->spares[i]->size == whole) {
            b = p->spares[i];
            p->spares[i] = NULL;
        }
    }
    b = b != NULL ? b : mem_new_raw(whole);
    b->size = whole;
    b->count = 0;
    b->offsets[0] = 0;
    p->bytes += whole;
    return b;
}

void file_batch_give(struct file_batch_pool *p, struct file_batch **batch, bool is_kept)
{
    size_t i = 0;

    if (*batch == NULL) {
        return;
    }
    CHECK(p->bytes >= (*batch)->size);
    p->bytes -= (*batch)->size;
    while (i < FILE_BATCH_SPARES_MAX && p->spares[i] != NULL) {
        i++;
    }
    if (i < FILE_BATCH_SPARES_MAX && is_kept) {
        p->spares[i] = *batch;
    } else {
        mem_free(*batch);
    }
    *batch = NULL;
}

void file_batch_forget(struct file_batch_pool *p)
{
    for (size_t i = 0; i < FILE_BATCH_SPARES_MAX; i++) {
        mem_free(p->spares[i]);
        p->spares[i] = NULL;
    }
}
