/*
 * The way out of a connection: a queue of records, each with room for a head and a tail, so that
 * the layer above writes its bytes once and the layer below seals them in place.
 *
 * Small writes of many streams gather in the open record; a record is closed when full or when the
 * connection seals it in the turn's out phase. Records are taken from the heap when needed and
 * given back when sent: an idle queue holds nothing.
 */
#ifndef MUX_FRAME_H
#define MUX_FRAME_H

#include "base/span.h"

#define FRAME_SMALL_SIZE 1024 /* body of a record opened by a small write */
#define FRAME_GATHER_MAX 16   /* pieces of one writev */

struct frame; /* one record; opaque */

/* Spare records shared by all connections of a node. */
struct frame_pool {
    struct frame *spare; /* big ones */
    size_t spare_count;
    size_t spare_max;
};

void frame_pool_init(struct frame_pool *pool, size_t spare_max);
void frame_pool_clear(struct frame_pool *pool);

struct frame_queue {
    struct frame_pool *pool; /* borrowed */
    struct frame *first;     /* oldest: sealed ones first, the open one last */
    struct frame *last;
    struct frame *unsealed; /* oldest one not yet sealed; NULL when all are */
    size_t open_bytes;      /* written and not yet sealed */
    size_t sealed_bytes;    /* sealed and not yet sent, with heads and tails */
    uint32_t body_max;      /* largest body of one record */
    uint16_t head;          /* room before the body */
    uint16_t tail;          /* room behind it */
};

void frame_queue_init(struct frame_queue *q, struct frame_pool *pool, size_t head, size_t body_max,
                      size_t tail);
void frame_queue_clear(struct frame_queue *q);

/** Room for at least `min` contiguous body bytes and, when the open record has it, up to `want`;
 * opens a record when the open one has less than `min`: a small one when `want` fits and no other
 * waits to be sealed. 0 < min <= want, min <= body_max. Write there, then frame_commit. */
struct span_mut frame_reserve(struct frame_queue *q, size_t min, size_t want);

/** `len` bytes of the last reservation were written. */
void frame_commit(struct frame_queue *q, size_t len);

/** The body of the oldest unsealed record, or an empty span. Seal it in place, writing `head` bytes
 * before and `tail` bytes behind it, then call frame_sealed (before the next one). */
struct span_mut frame_unsealed(struct frame_queue *q);
void frame_sealed(struct frame_queue *q);

/** Describe sealed, unsent bytes as at most `max` pieces; returns how many. */
size_t frame_gather(const struct frame_queue *q, struct span *pieces, size_t max);

/** `len` sealed bytes were sent (at most sealed_bytes): free what is done. */
void frame_sent(struct frame_queue *q, size_t len);

static inline size_t frame_queue_bytes(const struct frame_queue *q)
{
    return q->open_bytes + q->sealed_bytes;
}

#endif
