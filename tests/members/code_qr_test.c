/*
 * Join codes as QR text: what is written is read, damage is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "members/code_qr.h"

static struct code_qr sample(size_t addresses)
{
    struct code_qr qr = {.code = {.number = 7, .list = WORDS_SWAHILI, .words = {1, 2, 255}},
                         .has_network = true,
                         .count = addresses};
    static const char *const where[] = {"/ip4/192.168.1.7/tcp/4001", "/ip6/2001:db8::1/tcp/4001",
                                        "/dns4/example.org/tcp/443", "/ip4/10.0.0.1/tcp/1"};
    for (size_t i = 0; i < sizeof qr.device; i++) {
        qr.device[i] = (uint8_t)i;
        qr.network[i] = (uint8_t)(200 - i);
    }
    for (size_t i = 0; i < addresses; i++) {
        assert_int_equal(multiaddr_parse(&qr.addresses[i], span_from_text(where[i])), 0);
    }
    return qr;
}

static const char *write(const struct code_qr *qr)
{
    static char text[CODE_QR_TEXT_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(text, sizeof text));
    code_qr_write(&w, qr);
    assert_int_equal(wr_finish_text(&w), 0);
    return text;
}

static void expect_equal(const struct code_qr *a, const struct code_qr *b)
{
    assert_int_equal(a->code.number, b->code.number);
    assert_int_equal(a->code.list, b->code.list);
    assert_memory_equal(a->code.words, b->code.words, CODE_WORDS);
    assert_memory_equal(a->device, b->device, CODE_QR_KEY_SIZE);
    assert_int_equal(a->has_network, b->has_network);
    assert_memory_equal(a->network, b->network, CODE_QR_KEY_SIZE);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_true(span_is_equal(span_of(a->addresses[i].bytes, a->addresses[i].len),
                                  span_of(b->addresses[i].bytes, b->addresses[i].len)));
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    for (size_t n = 0; n <= CODE_QR_ADDRESSES_MAX; n++) {
        struct code_qr qr = sample(n);
        struct code_qr read;
        const char *text = write(&qr);
        assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:"), strlen(text));
        assert_true(code_qr_is(span_from_text(text)));
        assert_int_equal(code_qr_parse(&read, span_from_text(text)), 0);
        expect_equal(&qr, &read);
        char other[CODE_QR_TEXT_MAX + 4] = " \n";
        for (size_t i = 0; i <= strlen(text); i++) {
            const char c = text[i];
            other[i + 2] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        }
        assert_int_equal(code_qr_parse(&read, span_from_text(other)), 0);
        expect_equal(&qr, &read);
    }
    struct code_qr qr = sample(0);
    struct code_qr read;
    qr.has_network = false;
    memset(qr.network, 0, sizeof qr.network);
    assert_int_equal(code_qr_parse(&read, span_from_text(write(&qr))), 0);
    expect_equal(&qr, &read);
}

static void test_long_addresses_are_left_out(void **state)
{
    (void)state;
    struct code_qr qr = sample(1);
    struct code_qr read;
    char name[300] = "/dns4/";
    memset(name + 6, 'a', 200);
    name[60] = name[120] = name[180] = '.'; /* labels have 63 letters at most */
    strcpy(name + 206, "/tcp/1");
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(multiaddr_parse(&qr.addresses[i], span_from_text(name)), 0);
    }
    qr.count = 4;
    assert_int_equal(code_qr_parse(&read, span_from_text(write(&qr))), 0);
    assert_int_equal(read.count, 3); /* 511 bytes; the fourth would be 720 */
}

static void test_damage_is_told(void **state)
{
    (void)state;
    struct code_qr qr = sample(2);
    struct code_qr read;
    memset(&read, 0x55, sizeof read);
    const struct code_qr before = read;
    char text[CODE_QR_TEXT_MAX];
    strcpy(text, write(&qr));
    const size_t len = strlen(text);
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(code_qr_parse(&read, span_of(text, cut)), WAVU_ERR_INVALID);
    }
    for (size_t at = 12; at < len; at++) {
        const char was = text[at];
        text[at] = was == 'B' ? 'C' : 'B';
        assert_int_equal(code_qr_parse(&read, span_from_text(text)), WAVU_ERR_INVALID);
        text[at] = was;
    }
    assert_memory_equal(&read, &before, sizeof read);
    assert_int_equal(code_qr_parse(&read, span_from_text("7-apple-river-stone")), WAVU_ERR_INVALID);
    assert_false(code_qr_is(span_from_text("7-apple-river-stone")));
}

static void test_newer_version_is_told(void **state)
{
    (void)state;
    struct code_qr read;
    assert_int_equal(code_qr_parse(&read, span_from_text("WAVU:JOIN:2:ANYTHING")),
                     WAVU_ERR_UNSUPPORTED);
    assert_int_equal(code_qr_parse(&read, span_from_text("wavu:join:12:x")), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(code_qr_parse(&read, span_from_text("WAVU:JOIN:")), WAVU_ERR_INVALID);
    assert_int_equal(code_qr_parse(&read, span_from_text("WAVU:JOIN:0:")), WAVU_ERR_INVALID);
    assert_int_equal(code_qr_parse(&read, span_from_text("WAVU:JOIN:1:")), WAVU_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_long_addresses_are_left_out),
        cmocka_unit_test(test_damage_is_told),
        cmocka_unit_test(test_newer_version_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
