/*
 * Wiping, comparison and the start of the libraries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/secret.h"

static void test_wipes_every_byte(void **state)
{
    (void)state;
    uint8_t bytes[40];
    memset(bytes, 0xaa, sizeof(bytes));
    secret_wipe(bytes + 4, 32);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        assert_int_equal(bytes[i], i >= 4 && i < 36 ? 0 : 0xaa);
    }
    secret_wipe(NULL, 0);
}

static void test_compares_all_bytes(void **state)
{
    (void)state;
    uint8_t a[32] = {1, 2, 3};
    uint8_t b[32] = {1, 2, 3};
    assert_true(secret_is_equal(a, b, sizeof(a)));
    for (size_t i = 0; i < sizeof(b); i++) {
        b[i] ^= 0x80;
        assert_false(secret_is_equal(a, b, sizeof(a)));
        b[i] ^= 0x80;
    }
    assert_true(secret_is_equal(NULL, NULL, 0));
}

static void test_start_can_be_repeated(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(secret_start(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wipes_every_byte),
        cmocka_unit_test(test_compares_all_bytes),
        cmocka_unit_test(test_start_can_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
