/*
 * Numbers of the multiformats: seven bits a byte, the low ones first, the high bit says "more".
 * Stream parsers (multistream, length prefixes) give what has arrived so far; rd and wr use it on
 * whole messages. Protobuf's varints are wider and laxer: base/pb has its own.
 */
#include "base/varint.h"

#include "base/check.h"
#include "wavu/err.h"

/* 9 bytes of 7 bits: no value that fits can have its top bit set. */
_Static_assert(VARINT_SIZE_MAX * 7 == 63, "a varint holds 63 bits");

int varint_decode(struct span in, uint64_t *value, size_t *used)
{
    *value = 0;
    *used = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < VARINT_SIZE_MAX; i++) {
        if (i == in.len)
            return WAVU_ERR_AGAIN;
        uint8_t byte = in.ptr[i];
        sum |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            if (byte == 0 && i > 0)
                return WAVU_ERR_PROTO; /* a shorter form says the same */
            *value = sum;
            *used = i + 1;
            return 0;
        }
    }
    return WAVU_ERR_PROTO;
}

size_t varint_encode(uint64_t value, uint8_t *out)
{
    CHECK(value >> 63 == 0);
    return varint_put(value, out);
}

size_t varint_size(uint64_t value)
{
    size_t size = 1;
    while (value >= 0x80) {
        value >>= 7;
        size++;
    }
    return size;
}
