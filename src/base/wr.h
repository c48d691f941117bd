/*
 * Writer into caller's bytes with a sticky error: write everything, check once.
 *
 * A write that does not fit writes nothing and sets `failed`; `len` then goes on counting what
 * would have been needed, so that a writer over an empty span measures.
 */
#ifndef BASE_WR_H
#define BASE_WR_H

#include "base/span.h"
#include "wavu/err.h"

struct wr {
    struct span_mut out; /* borrowed */
    size_t len;          /* bytes written, or needed after a failure */
    bool failed;
};

void wr_init(struct wr *w, struct span_mut out);
void wr_u8(struct wr *w, uint8_t value);
void wr_u16be(struct wr *w, uint16_t value);
void wr_u32be(struct wr *w, uint32_t value);
void wr_u64be(struct wr *w, uint64_t value);
void wr_u32le(struct wr *w, uint32_t value);
void wr_u64le(struct wr *w, uint64_t value);
void wr_bytes(struct wr *w, struct span s);

/** The bytes of `text` without its NUL. */
void wr_text(struct wr *w, const char *text);

/** Minimal unsigned varint; value < 2^63. */
void wr_varint(struct wr *w, uint64_t value);

/** Varint length, then the bytes. */
void wr_prefixed(struct wr *w, struct span s);

/** Decimal digits of `value`. */
void wr_decimal(struct wr *w, uint64_t value);

/** Lower-case hexadecimal, two digits a byte. */
void wr_hex(struct wr *w, struct span s);

/** What was written; empty after a failure. */
struct span wr_span(const struct wr *w);

/** 0, or WAVU_ERR_LIMIT when it did not fit. */
WARN_UNUSED int wr_finish(const struct wr *w);

/** Write a terminating NUL behind a text without counting it in len. Returns as wr_finish. */
WARN_UNUSED int wr_finish_text(struct wr *w);

#endif
