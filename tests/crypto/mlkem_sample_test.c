/*
 * Sampling against the words of FIPS 203: bit by bit, number by number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/random.h"
#include "crypto/mlkem_ops.h"
#include "crypto/mlkem_sample.h"

static struct random_seeded seeded;
static struct random source;

static int bit(const uint8_t *bytes, size_t at)
{
    return bytes[at / 8] >> at % 8 & 1;
}

/* Algorithm 8, with eta = 2. */
static void test_noise(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        uint8_t bytes[MLKEM_SAMPLE_NOISE_SIZE];
        struct mlkem_poly p;
        random_fill(&source, bytes, sizeof(bytes));
        mlkem_sample_noise(&p, bytes);
        for (size_t i = 0; i < MLKEM_POLY_N; i++) {
            const int x = bit(bytes, 4 * i) + bit(bytes, 4 * i + 1);
            const int y = bit(bytes, 4 * i + 2) + bit(bytes, 4 * i + 3);
            assert_int_equal(p.c[i], x - y);
        }
    }
}

/* Algorithm 7 as it stands there: up to two numbers of three bytes. */
static size_t uniform(int16_t *c, size_t have, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len && have < MLKEM_POLY_N; i += 3) {
        const int first = bytes[i] + 256 * (bytes[i + 1] % 16);
        const int second = bytes[i + 1] / 16 + 16 * bytes[i + 2];
        if (first < MLKEM_POLY_Q) {
            c[have++] = (int16_t)first;
        }
        if (second < MLKEM_POLY_Q && have < MLKEM_POLY_N) {
            c[have++] = (int16_t)second;
        }
    }
    return have;
}

static void check_uniform(size_t (*sample)(struct mlkem_poly *, size_t, const uint8_t *, size_t),
                          const uint8_t *bytes, size_t have)
{
    struct mlkem_poly p;
    struct mlkem_poly want;
    memset(&p, 0, sizeof(p));
    memset(&want, 0, sizeof(want));
    const size_t expected = uniform(want.c, have, bytes, MLKEM_SAMPLE_UNIFORM_SIZE);
    const size_t got = sample(&p, have, bytes, MLKEM_SAMPLE_UNIFORM_SIZE);
    assert_int_equal(got, expected);
    assert_memory_equal(p.c + have, want.c + have, (got - have) * sizeof(int16_t));
}

static void check_all(size_t (*sample)(struct mlkem_poly *, size_t, const uint8_t *, size_t))
{
    uint8_t bytes[MLKEM_SAMPLE_UNIFORM_SIZE];
    for (size_t have = 0; have <= MLKEM_POLY_N; have++) {
        random_fill(&source, bytes, sizeof(bytes));
        check_uniform(sample, bytes, have);
    }
    for (int round = 0; round < 5000; round++) { /* some of them end before they are full */
        random_fill(&source, bytes, sizeof(bytes));
        for (int i = 0; i < round % 32; i++) {
            bytes[3 * i + 1] = 0xff;
            bytes[3 * i + 2] = 0xff;
        }
        check_uniform(sample, bytes, 0);
    }
    memset(bytes, 0xff, sizeof(bytes));
    check_uniform(sample, bytes, 0);
    memset(bytes, 0, sizeof(bytes));
    check_uniform(sample, bytes, 0);
    for (int edge = MLKEM_POLY_Q - 2; edge <= MLKEM_POLY_Q + 1; edge++) {
        for (size_t i = 0; i < sizeof(bytes); i += 3) {
            bytes[i] = (uint8_t)edge;
            bytes[i + 1] = (uint8_t)(edge >> 8 | edge << 4);
            bytes[i + 2] = (uint8_t)(edge >> 4);
        }
        check_uniform(sample, bytes, 0);
    }
}

static void test_uniform(void **state)
{
    (void)state;
    check_all(mlkem_sample_uniform);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_uniform),
    };
    random_seeded_init(&seeded, 203);
    source = random_from_seeded(&seeded);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
