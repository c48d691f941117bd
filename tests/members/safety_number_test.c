/*
 * Safety numbers against vectors of an independent computation (tests/support/vectors_members.py).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "members/safety_number.h"
#include "tests/support/vectors.h"

typedef void writer(struct wr *, const uint8_t *, const uint8_t *);

static struct span text_of(writer *write, const uint8_t *one, const uint8_t *other)
{
    static uint8_t out[2][SAFETY_NUMBER_QR_MAX];
    static size_t turn;
    struct wr w;
    turn = 1 - turn;
    wr_init(&w, span_mut_of(out[turn], sizeof out[0]));
    write(&w, one, other);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/safety_number.txt");
    size_t records = 0;
    while (vectors_next(v)) {
        const uint8_t *one = vectors_span(v, "one").ptr;
        const uint8_t *other = vectors_span(v, "other").ptr;
        uint8_t print[SAFETY_NUMBER_PRINT_MAX];
        struct wr w;
        assert_true(
            span_is_equal(text_of(safety_number_write, one, other), vectors_text(v, "digits")));
        assert_true(
            span_is_equal(text_of(safety_number_write_qr, one, other), vectors_text(v, "qr")));
        wr_init(&w, span_mut_of(print, sizeof print));
        safety_number_write_print(&w, one);
        assert_true(span_is_equal(wr_span(&w), vectors_text(v, "print")));
        assert_int_equal(w.len + 1, SAFETY_NUMBER_PRINT_MAX);
        records++;
    }
    assert_int_equal(records, 4);
    vectors_close(v);
}

static void test_order_does_not_matter(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 8; i++) {
        const uint8_t one[32] = {1, i};
        const uint8_t other[32] = {2, i};
        assert_true(span_is_equal(text_of(safety_number_write, one, other),
                                  text_of(safety_number_write, other, one)));
        assert_true(span_is_equal(text_of(safety_number_write_qr, one, other),
                                  text_of(safety_number_write_qr, other, one)));
    }
}

static void test_other_keys_are_seen(void **state)
{
    (void)state;
    const uint8_t one[32] = {1};
    const uint8_t other[32] = {2};
    for (size_t bit = 0; bit < 256; bit += 37) {
        uint8_t changed[32];
        memcpy(changed, one, sizeof changed);
        changed[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_false(span_is_equal(text_of(safety_number_write, one, other),
                                   text_of(safety_number_write, changed, other)));
        assert_int_equal(
            safety_number_check_qr(text_of(safety_number_write_qr, changed, other), one, other),
            WAVU_ERR_CRYPTO);
    }
    assert_int_equal(
        safety_number_check_qr(text_of(safety_number_write_qr, other, one), one, other), 0);
}

static void test_other_texts(void **state)
{
    (void)state;
    const uint8_t one[32] = {1};
    const uint8_t other[32] = {2};
    static const struct {
        const char *text;
        int rc;
    } cases[] = {
        {"", WAVU_ERR_INVALID},
        {"WAVU:JOIN:1:ABC", WAVU_ERR_INVALID},
        {"WAVU:SAFETY:", WAVU_ERR_INVALID},
        {"WAVU:SAFETY:1", WAVU_ERR_INVALID},
        {"WAVU:SAFETY::", WAVU_ERR_INVALID},
        {"WAVU:SAFETY:1:ABC", WAVU_ERR_INVALID},
        {"WAVU:SAFETY:2:ABC", WAVU_ERR_UNSUPPORTED},
        {"WAVU:SAFETY:12:", WAVU_ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(safety_number_check_qr(span_from_text(cases[i].text), one, other),
                         cases[i].rc);
    }
    const struct span good = text_of(safety_number_write_qr, one, other);
    for (size_t len = 0; len < good.len; len += 5) {
        assert_int_equal(safety_number_check_qr(span_slice(good, 0, len), one, other),
                         WAVU_ERR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_other_keys_are_seen),
        cmocka_unit_test(test_other_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
