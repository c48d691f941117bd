/* IP texts: the examples of RFC 4291 and RFC 5952, everything that is not one, decimal edges. */
#include "base/ip_text.h"

#include "tests/base/unit.h"
#include "wavu/err.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void test_decimal(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t max;
        uint64_t value;
    } good[] = {
        {"0", 0, 0},
        {"7", 7, 7},
        {"65535", 65535, 65535},
        {"255", 255, 255},
        {"4294967295", UINT32_MAX, UINT32_MAX},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX},
    };
    static const struct {
        const char *text;
        uint64_t max;
    } bad[] = {
        {"", 9},          {"00", 9},        {"01", 9},
        {"+1", 9},        {"-1", 9},        {" 1", 9},
        {"1 ", 9},        {"0x1", 9},       {"1", 0},
        {"8", 7},         {"10", 9},        {"256", 255},
        {"65536", 65535}, {"99999", 65535}, {"18446744073709551616", UINT64_MAX},
        {"a", 9},         {"\xb2", 9},      {"184467440737095516150", UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        uint64_t value = 1;
        struct span text = span_from_text(good[i].text);
        assert_int_equal(ip_text_parse_decimal(text, good[i].max, &value), 0);
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint64_t value = 1;
        struct span text = span_from_text(bad[i].text);
        assert_int_equal(ip_text_parse_decimal(text, bad[i].max, &value), WAVU_ERR_INVALID);
        assert_true(value == 0);
    }
}

static void test_ip4(void **state)
{
    (void)state;
    static const char *good[] = {"0.0.0.0", "1.2.3.4", "127.0.0.1", "255.255.255.255",
                                 "10.20.30.40"};
    static const char *bad[] = {"",          "1",        "1.2.3",     "1.2.3.",    "1.2.3.4.",
                                "1.2.3.4.5", ".1.2.3.4", "1..2.3",    "256.1.1.1", "01.2.3.4",
                                "1.2.3.0x4", "1.2.3.4 ", "1.2.3.a",   "-1.2.3.4",  "1.2.3.1000",
                                "16909060",  "1,2,3,4",  "1.2.3.4\n", "....",      "1.2.3.00"};
    for (size_t i = 0; i < COUNT(good); i++) {
        uint8_t ip[4];
        char text[16];
        struct wr w;
        assert_int_equal(ip_text_parse_ip4(span_from_text(good[i]), ip), 0);
        wr_init(&w, span_mut_of(text, sizeof text));
        ip_text_write_ip4(&w, ip);
        assert_int_equal(wr_finish_text(&w), 0);
        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint8_t ip[4] = {1, 1, 1, 1};
        assert_int_equal(ip_text_parse_ip4(span_from_text(bad[i]), ip), WAVU_ERR_INVALID);
        assert_memory_equal(ip, "\0\0\0\0", 4);
    }
}

struct ip6_row {
    const char *text;
    const char *canonical;
};

/* RFC 4291 2.2, RFC 5952 sections 1, 2, 4 and 5. */
static const struct ip6_row ip6_good[] = {
    {"ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "abcd:ef01:2345:6789:abcd:ef01:2345:6789"},
    {"2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"},
    {"2001:DB8::8:800:200C:417A", "2001:db8::8:800:200c:417a"},
    {"FF01:0:0:0:0:0:0:101", "ff01::101"},
    {"FF01::101", "ff01::101"},
    {"0:0:0:0:0:0:0:1", "::1"},
    {"0:0:0:0:0:0:0:0", "::"},
    {"::", "::"},
    {"0:0:0:0:0:0:13.1.68.3", "::d01:4403"},
    {"::13.1.68.3", "::d01:4403"},
    {"0:0:0:0:0:FFFF:129.144.52.38", "::ffff:129.144.52.38"},
    {"::ffff:8190:3426", "::ffff:129.144.52.38"},
    {"::ffff:0.0.0.0", "::ffff:0.0.0.0"},
    {"::fffe:1.2.3.4", "::fffe:102:304"},
    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:db8::1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:0db8::1:0:0:1", "2001:db8::1:0:0:1"},
    {"2001:db8:0:0:1::1", "2001:db8::1:0:0:1"},
    {"2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"},
    {"2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
    {"fe80:0:0:0:0:0:0:0", "fe80::"},
    {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
    {"0:0:1:0:0:1:0:0", "::1:0:0:1:0:0"},
};

static const char *ip6_bad[] = {
    "",
    ":",
    ":::",
    "1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8:",
    ":1:2:3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:8::",
    "1::2::3",
    "1:::2",
    "::1:",
    ":1::",
    "12345::",
    "g::",
    "1.2.3.4",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "1:2:3:4:5:6:7:1.2.3.4",
    "::1.2.3",
    "::01.2.3.4",
    "::1.2.3.256",
    "fe80::1%1",
    "[::1]",
    " ::1",
    "::1 ",
    "::-1",
    "::0x1",
    "1::1:2:3:4:5:1.2.3.4",
};

static void test_ip6_texts_become_canonical(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ip6_good); i++) {
        uint8_t ip[16];
        uint8_t again[16];
        char text[40];
        struct wr w;
        assert_int_equal(ip_text_parse_ip6(span_from_text(ip6_good[i].text), ip), 0);
        wr_init(&w, span_mut_of(text, sizeof text));
        ip_text_write_ip6(&w, ip);
        assert_int_equal(wr_finish_text(&w), 0);
        assert_string_equal(text, ip6_good[i].canonical);
        assert_int_equal(ip_text_parse_ip6(span_from_text(text), again), 0);
        assert_memory_equal(ip, again, 16);
    }
}

static void test_other_ip6_texts_are_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[16] = {0};
    for (size_t i = 0; i < COUNT(ip6_bad); i++) {
        uint8_t ip[16];
        memset(ip, 1, sizeof ip);
        assert_int_equal(ip_text_parse_ip6(span_from_text(ip6_bad[i]), ip), WAVU_ERR_INVALID);
        assert_memory_equal(ip, zeros, 16);
    }
}

/* Each of the 256 patterns of zero and non-zero groups goes to text and back. */
static void test_every_pattern_of_zero_groups(void **state)
{
    (void)state;
    for (unsigned int pattern = 0; pattern < 256; pattern++) {
        uint8_t ip[16] = {0};
        uint8_t back[16];
        char text[40];
        struct wr w;
        for (unsigned int i = 0; i < 8; i++)
            ip[2 * i + 1] = (uint8_t)(pattern >> i & 1);
        wr_init(&w, span_mut_of(text, sizeof text));
        ip_text_write_ip6(&w, ip);
        assert_int_equal(wr_finish_text(&w), 0);
        assert_int_equal(ip_text_parse_ip6(span_from_text(text), back), 0);
        assert_memory_equal(ip, back, 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_decimal),
        UNIT(test_ip4),
        UNIT(test_ip6_texts_become_canonical),
        UNIT(test_other_ip6_texts_are_refused),
        UNIT(test_every_pattern_of_zero_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
