/*
 * Owned bytes that grow up to a maximum.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"
#include "wavu/err.h"

struct buf {
    uint8_t *ptr; /* owned; NULL while cap is 0 */
    size_t len;   /* bytes in use */
    size_t cap;   /* bytes allocated */
    size_t max;   /* bytes it may ever hold */
};

/** Make an empty buffer that may hold `max` bytes. Allocates nothing. */
void buf_init(struct buf *b, size_t max);

/** Free the storage; the buffer is empty and usable again with the same maximum. */
void buf_clear(struct buf *b);

/** As buf_clear after overwriting every byte: for secrets. */
void buf_wipe(struct buf *b);

/** Make room for `more` bytes behind len. Returns WAVU_ERR_LIMIT when len + more > max. */
WARN_UNUSED int buf_reserve(struct buf *b, size_t more);

/** Append a copy of `s`. Returns WAVU_ERR_LIMIT and changes nothing when it does not fit. */
WARN_UNUSED int buf_append(struct buf *b, struct span s);

/** Drop `count` bytes (at most len) from the front; gives the storage back when nothing is left. */
void buf_drop_front(struct buf *b, size_t count);

/** As buf_append and buf_drop_front, for secrets: what the storage leaves behind when it grows, and
 * what is behind the rest when something was dropped, is overwritten. `s` is no part of `b`. */
WARN_UNUSED int buf_append_secret(struct buf *b, struct span s);
void buf_drop_secret(struct buf *b, size_t count);

static inline struct span buf_span(const struct buf *b)
{
    return span_of(b->ptr, b->len);
}

#endif
