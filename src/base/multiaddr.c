/*
 * Addresses of peers. Binary forms arrive in identify, peer records and kad messages, texts from
 * people, DNS and configuration; both leave as a checked `struct multiaddr` that transports read.
 *
 * Every way in ends in multiaddr_append, which alone decides what is valid, so that the two forms
 * accept the same set: the text of every valid address parses to the same bytes.
 */
#include "base/multiaddr.h"

#include <string.h>

#include "base/check.h"
#include "base/ip_text.h"
#include "base/multiaddr_value.h"
#include "base/varint.h"
#include "wavu/err.h"

_Static_assert(MULTIADDR_SIZE_MAX <= UINT8_MAX, "len is one byte");

/* A part adds "/webrtc-direct/" at most, a byte of value three characters at most ("%2F"; an IPv4
 * address takes 15 for 4, but its name is 9 shorter); and NUL. */
_Static_assert(MULTIADDR_PARTS_MAX * 15 + MULTIADDR_SIZE_MAX * 3 + 1 <= MULTIADDR_TEXT_MAX,
               "every valid address has a text");

struct span multiaddr_span(const struct multiaddr *a)
{
    return span_of(a->bytes, a->len);
}

bool multiaddr_is_equal(const struct multiaddr *a, const struct multiaddr *b)
{
    return span_is_equal(multiaddr_span(a), multiaddr_span(b));
}

/* Read one component of a known protocol without checking its value. */
static int read_part(struct rd *r, struct multiaddr_part *part)
{
    part->code = rd_varint(r);
    part->value = span_empty();
    if (r->failed)
        return WAVU_ERR_INVALID;
    const struct multiaddr_protocol *protocol = multiaddr_value_by_code(part->code);
    if (protocol == NULL)
        return WAVU_ERR_UNSUPPORTED;
    if (protocol->kind->size == MULTIADDR_VALUE_VARIABLE)
        part->value = rd_prefixed(r, MULTIADDR_SIZE_MAX);
    else
        part->value = rd_bytes(r, protocol->kind->size);
    return r->failed ? WAVU_ERR_INVALID : 0;
}

bool multiaddr_next(const struct multiaddr *a, size_t *at, struct multiaddr_part *part)
{
    struct rd r;
    rd_init(&r, multiaddr_span(a));
    r.at = *at;
    if (*at >= a->len || read_part(&r, part) != 0)
        return false;
    *at = r.at;
    return true;
}

bool multiaddr_find(const struct multiaddr *a, uint64_t code, struct multiaddr_part *part)
{
    size_t at = 0;
    while (multiaddr_next(a, &at, part)) {
        if (part->code == code)
            return true;
    }
    return false;
}

/* Count the components and leave the last one in `*last`, whose code is 0 when there is none. */
static size_t count_parts(const struct multiaddr *a, struct multiaddr_part *last)
{
    size_t at = 0;
    size_t count = 0;
    *last = (struct multiaddr_part){.code = 0};
    while (multiaddr_next(a, &at, last))
        count++;
    return count;
}

int multiaddr_append(struct multiaddr *a, uint64_t code, struct span value)
{
    struct multiaddr_part last;
    const struct multiaddr_protocol *protocol = multiaddr_value_by_code(code);
    if (protocol == NULL)
        return WAVU_ERR_UNSUPPORTED;
    const struct multiaddr_kind *kind = protocol->kind;
    if (value.len > MULTIADDR_SIZE_MAX || count_parts(a, &last) == MULTIADDR_PARTS_MAX)
        return WAVU_ERR_LIMIT;
    if (last.code == MULTIADDR_UNIX || (last.code == MULTIADDR_IP6ZONE && code != MULTIADDR_IP6))
        return WAVU_ERR_INVALID;
    if (kind->size != MULTIADDR_VALUE_VARIABLE && value.len != kind->size)
        return WAVU_ERR_INVALID;
    if (!kind->is_valid(value))
        return WAVU_ERR_INVALID;
    bool is_variable = kind->size == MULTIADDR_VALUE_VARIABLE;
    size_t head = varint_size(code) + (is_variable ? varint_size(value.len) : 0);
    size_t room = MULTIADDR_SIZE_MAX - (size_t)a->len;
    if (head + value.len > room)
        return WAVU_ERR_LIMIT;
    struct wr w;
    wr_init(&w, span_mut_of(a->bytes + a->len, room));
    wr_varint(&w, code);
    if (is_variable)
        wr_varint(&w, value.len);
    wr_bytes(&w, value);
    a->len = (uint8_t)(a->len + w.len);
    return 0;
}

/* What holds of a finished address only: it is not empty, and a zone has its IPv6 address. */
static int check_whole(const struct multiaddr *a)
{
    struct multiaddr_part last;
    size_t count = count_parts(a, &last);
    return count > 0 && last.code != MULTIADDR_IP6ZONE ? 0 : WAVU_ERR_INVALID;
}

int multiaddr_decode(struct multiaddr *out, struct span bytes)
{
    struct multiaddr a = {.len = 0};
    *out = a;
    if (bytes.len > MULTIADDR_SIZE_MAX)
        return WAVU_ERR_LIMIT;
    struct rd r;
    rd_init(&r, bytes);
    while (rd_left(&r) > 0) {
        struct multiaddr_part part;
        int rc = read_part(&r, &part);
        if (rc == 0)
            rc = multiaddr_append(&a, part.code, part.value);
        if (rc != 0)
            return rc;
    }
    int rc = check_whole(&a);
    if (rc == 0)
        *out = a;
    return rc;
}

/* Read "/name" or "/name/value" at `*at` of `text` and append it. */
static int parse_part(struct multiaddr *a, struct span text, size_t *at)
{
    if (text.ptr[*at] != '/')
        return WAVU_ERR_INVALID;
    size_t from = *at + 1;
    size_t end = span_find(text, from, '/');
    const struct multiaddr_protocol *protocol =
        multiaddr_value_by_name(span_slice(text, from, end - from));
    if (end == from)
        return WAVU_ERR_INVALID;
    if (protocol == NULL)
        return WAVU_ERR_UNSUPPORTED;
    const struct multiaddr_kind *kind = protocol->kind;
    *at = end;
    if (kind->size == 0)
        return multiaddr_append(a, protocol->code, span_empty());
    if (end == text.len)
        return WAVU_ERR_INVALID;
    from = end + 1;
    end = kind->is_rest ? text.len : span_find(text, from, '/');
    uint8_t bytes[MULTIADDR_SIZE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    int rc = kind->parse(&w, span_slice(text, from, end - from));
    if (rc != 0)
        return rc;
    *at = end;
    return multiaddr_append(a, protocol->code, wr_span(&w));
}

int multiaddr_parse(struct multiaddr *out, struct span text)
{
    struct multiaddr a = {.len = 0};
    *out = a;
    if (text.len >= MULTIADDR_TEXT_MAX)
        return WAVU_ERR_LIMIT;
    size_t at = 0;
    while (at < text.len) {
        int rc = parse_part(&a, text, &at);
        if (rc != 0)
            return rc;
        /* One slash may stand at the end, as other implementations allow. */
        if (at + 1 == text.len && text.ptr[at] == '/')
            at++;
    }
    int rc = check_whole(&a);
    if (rc == 0)
        *out = a;
    return rc;
}

int multiaddr_format(const struct multiaddr *a, char *out, size_t size)
{
    struct wr w;
    struct multiaddr_part part;
    size_t at = 0;
    wr_init(&w, span_mut_of(out, size));
    while (multiaddr_next(a, &at, &part)) {
        const struct multiaddr_protocol *protocol = multiaddr_value_by_code(part.code);
        wr_u8(&w, '/');
        wr_text(&w, protocol->name);
        if (protocol->kind->size == 0)
            continue;
        wr_u8(&w, '/');
        protocol->kind->write(&w, part.value);
    }
    return wr_finish_text(&w);
}

bool multiaddr_pop_peer(struct multiaddr *a, uint8_t *id, size_t *id_len)
{
    struct multiaddr_part last;
    size_t count = count_parts(a, &last);
    if (count == 0 || last.code != MULTIADDR_P2P)
        return false;
    if (id != NULL) {
        CHECK(last.value.len <= *id_len); /* MULTIADDR_PEER_SIZE_MAX always suffices */
        memcpy(id, last.value.ptr, last.value.len);
        *id_len = last.value.len;
    }
    size_t part_len = varint_size(MULTIADDR_P2P) + varint_size(last.value.len) + last.value.len;
    a->len = (uint8_t)(a->len - part_len);
    memset(a->bytes + a->len, 0, part_len);
    return true;
}

/* ---- what a person types ---- */

/* A host name as RFC 1123 2.1 has it. An all-numeric last label is a mistyped IPv4 address. */
static bool is_host_name(struct span host)
{
    bool is_numeric = true; /* the label so far */
    for (size_t i = 0; i < host.len; i++) {
        uint8_t c = host.ptr[i];
        bool is_first = i == 0 || host.ptr[i - 1] == '.';
        bool is_last = i + 1 == host.len || host.ptr[i + 1] == '.';
        if (c == '_' || (c == '-' && (is_first || is_last)))
            return false;
        if (c == '.' && i + 1 < host.len)
            is_numeric = true;
        else if (c != '.' && (c < '0' || c > '9'))
            is_numeric = false;
    }
    return !is_numeric; /* lengths and other characters are multiaddr_append's to judge */
}

/* Append the zone and the address of "fe80::1%3" or "::1". */
static int append_bracketed(struct multiaddr *a, struct span host)
{
    uint8_t ip[16];
    size_t percent = span_find(host, 0, '%');
    if (percent < host.len) {
        uint64_t zone = 0;
        struct span digits = span_slice(host, percent + 1, host.len);
        int rc = ip_text_parse_decimal(digits, UINT32_MAX, &zone);
        if (rc == 0)
            rc = multiaddr_append(a, MULTIADDR_IP6ZONE, digits);
        if (rc != 0)
            return rc;
    }
    int rc = ip_text_parse_ip6(span_slice(host, 0, percent), ip);
    return rc != 0 ? rc : multiaddr_append(a, MULTIADDR_IP6, span_of(ip, sizeof ip));
}

/* Append the IPv4 address or the name. */
static int append_host(struct multiaddr *a, struct span host)
{
    uint8_t ip[4];
    if (ip_text_parse_ip4(host, ip) == 0)
        return multiaddr_append(a, MULTIADDR_IP4, span_of(ip, sizeof ip));
    if (!is_host_name(host))
        return WAVU_ERR_INVALID;
    return multiaddr_append(a, MULTIADDR_DNS, host);
}

int multiaddr_parse_any(struct multiaddr *out, struct span text)
{
    struct multiaddr a = {.len = 0};
    if (text.len > 0 && text.ptr[0] == '/')
        return multiaddr_parse(out, text);
    *out = a;
    bool is_bracketed = text.len > 0 && text.ptr[0] == '[';
    size_t from = is_bracketed ? 1 : 0;
    size_t end = span_find(text, from, is_bracketed ? ']' : ':');
    size_t colon = is_bracketed ? end + 1 : end;
    if (colon >= text.len || text.ptr[colon] != ':')
        return WAVU_ERR_INVALID;
    uint64_t number = 0;
    struct span host = span_slice(text, from, end - from);
    int rc = is_bracketed ? append_bracketed(&a, host) : append_host(&a, host);
    if (rc == 0)
        rc = ip_text_parse_decimal(span_slice(text, colon + 1, text.len), UINT16_MAX, &number);
    uint8_t port[2] = {(uint8_t)(number >> 8), (uint8_t)number};
    if (rc == 0)
        rc = multiaddr_append(&a, MULTIADDR_TCP, span_of(port, sizeof port));
    if (rc == 0)
        *out = a;
    return rc;
}

/* ---- IP endpoints ---- */

int multiaddr_append_host(struct multiaddr *a, const struct multiaddr_ip *ip)
{
    uint8_t zone[10]; /* digits of 2^32 - 1 */
    struct wr w;
    int rc = 0;
    CHECK(ip->ip_len == 4 || ip->ip_len == 16);
    wr_init(&w, span_mut_of(zone, sizeof zone));
    wr_decimal(&w, ip->zone);
    if (ip->zone != 0 && ip->ip_len == 16)
        rc = multiaddr_append(a, MULTIADDR_IP6ZONE, wr_span(&w));
    return rc < 0 ? rc
                  : multiaddr_append(a, ip->ip_len == 4 ? MULTIADDR_IP4 : MULTIADDR_IP6,
                                     span_of(ip->ip, ip->ip_len));
}

void multiaddr_from_ip(struct multiaddr *out, const struct multiaddr_ip *ip, uint64_t code)
{
    struct multiaddr a = {.len = 0};
    uint8_t port[2] = {(uint8_t)(ip->port >> 8), (uint8_t)ip->port};
    CHECK(code == MULTIADDR_TCP || code == MULTIADDR_UDP);
    int rc = multiaddr_append_host(&a, ip);
    if (rc == 0)
        rc = multiaddr_append(&a, code, span_of(port, sizeof port));
    CHECK(rc == 0);
    *out = a;
}

int multiaddr_to_ip(const struct multiaddr *a, uint64_t code, struct multiaddr_ip *out)
{
    struct multiaddr_ip ip = {.port = 0};
    struct multiaddr_part part;
    size_t at = 0;
    *out = ip;
    if (!multiaddr_next(a, &at, &part))
        return WAVU_ERR_UNSUPPORTED;
    if (part.code == MULTIADDR_IP6ZONE) {
        uint64_t zone = 0;
        /* Names of interfaces are known to the system only, which base does not ask. */
        if (ip_text_parse_decimal(part.value, UINT32_MAX, &zone) != 0)
            return WAVU_ERR_UNSUPPORTED;
        ip.zone = (uint32_t)zone;
        if (!multiaddr_next(a, &at, &part))
            return WAVU_ERR_UNSUPPORTED;
    }
    if (part.code != MULTIADDR_IP4 && part.code != MULTIADDR_IP6)
        return WAVU_ERR_UNSUPPORTED;
    memcpy(ip.ip, part.value.ptr, part.value.len);
    ip.ip_len = (uint8_t)part.value.len;
    bool is_port = code == MULTIADDR_TCP || code == MULTIADDR_UDP;
    if (!is_port || !multiaddr_next(a, &at, &part) || part.code != code)
        return WAVU_ERR_UNSUPPORTED;
    ip.port = (uint16_t)(part.value.ptr[0] << 8 | part.value.ptr[1]);
    *out = ip;
    return 0;
}

/* The IPv4 address that `ip` is or carries as v4-mapped IPv6; NULL when neither. */
static const uint8_t *ip4_of(const struct multiaddr_ip *ip)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (ip->ip_len == 4)
        return ip->ip;
    return memcmp(ip->ip, mapped, sizeof mapped) == 0 ? ip->ip + sizeof mapped : NULL;
}

void multiaddr_source(const struct multiaddr *a, uint8_t source[MULTIADDR_SOURCE_SIZE])
{
    struct multiaddr_ip ip;
    memset(source, 0, MULTIADDR_SOURCE_SIZE);
    if (multiaddr_to_ip(a, MULTIADDR_TCP, &ip) < 0)
        return;
    if (ip.ip_len == 4) {
        source[10] = 0xff;
        source[11] = 0xff;
        memcpy(source + 12, ip.ip, 4);
    } else {
        memcpy(source, ip.ip, 8);
    }
}

bool multiaddr_ip_is_loopback(const struct multiaddr_ip *ip)
{
    static const uint8_t loopback[16] = {[15] = 1};
    const uint8_t *v4 = ip4_of(ip);
    return v4 != NULL ? v4[0] == 127 : memcmp(ip->ip, loopback, sizeof loopback) == 0;
}

bool multiaddr_ip_is_unspecified(const struct multiaddr_ip *ip)
{
    static const uint8_t zeros[16] = {0};
    const uint8_t *v4 = ip4_of(ip);
    return memcmp(v4 != NULL ? v4 : ip->ip, zeros, v4 != NULL ? 4 : 16) == 0;
}

bool multiaddr_ip_is_private(const struct multiaddr_ip *ip)
{
    const uint8_t *v4 = ip4_of(ip);
    if (v4 == NULL) {
        bool is_unique_local = (ip->ip[0] & 0xfe) == 0xfc;                    /* RFC 4193 */
        bool is_link_local = ip->ip[0] == 0xfe && (ip->ip[1] & 0xc0) == 0x80; /* RFC 4291 2.5.6 */
        return is_unique_local || is_link_local;
    }
    return v4[0] == 10 ||                            /* RFC 1918 */
           (v4[0] == 172 && (v4[1] & 0xf0) == 16) || /* RFC 1918 */
           (v4[0] == 192 && v4[1] == 168) ||         /* RFC 1918 */
           (v4[0] == 100 && (v4[1] & 0xc0) == 64) || /* RFC 6598, carrier-grade NAT */
           (v4[0] == 169 && v4[1] == 254);           /* RFC 3927, link-local */
}
