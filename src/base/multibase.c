/*
 * Texts for bytes. Bytes arrive from multiaddrs and peer ids and leave as texts for people and for
 * DNS records, and the other way round.
 *
 * Two families: bases that are powers of two carry bits from left to right (RFC 4648), 58 and 36
 * convert one big number and keep leading zeros apart (as bitcoin does). Decoding is strict: no
 * padding, no other characters, no bits left over; but where the alphabet has one case only, either
 * case is read.
 */
#include "base/multibase.h"

#include <string.h>

#include "wavu/err.h"

/* base16 is the longest text: two digits a byte. */
#define TEXT_MAX (2 * MULTIBASE_INPUT_MAX)

struct alphabet {
    const char *digits; /* in order of value; their number is the radix */
    unsigned int radix;
    unsigned int bits;  /* a digit, or 0: the radix is no power of two */
    bool is_case_blind; /* upper-case letters mean the same */
};

static const struct alphabet base16 = {"0123456789abcdef", 16, 4, true};
static const struct alphabet base32 = {"abcdefghijklmnopqrstuvwxyz234567", 32, 5, true};
static const struct alphabet base36 = {"0123456789abcdefghijklmnopqrstuvwxyz", 36, 0, true};
static const struct alphabet base58 = {"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
                                       58, 0, false};
static const struct alphabet base64 = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 64, 6, false};
static const struct alphabet base64url = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 64, 6, false};

/* The alphabet of `base`; NULL for a value outside the enum, which may come from a text. */
static const struct alphabet *alphabet_of(unsigned int base)
{
    switch (base) {
    case MULTIBASE_BASE16:
        return &base16;
    case MULTIBASE_BASE32:
        return &base32;
    case MULTIBASE_BASE36:
        return &base36;
    case MULTIBASE_BASE58BTC:
        return &base58;
    case MULTIBASE_BASE64:
        return &base64;
    case MULTIBASE_BASE64URL:
        return &base64url;
    default:
        return NULL;
    }
}

/* Replace the characters of `text` by their values. False when one is not in the alphabet. */
static bool digits_from_text(const struct alphabet *a, struct span text, uint8_t *digits)
{
    uint8_t values[256];
    memset(values, 0xff, sizeof values);
    for (unsigned int i = 0; i < a->radix; i++) {
        uint8_t c = (uint8_t)a->digits[i];
        values[c] = (uint8_t)i;
        if (a->is_case_blind && c >= 'a' && c <= 'z')
            values[c - 'a' + 'A'] = (uint8_t)i;
    }
    for (size_t i = 0; i < text.len; i++) {
        digits[i] = values[text.ptr[i]];
        if (digits[i] == 0xff)
            return false;
    }
    return true;
}

/*
 * Write the number whose digits in `from` are `in`, first the highest, to `out` as digits in `to`,
 * first the LOWEST, without leading zeros. Returns their number, or SIZE_MAX when `cap` is too few.
 */
static size_t convert(struct span in, unsigned int from, uint8_t *out, size_t cap, unsigned int to)
{
    size_t len = 0;
    for (size_t i = 0; i < in.len; i++) {
        unsigned int carry = in.ptr[i];
        for (size_t j = 0; j < len; j++) {
            carry += out[j] * from;
            out[j] = (uint8_t)(carry % to);
            carry /= to;
        }
        for (; carry > 0; carry /= to) {
            if (len == cap)
                return SIZE_MAX;
            out[len++] = (uint8_t)(carry % to);
        }
    }
    return len;
}

static size_t count_leading_zeros(struct span s)
{
    size_t zeros = 0;
    while (zeros < s.len && s.ptr[zeros] == 0)
        zeros++;
    return zeros;
}

static void encode_number(struct wr *w, const struct alphabet *a, struct span bytes)
{
    uint8_t digits[TEXT_MAX];
    size_t zeros = count_leading_zeros(bytes);
    size_t len = convert(bytes, 256, digits, sizeof digits, a->radix);
    for (size_t i = 0; i < zeros; i++)
        wr_u8(w, (uint8_t)a->digits[0]);
    for (size_t i = len; i > 0; i--)
        wr_u8(w, (uint8_t)a->digits[digits[i - 1]]);
}

static int decode_number(struct wr *w, const struct alphabet *a, struct span digits)
{
    uint8_t number[MULTIBASE_INPUT_MAX];
    uint8_t bytes[MULTIBASE_INPUT_MAX] = {0};
    size_t zeros = count_leading_zeros(digits);
    size_t len = convert(digits, a->radix, number, sizeof number, 256);
    if (len > sizeof bytes || zeros > sizeof bytes - len)
        return WAVU_ERR_LIMIT;
    for (size_t i = 0; i < len; i++)
        bytes[zeros + i] = number[len - 1 - i];
    wr_bytes(w, span_of(bytes, zeros + len));
    return wr_finish(w);
}

static void encode_bits(struct wr *w, const struct alphabet *a, struct span bytes)
{
    unsigned int pending = 0; /* bits not yet written, in the low `count` */
    unsigned int count = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        pending = (pending << 8 | bytes.ptr[i]) & 0xffff; /* at most 5 + 8 of them matter */
        count += 8;
        while (count >= a->bits) {
            count -= a->bits;
            wr_u8(w, (uint8_t)a->digits[pending >> count & (a->radix - 1)]);
        }
    }
    if (count > 0)
        wr_u8(w, (uint8_t)a->digits[pending << (a->bits - count) & (a->radix - 1)]);
}

static int decode_bits(struct wr *w, const struct alphabet *a, struct span digits)
{
    uint8_t bytes[MULTIBASE_INPUT_MAX];
    size_t len = 0;
    unsigned int pending = 0;
    unsigned int count = 0;
    for (size_t i = 0; i < digits.len; i++) {
        pending = (pending << a->bits | digits.ptr[i]) & 0xffff;
        count += a->bits;
        if (count < 8)
            continue;
        count -= 8;
        if (len == sizeof bytes)
            return WAVU_ERR_LIMIT;
        bytes[len++] = (uint8_t)(pending >> count);
    }
    /* A whole digit too many, or bits set behind the last byte, would be a second text for the
     * same. */
    if (count >= a->bits || (pending & ((1u << count) - 1)) != 0)
        return WAVU_ERR_INVALID;
    wr_bytes(w, span_of(bytes, len));
    return wr_finish(w);
}

void multibase_encode(struct wr *w, enum multibase base, struct span bytes)
{
    const struct alphabet *a = alphabet_of(base);
    if (a == NULL || bytes.len > MULTIBASE_INPUT_MAX)
        w->failed = true;
    else if (a->bits > 0)
        encode_bits(w, a, bytes);
    else
        encode_number(w, a, bytes);
}

int multibase_decode(struct wr *w, enum multibase base, struct span text)
{
    uint8_t digits[TEXT_MAX];
    const struct alphabet *a = alphabet_of(base);
    if (a == NULL)
        return WAVU_ERR_INVALID;
    if (text.len > sizeof digits)
        return WAVU_ERR_LIMIT;
    if (!digits_from_text(a, text, digits))
        return WAVU_ERR_INVALID;
    struct span values = span_of(digits, text.len);
    return a->bits > 0 ? decode_bits(w, a, values) : decode_number(w, a, values);
}

int multibase_decode_prefixed(struct wr *w, struct span text)
{
    if (text.len == 0 || alphabet_of(text.ptr[0]) == NULL)
        return WAVU_ERR_INVALID;
    return multibase_decode(w, (enum multibase)text.ptr[0], span_slice(text, 1, text.len));
}
