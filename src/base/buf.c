/*
 * Owned bytes: grow by doubling up to a maximum, give everything back when empty.
 */
#include "base/buf.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "wavu/err.h"

#define CAP_FIRST 64 /* bytes; below that the allocator's own overhead dominates */

/* A plain memset before free is one the compiler may leave out; of this it cannot know what is
 * called. base/ stands below crypto/, whose secret_wipe it therefore cannot use. */
static void *(*const volatile set_all)(void *, int, size_t) = memset;

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_clear(struct buf *b)
{
    mem_free(b->ptr);
    buf_init(b, b->max);
}

void buf_wipe(struct buf *b)
{
    if (b->cap > 0) {
        (void)set_all(b->ptr, 0, b->cap);
    }
    buf_clear(b);
}

int buf_reserve(struct buf *b, size_t more)
{
    CHECK(b->len <= b->cap && b->cap <= b->max);
    if (more > b->max - b->len) {
        return WAVU_ERR_LIMIT;
    }
    size_t need = b->len + more;

    if (need <= b->cap) {
        return 0;
    }
    size_t cap = b->cap > b->max / 2 ? b->max : b->cap * 2;

    cap = cap < CAP_FIRST ? CAP_FIRST : cap;
    cap = cap < need ? need : cap;
    cap = cap > b->max ? b->max : cap;
    b->ptr = mem_resize(b->ptr, cap);
    b->cap = cap;
    return 0;
}

int buf_append(struct buf *b, struct span s)
{
    int rc = buf_reserve(b, s.len);

    if (rc == 0 && s.len > 0) {
        memcpy(b->ptr + b->len, s.ptr, s.len);
        b->len += s.len;
    }
    return rc;
}

void buf_drop_front(struct buf *b, size_t count)
{
    CHECK(count <= b->len);
    if (count == b->len) {
        buf_clear(b);
    } else {
        memmove(b->ptr, b->ptr + count, b->len - count);
        b->len -= count;
    }
}

int buf_append_secret(struct buf *b, struct span s)
{
    if (s.len > b->max - b->len) {
        return WAVU_ERR_LIMIT;
    }
    if (s.len > b->cap - b->len) {
        struct buf old = *b;
        const size_t twice = old.cap < old.max / 2 ? 2 * old.cap : old.max;
        const size_t need = old.len + s.len;

        buf_init(b, old.max);
        CHECK(buf_reserve(b, twice > need ? twice : need) == 0);
        CHECK(buf_append(b, buf_span(&old)) == 0);
        buf_wipe(&old);
    }
    return buf_append(b, s);
}

void buf_drop_secret(struct buf *b, size_t count)
{
    const size_t len = b->len;

    if (count == len) {
        buf_wipe(b);
    } else if (count > 0) {
        buf_drop_front(b, count);
        (void)set_all(b->ptr + b->len, 0, len - b->len);
    }
}
