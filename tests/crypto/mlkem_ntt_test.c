/*
 * The transform against its definition: remainders modulo x^2 - 17^(2 bitreverse(i) + 1), and
 * products against those of the school.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/random.h"
#include "crypto/mlkem_ntt.h"

#define Q MLKEM_POLY_Q
#define N MLKEM_POLY_N
#define ROUNDS 20

static struct random_seeded seeded;
static struct random source;

static int power(int base, int exponent)
{
    int result = 1;
    for (int i = 0; i < exponent; i++) {
        result = result * base % Q;
    }
    return result;
}

static int bitreverse(int i)
{
    int result = 0;
    for (int bit = 0; bit < 7; bit++) {
        result |= (i >> bit & 1) << (6 - bit);
    }
    return result;
}

static void draw(struct mlkem_poly *p, int low, int high)
{
    for (int i = 0; i < N; i++) {
        p->c[i] = (int16_t)(low + (int)random_below(&source, (uint64_t)(high - low + 1)));
    }
}

static int canonical(int64_t x)
{
    const int rest = (int)(x % Q);
    return rest < 0 ? rest + Q : rest;
}

static void check_magnitudes(const struct mlkem_poly *p, int most)
{
    for (int i = 0; i < N; i++) {
        assert_in_range(p->c[i] + most, 0, 2 * most);
    }
}

static void test_zetas(void **state)
{
    (void)state;
    for (int i = 0; i < 128; i++) {
        assert_int_equal(canonical(mlkem_ntt_zetas[i]), power(17, bitreverse(i)) * 65536LL % Q);
        assert_in_range(mlkem_ntt_zetas[i] + Q / 2, 0, Q);
    }
}

static void test_forward_is_remainders(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct mlkem_poly p;
        struct mlkem_poly t;
        draw(&p, -Q, Q);
        t = p;
        mlkem_ntt_forward(&t);
        check_magnitudes(&t, Q);
        for (int i = 0; i < 128; i++) {
            const int64_t root = power(17, 2 * bitreverse(i) + 1);
            int64_t rests[2] = {0, 0};
            int64_t x = 1; /* root^j: what x^(2j) leaves */
            for (int j = 0; j < 128; j++) {
                rests[0] += x * p.c[2 * j];
                rests[1] += x * p.c[2 * j + 1];
                x = x * root % Q;
            }
            assert_int_equal(canonical(t.c[2 * i]), canonical(rests[0]));
            assert_int_equal(canonical(t.c[2 * i + 1]), canonical(rests[1]));
        }
    }
}

static void test_inverse_gives_back(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        struct mlkem_poly p;
        struct mlkem_poly t;
        draw(&p, round % 2 == 0 ? -Q : Q - 2, Q); /* also the largest that there are */
        t = p;
        mlkem_ntt_forward(&t);
        mlkem_ntt_inverse(&t);
        check_magnitudes(&t, 2400);
        for (int i = 0; i < N; i++) {
            assert_int_equal(canonical(t.c[i]), canonical(65536LL * p.c[i]));
        }
    }
}

/* The inverse of what was never transformed, at the bounds. */
static void test_inverse_holds_its_bounds(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        struct mlkem_poly p;
        struct mlkem_poly t;
        for (int i = 0; i < N; i++) {
            p.c[i] = (int16_t)(sign * Q);
        }
        mlkem_ntt_inverse(&p);
        check_magnitudes(&p, 2400);
        draw(&p, -Q, Q);
        t = p;
        mlkem_ntt_inverse(&t);
        check_magnitudes(&t, 2400);
        mlkem_ntt_forward(&t);
        for (int i = 0; i < N; i++) {
            assert_int_equal(canonical(t.c[i]), canonical(65536LL * p.c[i]));
        }
    }
}

/* The product modulo x^256 + 1, term by term. */
static void school(int64_t *sum, const struct mlkem_poly *a, const struct mlkem_poly *b)
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            const int64_t term = (int64_t)a->c[i] * b->c[j];
            sum[(i + j) % N] += i + j < N ? term : -term;
        }
    }
}

static void test_dot_is_the_schools(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct mlkem_poly a[MLKEM_POLY_K];
        struct mlkem_poly b[MLKEM_POLY_K];
        struct mlkem_factor factors[MLKEM_POLY_K];
        struct mlkem_poly sum;
        int64_t want[N] = {0};
        for (int k = 0; k < MLKEM_POLY_K; k++) {
            draw(&a[k], -Q, Q);
            draw(&b[k], -Q, Q);
            school(want, &a[k], &b[k]);
            mlkem_ntt_forward(&a[k]);
            mlkem_ntt_forward(&b[k]);
            mlkem_ntt_factor(&factors[k], &b[k]);
        }
        mlkem_ntt_dot(&sum, a, factors);
        check_magnitudes(&sum, 2920);
        mlkem_ntt_inverse(&sum); /* its factor R is what the product lost */
        for (int i = 0; i < N; i++) {
            assert_int_equal(canonical(sum.c[i]), canonical(want[i]));
        }
    }
}

static void test_dot_holds_its_bounds(void **state)
{
    (void)state;
    struct mlkem_poly a[MLKEM_POLY_K];
    struct mlkem_factor b[MLKEM_POLY_K];
    struct mlkem_poly sum;
    for (int sign = -1; sign <= 1; sign += 2) {
        for (int k = 0; k < MLKEM_POLY_K; k++) {
            for (int i = 0; i < N; i++) {
                a[k].c[i] = 4095;
                b[k].even[i] = (int16_t)(sign * Q);
                b[k].odd[i] = (int16_t)(sign * (Q - 1));
            }
        }
        mlkem_ntt_dot(&sum, a, b);
        check_magnitudes(&sum, 2920);
        assert_int_equal(canonical(sum.c[0]), 0);
        assert_int_equal(canonical(65536LL * sum.c[1]), canonical(-6LL * sign * 4095));
    }
}

static void test_scale(void **state)
{
    (void)state;
    struct mlkem_poly p;
    struct mlkem_poly t;
    draw(&p, INT16_MIN, INT16_MAX);
    t = p;
    mlkem_ntt_scale(&t);
    check_magnitudes(&t, 2400);
    for (int i = 0; i < N; i++) {
        assert_int_equal(canonical(t.c[i]), canonical(65536LL * p.c[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zetas),
        cmocka_unit_test(test_forward_is_remainders),
        cmocka_unit_test(test_inverse_gives_back),
        cmocka_unit_test(test_inverse_holds_its_bounds),
        cmocka_unit_test(test_dot_is_the_schools),
        cmocka_unit_test(test_dot_holds_its_bounds),
        cmocka_unit_test(test_scale),
    };
    random_seeded_init(&seeded, 3329);
    source = random_from_seeded(&seeded);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
