/*
 * The protocol table by itself: names and codes, and per kind of value the texts and bytes that are
 * valid and those that are not.
 */
#include "base/multiaddr_value.h"

#include "base/multiaddr.h"
#include "base/multibase.h"
#include "tests/base/unit.h"
#include "wavu/err.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* As UNIT_TEXT, for tables. */
#define ROW_TEXT(text)                                                                             \
    {                                                                                              \
        (const uint8_t *)("" text), sizeof(text) - 1                                               \
    }

/* multiformats/multiaddr protocols.csv, what of it we speak. */
static const struct {
    uint64_t code;
    const char *name;
    size_t size;
} table[] = {
    {4, "ip4", 4},
    {6, "tcp", 2},
    {41, "ip6", 16},
    {42, "ip6zone", MULTIADDR_VALUE_VARIABLE},
    {43, "ipcidr", 1},
    {53, "dns", MULTIADDR_VALUE_VARIABLE},
    {54, "dns4", MULTIADDR_VALUE_VARIABLE},
    {55, "dns6", MULTIADDR_VALUE_VARIABLE},
    {56, "dnsaddr", MULTIADDR_VALUE_VARIABLE},
    {273, "udp", 2},
    {280, "webrtc-direct", 0},
    {281, "webrtc", 0},
    {290, "p2p-circuit", 0},
    {400, "unix", MULTIADDR_VALUE_VARIABLE},
    {421, "p2p", MULTIADDR_VALUE_VARIABLE},
    {443, "https", 0},
    {445, "onion3", 37},
    {446, "garlic64", MULTIADDR_VALUE_VARIABLE},
    {447, "garlic32", MULTIADDR_VALUE_VARIABLE},
    {448, "tls", 0},
    {449, "sni", MULTIADDR_VALUE_VARIABLE},
    {454, "noise", 0},
    {460, "quic", 0},
    {461, "quic-v1", 0},
    {465, "webtransport", 0},
    {466, "certhash", MULTIADDR_VALUE_VARIABLE},
    {477, "ws", 0},
    {478, "wss", 0},
    {480, "http", 0},
    {481, "http-path", MULTIADDR_VALUE_VARIABLE},
    {777, "memory", 8},
};

static void test_codes_and_names(void **state)
{
    (void)state;
    size_t known = 0;
    for (size_t i = 0; i < COUNT(table); i++) {
        const struct multiaddr_protocol *p = multiaddr_value_by_code(table[i].code);
        assert_non_null(p);
        assert_string_equal(p->name, table[i].name);
        assert_true(p->kind->size == table[i].size);
        assert_ptr_equal(multiaddr_value_by_name(span_from_text(table[i].name)), p);
    }
    for (uint64_t code = 0; code < 1024; code++)
        known += multiaddr_value_by_code(code) != NULL;
    assert_int_equal(known, COUNT(table));
    assert_null(multiaddr_value_by_code(UINT64_MAX));
    assert_null(multiaddr_value_by_name(span_empty()));
    assert_null(multiaddr_value_by_name(UNIT_TEXT("IP4")));
    assert_null(multiaddr_value_by_name(UNIT_TEXT("ip")));
    const struct multiaddr_protocol *ipfs = multiaddr_value_by_name(UNIT_TEXT("ipfs"));
    assert_non_null(ipfs);
    assert_int_equal(ipfs->code, MULTIADDR_P2P);
    assert_string_equal(multiaddr_value_by_code(MULTIADDR_P2P)->name, "p2p");
}

/* Parse `text` as a value of `code` and check it; what multiaddr_append would say. */
static int parse(uint64_t code, struct span text, struct span *value)
{
    static uint8_t bytes[MULTIADDR_SIZE_MAX];
    const struct multiaddr_kind *kind = multiaddr_value_by_code(code)->kind;
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    int rc = kind->parse(&w, text);
    if (rc != 0)
        return rc;
    *value = wr_span(&w);
    if (kind->size != MULTIADDR_VALUE_VARIABLE && value->len != kind->size)
        return WAVU_ERR_INVALID;
    return kind->is_valid(*value) ? 0 : WAVU_ERR_INVALID;
}

#define SHA "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"
#define ED25519 "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
#define ONION "vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd"
#define LABEL63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct row {
    uint64_t code;
    struct span text;
    const char *canonical; /* NULL: the text itself */
};

static const struct row good[] = {
    {MULTIADDR_TCP, ROW_TEXT("0"), NULL},
    {MULTIADDR_UDP, ROW_TEXT("65535"), NULL},
    {MULTIADDR_IPCIDR, ROW_TEXT("0"), NULL},
    {MULTIADDR_IPCIDR, ROW_TEXT("128"), NULL},
    {MULTIADDR_MEMORY, ROW_TEXT("0"), NULL},
    {MULTIADDR_MEMORY, ROW_TEXT("18446744073709551615"), NULL},
    {MULTIADDR_IP6ZONE, ROW_TEXT("eth0"), NULL},
    {MULTIADDR_IP6ZONE, ROW_TEXT("WLAN \xe2\x82\xac"), NULL},
    {MULTIADDR_DNS, ROW_TEXT("a"), NULL},
    {MULTIADDR_DNS4, ROW_TEXT("xn--mgbh0fb.xn--kgbechtv"), NULL},
    {MULTIADDR_DNS6, ROW_TEXT("EXAMPLE.com."), NULL},
    {MULTIADDR_DNSADDR, ROW_TEXT("_dnsaddr.example.com"), NULL},
    {MULTIADDR_SNI, ROW_TEXT(LABEL63 "." LABEL63), NULL},
    {MULTIADDR_UNIX, ROW_TEXT("a/b//c"), NULL},
    {MULTIADDR_UNIX, ROW_TEXT("/"), NULL},
    {MULTIADDR_P2P, ROW_TEXT(SHA), NULL},
    {MULTIADDR_P2P, ROW_TEXT(ED25519), NULL},
    {MULTIADDR_P2P, ROW_TEXT("bafzbeihsxv6fbdi3rlzx6khbnmyq5zdgyfgdfgqz7gg3yd3f5vwsqupdei"),
     "QmegCxJwQ7jH7dvhQxsDuG1TMLenmJVMbfnxTN8cRv3a3j"},
    {MULTIADDR_CERTHASH, ROW_TEXT("uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g"), NULL},
    {MULTIADDR_CERTHASH,
     ROW_TEXT("f1220c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f2"),
     "uEiDDq4_xNyDorZBH3TlGazyJdOWSwvo4PUo5YHFMrvDE8g"},
    {MULTIADDR_ONION3, ROW_TEXT(ONION ":1"), NULL},
    {MULTIADDR_ONION3, ROW_TEXT(ONION ":65535"), NULL},
    {MULTIADDR_GARLIC32, ROW_TEXT("566niximlxdzpanmn4qouucvua3k7neniwss47li5r6ugoertzuq"), NULL},
    {MULTIADDR_GARLIC32, ROW_TEXT("566niximlxdzpanmn4qouucvua3k7neniwss47li5r6ugoertzu2aaaa"),
     NULL},
    {MULTIADDR_HTTP_PATH, ROW_TEXT("a-z_~.$&+:=@"), NULL},
    {MULTIADDR_HTTP_PATH, ROW_TEXT("%2F%00%FF%25"), NULL},
    {MULTIADDR_HTTP_PATH, ROW_TEXT("a%2fb c!%41"), "a%2Fb%20c%21A"},
};

static const struct row bad[] = {
    {MULTIADDR_TCP, ROW_TEXT(""), NULL},
    {MULTIADDR_TCP, ROW_TEXT("65536"), NULL},
    {MULTIADDR_TCP, ROW_TEXT("080"), NULL},
    {MULTIADDR_TCP, ROW_TEXT("http"), NULL},
    {MULTIADDR_IPCIDR, ROW_TEXT("129"), NULL},
    {MULTIADDR_MEMORY, ROW_TEXT("18446744073709551616"), NULL},
    {MULTIADDR_MEMORY, ROW_TEXT("-1"), NULL},
    {MULTIADDR_IP4, ROW_TEXT("1.2.3"), NULL},
    {MULTIADDR_IP6, ROW_TEXT("1.2.3.4"), NULL},
    {MULTIADDR_IP6ZONE, ROW_TEXT(""), NULL},
    {MULTIADDR_IP6ZONE, ROW_TEXT("a/b"), NULL},
    {MULTIADDR_IP6ZONE, ROW_TEXT("a\nb"), NULL},
    {MULTIADDR_IP6ZONE, ROW_TEXT("a\0b"), NULL},
    {MULTIADDR_IP6ZONE, ROW_TEXT("\x7f"), NULL},
    {MULTIADDR_IP6ZONE, ROW_TEXT("\xc2\x9b"), NULL},         /* C1: a terminal's escape */
    {MULTIADDR_IP6ZONE, ROW_TEXT("\xc0\x80"), NULL},         /* overlong */
    {MULTIADDR_IP6ZONE, ROW_TEXT("\xe0\x80\x80"), NULL},     /* overlong */
    {MULTIADDR_IP6ZONE, ROW_TEXT("\xf0\x80\x80\x80"), NULL}, /* overlong */
    {MULTIADDR_IP6ZONE, ROW_TEXT("\xed\xa0\x80"), NULL},     /* surrogate */
    {MULTIADDR_IP6ZONE, ROW_TEXT("\xf4\x90\x80\x80"), NULL}, /* above U+10FFFF */
    {MULTIADDR_IP6ZONE, ROW_TEXT("\xe2\x82"), NULL},         /* cut */
    {MULTIADDR_IP6ZONE, ROW_TEXT("\xe2\x82x"), NULL},
    {MULTIADDR_IP6ZONE, ROW_TEXT("\x80"), NULL},
    {MULTIADDR_IP6ZONE, ROW_TEXT("\xff"), NULL},
    {MULTIADDR_DNS, ROW_TEXT(""), NULL},
    {MULTIADDR_DNS, ROW_TEXT("."), NULL},
    {MULTIADDR_DNS, ROW_TEXT(".a"), NULL},
    {MULTIADDR_DNS, ROW_TEXT("a..b"), NULL},
    {MULTIADDR_DNS, ROW_TEXT("a b"), NULL},
    {MULTIADDR_DNS4, ROW_TEXT("a/b"), NULL},
    {MULTIADDR_DNS6, ROW_TEXT("b\xc3\xbc"), NULL},
    {MULTIADDR_SNI, ROW_TEXT(LABEL63 "a"), NULL},
    {MULTIADDR_DNSADDR, ROW_TEXT(LABEL63 "." LABEL63 "." LABEL63 "." LABEL63), NULL},
    {MULTIADDR_UNIX, ROW_TEXT(""), NULL},
    {MULTIADDR_UNIX, ROW_TEXT("a\033[2J"), NULL},
    {MULTIADDR_P2P, ROW_TEXT(""), NULL},
    {MULTIADDR_P2P, ROW_TEXT("1"), NULL},
    {MULTIADDR_P2P, ROW_TEXT("11"), NULL}, /* identity of nothing */
    {MULTIADDR_P2P, ROW_TEXT("Qm"), NULL},
    {MULTIADDR_P2P, ROW_TEXT("Q"), NULL},
    {MULTIADDR_P2P, ROW_TEXT(SHA "1"), NULL},
    {MULTIADDR_P2P, ROW_TEXT("z" SHA), NULL}, /* multihash without CID */
    {MULTIADDR_P2P, ROW_TEXT("b"), NULL},
    {MULTIADDR_P2P, ROW_TEXT("f0170"), NULL},         /* another codec */
    {MULTIADDR_P2P, ROW_TEXT("f01721100"), NULL},     /* another hash, empty */
    {MULTIADDR_P2P, ROW_TEXT("f0172110161"), NULL},   /* sha1: no peer id has it */
    {MULTIADDR_P2P, ROW_TEXT("f017212025555"), NULL}, /* sha2-256 of two bytes */
    {MULTIADDR_CERTHASH, ROW_TEXT(""), NULL},
    {MULTIADDR_CERTHASH, ROW_TEXT("u"), NULL},
    {MULTIADDR_CERTHASH, ROW_TEXT("u_w"), NULL},
    {MULTIADDR_CERTHASH, ROW_TEXT("f122055"), NULL},
    {MULTIADDR_CERTHASH, ROW_TEXT("f1300"), NULL},
    {MULTIADDR_ONION3, ROW_TEXT(ONION), NULL},
    {MULTIADDR_ONION3, ROW_TEXT(ONION ":"), NULL},
    {MULTIADDR_ONION3, ROW_TEXT(ONION ":0"), NULL},
    {MULTIADDR_ONION3, ROW_TEXT(ONION ":65536"), NULL},
    {MULTIADDR_ONION3, ROW_TEXT(ONION "a:1"), NULL},
    {MULTIADDR_ONION3, ROW_TEXT("1" ONION ":1"), NULL},
    {MULTIADDR_GARLIC32, ROW_TEXT(""), NULL},
    {MULTIADDR_GARLIC32, ROW_TEXT("566niximlxdzpanmn4qouucvua3k7neniwss47li5r6ugoertzuqaa"), NULL},
    {MULTIADDR_HTTP_PATH, ROW_TEXT(""), NULL},
    {MULTIADDR_HTTP_PATH, ROW_TEXT("%"), NULL},
    {MULTIADDR_HTTP_PATH, ROW_TEXT("%4"), NULL},
    {MULTIADDR_HTTP_PATH, ROW_TEXT("%4g"), NULL},
    {MULTIADDR_HTTP_PATH, ROW_TEXT("a%%41"), NULL},
    {MULTIADDR_WS, ROW_TEXT("x"), NULL},
};

static void test_valid_values_have_a_text_that_gives_them_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        char text[MULTIADDR_TEXT_MAX];
        uint8_t kept[MULTIADDR_SIZE_MAX];
        struct span value = span_empty();
        struct wr w;
        assert_int_equal(parse(good[i].code, good[i].text, &value), 0);
        memcpy(kept, value.ptr, value.len);
        struct span first = span_of(kept, value.len);
        wr_init(&w, span_mut_of(text, sizeof text));
        multiaddr_value_by_code(good[i].code)->kind->write(&w, first);
        assert_int_equal(wr_finish(&w), 0);
        struct span expected = good[i].text;
        if (good[i].canonical != NULL)
            expected = span_from_text(good[i].canonical);
        assert_true(span_is_equal(wr_span(&w), expected));
        assert_int_equal(parse(good[i].code, wr_span(&w), &value), 0);
        assert_true(span_is_equal(value, first));
    }
}

static void test_other_texts_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct span value = span_empty();
        assert_int_equal(parse(bad[i].code, bad[i].text, &value), WAVU_ERR_INVALID);
    }
}

static void test_texts_too_long_for_an_address(void **state)
{
    (void)state;
    uint8_t text[600];
    struct span value = span_empty();
    memset(text, 'a', sizeof text);
    struct span s = span_of(text, sizeof text);
    assert_int_equal(parse(MULTIADDR_UNIX, s, &value), WAVU_ERR_LIMIT);
    assert_int_equal(parse(MULTIADDR_IP6ZONE, s, &value), WAVU_ERR_LIMIT);
    assert_int_equal(parse(MULTIADDR_HTTP_PATH, s, &value), WAVU_ERR_LIMIT);
    assert_int_equal(parse(MULTIADDR_GARLIC32, s, &value), WAVU_ERR_LIMIT);
    text[0] = 'u';
    s.len = 1 + 4 * 148; /* no bits left over */
    assert_int_equal(parse(MULTIADDR_CERTHASH, s, &value), WAVU_ERR_LIMIT);
    s.len = sizeof text;
    text[0] = 'b';
    assert_int_equal(parse(MULTIADDR_P2P, s, &value), WAVU_ERR_LIMIT);
}

/* An I2P destination is longer than any address of ours. */
static void test_garlic64_is_known_and_never_fits(void **state)
{
    (void)state;
    uint8_t bytes[MULTIADDR_SIZE_MAX] = {0};
    struct span value = span_empty();
    const struct multiaddr_kind *kind = multiaddr_value_by_code(MULTIADDR_GARLIC64)->kind;
    assert_int_equal(parse(MULTIADDR_GARLIC64, UNIT_TEXT("jT~I"), &value), WAVU_ERR_LIMIT);
    assert_false(kind->is_valid(span_of(bytes, sizeof bytes)));
}

static void test_multihash_lengths(void **state)
{
    (void)state;
    uint8_t hash[2 + 43] = {0x00, 0x00};
    for (uint8_t len = 0; len <= 43; len++) {
        hash[1] = len;
        struct span value = span_of(hash, 2 + (size_t)len);
        const struct multiaddr_kind *peer = multiaddr_value_by_code(MULTIADDR_P2P)->kind;
        const struct multiaddr_kind *cert = multiaddr_value_by_code(MULTIADDR_CERTHASH)->kind;
        hash[0] = 0x00;
        assert_int_equal(peer->is_valid(value), len >= 1 && len <= 42);
        assert_int_equal(cert->is_valid(value), len >= 1 && len <= 42);
        hash[0] = 0x12;
        assert_int_equal(peer->is_valid(value), len == 32);
        assert_int_equal(cert->is_valid(value), len == 32);
        hash[0] = 0x13; /* sha2-512 may be truncated */
        assert_false(peer->is_valid(value));
        assert_int_equal(cert->is_valid(value), len >= 1);
        assert_false(cert->is_valid(span_of(hash, 1 + (size_t)len)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_codes_and_names),
        UNIT(test_valid_values_have_a_text_that_gives_them_back),
        UNIT(test_other_texts_are_refused),
        UNIT(test_texts_too_long_for_an_address),
        UNIT(test_garlic64_is_known_and_never_fits),
        UNIT(test_multihash_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
