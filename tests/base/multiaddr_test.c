/*
 * Whole addresses: bytes and text, what a person types, parts, peer ids, endpoints, and each limit.
 * Values by themselves are tested in multiaddr_value_test.c.
 */
#include "base/multiaddr.h"

#include "tests/base/death.h"
#include "tests/base/unit.h"
#include "wavu/err.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* As UNIT_TEXT, for tables. */
#define ROW_TEXT(text)                                                                             \
    {                                                                                              \
        (const uint8_t *)("" text), sizeof(text) - 1                                               \
    }

#define SHA "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"
#define ED25519 "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"

static struct multiaddr address(const char *text)
{
    struct multiaddr a;
    assert_int_equal(multiaddr_parse(&a, span_from_text(text)), 0);
    return a;
}

static void check_text(const struct multiaddr *a, const char *expected)
{
    char text[MULTIADDR_TEXT_MAX];
    assert_int_equal(multiaddr_format(a, text, sizeof text), 0);
    assert_string_equal(text, expected);
}

/* Bytes worked out by hand from the protocol table. */
static void test_bytes_and_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct span bytes;
    } rows[] = {
        {"/ip4/127.0.0.1/tcp/4001", ROW_TEXT("\x04\x7f\x00\x00\x01\x06\x0f\xa1")},
        {"/ip4/1.2.3.4/udp/80/quic-v1", ROW_TEXT("\x04\x01\x02\x03\x04\x91\x02\x00\x50\xcd\x03")},
        {"/ip6/::1/tcp/0", ROW_TEXT("\x29\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x06\0\0")},
        {"/ip6zone/eth0/ip6/fe80::", ROW_TEXT("\x2a\x04"
                                              "eth0\x29\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
        {"/dns/a.b/tcp/443/tls/ws", ROW_TEXT("\x35\x03"
                                             "a.b\x06\x01\xbb\xc0\x03\xdd\x03")},
        {"/dns4/a", ROW_TEXT("\x36\x01"
                             "a")},
        {"/dns6/a", ROW_TEXT("\x37\x01"
                             "a")},
        {"/dnsaddr/a", ROW_TEXT("\x38\x01"
                                "a")},
        {"/unix/a/b", ROW_TEXT("\x90\x03\x04/a/b")},
        {"/memory/258", ROW_TEXT("\x89\x06\0\0\0\0\0\0\1\2")},
        {"/p2p-circuit", ROW_TEXT("\xa2\x02")},
        {"/ip4/10.0.0.0/ipcidr/8", ROW_TEXT("\x04\x0a\0\0\0\x2b\x08")},
        {"/http/http-path/a%2Fb", ROW_TEXT("\xe0\x03\xe1\x03\x03"
                                           "a/b")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct multiaddr parsed;
        struct multiaddr decoded;
        assert_int_equal(multiaddr_parse(&parsed, span_from_text(rows[i].text)), 0);
        assert_true(span_is_equal(multiaddr_span(&parsed), rows[i].bytes));
        assert_int_equal(multiaddr_decode(&decoded, rows[i].bytes), 0);
        assert_true(multiaddr_is_equal(&parsed, &decoded));
        check_text(&decoded, rows[i].text);
    }
}

static void test_texts_become_canonical(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"/ip4/1.2.3.4/tcp/80/", "/ip4/1.2.3.4/tcp/80"},
        {"/ipfs/" SHA, "/p2p/" SHA},
        {"/ip6/2001:DB8:0:0:0:0:0:1/tcp/1", "/ip6/2001:db8::1/tcp/1"},
        {"/p2p/bafzbeihsxv6fbdi3rlzx6khbnmyq5zdgyfgdfgqz7gg3yd3f5vwsqupdei/p2p-circuit/",
         "/p2p/QmegCxJwQ7jH7dvhQxsDuG1TMLenmJVMbfnxTN8cRv3a3j/p2p-circuit"},
        {"/unix/a/", "/unix/a/"}, /* belongs to the path */
        {"/ip4/1.2.3.4/tcp/4001/p2p/" SHA "/p2p-circuit/p2p/" ED25519,
         "/ip4/1.2.3.4/tcp/4001/p2p/" SHA "/p2p-circuit/p2p/" ED25519},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct multiaddr a = address(rows[i][0]);
        check_text(&a, rows[i][1]);
        struct multiaddr again = address(rows[i][1]);
        assert_true(multiaddr_is_equal(&a, &again));
    }
}

static void test_other_texts_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
    } rows[] = {
        {"", WAVU_ERR_INVALID},
        {"/", WAVU_ERR_INVALID},
        {"//", WAVU_ERR_INVALID},
        {"ip4/1.2.3.4", WAVU_ERR_INVALID},
        {"/ip4", WAVU_ERR_INVALID},
        {"/ip4/", WAVU_ERR_INVALID},
        {"/ip4//tcp/1", WAVU_ERR_INVALID},
        {"/ip4/1.2.3.4//tcp/1", WAVU_ERR_INVALID},
        {"/ip4/1.2.3.4/tcp/1//", WAVU_ERR_INVALID},
        {"/ip4/1.2.3.4/tcp", WAVU_ERR_INVALID},
        {"/ip4/1.2.3.4/80", WAVU_ERR_UNSUPPORTED},
        {"/ip4/1.2.3.4/sctp/80", WAVU_ERR_UNSUPPORTED},
        {"/ip4/1.2.3.4/tls/x", WAVU_ERR_UNSUPPORTED},
        {"/ip6zone/eth0", WAVU_ERR_INVALID},
        {"/ip6zone/eth0/ip4/1.2.3.4", WAVU_ERR_INVALID},
        {"/ip6zone/1/ip6zone/1/ip6/::", WAVU_ERR_INVALID},
        {"/unix", WAVU_ERR_INVALID},
        {"/unix/", WAVU_ERR_INVALID},
        {"/garlic64/jT~I", WAVU_ERR_LIMIT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct multiaddr a = {.len = 9};
        assert_int_equal(multiaddr_parse(&a, span_from_text(rows[i].text)), rows[i].rc);
        assert_int_equal(a.len, 0);
    }
    struct multiaddr a;
    assert_int_equal(multiaddr_parse(&a, UNIT_TEXT("/dns/a\0b/tcp/1")), WAVU_ERR_INVALID);
}

static void test_other_bytes_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct span bytes;
        int rc;
    } rows[] = {
        {ROW_TEXT(""), WAVU_ERR_INVALID},
        {ROW_TEXT("\x04\x01\x02\x03"), WAVU_ERR_INVALID}, /* cut value */
        {ROW_TEXT("\x06\x01"), WAVU_ERR_INVALID},         /* cut port */
        {ROW_TEXT("\x91"), WAVU_ERR_INVALID},             /* cut code */
        {ROW_TEXT("\x86\x00\x00\x50"), WAVU_ERR_INVALID}, /* code not minimal */
        {ROW_TEXT("\x35\x81\x00\x61"), WAVU_ERR_INVALID}, /* length not minimal */
        {ROW_TEXT("\x35\x02\x61"), WAVU_ERR_INVALID},     /* cut name */
        {ROW_TEXT("\x35\x00"), WAVU_ERR_INVALID},         /* empty name */
        {ROW_TEXT("\x35\x01/"), WAVU_ERR_INVALID},        /* not a name */
        {ROW_TEXT("\x01\x00"), WAVU_ERR_UNSUPPORTED},     /* unknown code */
        {ROW_TEXT("\x04\x01\x02\x03\x04\x84\x01\x00"), WAVU_ERR_UNSUPPORTED}, /* sctp */
        {ROW_TEXT("\x04\x01\x02\x03\x04\x00"), WAVU_ERR_UNSUPPORTED},         /* code 0 */
        {ROW_TEXT("\x90\x03\x01x"), WAVU_ERR_INVALID},                        /* relative path */
        {ROW_TEXT("\x90\x03\x02/a\x06\x00\x01"), WAVU_ERR_INVALID},           /* behind a path */
        {ROW_TEXT("\x2a\x01x"), WAVU_ERR_INVALID},                            /* zone of nothing */
        {ROW_TEXT("\x2a\x01x\x04\x01\x02\x03\x04"), WAVU_ERR_INVALID},
        {ROW_TEXT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), WAVU_ERR_INVALID},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct multiaddr a = {.len = 9};
        assert_int_equal(multiaddr_decode(&a, rows[i].bytes), rows[i].rc);
        assert_int_equal(a.len, 0);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct multiaddr a;
    uint8_t bytes[MULTIADDR_SIZE_MAX + 1];
    memset(bytes, 'a', sizeof bytes);
    /* A path that fills the address to the last byte, and one byte more. */
    memcpy(bytes, "\x90\x03\xfb\x01/", 5);
    assert_int_equal(multiaddr_decode(&a, span_of(bytes, MULTIADDR_SIZE_MAX)), 0);
    assert_int_equal(a.len, MULTIADDR_SIZE_MAX);
    bytes[2] = 0xfc;
    assert_int_equal(multiaddr_decode(&a, span_of(bytes, sizeof bytes)), WAVU_ERR_LIMIT);

    a = (struct multiaddr){.len = 0};
    for (size_t i = 0; i < MULTIADDR_PARTS_MAX; i++)
        assert_int_equal(multiaddr_append(&a, MULTIADDR_WEBRTC_DIRECT, span_empty()), 0);
    struct multiaddr before = a;
    assert_int_equal(multiaddr_append(&a, MULTIADDR_TLS, span_empty()), WAVU_ERR_LIMIT);
    assert_memory_equal(&a, &before, sizeof a);

    char text[MULTIADDR_TEXT_MAX + 1];
    memset(text, '/', sizeof text);
    assert_int_equal(multiaddr_parse(&a, span_of(text, MULTIADDR_TEXT_MAX)), WAVU_ERR_LIMIT);
    assert_int_equal(multiaddr_parse(&a, span_of(text, MULTIADDR_TEXT_MAX - 1)), WAVU_ERR_INVALID);
}

/* The address whose text is longest for its bytes still has one. */
static void test_the_longest_text(void **state)
{
    (void)state;
    struct multiaddr a = {.len = 0};
    struct multiaddr back;
    char text[MULTIADDR_TEXT_MAX];
    uint8_t zeros[MULTIADDR_SIZE_MAX] = {0};
    for (size_t i = 0; i + 1 < MULTIADDR_PARTS_MAX; i++)
        assert_int_equal(multiaddr_append(&a, MULTIADDR_WEBRTC_DIRECT, span_empty()), 0);
    size_t room = MULTIADDR_SIZE_MAX - (size_t)a.len - 4;
    assert_int_equal(multiaddr_append(&a, MULTIADDR_HTTP_PATH, span_of(zeros, room)), 0);
    assert_int_equal(a.len, MULTIADDR_SIZE_MAX);
    assert_int_equal(multiaddr_format(&a, text, sizeof text), 0);
    assert_int_equal(strlen(text), (MULTIADDR_PARTS_MAX - 1) * 14 + 11 + 3 * room);
    assert_int_equal(multiaddr_parse(&back, span_from_text(text)), 0);
    assert_true(multiaddr_is_equal(&a, &back));
}

static void test_format_needs_room_for_the_nul(void **state)
{
    (void)state;
    struct multiaddr a = address("/ip4/1.2.3.4");
    char text[13] = "............";
    assert_int_equal(multiaddr_format(&a, text, 13), 0);
    assert_string_equal(text, "/ip4/1.2.3.4");
    for (size_t size = 1; size < 13; size++) {
        assert_int_equal(multiaddr_format(&a, text, size), WAVU_ERR_LIMIT);
        assert_string_equal(text, "");
    }
    assert_int_equal(multiaddr_format(&a, NULL, 0), WAVU_ERR_LIMIT);
    struct multiaddr none = {.len = 0};
    assert_int_equal(multiaddr_format(&none, text, sizeof text), 0);
    assert_string_equal(text, "");
}

static void test_parts(void **state)
{
    (void)state;
    struct multiaddr a = address("/ip4/1.2.3.4/tcp/80/tls/sni/a.b/ws/p2p/" SHA "/tcp/81");
    static const uint64_t codes[] = {MULTIADDR_IP4, MULTIADDR_TCP, MULTIADDR_TLS, MULTIADDR_SNI,
                                     MULTIADDR_WS,  MULTIADDR_P2P, MULTIADDR_TCP};
    static const size_t sizes[] = {4, 2, 0, 3, 0, 34, 2};
    struct multiaddr_part part;
    size_t at = 0;
    for (size_t i = 0; i < COUNT(codes); i++) {
        assert_true(multiaddr_next(&a, &at, &part));
        assert_true(part.code == codes[i]);
        assert_int_equal(part.value.len, sizes[i]);
    }
    assert_false(multiaddr_next(&a, &at, &part));
    assert_int_equal(at, a.len);
    assert_false(multiaddr_next(&a, &at, &part));

    assert_true(multiaddr_find(&a, MULTIADDR_SNI, &part));
    assert_true(span_is_equal(part.value, UNIT_TEXT("a.b")));
    assert_true(multiaddr_find(&a, MULTIADDR_TCP, &part)); /* the first */
    assert_true(span_is_equal(part.value, UNIT_TEXT("\x00\x50")));
    assert_false(multiaddr_find(&a, MULTIADDR_UDP, &part));
}

static void test_append_checks(void **state)
{
    (void)state;
    struct multiaddr a = address("/ip4/1.2.3.4");
    struct multiaddr before = a;
    uint8_t port[3] = {0, 80, 0};
    uint8_t name[MULTIADDR_SIZE_MAX + 1];
    memset(name, 'a', sizeof name);
    assert_int_equal(multiaddr_append(&a, 9999, span_empty()), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(multiaddr_append(&a, MULTIADDR_TCP, span_of(port, 1)), WAVU_ERR_INVALID);
    assert_int_equal(multiaddr_append(&a, MULTIADDR_TCP, span_of(port, 3)), WAVU_ERR_INVALID);
    assert_int_equal(multiaddr_append(&a, MULTIADDR_TLS, span_of(port, 1)), WAVU_ERR_INVALID);
    assert_int_equal(multiaddr_append(&a, MULTIADDR_DNS, span_empty()), WAVU_ERR_INVALID);
    assert_int_equal(multiaddr_append(&a, MULTIADDR_HTTP_PATH, span_of(name, 248)), WAVU_ERR_LIMIT);
    assert_int_equal(multiaddr_append(&a, MULTIADDR_HTTP_PATH, span_of(name, sizeof name)),
                     WAVU_ERR_LIMIT);
    assert_memory_equal(&a, &before, sizeof a);
    assert_int_equal(multiaddr_append(&a, MULTIADDR_TCP, span_of(port, 2)), 0);
    check_text(&a, "/ip4/1.2.3.4/tcp/80");
    a = before;
    assert_int_equal(multiaddr_append(&a, MULTIADDR_HTTP_PATH, span_of(name, 246)), 0);
    assert_int_equal(a.len, MULTIADDR_SIZE_MAX);
}

static void test_pop_peer(void **state)
{
    (void)state;
    uint8_t id[MULTIADDR_PEER_SIZE_MAX];
    size_t len = sizeof id;
    struct multiaddr a = address("/ip4/1.2.3.4/p2p/" SHA "/p2p-circuit/p2p/" ED25519);
    assert_true(multiaddr_pop_peer(&a, id, &len));
    assert_int_equal(len, 38);
    assert_memory_equal(id, "\x00\x24\x08\x01\x12\x20", 6);
    check_text(&a, "/ip4/1.2.3.4/p2p/" SHA "/p2p-circuit");
    struct multiaddr same = address("/ip4/1.2.3.4/p2p/" SHA "/p2p-circuit");
    assert_memory_equal(&a, &same, sizeof a);
    assert_false(multiaddr_pop_peer(&a, id, &len));
    assert_memory_equal(&a, &same, sizeof a);

    a = address("/p2p/" SHA);
    assert_true(multiaddr_pop_peer(&a, NULL, NULL));
    assert_int_equal(a.len, 0);
    assert_false(multiaddr_pop_peer(&a, NULL, NULL));
}

static void pop_into_too_little(void)
{
    uint8_t id[33];
    size_t len = sizeof id;
    struct multiaddr a = address("/p2p/" SHA);
    (void)multiaddr_pop_peer(&a, id, &len);
}

static void test_too_little_room_for_an_id_is_our_mistake(void **state)
{
    (void)state;
    assert_true(death_by_check(pop_into_too_little, NULL, 0));
}

static void test_what_a_person_types(void **state)
{
    (void)state;
    static const char *const good[][2] = {
        {"/ip4/1.2.3.4/udp/1", "/ip4/1.2.3.4/udp/1"},
        {"1.2.3.4:80", "/ip4/1.2.3.4/tcp/80"},
        {"[::1]:0", "/ip6/::1/tcp/0"},
        {"[::ffff:1.2.3.4]:80", "/ip6/::ffff:1.2.3.4/tcp/80"},
        {"[fe80::1%3]:80", "/ip6zone/3/ip6/fe80::1/tcp/80"},
        {"localhost:65535", "/dns/localhost/tcp/65535"},
        {"Relay-1.example.COM:443", "/dns/Relay-1.example.COM/tcp/443"},
        {"example.com.:443", "/dns/example.com./tcp/443"},
        {"1e100.net:80", "/dns/1e100.net/tcp/80"},
        {"1.2.3.4a:80", "/dns/1.2.3.4a/tcp/80"},
    };
    static const char *const bad[] = {
        "",
        ":",
        ":9000",
        "host",
        "host:",
        "host:-1",
        "host:65536",
        "host:080",
        "host:80:81",
        "host:80/",
        "::1:80",
        "[::1]",
        "[::1]80",
        "[::1:80",
        "[]:80",
        "[1.2.3.4]:80",
        "[host]:80",
        "[::1]:",
        "[fe80::1%]:80",
        "[fe80::1%eth0]:80",
        "[fe80::1%03]:80",
        "[fe80::1%4294967296]:80",
        "1.2.3:80",
        "256.1.1.1:80",
        "1.2.3.4.5:80",
        "01.2.3.4:80",
        "-a.b:80",
        "a-.b:80",
        "a.-b:80",
        "a_b:80",
        "a..b:80",
        ".a:80",
        ".:80",
        "a b:80",
        "b\xc3\xbc.de:80",
        "user@host:80",
        "1:80",
        "a.1:80",
        "a.1.:80",
        "host:8 0",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:80",
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        struct multiaddr a;
        assert_int_equal(multiaddr_parse_any(&a, span_from_text(good[i][0])), 0);
        check_text(&a, good[i][1]);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct multiaddr a = {.len = 9};
        assert_int_equal(multiaddr_parse_any(&a, span_from_text(bad[i])), WAVU_ERR_INVALID);
        assert_int_equal(a.len, 0);
    }
}

static void test_endpoints(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t code;
        uint8_t ip_len;
        uint16_t port;
        uint32_t zone;
    } good[] = {
        {"/ip4/1.2.3.4/tcp/80", MULTIADDR_TCP, 4, 80, 0},
        {"/ip4/1.2.3.4/udp/65535/quic-v1", MULTIADDR_UDP, 4, 65535, 0},
        {"/ip6/2001:db8::1/tcp/1/p2p/" SHA, MULTIADDR_TCP, 16, 1, 0},
        {"/ip6zone/4294967295/ip6/fe80::1/tcp/80", MULTIADDR_TCP, 16, 80, UINT32_MAX},
    };
    static const struct {
        const char *text;
        uint64_t code;
    } bad[] = {
        {"/ip4/1.2.3.4/tcp/80", MULTIADDR_UDP},
        {"/ip4/1.2.3.4/udp/80", MULTIADDR_TCP},
        {"/ip4/1.2.3.4", MULTIADDR_TCP},
        {"/ip4/1.2.3.4/tls", MULTIADDR_TLS},
        {"/ip4/1.2.3.4/ipcidr/8/tcp/1", MULTIADDR_TCP},
        {"/dns4/a/tcp/80", MULTIADDR_TCP},
        {"/ip6zone/eth0/ip6/fe80::1/tcp/80", MULTIADDR_TCP},
        {"/ip6zone/4294967296/ip6/fe80::1/tcp/80", MULTIADDR_TCP},
        {"/p2p/" SHA "/p2p-circuit", MULTIADDR_TCP},
        {"/unix/a", MULTIADDR_TCP},
        {"/tcp/80", MULTIADDR_TCP},
    };
    struct multiaddr_ip ip;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct multiaddr a = address(good[i].text);
        struct multiaddr back;
        assert_int_equal(multiaddr_to_ip(&a, good[i].code, &ip), 0);
        assert_int_equal(ip.ip_len, good[i].ip_len);
        assert_int_equal(ip.port, good[i].port);
        assert_true(ip.zone == good[i].zone);
        multiaddr_from_ip(&back, &ip, good[i].code);
        assert_true(back.len <= a.len && memcmp(a.bytes, back.bytes, back.len) == 0);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct multiaddr a = address(bad[i].text);
        assert_int_equal(multiaddr_to_ip(&a, bad[i].code, &ip), WAVU_ERR_UNSUPPORTED);
        assert_int_equal(ip.ip_len, 0);
    }
    struct multiaddr none = {.len = 0};
    assert_int_equal(multiaddr_to_ip(&none, MULTIADDR_TCP, &ip), WAVU_ERR_UNSUPPORTED);
    /* IPv4 has no zones. */
    ip = (struct multiaddr_ip){.ip = {1, 2, 3, 4}, .ip_len = 4, .port = 5, .zone = 6};
    multiaddr_from_ip(&none, &ip, MULTIADDR_TCP);
    check_text(&none, "/ip4/1.2.3.4/tcp/5");
    none.len = 0;
    assert_int_equal(multiaddr_append_host(&none, &ip), 0);
    check_text(&none, "/ip4/1.2.3.4");
    ip = (struct multiaddr_ip){.ip = {0xfe, 0x80, [15] = 1}, .ip_len = 16, .zone = 3};
    none.len = 0;
    assert_int_equal(multiaddr_append_host(&none, &ip), 0);
    check_text(&none, "/ip6zone/3/ip6/fe80::1");
}

static void test_kinds_of_ip(void **state)
{
    (void)state;
    enum { PLAIN, LOOPBACK, UNSPECIFIED, PRIVATE };
    static const struct {
        const char *ip;
        int kind;
    } rows[] = {
        {"/ip4/0.0.0.0", UNSPECIFIED},
        {"/ip4/0.0.0.1", PLAIN},
        {"/ip4/127.0.0.1", LOOPBACK},
        {"/ip4/127.255.255.255", LOOPBACK},
        {"/ip4/128.0.0.0", PLAIN},
        {"/ip4/9.255.255.255", PLAIN},
        {"/ip4/10.0.0.0", PRIVATE},
        {"/ip4/10.255.255.255", PRIVATE},
        {"/ip4/11.0.0.0", PLAIN},
        {"/ip4/172.15.255.255", PLAIN},
        {"/ip4/172.16.0.0", PRIVATE},
        {"/ip4/172.31.255.255", PRIVATE},
        {"/ip4/172.32.0.0", PLAIN},
        {"/ip4/192.167.255.255", PLAIN},
        {"/ip4/192.168.0.0", PRIVATE},
        {"/ip4/192.169.0.0", PLAIN},
        {"/ip4/100.63.255.255", PLAIN},
        {"/ip4/100.64.0.0", PRIVATE},
        {"/ip4/100.127.255.255", PRIVATE},
        {"/ip4/100.128.0.0", PLAIN},
        {"/ip4/169.253.255.255", PLAIN},
        {"/ip4/169.254.0.0", PRIVATE},
        {"/ip4/169.255.0.0", PLAIN},
        {"/ip4/8.8.8.8", PLAIN},
        {"/ip6/::", UNSPECIFIED},
        {"/ip6/::1", LOOPBACK},
        {"/ip6/::2", PLAIN},
        {"/ip6/1::1", PLAIN},
        {"/ip6/fbff::", PLAIN},
        {"/ip6/fc00::", PRIVATE},
        {"/ip6/fdff::1", PRIVATE},
        {"/ip6/fe00::", PLAIN},
        {"/ip6/fe7f::", PLAIN},
        {"/ip6/fe80::1", PRIVATE},
        {"/ip6/febf::1", PRIVATE},
        {"/ip6/fec0::", PLAIN},
        {"/ip6/2001:db8::1", PLAIN},
        {"/ip6/::ffff:127.0.0.1", LOOPBACK},
        {"/ip6/::ffff:0.0.0.0", UNSPECIFIED},
        {"/ip6/::ffff:192.168.1.1", PRIVATE},
        {"/ip6/::ffff:8.8.8.8", PLAIN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct multiaddr a = address(rows[i].ip);
        struct multiaddr_ip ip;
        uint8_t port[2] = {0, 1};
        assert_int_equal(multiaddr_append(&a, MULTIADDR_TCP, span_of(port, 2)), 0);
        assert_int_equal(multiaddr_to_ip(&a, MULTIADDR_TCP, &ip), 0);
        assert_int_equal(multiaddr_ip_is_loopback(&ip), rows[i].kind == LOOPBACK);
        assert_int_equal(multiaddr_ip_is_unspecified(&ip), rows[i].kind == UNSPECIFIED);
        assert_int_equal(multiaddr_ip_is_private(&ip), rows[i].kind == PRIVATE);
    }
}

static void test_sources(void **state)
{
    (void)state;
    static const char *const alike[][2] = {
        {"/ip4/1.2.3.4/tcp/80", "/ip4/1.2.3.4/tcp/81"},
        {"/ip6/2001:db8:1:2::1/tcp/1", "/ip6/2001:db8:1:2:3::4/tcp/9"},
        {"/dns/a.example/tcp/1", "/ip4/1.2.3.4/udp/1"}, /* neither is one that TCP comes from */
    };
    static const char *const others[][2] = {
        {"/ip4/1.2.3.4/tcp/80", "/ip4/1.2.3.5/tcp/80"},
        {"/ip6/2001:db8:1:2::1/tcp/1", "/ip6/2001:db8:1:3::1/tcp/1"},
        {"/ip4/1.2.3.4/tcp/80", "/dns/a.example/tcp/1"},
    };
    for (size_t i = 0; i < COUNT(alike) + COUNT(others); i++) {
        const char *const *pair = i < COUNT(alike) ? alike[i] : others[i - COUNT(alike)];
        uint8_t sources[2][MULTIADDR_SOURCE_SIZE];
        for (size_t k = 0; k < 2; k++) {
            struct multiaddr a;
            assert_int_equal(multiaddr_parse(&a, span_from_text(pair[k])), 0);
            multiaddr_source(&a, sources[k]);
        }
        assert_int_equal(memcmp(sources[0], sources[1], sizeof sources[0]) == 0, i < COUNT(alike));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_bytes_and_texts),
        UNIT(test_texts_become_canonical),
        UNIT(test_other_texts_are_refused),
        UNIT(test_other_bytes_are_refused),
        UNIT(test_limits),
        UNIT(test_the_longest_text),
        UNIT(test_format_needs_room_for_the_nul),
        UNIT(test_parts),
        UNIT(test_append_checks),
        UNIT(test_pop_peer),
        UNIT(test_too_little_room_for_an_id_is_our_mistake),
        UNIT(test_what_a_person_types),
        UNIT(test_endpoints),
        UNIT(test_sources),
        UNIT(test_kinds_of_ip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
