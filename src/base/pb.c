/*
 * The protobuf wire format, one field at a time. Whole messages arrive from a length-prefixed
 * stream or a sealed payload; fields leave to the codecs (identify, noise payload, gossip, kad
 * ...), which fill their struct and act afterwards. Payloads stay where they are.
 *
 * Reads what protoc's code reads: varints need not be minimal, bits above the 64th are dropped,
 * tags and lengths take at most 5 bytes. Refuses two things that protoc's code lets pass: groups,
 * which no protocol of ours or of libp2p has, and field numbers of more than 29 bits. Writes the
 * minimal form only.
 */
#include "base/pb.h"

#include "base/check.h"
#include "base/varint.h"

#define VALUE_SIZE_MAX 10 /* 64 bits at 7 bits a byte */
#define LEN_SIZE_MAX 5    /* protoc's code reads no more: lengths are below 2^31 */
#define TAG_SIZE_MAX 5    /* 29 bits of number and 3 of wire type */
#define NUMBER_MAX ((UINT32_C(1) << 29) - 1)

void pb_init(struct pb *p, struct span message)
{
    rd_init(&p->rd, message);
}

/*
 * A varint of at most `size_max` bytes, minimal or not. Not rd_varint, which is stricter; and by
 * pointer, since every field of every message comes by here.
 */
static inline uint64_t read_varint(struct rd *r, size_t size_max)
{
    uint64_t value = 0;
    size_t left = r->in.len - r->at;
    if (left == 0) {
        r->failed = true;
        return 0;
    }
    const uint8_t *bytes = r->in.ptr + r->at;
    if (bytes[0] < 0x80) { /* most of them */
        r->at++;
        return bytes[0];
    }
    for (size_t i = 0; i < size_max && i < left; i++) {
        value |= (uint64_t)(bytes[i] & 0x7f) << (7 * i);
        if (bytes[i] < 0x80) {
            r->at += i + 1;
            return value;
        }
    }
    r->failed = true;
    return 0;
}

/* The payload of a field whose wire type is `wire`, as the peer wrote it. */
static inline void read_payload(struct rd *r, unsigned int wire, struct pb_field *field)
{
    switch (wire) {
    case PB_VARINT:
        field->wire = PB_VARINT;
        field->value = read_varint(r, VALUE_SIZE_MAX);
        return;
    case PB_FIXED64:
        field->wire = PB_FIXED64;
        field->value = rd_u64le(r);
        return;
    case PB_BYTES: {
        field->wire = PB_BYTES;
        uint64_t len = read_varint(r, LEN_SIZE_MAX);
        if (r->failed || len > r->in.len - r->at) {
            r->failed = true;
        } else if (len > 0) {
            field->bytes = span_of(r->in.ptr + r->at, (size_t)len);
            r->at += (size_t)len;
        }
        return;
    }
    case PB_FIXED32:
        field->wire = PB_FIXED32;
        field->value = rd_u32le(r);
        return;
    default: /* 3 and 4 are groups, 6 and 7 have no meaning */
        r->failed = true;
        return;
    }
}

bool pb_next(struct pb *p, struct pb_field *field)
{
    struct rd *r = &p->rd;
    *field = (struct pb_field){.wire = PB_VARINT};
    if (r->failed || r->at == r->in.len)
        return false;
    uint64_t tag = read_varint(r, TAG_SIZE_MAX);
    uint64_t number = tag >> 3;
    if (number == 0 || number > NUMBER_MAX) {
        r->failed = true;
        return false;
    }
    field->number = (uint32_t)number;
    read_payload(r, (unsigned int)(tag & 7), field);
    if (r->failed)
        *field = (struct pb_field){.wire = PB_VARINT};
    return !r->failed;
}

int pb_finish(const struct pb *p)
{
    return rd_finish(&p->rd);
}

/* Where the next `len` bytes go at once, or NULL: then they go by wr_bytes, which knows what to do
 * without room. */
static inline uint8_t *room_for(const struct wr *w, size_t len)
{
    return !w->failed && len <= w->out.len - w->len ? w->out.ptr + w->len : NULL;
}

/* Put the tag of field `number` to `out`; returns its size, at most TAG_SIZE_MAX. */
static inline size_t put_tag(uint8_t *out, uint32_t number, enum pb_wire wire)
{
    CHECK(number >= 1 && number <= NUMBER_MAX);
    return varint_put(number << 3 | (uint32_t)wire, out);
}

/* Append a tag and the varint that stands behind it: a value, or a length. */
static inline void write_pair(struct wr *w, uint32_t number, enum pb_wire wire, uint64_t value)
{
    uint8_t space[TAG_SIZE_MAX + VALUE_SIZE_MAX];
    uint8_t *room = room_for(w, sizeof space);
    uint8_t *bytes = room != NULL ? room : space;
    size_t len = put_tag(bytes, number, wire);
    len += varint_put(value, bytes + len);
    if (room != NULL) {
        w->len += len;
    } else {
        wr_bytes(w, span_of(space, len));
    }
}

void pb_write_varint(struct wr *w, uint32_t number, uint64_t value)
{
    write_pair(w, number, PB_VARINT, value);
}

void pb_write_bool(struct wr *w, uint32_t number, bool value)
{
    pb_write_varint(w, number, value ? 1 : 0);
}

void pb_write_fixed64(struct wr *w, uint32_t number, uint64_t value)
{
    uint8_t tag[TAG_SIZE_MAX];
    wr_bytes(w, span_of(tag, put_tag(tag, number, PB_FIXED64)));
    wr_u64le(w, value);
}

void pb_write_fixed32(struct wr *w, uint32_t number, uint32_t value)
{
    uint8_t tag[TAG_SIZE_MAX];
    wr_bytes(w, span_of(tag, put_tag(tag, number, PB_FIXED32)));
    wr_u32le(w, value);
}

void pb_write_head(struct wr *w, uint32_t number, size_t len)
{
    write_pair(w, number, PB_BYTES, len);
}

void pb_write_bytes(struct wr *w, uint32_t number, struct span s)
{
    pb_write_head(w, number, s.len);
    wr_bytes(w, s);
}

void pb_write_text(struct wr *w, uint32_t number, const char *text)
{
    pb_write_bytes(w, number, span_from_text(text));
}

size_t pb_bytes_size(uint32_t number, size_t len)
{
    uint8_t bytes[TAG_SIZE_MAX + VALUE_SIZE_MAX];
    size_t size = put_tag(bytes, number, PB_BYTES);
    return size + varint_put(len, bytes + size) + len;
}
