/*
 * The first byte says the length; the value says whether a shorter form would have done.
 */
#include "base/utf8.h"

/* Bytes of the sequence that `lead` begins, 0 when it begins none. */
static size_t sequence_len(uint8_t lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xc2) {
        return 0;
    }
    if (lead < 0xe0) {
        return 2;
    }
    if (lead < 0xf0) {
        return 3;
    }
    return lead < 0xf5 ? 4 : 0;
}

size_t utf8_next(uint32_t *point, struct span text, size_t at)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t len = sequence_len(text.ptr[at]);
    if (len == 0 || len > text.len - at) {
        return 0;
    }
    uint32_t value = len == 1 ? text.ptr[at] : text.ptr[at] & (0x7fU >> len);
    for (size_t i = 1; i < len; i++) {
        if ((text.ptr[at + i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (text.ptr[at + i] & 0x3fU);
    }
    if (value < smallest[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return 0;
    }
    *point = value;
    return len;
}

size_t utf8_write(uint8_t out[4], uint32_t point)
{
    static const uint8_t heads[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    const size_t longer = point < 0x10000 ? 3 : 4;
    const size_t len = point < 0x800 ? 2 : longer;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    out[0] = (uint8_t)(heads[len] | point);
    return len;
}

bool utf8_is_plain(struct span text)
{
    size_t at = 0;
    while (at < text.len) {
        uint32_t point = 0;
        const size_t len = utf8_next(&point, text, at);
        if (len == 0 || point < 0x20 || (point >= 0x7f && point <= 0x9f)) {
            return false;
        }
        at += len;
    }
    return true;
}
