/*
 * Counted bytes and queues of slices of them.
 *
 * Bytes arrive by one copy (chunk_new, chunk_queue_append) or are filled in place by who made the
 * chunk; they leave as slices for gathering writes. One thread owns a node, so counts are plain.
 */
#include "base/chunk.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

struct chunk {
    size_t len;       /* bytes that follow */
    size_t ref_count; /* 0 only while being freed */
    uint8_t bytes[];
};

/* One slice; holds one reference of its chunk. Never empty. */
struct chunk_node {
    struct chunk_node *next;
    struct chunk *chunk;
    size_t offset;
    size_t len;
};

struct chunk *chunk_new(struct span s)
{
    struct chunk *c = chunk_new_raw(s.len);

    if (s.len > 0) {
        memcpy(c->bytes, s.ptr, s.len);
    }
    return c;
}

struct chunk *chunk_new_raw(size_t len)
{
    CHECK(len <= SIZE_MAX - sizeof(struct chunk));
    struct chunk *c = mem_new_raw(sizeof(*c) + len);

    c->len = len;
    c->ref_count = 1;
    return c;
}

struct span_mut chunk_bytes(struct chunk *c)
{
    return span_mut_of(c->bytes, c->len);
}

struct chunk *chunk_ref(struct chunk *c)
{
    CHECK(c->ref_count > 0 && c->ref_count < SIZE_MAX);
    c->ref_count++;
    return c;
}

void chunk_unref(struct chunk *c)
{
    if (c == NULL) {
        return;
    }
    CHECK(c->ref_count > 0);
    c->ref_count--;
    if (c->ref_count == 0) {
        mem_free(c);
    }
}

void chunk_queue_push_take(struct chunk_queue *q, struct chunk *c, size_t offset, size_t len)
{
    CHECK(offset <= c->len && len <= c->len - offset);
    CHECK(len <= SIZE_MAX - q->len);
    if (len == 0) {
        chunk_unref(c);
        return;
    }
    struct chunk_node *node = mem_new_raw(sizeof(*node));

    *node = (struct chunk_node){.chunk = c, .offset = offset, .len = len};
    if (q->last == NULL) {
        q->first = node;
    } else {
        q->last->next = node;
    }
    q->last = node;
    q->len += len;
}

/*
 * Put as much of `s` as there is room behind the last slice there; return how much that was. With a
 * sole reference nobody else sees what lies behind the slice, whoever filled the chunk.
 */
static size_t merge(struct chunk_queue *q, struct span s)
{
    struct chunk_node *last = q->last;

    if (last == NULL || last->chunk->ref_count != 1) {
        return 0;
    }
    size_t end = last->offset + last->len;
    size_t room = last->chunk->len - end;
    size_t count = s.len < room ? s.len : room;

    if (count > 0) {
        memcpy(last->chunk->bytes + end, s.ptr, count);
        last->len += count;
        q->len += count;
    }
    return count;
}

/* Bytes to allocate for `len` more: room for as much again as waits already, so that a trickle of
 * small writes costs amortised constant time and a queue at most doubles what it holds. */
static size_t roomy(const struct chunk_queue *q, size_t len)
{
    size_t size = q->len;

    size = size < CHUNK_ROOM_MIN ? CHUNK_ROOM_MIN : size;
    size = size > CHUNK_ROOM_MAX ? CHUNK_ROOM_MAX : size;
    return size < len ? len : size;
}

void chunk_queue_append(struct chunk_queue *q, struct span s)
{
    CHECK(s.len <= SIZE_MAX - q->len);
    size_t done = merge(q, s);

    s = span_slice(s, done, s.len);
    if (s.len > 0) {
        struct chunk *c = chunk_new_raw(roomy(q, s.len));

        memcpy(c->bytes, s.ptr, s.len);
        chunk_queue_push_take(q, c, 0, s.len);
    }
}

static struct span node_span(const struct chunk_node *node)
{
    return span_of(node->chunk->bytes + node->offset, node->len);
}

struct span chunk_queue_front(const struct chunk_queue *q)
{
    return q->first == NULL ? span_empty() : node_span(q->first);
}

size_t chunk_queue_gather(const struct chunk_queue *q, struct span *out, size_t max)
{
    size_t count = 0;

    for (const struct chunk_node *n = q->first; n != NULL && count < max; n = n->next) {
        out[count] = node_span(n);
        count++;
    }
    return count;
}

static void drop_node(struct chunk_queue *q)
{
    struct chunk_node *node = q->first;

    q->first = node->next;
    if (q->first == NULL) {
        q->last = NULL;
    }
    q->len -= node->len;
    chunk_unref(node->chunk);
    mem_free(node);
}

void chunk_queue_drop(struct chunk_queue *q, size_t count)
{
    CHECK(count <= q->len);
    while (count > 0) {
        struct chunk_node *node = q->first;

        if (count < node->len) {
            node->offset += count;
            node->len -= count;
            q->len -= count;
            return;
        }
        count -= node->len;
        drop_node(q);
    }
}

void chunk_queue_clear(struct chunk_queue *q)
{
    chunk_queue_drop(q, q->len);
}
