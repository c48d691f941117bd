/*
 * Reads borrowed bytes that arrived as one whole: parsers above (pb, multiaddr, noise, yamux heads)
 * pull numbers and spans out of them and ask once at the end whether all went well.
 *
 * Nothing is read beyond `in`: every read goes through rd_bytes, which compares with what is left.
 */
#include "base/rd.h"

#include <string.h>

#include "base/varint.h"
#include "wavu/err.h"

void rd_init(struct rd *r, struct span in)
{
    *r = (struct rd){.in = in, .at = 0, .failed = false};
}

size_t rd_left(const struct rd *r)
{
    return r->failed ? 0 : r->in.len - r->at;
}

struct span rd_bytes(struct rd *r, size_t len)
{
    if (r->failed || len > r->in.len - r->at) {
        r->failed = true;
        return span_empty();
    }
    if (len == 0)
        return span_empty(); /* no arithmetic on a pointer that may be NULL */
    struct span s = span_of(r->in.ptr + r->at, len);
    r->at += len;
    return s;
}

void rd_copy(struct rd *r, uint8_t *out, size_t len)
{
    if (len == 0)
        return;
    struct span s = rd_bytes(r, len);
    if (s.len == len)
        memcpy(out, s.ptr, len);
    else
        memset(out, 0, len);
}

/* The next `len` <= 8 bytes as a big-endian number. */
static uint64_t read_be(struct rd *r, size_t len)
{
    struct span s = rd_bytes(r, len);
    uint64_t value = 0;
    for (size_t i = 0; i < s.len; i++)
        value = value << 8 | s.ptr[i];
    return value;
}

/* The next `len` <= 8 bytes as a little-endian number. */
static uint64_t read_le(struct rd *r, size_t len)
{
    struct span s = rd_bytes(r, len);
    uint64_t value = 0;
    for (size_t i = s.len; i > 0; i--)
        value = value << 8 | s.ptr[i - 1];
    return value;
}

uint8_t rd_u8(struct rd *r)
{
    return (uint8_t)read_be(r, 1);
}

uint16_t rd_u16be(struct rd *r)
{
    return (uint16_t)read_be(r, 2);
}

uint32_t rd_u32be(struct rd *r)
{
    return (uint32_t)read_be(r, 4);
}

uint64_t rd_u64be(struct rd *r)
{
    return read_be(r, 8);
}

uint32_t rd_u32le(struct rd *r)
{
    return (uint32_t)read_le(r, 4);
}

uint64_t rd_u64le(struct rd *r)
{
    return read_le(r, 8);
}

uint64_t rd_varint(struct rd *r)
{
    if (r->failed)
        return 0;
    uint64_t value = 0;
    size_t used = 0;
    struct span rest = span_of(r->in.ptr, 0);
    if (r->at < r->in.len)
        rest = span_of(r->in.ptr + r->at, r->in.len - r->at);
    if (varint_decode(rest, &value, &used) != 0) {
        r->failed = true; /* the input is whole: an unfinished varint is as wrong as a bad one */
        return 0;
    }
    r->at += used;
    return value;
}

struct span rd_prefixed(struct rd *r, size_t max)
{
    uint64_t len = rd_varint(r);
    if (len > max) {
        r->failed = true;
        return span_empty();
    }
    return rd_bytes(r, (size_t)len);
}

int rd_finish(const struct rd *r)
{
    return !r->failed && r->at == r->in.len ? 0 : WAVU_ERR_PROTO;
}
