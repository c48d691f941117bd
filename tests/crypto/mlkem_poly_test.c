/*
 * Sums, differences and the canonical form, over all 16-bit numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/mlkem_poly.h"

static void test_reduce_all(void **state)
{
    (void)state;
    for (int32_t first = INT16_MIN; first < INT16_MAX; first += MLKEM_POLY_N) {
        struct mlkem_poly p;
        for (int i = 0; i < MLKEM_POLY_N; i++) {
            p.c[i] = (int16_t)(first + i);
        }
        mlkem_poly_reduce(&p);
        for (int i = 0; i < MLKEM_POLY_N; i++) {
            const int32_t rest = (first + i) % MLKEM_POLY_Q;
            assert_int_equal(p.c[i], rest < 0 ? rest + MLKEM_POLY_Q : rest);
        }
    }
}

static void test_add_and_subtract(void **state)
{
    (void)state;
    struct mlkem_poly p;
    struct mlkem_poly q;
    for (int i = 0; i < MLKEM_POLY_N; i++) {
        p.c[i] = (int16_t)(100 * i - 12800);
        q.c[i] = (int16_t)(3328 - 26 * i);
    }
    mlkem_poly_add(&p, &q);
    for (int i = 0; i < MLKEM_POLY_N; i++) {
        assert_int_equal(p.c[i], 74 * i - 9472);
    }
    mlkem_poly_subtract(&p, &q);
    mlkem_poly_subtract(&p, &q);
    for (int i = 0; i < MLKEM_POLY_N; i++) {
        assert_int_equal(p.c[i], 126 * i - 16128);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reduce_all),
        cmocka_unit_test(test_add_and_subtract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
