/*
 * Writes into bytes that the caller owns: codecs above put numbers, spans and texts in order and
 * ask once at the end whether it all fitted.
 *
 * Every write ends in write_raw, the one place that compares with the room and keeps the failure. A
 * failed writer never touches `out` again, it only counts; so a writer over nothing measures.
 */
#include "base/wr.h"

#include <string.h>

#include "base/varint.h"
#include "wavu/err.h"

#define DECIMAL_DIGITS_MAX 20 /* 2^64 - 1 has 20 digits */

void wr_init(struct wr *w, struct span_mut out)
{
    *w = (struct wr){.out = out, .len = 0, .failed = false};
}

/* Append all of `len` bytes or none. */
static void write_raw(struct wr *w, const uint8_t *ptr, size_t len)
{
    if (!w->failed && len > w->out.len - w->len)
        w->failed = true;
    if (!w->failed && len > 0)
        memcpy(w->out.ptr + w->len, ptr, len);
    w->len += len;
}

/* Append `value` in `len` <= 8 bytes, big-endian. */
static void write_be(struct wr *w, uint64_t value, size_t len)
{
    uint8_t bytes[8];
    for (size_t i = len; i > 0; i--) {
        bytes[i - 1] = (uint8_t)value;
        value >>= 8;
    }
    write_raw(w, bytes, len);
}

/* Append `value` in `len` <= 8 bytes, little-endian. */
static void write_le(struct wr *w, uint64_t value, size_t len)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)value;
        value >>= 8;
    }
    write_raw(w, bytes, len);
}

void wr_u8(struct wr *w, uint8_t value)
{
    write_raw(w, &value, 1);
}

void wr_u16be(struct wr *w, uint16_t value)
{
    write_be(w, value, 2);
}

void wr_u32be(struct wr *w, uint32_t value)
{
    write_be(w, value, 4);
}

void wr_u64be(struct wr *w, uint64_t value)
{
    write_be(w, value, 8);
}

void wr_u32le(struct wr *w, uint32_t value)
{
    write_le(w, value, 4);
}

void wr_u64le(struct wr *w, uint64_t value)
{
    write_le(w, value, 8);
}

void wr_bytes(struct wr *w, struct span s)
{
    write_raw(w, s.ptr, s.len);
}

void wr_text(struct wr *w, const char *text)
{
    write_raw(w, (const uint8_t *)text, strlen(text));
}

void wr_varint(struct wr *w, uint64_t value)
{
    uint8_t bytes[VARINT_SIZE_MAX];
    size_t len = varint_encode(value, bytes);
    write_raw(w, bytes, len);
}

void wr_prefixed(struct wr *w, struct span s)
{
    wr_varint(w, s.len);
    write_raw(w, s.ptr, s.len);
}

void wr_decimal(struct wr *w, uint64_t value)
{
    uint8_t digits[DECIMAL_DIGITS_MAX];
    size_t at = sizeof digits;
    do {
        digits[--at] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    write_raw(w, digits + at, sizeof digits - at);
}

void wr_hex(struct wr *w, struct span s)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < s.len; i++) {
        uint8_t pair[2] = {(uint8_t)digits[s.ptr[i] >> 4], (uint8_t)digits[s.ptr[i] & 15]};
        write_raw(w, pair, sizeof pair);
    }
}

struct span wr_span(const struct wr *w)
{
    return w->failed ? span_empty() : span_of(w->out.ptr, w->len);
}

int wr_finish(const struct wr *w)
{
    return w->failed ? WAVU_ERR_LIMIT : 0;
}

int wr_finish_text(struct wr *w)
{
    if (!w->failed && w->len == w->out.len)
        w->failed = true;
    if (!w->failed)
        w->out.ptr[w->len] = 0;
    else if (w->out.len > 0)
        w->out.ptr[0] = 0; /* who ignores the error prints nothing rather than half a text */
    return wr_finish(w);
}
