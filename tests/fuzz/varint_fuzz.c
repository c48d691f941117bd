/*
 * Varints: what decodes encodes to the same bytes, and rd, wr and pb agree with varint on it.
 */
#include "base/varint.h"

#include <string.h>

#include "base/check.h"
#include "base/pb.h"
#include "base/rd.h"
#include "base/wr.h"
#include "wavu/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Decode one varint at the start of `in`; returns the bytes to go on by. */
static size_t try_one(struct span in)
{
    uint64_t value = 0;
    size_t used = 0;
    int rc = varint_decode(in, &value, &used);
    struct rd r;
    rd_init(&r, in);
    uint64_t read = rd_varint(&r);
    CHECK(r.failed == (rc != 0));
    CHECK(read == value);
    if (rc != 0) {
        CHECK(rc == WAVU_ERR_PROTO || rc == WAVU_ERR_AGAIN);
        CHECK(rc == WAVU_ERR_PROTO || in.len < VARINT_SIZE_MAX);
        return 1;
    }
    uint8_t out[VARINT_SIZE_MAX];
    CHECK(varint_encode(value, out) == used && varint_size(value) == used);
    CHECK(memcmp(out, in.ptr, used) == 0);

    /* Protobuf's reader is laxer, never different. */
    uint8_t field[1 + VARINT_SIZE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(field, sizeof field));
    wr_u8(&w, 0x08);
    wr_varint(&w, value);
    struct pb p;
    struct pb_field f;
    pb_init(&p, wr_span(&w));
    CHECK(pb_next(&p, &f) && f.value == value && pb_finish(&p) == 0);
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct span in = span_of(data, len);
    for (size_t at = 0; at < in.len;)
        at += try_one(span_slice(in, at, in.len));
    return 0;
}
