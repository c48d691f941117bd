/*
 * Borrowed bytes. A span is valid until the call that it was given to returns.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const uint8_t *ptr; /* may be NULL when len is 0 */
    size_t len;         /* bytes */
};

struct span_mut {
    uint8_t *ptr;
    size_t len;
};

static inline struct span span_of(const void *ptr, size_t len)
{
    return (struct span){.ptr = ptr, .len = len};
}

static inline struct span_mut span_mut_of(void *ptr, size_t len)
{
    return (struct span_mut){.ptr = ptr, .len = len};
}

static inline struct span span_from_mut(struct span_mut s)
{
    return (struct span){.ptr = s.ptr, .len = s.len};
}

static inline struct span span_empty(void)
{
    return (struct span){.ptr = NULL, .len = 0};
}

/** Bytes of the NUL-terminated `text`, without the NUL. */
struct span span_from_text(const char *text);

/** The part of `s` from `offset` on, at most `len` bytes; empty when offset is past the end. */
struct span span_slice(struct span s, size_t offset, size_t len);

/** As span_slice for mutable bytes. */
struct span_mut span_mut_slice(struct span_mut s, size_t offset, size_t len);

/** `len` equal bytes, of at least one. */
bool span_has_equal(const uint8_t *a, const uint8_t *b, size_t len);

/** Equal length and bytes. Not for secrets (crypto/secret.h). What differs in the first byte, as
 * most hashes do, is told without a call. */
static inline bool span_is_equal(struct span a, struct span b)
{
    return a.len == b.len &&
           (a.len == 0 || (a.ptr[0] == b.ptr[0] && span_has_equal(a.ptr, b.ptr, a.len)));
}

/** Lexicographic order, shorter first on a common prefix: negative, 0 or positive. */
int span_compare(struct span a, struct span b);

bool span_has_prefix(struct span s, struct span prefix);

/** Index of the first `byte` at or after `from`, or s.len when there is none. */
size_t span_find(struct span s, size_t from, uint8_t byte);

#endif
