/*
 * Protobuf cursor: reads and writes the wire format with borrowed payloads. The .proto files are
 * the specification. Source: protobuf encoding (wire types 0, 1, 2, 5; groups are refused).
 */
#ifndef BASE_PB_H
#define BASE_PB_H

#include "base/rd.h"
#include "base/wr.h"

enum pb_wire { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

struct pb_field {
    uint32_t number;   /* 1 .. 2^29-1 */
    enum pb_wire wire; /* how it was encoded */
    uint64_t value;    /* varint, fixed64 and fixed32; 64-bit varints may use all 10 bytes */
    struct span bytes; /* PB_BYTES; borrowed from the input */
};

struct pb {
    struct rd rd;
};

void pb_init(struct pb *p, struct span message);

/**
 * Read the next field into `*field`. Returns false at the end and after an error: then ask
 * pb_finish. Unknown fields are returned like others: the caller skips what it does not know.
 */
WARN_UNUSED bool pb_next(struct pb *p, struct pb_field *field);

/** 0 when the message was read to its end without error, else WAVU_ERR_PROTO. */
WARN_UNUSED int pb_finish(const struct pb *p);

/* Writers: append one field. Proto2 semantics: what is written is present, also when zero. */
void pb_write_varint(struct wr *w, uint32_t number, uint64_t value);
void pb_write_bool(struct wr *w, uint32_t number, bool value);
void pb_write_fixed64(struct wr *w, uint32_t number, uint64_t value);
void pb_write_fixed32(struct wr *w, uint32_t number, uint32_t value);
void pb_write_bytes(struct wr *w, uint32_t number, struct span s);
void pb_write_text(struct wr *w, uint32_t number, const char *text);

/** Tag and length of an embedded message or bytes of `len`; the caller writes the bytes next. */
void pb_write_head(struct wr *w, uint32_t number, size_t len);

/** Size of a bytes field with tag, length and payload. */
size_t pb_bytes_size(uint32_t number, size_t len);

#endif
