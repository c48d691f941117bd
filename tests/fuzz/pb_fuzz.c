/*
 * The protobuf cursor: what is read, written again in minimal form, reads the same; and the minimal
 * form written again is itself. Borrowed payloads lie inside the input. Payloads are read as
 * messages too, to a depth.
 */
#include "base/pb.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "wavu/err.h"

#define DEPTH_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void write_field(struct wr *w, const struct pb_field *f)
{
    switch (f->wire) {
    case PB_VARINT:
        pb_write_varint(w, f->number, f->value);
        return;
    case PB_FIXED64:
        pb_write_fixed64(w, f->number, f->value);
        return;
    case PB_FIXED32:
        CHECK(f->value <= UINT32_MAX);
        pb_write_fixed32(w, f->number, (uint32_t)f->value);
        return;
    case PB_BYTES: {
        size_t before = w->len;
        pb_write_bytes(w, f->number, f->bytes);
        CHECK(w->len - before == pb_bytes_size(f->number, f->bytes.len));
        return;
    }
    }
    CHECK(false); /* a wire type outside the enum */
}

static bool is_inside(struct span part, struct span whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

/* Write the fields of `in` to `w`; returns what pb_finish says. */
static int copy(struct span in, struct wr *w)
{
    struct pb p;
    struct pb_field f;
    pb_init(&p, in);
    while (pb_next(&p, &f)) {
        CHECK(f.number >= 1 && f.number < 1u << 29);
        CHECK(is_inside(f.bytes, in));
        CHECK(f.wire == PB_BYTES || f.bytes.len == 0);
        write_field(w, &f);
    }
    int rc = pb_finish(&p);
    CHECK(rc == 0 || rc == WAVU_ERR_PROTO);
    CHECK(!pb_next(&p, &f) && pb_finish(&p) == rc);
    return rc;
}

static void try_message(struct span in, unsigned int depth)
{
    uint8_t *first = mem_new_raw(in.len + 1); /* minimal forms are never longer */
    uint8_t *second = mem_new_raw(in.len + 1);
    struct wr a;
    struct wr b;
    wr_init(&a, span_mut_of(first, in.len));
    wr_init(&b, span_mut_of(second, in.len));
    int rc = copy(in, &a);
    CHECK(wr_finish(&a) == 0);
    CHECK(copy(wr_span(&a), &b) == 0 && wr_finish(&b) == 0);
    CHECK(span_is_equal(wr_span(&a), wr_span(&b)));
    struct pb p;
    struct pb_field f;
    pb_init(&p, in);
    while (rc == 0 && depth < DEPTH_MAX && pb_next(&p, &f)) {
        if (f.wire == PB_BYTES)
            try_message(f.bytes, depth + 1);
    }
    mem_free(first);
    mem_free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    try_message(span_of(data, len), 0);
    return 0;
}
