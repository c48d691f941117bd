/*
 * Records on their way out. Arrive: bytes of many streams, written into the open record by whoever
 * reserved room there. Leave: whole records, sealed in place by the layer below, then gathered and
 * sent.
 *
 * The queue is one list in the order of the wire: sealed records, then the unsealed ones, of which
 * only the last takes more. A record is one allocation: the struct, room for the head, the body,
 * room for the tail.
 */
#include "mux/frame.h"

#include "base/check.h"
#include "base/mem.h"

struct frame {
    struct frame *next; /* in a queue, or in the pool */
    size_t room;        /* bytes of `bytes`: head, body and tail */
    size_t body_size;   /* of which the body may take */
    size_t len;         /* bytes of body written */
    size_t sent;        /* bytes of head, body and tail that are gone */
    bool is_sealed;
    uint8_t bytes[];
};

/* ---- Records and their pool ---- */

void frame_pool_init(struct frame_pool *pool, size_t spare_max)
{
    *pool = (struct frame_pool){.spare_max = spare_max};
}

void frame_pool_clear(struct frame_pool *pool)
{
    while (pool->spare != NULL) {
        struct frame *f = pool->spare;
        pool->spare = f->next;
        mem_free(f);
    }
    pool->spare_count = 0;
}

/* A new record of `room` bytes, or a spare one of at least as many when `pool` is given. */
static struct frame *frame_new(struct frame_pool *pool, size_t room)
{
    struct frame *f = pool != NULL ? pool->spare : NULL;
    if (f != NULL && f->room >= room) {
        pool->spare = f->next;
        pool->spare_count--;
    } else {
        f = mem_new_raw(sizeof *f + room);
        f->room = room;
    }
    f->next = NULL;
    f->len = 0;
    f->sent = 0;
    f->is_sealed = false;
    return f;
}

/* Keep a big record for reuse while few are kept; free all others. */
static void frame_free(struct frame_queue *q, struct frame *f)
{
    struct frame_pool *pool = q->pool;
    size_t big = (size_t)q->head + q->body_max + q->tail;
    if (f->room < big || big <= FRAME_SMALL_SIZE || pool->spare_count >= pool->spare_max) {
        mem_free(f);
        return;
    }
    f->next = pool->spare;
    pool->spare = f;
    pool->spare_count++;
}

/* ---- The queue ---- */

void frame_queue_init(struct frame_queue *q, struct frame_pool *pool, size_t head, size_t body_max,
                      size_t tail)
{
    CHECK(body_max > 0 && body_max <= UINT32_MAX / 2 && head <= UINT16_MAX && tail <= UINT16_MAX);
    *q = (struct frame_queue){.pool = pool,
                              .body_max = (uint32_t)body_max,
                              .head = (uint16_t)head,
                              .tail = (uint16_t)tail};
}

void frame_queue_clear(struct frame_queue *q)
{
    while (q->first != NULL) {
        struct frame *f = q->first;
        q->first = f->next;
        frame_free(q, f);
    }
    q->last = NULL;
    q->unsealed = NULL;
    q->open_bytes = 0;
    q->sealed_bytes = 0;
}

/* Take out the last record, which nothing was written into. */
static void frame_drop_last(struct frame_queue *q)
{
    struct frame *f = q->last;
    struct frame *before = NULL;
    for (struct frame *at = q->first; at != f; at = at->next) {
        before = at;
    }
    if (before == NULL) {
        q->first = NULL;
    } else {
        before->next = NULL;
    }
    q->last = before;
    if (q->unsealed == f) {
        q->unsealed = NULL;
    }
    frame_free(q, f);
}

/* Append a record for a write of `want` bytes. A second record before sealing means that much is on
 * its way: then a big one at once. A spare big one is not spent on a few bytes. */
static struct frame *frame_open(struct frame_queue *q, size_t want)
{
    bool is_small = want <= FRAME_SMALL_SIZE && q->unsealed == NULL;
    size_t body = is_small && q->body_max > FRAME_SMALL_SIZE ? FRAME_SMALL_SIZE : q->body_max;
    struct frame *f = frame_new(is_small ? NULL : q->pool, q->head + body + q->tail);
    f->body_size = body;
    if (q->last == NULL) {
        q->first = f;
    } else {
        q->last->next = f;
    }
    q->last = f;
    if (q->unsealed == NULL) {
        q->unsealed = f;
    }
    return f;
}

struct span_mut frame_reserve(struct frame_queue *q, size_t min, size_t want)
{
    CHECK(min > 0 && min <= want && min <= q->body_max);
    struct frame *f = q->last;
    if (f != NULL && !f->is_sealed && f->body_size - f->len < min && f->len == 0) {
        frame_drop_last(q);
        f = q->last;
    }
    if (f == NULL || f->is_sealed || f->body_size - f->len < min) {
        f = frame_open(q, want);
    }
    size_t room = f->body_size - f->len;
    return span_mut_of(f->bytes + q->head + f->len, room < want ? room : want);
}

void frame_commit(struct frame_queue *q, size_t len)
{
    struct frame *f = q->last;
    CHECK(f != NULL && !f->is_sealed && len <= f->body_size - f->len);
    f->len += len;
    q->open_bytes += len;
}

struct span_mut frame_unsealed(struct frame_queue *q)
{
    struct frame *f = q->unsealed;
    if (f == NULL || f->len == 0) {
        return span_mut_of(NULL, 0); /* only the last record can be empty */
    }
    return span_mut_of(f->bytes + q->head, f->len);
}

void frame_sealed(struct frame_queue *q)
{
    struct frame *f = q->unsealed;
    CHECK(f != NULL && f->len > 0);
    f->is_sealed = true;
    q->open_bytes -= f->len;
    q->sealed_bytes += q->head + f->len + q->tail;
    q->unsealed = f->next;
}

size_t frame_gather(const struct frame_queue *q, struct span *pieces, size_t max)
{
    size_t count = 0;
    for (const struct frame *f = q->first; f != NULL && f->is_sealed && count < max; f = f->next) {
        pieces[count++] = span_of(f->bytes + f->sent, q->head + f->len + q->tail - f->sent);
    }
    return count;
}

void frame_sent(struct frame_queue *q, size_t len)
{
    CHECK(len <= q->sealed_bytes);
    q->sealed_bytes -= len;
    while (len > 0) {
        struct frame *f = q->first;
        CHECK(f != NULL && f->is_sealed);
        size_t left = q->head + f->len + q->tail - f->sent;
        if (len < left) {
            f->sent += len;
            return;
        }
        len -= left;
        q->first = f->next;
        if (q->last == f) {
            q->last = NULL;
        }
        frame_free(q, f);
    }
}
