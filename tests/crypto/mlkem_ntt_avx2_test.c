/*
 * The transform in vectors against the portable one: the same modulo 3329, and within the same
 * bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/random.h"
#include "crypto/mlkem_ops.h"

#define ROUNDS 5000

static struct random_seeded seeded;
static struct random source;

static const struct mlkem_ops *wide(void)
{
    if (mlkem_ops_avx2() == NULL) {
        print_message("this processor has no AVX2\n");
        skip();
    }
    return mlkem_ops_avx2();
}

/* Magnitudes of up to 3329; in every fourth round only the largest. */
static void draw(int16_t *c, int round)
{
    for (int i = 0; i < MLKEM_POLY_N; i++) {
        const int any = (int)random_below(&source, 2 * MLKEM_POLY_Q + 1) - MLKEM_POLY_Q;
        c[i] = (int16_t)(round % 4 != 3 ? any : any < 0 ? -MLKEM_POLY_Q : MLKEM_POLY_Q);
    }
}

static void check_same(const int16_t *a, const int16_t *b, int most)
{
    for (int i = 0; i < MLKEM_POLY_N; i++) {
        assert_int_equal((a[i] - b[i]) % MLKEM_POLY_Q, 0);
        assert_in_range(b[i] + most, 0, 2 * most);
    }
}

static void test_transforms(void **state)
{
    (void)state;
    const struct mlkem_ops *ops = wide();
    for (int round = 0; round < ROUNDS; round++) {
        struct mlkem_poly a;
        struct mlkem_poly b;
        draw(a.c, round);
        b = a;
        mlkem_ntt_forward(&a);
        ops->forward(&b);
        check_same(a.c, b.c, MLKEM_POLY_Q);
        draw(a.c, round);
        b = a;
        mlkem_ntt_inverse(&a);
        ops->inverse(&b);
        check_same(a.c, b.c, 2400);
    }
}

static void test_products(void **state)
{
    (void)state;
    const struct mlkem_ops *ops = wide();
    for (int round = 0; round < ROUNDS; round++) {
        struct mlkem_poly p[MLKEM_POLY_K];
        struct mlkem_factor a[MLKEM_POLY_K];
        struct mlkem_factor b[MLKEM_POLY_K];
        struct mlkem_poly sums[2];
        for (int k = 0; k < MLKEM_POLY_K; k++) {
            draw(p[k].c, round);
            mlkem_ntt_factor(&a[k], &p[k]);
            ops->factor(&b[k], &p[k]);
            check_same(a[k].even, b[k].even, MLKEM_POLY_Q);
            assert_memory_equal(a[k].odd, b[k].odd, sizeof(a[k].odd));
            for (int i = 0; i < MLKEM_POLY_N; i++) { /* as a secret of 12 bits may hold */
                p[k].c[i] = (int16_t)(round % 4 == 3 ? 4095 : (int)random_below(&source, 4096));
            }
        }
        mlkem_ntt_dot(&sums[0], p, a);
        ops->dot(&sums[1], p, b);
        check_same(sums[0].c, sums[1].c, 2920);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transforms),
        cmocka_unit_test(test_products),
    };
    random_seeded_init(&seeded, 256);
    source = random_from_seeded(&seeded);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
