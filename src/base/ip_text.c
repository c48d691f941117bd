/*
 * IP addresses as people and configuration files write them: they arrive from multiaddr texts and
 * leave into them. Forms that two systems read differently (octal, one number for four) are
 * refused.
 */
#include "base/ip_text.h"

#include <string.h>

#include "wavu/err.h"

#define GROUPS 8 /* of an IPv6 address, 16 bits each */

int ip_text_parse_decimal(struct span text, uint64_t max, uint64_t *out)
{
    *out = 0;
    if (text.len == 0 || (text.len > 1 && text.ptr[0] == '0'))
        return WAVU_ERR_INVALID;
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return WAVU_ERR_INVALID;
        uint64_t digit = (uint64_t)(text.ptr[i] - '0');
        if (digit > max || value > (max - digit) / 10)
            return WAVU_ERR_INVALID;
        value = value * 10 + digit;
    }
    *out = value;
    return 0;
}

int ip_text_parse_ip4(struct span text, uint8_t out[4])
{
    uint8_t ip[4];
    size_t at = 0;
    memset(out, 0, 4);
    for (size_t i = 0; i < 4; i++) {
        size_t end = span_find(text, at, '.');
        uint64_t value = 0;
        if (ip_text_parse_decimal(span_slice(text, at, end - at), 255, &value) != 0)
            return WAVU_ERR_INVALID;
        ip[i] = (uint8_t)value;
        /* A dot follows the first three numbers, the end the fourth. */
        if ((end == text.len) != (i == 3))
            return WAVU_ERR_INVALID;
        at = end + 1;
    }
    memcpy(out, ip, 4);
    return 0;
}

/* Value of a hexadecimal digit, or -1. */
static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* One to four hexadecimal digits. */
static int parse_group(struct span text, uint8_t out[2])
{
    unsigned int value = 0;
    if (text.len == 0 || text.len > 4)
        return WAVU_ERR_INVALID;
    for (size_t i = 0; i < text.len; i++) {
        int digit = hex_value(text.ptr[i]);
        if (digit < 0)
            return WAVU_ERR_INVALID;
        value = value << 4 | (unsigned int)digit;
    }
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return 0;
}

/*
 * Groups between single colons, the last of them perhaps a dotted quad when `may_quad`; an empty
 * text has none. Writes them to `out` of 16 bytes and their size to `*len`.
 */
static int parse_groups(struct span text, bool may_quad, uint8_t *out, size_t *len)
{
    *len = 0;
    if (text.len == 0)
        return 0;
    for (size_t at = 0; at <= text.len;) {
        size_t end = span_find(text, at, ':');
        struct span group = span_slice(text, at, end - at);
        bool is_quad = may_quad && end == text.len && span_find(group, 0, '.') < group.len;
        size_t size = is_quad ? 4 : 2;
        if (size > 2 * GROUPS - *len)
            return WAVU_ERR_INVALID;
        int rc = is_quad ? ip_text_parse_ip4(group, out + *len) : parse_group(group, out + *len);
        if (rc != 0)
            return rc;
        *len += size;
        at = end + 1;
    }
    return 0;
}

/* Index of the first "::", or text.len. */
static size_t find_gap(struct span text)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] == ':' && text.ptr[i + 1] == ':')
            return i;
    }
    return text.len;
}

int ip_text_parse_ip6(struct span text, uint8_t out[16])
{
    uint8_t head[2 * GROUPS];
    uint8_t tail[2 * GROUPS];
    size_t head_len = 0;
    size_t tail_len = 0;
    memset(out, 0, 2 * GROUPS);
    size_t gap = find_gap(text);
    if (gap == text.len) {
        if (parse_groups(text, true, head, &head_len) != 0 || head_len != 2 * GROUPS)
            return WAVU_ERR_INVALID;
        memcpy(out, head, 2 * GROUPS);
        return 0;
    }
    struct span behind = span_slice(text, gap + 2, text.len);
    if (parse_groups(span_slice(text, 0, gap), false, head, &head_len) != 0 ||
        parse_groups(behind, true, tail, &tail_len) != 0)
        return WAVU_ERR_INVALID;
    if (head_len + tail_len > 2 * (GROUPS - 1))
        return WAVU_ERR_INVALID; /* the gap stands for one group at least */
    memcpy(out, head, head_len);
    memcpy(out + 2 * GROUPS - tail_len, tail, tail_len);
    return 0;
}

void ip_text_write_ip4(struct wr *w, const uint8_t ip[4])
{
    for (size_t i = 0; i < 4; i++) {
        if (i > 0)
            wr_u8(w, '.');
        wr_decimal(w, ip[i]);
    }
}

static unsigned int group_of(const uint8_t *ip, size_t i)
{
    return (unsigned int)(ip[2 * i] << 8 | ip[2 * i + 1]);
}

/* The longest run of zero groups, the first of equals; runs of one do not count (RFC 5952 4.2.2).
 */
static size_t longest_gap(const uint8_t *ip, size_t *len)
{
    size_t best = GROUPS;
    size_t best_len = 1;
    for (size_t i = 0; i < GROUPS;) {
        size_t end = i;
        while (end < GROUPS && group_of(ip, end) == 0)
            end++;
        if (end - i > best_len) {
            best = i;
            best_len = end - i;
        }
        i = end + 1;
    }
    *len = best < GROUPS ? best_len : 0;
    return best;
}

/* Hexadecimal without leading zeros. */
static void write_group(struct wr *w, unsigned int group)
{
    static const char digits[] = "0123456789abcdef";
    bool is_open = false;
    for (unsigned int shift = 16; shift > 0; shift -= 4) {
        unsigned int digit = group >> (shift - 4) & 15;
        is_open = is_open || digit != 0 || shift == 4;
        if (is_open)
            wr_u8(w, (uint8_t)digits[digit]);
    }
}

void ip_text_write_ip6(struct wr *w, const uint8_t ip[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (memcmp(ip, mapped, sizeof mapped) == 0) {
        wr_text(w, "::ffff:");
        ip_text_write_ip4(w, ip + sizeof mapped);
        return;
    }
    size_t gap_len = 0;
    size_t gap = longest_gap(ip, &gap_len);
    for (size_t i = 0; i < GROUPS;) {
        if (i == gap) {
            wr_text(w, "::");
            i += gap_len;
            continue;
        }
        if (i > 0 && i != gap + gap_len)
            wr_u8(w, ':');
        write_group(w, group_of(ip, i));
        i++;
    }
}
