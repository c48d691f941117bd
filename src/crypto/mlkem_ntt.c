/*
 * The transform without vectors of its own: loops whose inner ones compilers turn into some.
 *
 * Bounds: a product of Montgomery's with a zeta has a magnitude of at most 32768 * 1664 / R + 3329
 * / 2 < 2500 whatever it is made from.
 */
#include "crypto/mlkem_ntt.h"

#define QINV (-3327)   /* 1 / 3329 modulo R */
#define R_SQUARED 1353 /* R^2 modulo 3329 */
#define BACK 1441      /* R^2 / 128 modulo 3329: the inverse transform's factor, and R */

const int16_t mlkem_ntt_zetas[128] = {
    -1044, -758,  -359,  -1517, 1493,  1422,  287,   202,   -171,  622,   1577,  182,   962,
    -1202, -1474, 1468,  573,   -1325, 264,   383,   -829,  1458,  -1602, -130,  -681,  1017,
    732,   608,   -1542, 411,   -205,  -1571, 1223,  652,   -552,  1015,  -1293, 1491,  -282,
    -1544, 516,   -8,    -320,  -666,  -1618, -1162, 126,   1469,  -853,  -90,   -271,  830,
    107,   -1421, -247,  -951,  -398,  961,   -1508, -725,  448,   -1065, 677,   -1275, -1103,
    430,   555,   843,   -1251, 871,   1550,  105,   422,   587,   177,   -235,  -291,  -460,
    1574,  1653,  -246,  778,   1159,  -147,  -777,  1483,  -602,  1119,  -1590, 644,   -872,
    349,   418,   329,   -156,  -75,   817,   1097,  603,   610,   1322,  -1285, -1465, 384,
    -1215, -136,  1218,  -1335, -874,  220,   -1187, -1659, -1185, -1530, -1278, 794,   -1510,
    -854,  -870,  478,   -108,  -308,  996,   991,   958,   -1460, 1522,  1628,
};

/* a * z / R, where z_inverse is z / 3329 modulo R: the high halves of two products, whose low
 * halves are the same and cancel out. */
static inline int16_t product(int16_t a, int16_t z, int16_t z_inverse)
{
    const int16_t low = (int16_t)(a * z_inverse);
    return (int16_t)((a * z >> 16) - (low * MLKEM_POLY_Q >> 16));
}

static inline int16_t inverse_of(int16_t z)
{
    return (int16_t)(z * QINV);
}

/* To magnitudes of up to 1665 * 4 / 3: the nearest quotient by 2^15 / 3329, rounded to 10. */
static inline int16_t barrett(int16_t a)
{
    const int16_t quotient = (int16_t)((a * 10 + 16384) >> 15);
    return (int16_t)(a - quotient * MLKEM_POLY_Q);
}

void mlkem_ntt_forward(struct mlkem_poly *p)
{
    int k = 1;
    for (int half = 128; half >= 2; half /= 2) {
        for (int start = 0; start < MLKEM_POLY_N; start += 2 * half) {
            const int16_t zeta = mlkem_ntt_zetas[k++];
            const int16_t zeta_inverse = inverse_of(zeta);
            int16_t *a = p->c + start;
            int16_t *b = a + half;
            for (int i = 0; i < half; i++) {
                const int16_t t = product(b[i], zeta, zeta_inverse);
                b[i] = (int16_t)(a[i] - t); /* seven layers add less than 2500 each: 20829 */
                a[i] = (int16_t)(a[i] + t);
            }
        }
    }
    for (int i = 0; i < MLKEM_POLY_N; i++) {
        p->c[i] = barrett(p->c[i]);
    }
}

void mlkem_ntt_inverse(struct mlkem_poly *p)
{
    int k = 127;
    for (int half = 2; half <= 128; half *= 2) {
        for (int start = 0; start < MLKEM_POLY_N; start += 2 * half) {
            const int16_t zeta = mlkem_ntt_zetas[k--];
            const int16_t zeta_inverse = inverse_of(zeta);
            int16_t *a = p->c + start;
            int16_t *b = a + half;
            for (int i = 0; i < half; i++) {
                const int16_t t = (int16_t)(b[i] - a[i]);
                a[i] = (int16_t)(a[i] + b[i]);
                b[i] = product(t, zeta, zeta_inverse);
            }
        }
        /* Sums double with each layer: 3329 to 26632 in three, then from 2500 to 20000 in three. */
        if (half == 8 || half == 64) {
            for (int i = 0; i < MLKEM_POLY_N; i++) {
                p->c[i] = barrett(p->c[i]);
            }
        }
    }
    for (int i = 0; i < MLKEM_POLY_N; i++) {
        p->c[i] = product(p->c[i], BACK, inverse_of(BACK));
    }
}

void mlkem_ntt_factor(struct mlkem_factor *f, const struct mlkem_poly *p)
{
    for (int i = 0; i < MLKEM_POLY_N; i += 4) {
        const int16_t zeta = mlkem_ntt_zetas[64 + i / 4];
        const int16_t zeta_inverse = inverse_of(zeta);
        f->even[i] = p->c[i];
        f->even[i + 1] = product(p->c[i + 1], zeta, zeta_inverse);
        f->even[i + 2] = p->c[i + 2]; /* the second pair's zeta is the first's, negative */
        f->even[i + 3] = (int16_t)-product(p->c[i + 3], zeta, zeta_inverse);
        f->odd[i] = p->c[i + 1];
        f->odd[i + 1] = p->c[i];
        f->odd[i + 2] = p->c[i + 3];
        f->odd[i + 3] = p->c[i + 2];
    }
}

/* Six products of 4095 and 3329 make 2^26.3; so the sum / R is below 1250 + 1665. */
static inline int16_t reduce(int32_t sum)
{
    const int16_t low = (int16_t)((int16_t)sum * QINV);
    return (int16_t)((sum - low * MLKEM_POLY_Q) >> 16);
}

void mlkem_ntt_dot(struct mlkem_poly *sum, const struct mlkem_poly a[MLKEM_POLY_K],
                   const struct mlkem_factor b[MLKEM_POLY_K])
{
    for (int i = 0; i < MLKEM_POLY_N; i += 2) {
        int32_t even = 0;
        int32_t odd = 0;
        for (int k = 0; k < MLKEM_POLY_K; k++) {
            even += a[k].c[i] * b[k].even[i] + a[k].c[i + 1] * b[k].even[i + 1];
            odd += a[k].c[i] * b[k].odd[i] + a[k].c[i + 1] * b[k].odd[i + 1];
        }
        sum->c[i] = reduce(even);
        sum->c[i + 1] = reduce(odd);
    }
}

void mlkem_ntt_scale(struct mlkem_poly *p)
{
    for (int i = 0; i < MLKEM_POLY_N; i++) {
        p->c[i] = product(p->c[i], R_SQUARED, inverse_of(R_SQUARED));
    }
}
