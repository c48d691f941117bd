/*
 * Polynomials of ML-KEM: 256 coefficients modulo 3329 (FIPS 203 2.3).
 *
 * A coefficient is any number of 16 bits that is right modulo 3329; each function says how large it
 * may be. Canonical is 0 to 3328.
 */
#ifndef CRYPTO_MLKEM_POLY_H
#define CRYPTO_MLKEM_POLY_H

#include <stdint.h>

#define MLKEM_POLY_N 256
#define MLKEM_POLY_Q 3329
#define MLKEM_POLY_K 3 /* polynomials in a vector: ML-KEM-768 */

struct mlkem_poly {
    _Alignas(32) int16_t c[MLKEM_POLY_N];
};

/** p + q, whose sums must fit 16 bits. */
void mlkem_poly_add(struct mlkem_poly *p, const struct mlkem_poly *q);

/** p - q, whose differences must fit 16 bits. */
void mlkem_poly_subtract(struct mlkem_poly *p, const struct mlkem_poly *q);

/** Make all coefficients canonical. */
void mlkem_poly_reduce(struct mlkem_poly *p);

#endif
