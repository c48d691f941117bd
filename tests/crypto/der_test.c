/*
 * Elements of DER: each length is written and read in its one form, all others are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/der.h"
#include "wavu/err.h"

static void test_lengths(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 0x7f, 0x80, 0xff, 0x100, 4000, UINT16_MAX};
    static uint8_t bytes[UINT16_MAX + 4];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct wr w;
        struct rd r;
        wr_init(&w, span_mut_of(bytes, sizeof bytes));
        der_write_head(&w, DER_OCTETS, lengths[i]);
        assert_int_equal(wr_finish(&w), 0);
        assert_int_equal(w.len + lengths[i], der_size(lengths[i]));
        rd_init(&r, span_of(bytes, w.len + lengths[i]));
        assert_int_equal(der_element(&r, DER_OCTETS).len, lengths[i]);
        assert_int_equal(rd_finish(&r), 0);
        rd_init(&r, span_of(bytes, w.len + lengths[i]));
        (void)der_element(&r, DER_SEQUENCE);
        assert_int_equal(rd_finish(&r), WAVU_ERR_PROTO);
        if (lengths[i] > 0) {
            rd_init(&r, span_of(bytes, w.len + lengths[i] - 1));
            (void)der_element(&r, DER_OCTETS);
            assert_int_equal(rd_finish(&r), WAVU_ERR_PROTO);
        }
    }
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    der_write_head(&w, DER_OCTETS, UINT16_MAX + 1);
    assert_int_equal(wr_finish(&w), WAVU_ERR_LIMIT);
}

static void test_lengths_in_other_forms(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[8];
        size_t len;
    } forms[] = {
        {{0x04, 0x81, 0x01, 0xaa}, 4},             /* one byte too many */
        {{0x04, 0x82, 0x00, 0x01, 0xaa}, 5},       /* two */
        {{0x04, 0x83, 0x00, 0x00, 0x01, 0xaa}, 6}, /* three */
        {{0x04, 0x80, 0xaa, 0x00, 0x00}, 5},       /* indefinite: BER */
        {{0x04, 0x84, 0xff, 0xff, 0xff, 0xff}, 6},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct rd r;
        rd_init(&r, span_of(forms[i].bytes, forms[i].len));
        (void)der_element(&r, DER_OCTETS);
        assert_int_equal(rd_finish(&r), WAVU_ERR_PROTO);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    static const uint8_t good[] = {0x02, 0x02, 0x00, 0x80};
    static const uint8_t bad[][4] = {
        {0x02, 0x00}, {0x02, 0x01, 0x80}, {0x02, 0x01, 0x00}, {0x02, 0x02, 0x00, 0x7f}};
    static const size_t lens[] = {2, 3, 3, 4};
    struct rd r;
    rd_init(&r, span_of(good, sizeof good));
    const struct span number = der_positive(&r);
    assert_int_equal(rd_finish(&r), 0);
    assert_int_equal(number.len, 1);
    assert_int_equal(number.ptr[0], 0x80);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rd_init(&r, span_of(bad[i], lens[i]));
        (void)der_positive(&r);
        assert_int_equal(rd_finish(&r), WAVU_ERR_PROTO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_lengths_in_other_forms),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
