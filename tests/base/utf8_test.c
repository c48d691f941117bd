/*
 * UTF-8 by the table of RFC 3629, section 4, and all code points there and back.
 */
#include "base/utf8.h"

#include "tests/base/unit.h"

static void every_code_point_is_read(void **state)
{
    (void)state;
    for (uint32_t point = 0; point <= 0x110000; point++) {
        uint8_t bytes[5] = {0};
        uint32_t read = UINT32_MAX;
        const size_t len = utf8_write(bytes, point);
        const bool is_one = point < 0x110000 && (point < 0xd800 || point > 0xdfff);
        assert_int_equal(utf8_next(&read, span_of(bytes, sizeof bytes), 0), is_one ? len : 0);
        assert_int_equal(read, is_one ? point : UINT32_MAX);
        assert_int_equal(bytes[len], 0);
        for (size_t cut = 1; is_one && cut < len; cut++) {
            assert_int_equal(utf8_next(&read, span_of(bytes, cut), 0), 0);
        }
    }
}

static void known_sequences(void **state)
{
    (void)state;
    static const struct {
        uint32_t point;
        const char *bytes;
    } cases[] = {{'A', "A"},
                 {0x7ff, "\xdf\xbf"},
                 {0x2262, "\xe2\x89\xa2"}, /* RFC 3629 7 */
                 {0xd55c, "\xed\x95\x9c"},
                 {0xfeff, "\xef\xbb\xbf"},
                 {0x233b4, "\xf0\xa3\x8e\xb4"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t out[4];
        uint32_t point = 0;
        const size_t len = strlen(cases[i].bytes);
        assert_int_equal(utf8_next(&point, span_from_text(cases[i].bytes), 0), len);
        assert_int_equal(point, cases[i].point);
        assert_int_equal(utf8_write(out, point), len);
        assert_memory_equal(out, cases[i].bytes, len);
    }
}

static void what_is_broken_is_none(void **state)
{
    (void)state;
    const struct span broken[] = {
        UNIT_TEXT("\x80"),
        UNIT_TEXT("\xbf"),
        UNIT_TEXT("\xc0\x80"),
        UNIT_TEXT("\xc1\xbf"),
        UNIT_TEXT("\xc3("),
        UNIT_TEXT("\xe0\x80\x80"),
        UNIT_TEXT("\xe2(\xa1"),
        UNIT_TEXT("\xe2\x82"),
        UNIT_TEXT("\xf0\x80\x80\x80"),
        UNIT_TEXT("\xf5\x80\x80\x80"),
        UNIT_TEXT("\xff"),
        UNIT_TEXT("\xf0\x9f\x98"),
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        uint32_t point = 7;
        assert_int_equal(utf8_next(&point, broken[i], 0), 0);
        assert_int_equal(point, 7);
        assert_false(utf8_is_plain(broken[i]));
    }
}

static void plain_text_has_no_controls(void **state)
{
    (void)state;
    assert_true(utf8_is_plain(span_empty()));
    assert_true(utf8_is_plain(UNIT_TEXT("J\xc3\xbcrgen \xe5\xb1\xb1 \xf0\x9f\x98\x80")));
    assert_true(utf8_is_plain(UNIT_TEXT("~\xc2\xa0")));
    assert_false(utf8_is_plain(UNIT_TEXT("a\x1b[31m")));
    assert_false(utf8_is_plain(UNIT_TEXT("a\x7f")));
    assert_false(utf8_is_plain(UNIT_TEXT("a\xc2\x80")));
    assert_false(utf8_is_plain(UNIT_TEXT("a\xc2\x9f")));
    assert_false(utf8_is_plain(UNIT_TEXT("a\0b")));
    assert_false(utf8_is_plain(UNIT_TEXT("ab\xe5\xb1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(every_code_point_is_read),
        UNIT(known_sequences),
        UNIT(what_is_broken_is_none),
        UNIT(plain_text_has_no_controls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
