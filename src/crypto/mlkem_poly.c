/*
 * Sums, differences and the canonical form of polynomials: loops that compilers turn into vectors.
 */
#include "crypto/mlkem_poly.h"

void mlkem_poly_add(struct mlkem_poly *p, const struct mlkem_poly *q)
{
    for (int i = 0; i < MLKEM_POLY_N; i++) {
        p->c[i] = (int16_t)(p->c[i] + q->c[i]);
    }
}

void mlkem_poly_subtract(struct mlkem_poly *p, const struct mlkem_poly *q)
{
    for (int i = 0; i < MLKEM_POLY_N; i++) {
        p->c[i] = (int16_t)(p->c[i] - q->c[i]);
    }
}

/* Barrett: the quotient by multiplication with 2^26 / 3329, cut to the high half of 16 bits and
 * rounded down, so that the rest is 0 to 3329; then 3329 is taken off where that is left. */
void mlkem_poly_reduce(struct mlkem_poly *p)
{
    for (int i = 0; i < MLKEM_POLY_N; i++) {
        const int16_t high = (int16_t)(p->c[i] * 20159 >> 16);
        const int16_t rest = (int16_t)(p->c[i] - (high >> 10) * MLKEM_POLY_Q);
        const int16_t less = (int16_t)(rest - MLKEM_POLY_Q);
        p->c[i] = (int16_t)(less + (less >> 15 & MLKEM_POLY_Q));
    }
}
