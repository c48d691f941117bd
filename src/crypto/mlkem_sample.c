/*
 * Bytes of SHAKE to polynomials.
 */
#include "crypto/mlkem_sample.h"

void mlkem_sample_noise(struct mlkem_poly *p, const uint8_t in[MLKEM_SAMPLE_NOISE_SIZE])
{
    for (int i = 0; i < MLKEM_SAMPLE_NOISE_SIZE; i++) {
        /* Pairs of bits added beside each other: x at bits 0 and 4, y at bits 2 and 6. */
        const int sums = (in[i] & 0x55) + (in[i] >> 1 & 0x55);
        p->c[2 * i] = (int16_t)((sums & 3) - (sums >> 2 & 3));
        p->c[2 * i + 1] = (int16_t)((sums >> 4 & 3) - (sums >> 6));
    }
}

size_t mlkem_sample_uniform(struct mlkem_poly *p, size_t have, const uint8_t *in, size_t len)
{
    size_t i = 0;
    /* Without asking: a number that is too large is overwritten by the next. */
    for (; have < MLKEM_POLY_N - 1 && i < len; i += 3) {
        const int a = in[i] | (in[i + 1] & 15) << 8;
        const int b = in[i + 1] >> 4 | in[i + 2] << 4;
        p->c[have] = (int16_t)a;
        have += a < MLKEM_POLY_Q;
        p->c[have] = (int16_t)b;
        have += b < MLKEM_POLY_Q;
    }
    for (; have < MLKEM_POLY_N && i < len; i += 3) {
        const int a = in[i] | (in[i + 1] & 15) << 8;
        const int b = in[i + 1] >> 4 | in[i + 2] << 4;
        if (a < MLKEM_POLY_Q || b < MLKEM_POLY_Q) {
            p->c[have++] = (int16_t)(a < MLKEM_POLY_Q ? a : b);
        }
    }
    return have;
}
