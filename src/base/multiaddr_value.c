/*
 * One row per protocol, one `multiaddr_kind` per sort of value. Values arrive from peers and texts
 * from people; both leave checked, so that every address that exists has a text, and that text
 * parses to the same bytes.
 *
 * Texts reach terminals and resolvers: hence no control characters, no broken UTF-8 and only host
 * name characters in names.
 */
#include "base/multiaddr_value.h"

#include <string.h>

#include "base/ip_text.h"
#include "base/multiaddr.h"
#include "base/multibase.h"
#include "base/rd.h"
#include "base/utf8.h"
#include "wavu/err.h"

/* Multihash codes (multiformats/multicodec). */
#define HASH_IDENTITY 0
#define HASH_SHA2_256 0x12

#define HASH_IDENTITY_MAX 42 /* bytes of a key that is its own hash (libp2p peer ids) */
#define HASH_SHA2_256_SIZE 32

#define CID_VERSION 1
#define CID_LIBP2P_KEY 0x72

#define NAME_MAX_TOTAL 253 /* RFC 1035 2.3.4: 255 on the wire with root and first length */
#define NAME_MAX_LABEL 63

#define ONION3_KEY 35      /* public key, checksum, version (Tor rend-spec-v3 6) */
#define ONION3_KEY_TEXT 56 /* 35 bytes in base32 */
#define GARLIC32_HASH 32   /* SHA-256 of an I2P destination */
#define GARLIC32_LONG 35   /* and more: an encrypted leaseset's address */

static bool is_any(struct span value)
{
    (void)value;
    return true;
}

/* ---- no value ---- */

static void write_none(struct wr *w, struct span value)
{
    (void)w;
    (void)value;
}

static int parse_none(struct wr *w, struct span text)
{
    (void)w;
    return text.len == 0 ? 0 : WAVU_ERR_INVALID;
}

static const struct multiaddr_kind kind_none = {0, is_any, write_none, parse_none, false};

/* ---- numbers: ports, prefix lengths, memory transport ids; big-endian ---- */

static uint64_t number_of(struct span value)
{
    uint64_t number = 0;
    for (size_t i = 0; i < value.len; i++)
        number = number << 8 | value.ptr[i];
    return number;
}

static void write_number(struct wr *w, struct span value)
{
    wr_decimal(w, number_of(value));
}

static int parse_port(struct wr *w, struct span text)
{
    uint64_t number = 0;
    int rc = ip_text_parse_decimal(text, UINT16_MAX, &number);
    wr_u16be(w, (uint16_t)number);
    return rc;
}

static bool is_prefix_len(struct span value)
{
    return value.ptr[0] <= 128;
}

static int parse_prefix_len(struct wr *w, struct span text)
{
    uint64_t number = 0;
    int rc = ip_text_parse_decimal(text, 128, &number);
    wr_u8(w, (uint8_t)number);
    return rc;
}

static int parse_memory(struct wr *w, struct span text)
{
    uint64_t number = 0;
    int rc = ip_text_parse_decimal(text, UINT64_MAX, &number);
    wr_u64be(w, number);
    return rc;
}

static const struct multiaddr_kind kind_port = {2, is_any, write_number, parse_port, false};
static const struct multiaddr_kind kind_cidr = {1, is_prefix_len, write_number, parse_prefix_len,
                                                false};
static const struct multiaddr_kind kind_memory = {8, is_any, write_number, parse_memory, false};

/* ---- IP addresses ---- */

static void write_ip4(struct wr *w, struct span value)
{
    ip_text_write_ip4(w, value.ptr);
}

static int parse_ip4(struct wr *w, struct span text)
{
    uint8_t ip[4];
    int rc = ip_text_parse_ip4(text, ip);
    wr_bytes(w, span_of(ip, sizeof ip));
    return rc;
}

static void write_ip6(struct wr *w, struct span value)
{
    ip_text_write_ip6(w, value.ptr);
}

static int parse_ip6(struct wr *w, struct span text)
{
    uint8_t ip[16];
    int rc = ip_text_parse_ip6(text, ip);
    wr_bytes(w, span_of(ip, sizeof ip));
    return rc;
}

static const struct multiaddr_kind kind_ip4 = {4, is_any, write_ip4, parse_ip4, false};
static const struct multiaddr_kind kind_ip6 = {16, is_any, write_ip6, parse_ip6, false};

/* ---- texts that stand for themselves: zones, names, paths ---- */

static void write_text(struct wr *w, struct span value)
{
    wr_bytes(w, value);
}

static int parse_text(struct wr *w, struct span text)
{
    wr_bytes(w, text);
    return wr_finish(w);
}

static bool is_zone(struct span value)
{
    return value.len > 0 && utf8_is_plain(value) && span_find(value, 0, '/') == value.len;
}

static bool is_label_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* A host name: labels of letters, digits, - and _ (service names), perhaps a dot at the end. */
static bool is_name(struct span value)
{
    size_t label = 0;
    if (value.len == 0 || value.len > NAME_MAX_TOTAL)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '.') {
            if (label == 0)
                return false;
            label = 0;
        } else if (!is_label_char(value.ptr[i]) || ++label > NAME_MAX_LABEL) {
            return false;
        }
    }
    return true;
}

static bool is_path(struct span value)
{
    return value.len > 1 && value.ptr[0] == '/' && utf8_is_plain(value);
}

/* The slash between protocol and path is the path's first character. */
static void write_path(struct wr *w, struct span value)
{
    wr_bytes(w, span_slice(value, 1, value.len));
}

static int parse_path(struct wr *w, struct span text)
{
    wr_u8(w, '/');
    return parse_text(w, text);
}

static const struct multiaddr_kind kind_zone = {MULTIADDR_VALUE_VARIABLE, is_zone, write_text,
                                                parse_text, false};
static const struct multiaddr_kind kind_name = {MULTIADDR_VALUE_VARIABLE, is_name, write_text,
                                                parse_text, false};
static const struct multiaddr_kind kind_path = {MULTIADDR_VALUE_VARIABLE, is_path, write_path,
                                                parse_path, true};

/* ---- http-path: any bytes, percent-encoded (RFC 3986 2.1) ---- */

static bool is_http_path(struct span value)
{
    return value.len > 0;
}

/* What go-multiaddr leaves as it is, so that both print the same text. */
static bool is_segment_char(uint8_t c)
{
    return is_label_char(c) || (c != 0 && strchr(".~$&+:=@", c) != NULL);
}

static void write_http_path(struct wr *w, struct span value)
{
    static const char digits[] = "0123456789ABCDEF"; /* upper case: RFC 3986 6.2.2.1 */
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.ptr[i];
        if (is_segment_char(c)) {
            wr_u8(w, c);
            continue;
        }
        wr_u8(w, '%');
        wr_u8(w, (uint8_t)digits[c >> 4]);
        wr_u8(w, (uint8_t)digits[c & 15]);
    }
}

static int parse_http_path(struct wr *w, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '%') {
            wr_u8(w, text.ptr[i]);
            continue;
        }
        struct span pair = span_slice(text, i + 1, 2);
        if (pair.len != 2 || multibase_decode(w, MULTIBASE_BASE16, pair) == WAVU_ERR_INVALID)
            return WAVU_ERR_INVALID;
        i += 2;
    }
    return wr_finish(w);
}

static const struct multiaddr_kind kind_http_path = {MULTIADDR_VALUE_VARIABLE, is_http_path,
                                                     write_http_path, parse_http_path, false};

/* ---- multihashes: peer ids and certificate hashes ---- */

/* Code, length and exactly that many bytes; the lengths of the two codes that we use are known. */
static bool is_multihash(struct span value, uint64_t *code)
{
    struct rd r;
    rd_init(&r, value);
    *code = rd_varint(&r);
    size_t len = rd_prefixed(&r, value.len).len;
    if (rd_finish(&r) != 0 || len == 0)
        return false;
    if (*code == HASH_IDENTITY)
        return len <= HASH_IDENTITY_MAX;
    return *code != HASH_SHA2_256 || len == HASH_SHA2_256_SIZE;
}

static bool is_hash(struct span value)
{
    uint64_t code = 0;
    return is_multihash(value, &code);
}

/* Only these two begin with "1" or "Qm" in base58, by which their texts are known. */
static bool is_peer(struct span value)
{
    uint64_t code = 0;
    return is_multihash(value, &code) && (code == HASH_IDENTITY || code == HASH_SHA2_256);
}

static void write_peer(struct wr *w, struct span value)
{
    multibase_encode(w, MULTIBASE_BASE58BTC, value);
}

static int parse_peer(struct wr *w, struct span text)
{
    if (span_has_prefix(text, span_of("1", 1)) || span_has_prefix(text, span_of("Qm", 2)))
        return multibase_decode(w, MULTIBASE_BASE58BTC, text);
    uint8_t bytes[MULTIADDR_SIZE_MAX];
    struct wr cid;
    wr_init(&cid, span_mut_of(bytes, sizeof bytes));
    int rc = multibase_decode_prefixed(&cid, text);
    if (rc != 0)
        return rc;
    struct span s = wr_span(&cid);
    if (s.len < 2 || s.ptr[0] != CID_VERSION || s.ptr[1] != CID_LIBP2P_KEY)
        return WAVU_ERR_INVALID;
    wr_bytes(w, span_slice(s, 2, s.len));
    return wr_finish(w);
}

static void write_hash(struct wr *w, struct span value)
{
    wr_u8(w, MULTIBASE_BASE64URL);
    multibase_encode(w, MULTIBASE_BASE64URL, value);
}

static const struct multiaddr_kind kind_peer = {MULTIADDR_VALUE_VARIABLE, is_peer, write_peer,
                                                parse_peer, false};
static const struct multiaddr_kind kind_hash = {MULTIADDR_VALUE_VARIABLE, is_hash, write_hash,
                                                multibase_decode_prefixed, false};

/* ---- onion and garlic ---- */

static bool is_onion3(struct span value)
{
    return number_of(span_slice(value, ONION3_KEY, 2)) != 0;
}

static void write_onion3(struct wr *w, struct span value)
{
    multibase_encode(w, MULTIBASE_BASE32, span_slice(value, 0, ONION3_KEY));
    wr_u8(w, ':');
    wr_decimal(w, number_of(span_slice(value, ONION3_KEY, 2)));
}

static int parse_onion3(struct wr *w, struct span text)
{
    if (span_find(text, 0, ':') != ONION3_KEY_TEXT)
        return WAVU_ERR_INVALID;
    int rc = multibase_decode(w, MULTIBASE_BASE32, span_slice(text, 0, ONION3_KEY_TEXT));
    if (rc != 0)
        return rc;
    return parse_port(w, span_slice(text, ONION3_KEY_TEXT + 1, text.len));
}

static bool is_garlic32(struct span value)
{
    return value.len == GARLIC32_HASH || value.len >= GARLIC32_LONG;
}

static void write_garlic32(struct wr *w, struct span value)
{
    multibase_encode(w, MULTIBASE_BASE32, value);
}

static int parse_garlic32(struct wr *w, struct span text)
{
    return multibase_decode(w, MULTIBASE_BASE32, text);
}

/* An I2P destination has 386 bytes or more: no address of ours can hold one, so none is valid. */
_Static_assert(MULTIADDR_SIZE_MAX < 386, "a garlic64 destination now fits: write its text codec");

static bool is_garlic64(struct span value)
{
    (void)value;
    return false;
}

static int parse_garlic64(struct wr *w, struct span text)
{
    (void)w;
    (void)text;
    return WAVU_ERR_LIMIT;
}

static const struct multiaddr_kind kind_onion3 = {ONION3_KEY + 2, is_onion3, write_onion3,
                                                  parse_onion3, false};
static const struct multiaddr_kind kind_garlic32 = {MULTIADDR_VALUE_VARIABLE, is_garlic32,
                                                    write_garlic32, parse_garlic32, false};
static const struct multiaddr_kind kind_garlic64 = {MULTIADDR_VALUE_VARIABLE, is_garlic64,
                                                    write_none, parse_garlic64, false};

/* ---- the table ---- */

/* By falling use: addresses of peers are mostly made of the first rows. */
static const struct multiaddr_protocol protocols[] = {
    {MULTIADDR_IP4, "ip4", &kind_ip4},
    {MULTIADDR_TCP, "tcp", &kind_port},
    {MULTIADDR_P2P, "p2p", &kind_peer},
    {MULTIADDR_IP6, "ip6", &kind_ip6},
    {MULTIADDR_UDP, "udp", &kind_port},
    {MULTIADDR_QUIC_V1, "quic-v1", &kind_none},
    {MULTIADDR_P2P_CIRCUIT, "p2p-circuit", &kind_none},
    {MULTIADDR_DNS, "dns", &kind_name},
    {MULTIADDR_DNS4, "dns4", &kind_name},
    {MULTIADDR_DNS6, "dns6", &kind_name},
    {MULTIADDR_DNSADDR, "dnsaddr", &kind_name},
    {MULTIADDR_WS, "ws", &kind_none},
    {MULTIADDR_WSS, "wss", &kind_none},
    {MULTIADDR_TLS, "tls", &kind_none},
    {MULTIADDR_SNI, "sni", &kind_name},
    {MULTIADDR_WEBRTC_DIRECT, "webrtc-direct", &kind_none},
    {MULTIADDR_WEBRTC, "webrtc", &kind_none},
    {MULTIADDR_WEBTRANSPORT, "webtransport", &kind_none},
    {MULTIADDR_CERTHASH, "certhash", &kind_hash},
    {MULTIADDR_IP6ZONE, "ip6zone", &kind_zone},
    {MULTIADDR_IPCIDR, "ipcidr", &kind_cidr},
    {MULTIADDR_UNIX, "unix", &kind_path},
    {MULTIADDR_NOISE, "noise", &kind_none},
    {MULTIADDR_QUIC, "quic", &kind_none},
    {MULTIADDR_HTTP, "http", &kind_none},
    {MULTIADDR_HTTPS, "https", &kind_none},
    {MULTIADDR_HTTP_PATH, "http-path", &kind_http_path},
    {MULTIADDR_ONION3, "onion3", &kind_onion3},
    {MULTIADDR_GARLIC32, "garlic32", &kind_garlic32},
    {MULTIADDR_GARLIC64, "garlic64", &kind_garlic64},
    {MULTIADDR_MEMORY, "memory", &kind_memory},
    {MULTIADDR_P2P, "ipfs", &kind_peer}, /* alias: printed as the first row with its code */
};

#define PROTOCOL_COUNT (sizeof protocols / sizeof protocols[0])

const struct multiaddr_protocol *multiaddr_value_by_code(uint64_t code)
{
    for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
        if (protocols[i].code == code)
            return &protocols[i];
    }
    return NULL;
}

const struct multiaddr_protocol *multiaddr_value_by_name(struct span name)
{
    for (size_t i = 0; i < PROTOCOL_COUNT; i++) {
        if (span_is_equal(name, span_from_text(protocols[i].name)))
            return &protocols[i];
    }
    return NULL;
}
