/*
 * Elements of DER: bytes of foreign keys and certificates come in, their contents leave.
 */
#include "crypto/der.h"

struct span der_element(struct rd *r, uint8_t tag)
{
    const bool is_tag = rd_u8(r) == tag;
    size_t len = rd_u8(r);
    if (len == 0x81) {
        len = rd_u8(r);
        r->failed = r->failed || len < 0x80;
    } else if (len == 0x82) {
        len = rd_u16be(r);
        r->failed = r->failed || len < 0x100;
    } else if (len >= 0x80) {
        r->failed = true;
    }
    r->failed = r->failed || !is_tag;
    return rd_bytes(r, len);
}

struct span der_positive(struct rd *r)
{
    struct span number = der_element(r, DER_INTEGER);
    if (number.len == 0 || (number.ptr[0] & 0x80) != 0) {
        r->failed = true;
        return span_empty();
    }
    if (number.ptr[0] == 0) {
        if (number.len < 2 || (number.ptr[1] & 0x80) == 0) {
            r->failed = true; /* zero, or a sign byte that is not needed */
            return span_empty();
        }
        number = span_slice(number, 1, number.len);
    }
    return number;
}

void der_write_head(struct wr *w, uint8_t tag, size_t len)
{
    wr_u8(w, tag);
    if (len >= 0x100) {
        wr_u8(w, 0x82);
        wr_u16be(w, (uint16_t)len);
    } else if (len >= 0x80) {
        wr_u8(w, 0x81);
        wr_u8(w, (uint8_t)len);
    } else {
        wr_u8(w, (uint8_t)len);
    }
    w->failed = w->failed || len > UINT16_MAX;
}

size_t der_size(size_t len)
{
    return len + (len >= 0x100 ? 4 : len >= 0x80 ? 3 : 2);
}
