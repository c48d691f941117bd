/*
 * Packing: every value there is against the fractions of FIPS 203 4.7 and 4.8, and bits as 4.2.1
 * lays them out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/mlkem_pack.h"

#define Q MLKEM_POLY_Q

/* Bit `at` of bytes, the least significant first. */
static unsigned bit(const uint8_t *bytes, size_t at)
{
    return bytes[at / 8] >> at % 8 & 1;
}

/* The number that `bits` bits give, `index` such numbers into the bytes. */
static unsigned number(const uint8_t *bytes, unsigned bits, size_t index)
{
    unsigned result = 0;
    for (unsigned i = 0; i < bits; i++) {
        result |= bit(bytes, bits * index + i) << i;
    }
    return result;
}

/* round(2^bits * x / Q) modulo 2^bits, and round(Q * y / 2^bits), by divisions. */
static unsigned compressed(unsigned x, unsigned bits)
{
    return (2 * (x << bits) + Q) / (2 * Q) % (1U << bits);
}

static unsigned decompressed(unsigned y, unsigned bits)
{
    return (2 * Q * y + (1U << bits)) / (2U << bits);
}

struct form {
    unsigned bits;
    void (*pack)(uint8_t *out, const struct mlkem_poly *p);
    void (*open)(struct mlkem_poly *p, const uint8_t *in);
};

static const struct form forms[] = {
    {1, mlkem_pack_1, mlkem_pack_open_1},
    {4, mlkem_pack_4, mlkem_pack_open_4},
    {10, mlkem_pack_10, mlkem_pack_open_10},
};

static void test_compresses_every_coefficient(void **state)
{
    (void)state;
    for (size_t f = 0; f < 3; f++) {
        for (int shift = 0; shift < Q; shift += 5) { /* each in many a place */
            struct mlkem_poly p;
            uint8_t bytes[MLKEM_PACK_10_SIZE];
            for (int i = 0; i < MLKEM_POLY_N; i++) {
                p.c[i] = (int16_t)((shift + i) % Q);
            }
            forms[f].pack(bytes, &p);
            for (int i = 0; i < MLKEM_POLY_N; i++) {
                assert_int_equal(number(bytes, forms[f].bits, (size_t)i),
                                 compressed((unsigned)p.c[i], forms[f].bits));
            }
        }
    }
}

static void test_decompresses_every_number(void **state)
{
    (void)state;
    for (size_t f = 0; f < 3; f++) {
        const unsigned bits = forms[f].bits;
        for (unsigned shift = 0; shift < 1024; shift += 3) {
            struct mlkem_poly p;
            uint8_t bytes[MLKEM_PACK_10_SIZE] = {0};
            uint8_t again[MLKEM_PACK_10_SIZE] = {0};
            for (unsigned i = 0; i < bits * MLKEM_POLY_N; i++) {
                const unsigned y = (shift + i / bits) % (1U << bits);
                bytes[i / 8] |= (uint8_t)((y >> i % bits & 1) << i % 8);
            }
            forms[f].open(&p, bytes);
            for (unsigned i = 0; i < MLKEM_POLY_N; i++) {
                assert_int_equal(p.c[i], decompressed((shift + i) % (1U << bits), bits));
            }
            forms[f].pack(again, &p); /* what was decompressed compresses to what it was */
            assert_memory_equal(again, bytes, bits * MLKEM_POLY_N / 8);
        }
    }
}

static void test_whole_coefficients(void **state)
{
    (void)state;
    for (int shift = 0; shift < 4096; shift += 7) {
        struct mlkem_poly p;
        struct mlkem_poly q;
        uint8_t bytes[MLKEM_PACK_12_SIZE];
        for (int i = 0; i < MLKEM_POLY_N; i++) {
            p.c[i] = (int16_t)((shift + 16 * i) % 4096);
        }
        mlkem_pack_12(bytes, &p);
        for (int i = 0; i < MLKEM_POLY_N; i++) {
            assert_int_equal(number(bytes, 12, (size_t)i), p.c[i]);
        }
        mlkem_pack_open_12(&q, bytes);
        assert_memory_equal(&p, &q, sizeof(p));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compresses_every_coefficient),
        cmocka_unit_test(test_decompresses_every_number),
        cmocka_unit_test(test_whole_coefficients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
