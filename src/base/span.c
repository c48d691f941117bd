/*
 * Comparing and cutting of borrowed bytes. Nothing here allocates or keeps a pointer.
 *
 * The C library's mem functions may not be given NULL, even for no bytes, and an empty span may be
 * NULL: hence the guards.
 */
#include "base/span.h"

#include <string.h>

struct span span_from_text(const char *text)
{
    return span_of(text, strlen(text));
}

/* Cut `*offset` and `*len` down to what lies within `total` bytes. */
static void clamp(size_t total, size_t *offset, size_t *len)
{
    if (*offset > total) {
        *offset = total;
    }
    if (*len > total - *offset) {
        *len = total - *offset;
    }
}

struct span span_slice(struct span s, size_t offset, size_t len)
{
    clamp(s.len, &offset, &len);
    return len == 0 ? span_empty() : span_of(s.ptr + offset, len);
}

struct span_mut span_mut_slice(struct span_mut s, size_t offset, size_t len)
{
    clamp(s.len, &offset, &len);
    return len == 0 ? span_mut_of(NULL, 0) : span_mut_of(s.ptr + offset, len);
}

bool span_has_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    return memcmp(a, b, len) == 0;
}

int span_compare(struct span a, struct span b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);

    if (order == 0) {
        order = (a.len > b.len) - (a.len < b.len);
    }
    return order;
}

bool span_has_prefix(struct span s, struct span prefix)
{
    return s.len >= prefix.len && span_is_equal(span_slice(s, 0, prefix.len), prefix);
}

size_t span_find(struct span s, size_t from, uint8_t byte)
{
    struct span rest = span_slice(s, from, s.len);
    const uint8_t *found = rest.len == 0 ? NULL : memchr(rest.ptr, byte, rest.len);

    return found == NULL ? s.len : (size_t)(found - s.ptr);
}
