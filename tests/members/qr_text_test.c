/*
 * Texts of QRs: bytes there and back, versions, and what chats and cameras do to them.
 */
#include "members/qr_text.h"

#include "tests/base/unit.h"

static const char family[] = "WAVU:TEST:";

static int parse(const char *text, uint8_t *out, size_t room, size_t *len)
{
    struct wr w;
    wr_init(&w, span_mut_of(out, room));
    const int rc = qr_text_parse(&w, family, span_from_text(text));
    *len = w.len;
    return rc;
}

static void bytes_come_back(void **state)
{
    (void)state;
    uint8_t bytes[QR_TEXT_BYTES_MAX];
    uint8_t text[QR_TEXT_LETTERS_MAX + 16];
    uint8_t back[QR_TEXT_BYTES_MAX];
    size_t got = 0;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 31);
    }
    for (size_t len = 0; len <= sizeof bytes; len += len < 12 ? 1 : 100) {
        struct wr w;
        wr_init(&w, span_mut_of(text, sizeof text));
        qr_text_write(&w, family, span_of(bytes, len));
        assert_int_equal(wr_finish_text(&w), 0);
        assert_int_equal(strspn((char *)text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567:1"), w.len);
        assert_int_equal(parse((char *)text, back, sizeof back, &got), 0);
        assert_int_equal(got, len);
        assert_memory_equal(back, bytes, len);
        assert_int_equal(len < 2 ? 0 : parse((char *)text, back, len - 1, &got),
                         len < 2 ? 0 : WAVU_ERR_INVALID); /* no room is no text of ours */
    }
}

static void versions_and_families(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
        bool is;
    } cases[] = {
        {"WAVU:TEST:1:MFRGG", 0, true},
        {" \t\nwavu:test:1:mfrgg\r\n", 0, true},
        {"WAVU:TEST:1:", 0, true},
        {"WAVU:TEST:2:anything, really", WAVU_ERR_UNSUPPORTED, true},
        {"WAVU:TEST:999:", WAVU_ERR_UNSUPPORTED, true},
        {"WAVU:TEST:1000:", WAVU_ERR_INVALID, true},
        {"WAVU:TEST:01:MFRGG", WAVU_ERR_INVALID, true},
        {"WAVU:TEST:1a:MFRGG", WAVU_ERR_INVALID, true},
        {"WAVU:TEST:1", WAVU_ERR_INVALID, true},
        {"WAVU:TEST::", WAVU_ERR_INVALID, true},
        {"WAVU:TEST:1:MF GG", WAVU_ERR_INVALID, true},
        {"WAVU:TEST:1:MFRG1", WAVU_ERR_INVALID, true},
        {"WAVU:TEST:1:MFRGG===", WAVU_ERR_INVALID, true},
        {"WAVU:OTHER:1:MFRGG", WAVU_ERR_INVALID, false},
        {"WAVU:TES", WAVU_ERR_INVALID, false},
        {"", WAVU_ERR_INVALID, false},
        {"xWAVU:TEST:1:MFRGG", WAVU_ERR_INVALID, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t out[16];
        size_t len = 0;
        assert_int_equal(parse(cases[i].text, out, sizeof out, &len), cases[i].rc);
        assert_int_equal(qr_text_is(span_from_text(cases[i].text), family), cases[i].is);
        if (cases[i].rc == 0 && len > 0) {
            assert_int_equal(len, 3);
            assert_memory_equal(out, "abc", 3);
        }
    }
}

static void letters_alone(void **state)
{
    (void)state;
    uint8_t out[32];
    struct wr w;
    wr_init(&w, span_mut_of(out, sizeof out));
    qr_text_write_letters(&w, UNIT_TEXT("foobar")); /* RFC 4648 10 */
    assert_int_equal(wr_finish(&w), 0);
    assert_true(span_is_equal(wr_span(&w), UNIT_TEXT("MZXW6YTBOI")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(bytes_come_back),
        UNIT(versions_and_families),
        UNIT(letters_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
