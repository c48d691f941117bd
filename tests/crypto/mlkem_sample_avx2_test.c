/*
 * Sampling in vectors against the portable one: noise, and numbers by rejection from every start,
 * with bytes that are refused more or less often.
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

static const struct mlkem_ops *wide(void)
{
    if (mlkem_ops_avx2() == NULL) {
        print_message("this processor has no AVX2\n");
        skip();
    }
    return mlkem_ops_avx2();
}

static void test_noise(void **state)
{
    (void)state;
    const struct mlkem_ops *ops = wide();
    for (int round = 0; round < 5000; round++) {
        uint8_t bytes[MLKEM_SAMPLE_NOISE_SIZE];
        struct mlkem_poly a;
        struct mlkem_poly b;
        random_fill(&source, bytes, sizeof(bytes));
        mlkem_sample_noise(&a, bytes);
        ops->noise(&b, bytes);
        assert_memory_equal(&a, &b, sizeof(a));
    }
}

static void check_uniform(const struct mlkem_ops *ops, size_t have, const uint8_t *bytes,
                          size_t len)
{
    struct mlkem_poly a;
    struct mlkem_poly b;
    memset(&a, 0x11, sizeof(a));
    memset(&b, 0x11, sizeof(b));
    const size_t want = mlkem_sample_uniform(&a, have, bytes, len);
    assert_int_equal(ops->uniform(&b, have, bytes, len), want);
    assert_memory_equal(&a, &b, want * sizeof(int16_t));
}

static void test_uniform(void **state)
{
    (void)state;
    const struct mlkem_ops *ops = wide();
    uint8_t bytes[MLKEM_SAMPLE_UNIFORM_SIZE];
    for (size_t have = 0; have <= MLKEM_POLY_N; have++) {
        for (size_t len = 0; len <= sizeof(bytes); len += 12 + have % 7 * 3) {
            random_fill(&source, bytes, sizeof(bytes));
            check_uniform(ops, have, bytes, len);
        }
    }
    for (int round = 0; round < 10000; round++) {
        random_fill(&source, bytes, sizeof(bytes));
        for (size_t i = 0; i < sizeof(bytes); i++) { /* numbers above the modulus, more and more */
            bytes[i] |= random_below(&source, 64) < (uint64_t)(round % 64) ? 0xf0 : 0;
        }
        check_uniform(ops, 0, bytes, sizeof(bytes));
    }
}

/* All choices of four numbers, at the modulus itself. */
static void test_every_choice(void **state)
{
    (void)state;
    const struct mlkem_ops *ops = wide();
    for (unsigned choice = 0; choice < 65536; choice++) {
        uint8_t bytes[48] = {0};
        for (unsigned i = 0; i < 16; i++) {
            const unsigned number = (choice >> i & 1) != 0 ? MLKEM_POLY_Q - 1 - i : MLKEM_POLY_Q;
            uint8_t *at = bytes + i / 2 * 3;
            if (i % 2 == 0) {
                at[0] = (uint8_t)number;
                at[1] = (uint8_t)(number >> 8);
            } else {
                at[1] = (uint8_t)(at[1] | number << 4);
                at[2] = (uint8_t)(number >> 4);
            }
        }
        check_uniform(ops, 0, bytes, sizeof(bytes));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_every_choice),
    };
    random_seeded_init(&seeded, 504);
    source = random_from_seeded(&seeded);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
