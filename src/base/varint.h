/*
 * Unsigned varint (LEB128, minimal, at most 9 bytes) over incremental input.
 * Source: multiformats unsigned-varint.
 */
#ifndef BASE_VARINT_H
#define BASE_VARINT_H

#include "base/span.h"
#include "wavu/err.h"

#define VARINT_SIZE_MAX 9 /* 63 bits at 7 bits a byte */

/**
 * Decode the varint at the start of `in` into `*value`, its size in bytes into `*used`.
 * Returns WAVU_ERR_AGAIN when `in` ends inside it, WAVU_ERR_PROTO when it is too long or not
 * minimal.
 */
WARN_UNUSED int varint_decode(struct span in, uint64_t *value, size_t *used);

/** Put the minimal form of any `value` to `out`, which has room for 10 bytes; returns the size. For
 * protobuf, whose varints have 64 bits, and by every field that is written: hence inline. */
static inline size_t varint_put(uint64_t value, uint8_t *out)
{
    size_t len = 0;
    while (value >= 0x80) {
        out[len++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    out[len++] = (uint8_t)value;
    return len;
}

/** Encode `value` (< 2^63) to `out` of VARINT_SIZE_MAX bytes; returns the size. */
size_t varint_encode(uint64_t value, uint8_t *out);

/** Bytes that varint_encode would write. */
size_t varint_size(uint64_t value);

#endif
