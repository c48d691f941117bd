/*
 * Reference-counted bytes for queues, and a queue of them.
 *
 * One copy is made when bytes enter a chunk; from then on slices of it travel without copying.
 */
#ifndef BASE_CHUNK_H
#define BASE_CHUNK_H

#include "base/span.h"
#include "wavu/api.h"

/* What chunk_queue_append allocates at least and, beyond the bytes at hand, at most. A byte alone
 * then costs about 150 bytes with node, header and allocator; from CHUNK_ROOM_MIN bytes on at most
 * thrice itself. The upper end is an eighth of a Noise message: no queue holds more than that
 * unused. */
#define CHUNK_ROOM_MIN 64
#define CHUNK_ROOM_MAX 8192

struct chunk; /* opaque; counted; of one thread */

/** A new chunk with a copy of `s` and one reference. */
WARN_UNUSED struct chunk *chunk_new(struct span s);

/** A new chunk of `len` uninitialised bytes and one reference, to be filled through chunk_bytes. */
WARN_UNUSED struct chunk *chunk_new_raw(size_t len);

/** The bytes. To be written only by who holds the sole reference. */
struct span_mut chunk_bytes(struct chunk *c);

struct chunk *chunk_ref(struct chunk *c);

/** Drop one reference; the last one frees. NULL is fine. */
void chunk_unref(struct chunk *c);

struct chunk_node; /* one slice in a queue */

/* A first-in first-out queue of slices of chunks. Zeroed memory is an empty queue. */
struct chunk_queue {
    struct chunk_node *first;
    struct chunk_node *last;
    size_t len; /* bytes queued */
};

/** Append bytes [offset, offset+len) of `c`, taking one reference of the caller's. */
void chunk_queue_push_take(struct chunk_queue *q, struct chunk *c, size_t offset, size_t len);

/**
 * Append a copy of `s`: first into the room behind the last slice, when the queue holds the sole
 * reference of its chunk, and the rest into one new chunk.
 */
void chunk_queue_append(struct chunk_queue *q, struct span s);

/** The first contiguous bytes; empty when the queue is. Borrowed until the next change. */
struct span chunk_queue_front(const struct chunk_queue *q);

/** Describe up to `max` slices from the front in `out`; returns how many. For gathering writes. */
size_t chunk_queue_gather(const struct chunk_queue *q, struct span *out, size_t max);

/** Drop `count` bytes (at most len) from the front. */
void chunk_queue_drop(struct chunk_queue *q, size_t count);

/** Drop everything. */
void chunk_queue_clear(struct chunk_queue *q);

#endif
