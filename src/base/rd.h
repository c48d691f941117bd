/*
 * Reader with a sticky error: read everything, check once with rd_finish or `rd.failed`.
 *
 * After a failure every read returns zero or an empty span.
 */
#ifndef BASE_RD_H
#define BASE_RD_H

#include "base/span.h"
#include "wavu/err.h"

struct rd {
    struct span in; /* borrowed */
    size_t at;      /* next byte to read */
    bool failed;
};

void rd_init(struct rd *r, struct span in);
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16be(struct rd *r);
uint32_t rd_u32be(struct rd *r);
uint64_t rd_u64be(struct rd *r);
uint32_t rd_u32le(struct rd *r);
uint64_t rd_u64le(struct rd *r);

/** `len` bytes, borrowed from the input. */
struct span rd_bytes(struct rd *r, size_t len);

/** Copy `len` bytes to `out`, or zeros after a failure. */
void rd_copy(struct rd *r, uint8_t *out, size_t len);

/** Unsigned varint as multiformats define it: minimal form, at most 9 bytes (63 bits). */
uint64_t rd_varint(struct rd *r);

/** Varint length, then that many bytes, at most `max`. */
struct span rd_prefixed(struct rd *r, size_t max);

size_t rd_left(const struct rd *r);

/** 0 when everything was read without failure and nothing is left, else WAVU_ERR_PROTO. */
WARN_UNUSED int rd_finish(const struct rd *r);

#endif
