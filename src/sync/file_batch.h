/*
 * Sealed pieces on their way from a job to a stream, one behind the other, in memory that is used
 * again for the next ones. A part of file_serve.
 */
#ifndef SYNC_FILE_BATCH_H
#define SYNC_FILE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILE_BATCH_PIECES_MAX 16
#define FILE_BATCH_SPARES_MAX 4 /* kept for the next ones */

struct file_batch {
    uint32_t count;
    uint32_t numbers[FILE_BATCH_PIECES_MAX];
    size_t offsets[FILE_BATCH_PIECES_MAX + 1]; /* of piece and tag; the last: the end */
    size_t size;                               /* of all of it, in memory */
    uint8_t bytes[];
};

/* Zeroed memory is an empty pool. */
struct file_batch_pool {
    size_t bytes; /* of batches that are out */
    struct file_batch *spares[FILE_BATCH_SPARES_MAX];
};

/** An empty batch with `size` bytes for pieces: a spare one, whose pages are there already, or a
 * new one. */
struct file_batch *file_batch_take(struct file_batch_pool *p, size_t size);

/** Give it back; NULL is fine. `is_kept`: as a spare one, if there is room. */
void file_batch_give(struct file_batch_pool *p, struct file_batch **batch, bool is_kept);

/** Free the spare ones. */
void file_batch_forget(struct file_batch_pool *p);

#endif
