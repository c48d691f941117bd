/*
 * The number-theoretic transform of ML-KEM and products under it (FIPS 203 4.3).
 *
 * Coefficients under the transform stand in the order of FIPS 203. Products are Montgomery's: they
 * lose a factor R = 2^16, which mlkem_ntt_inverse and mlkem_ntt_scale give back. Each function is
 * here twice, portable and with AVX2; both give the same modulo 3329 within the same bounds, not
 * always the same number.
 */
#ifndef CRYPTO_MLKEM_NTT_H
#define CRYPTO_MLKEM_NTT_H

#include "crypto/mlkem_poly.h"

/* 17^bitreverse(i) * R modulo 3329, nearest to 0. */
extern const int16_t mlkem_ntt_zetas[128];

/* What a transformed polynomial b becomes before it is multiplied with others: of each pair
 * (b0, b1) and its zeta, (b0, b1 * zeta) and (b1, b0). A product with (a0, a1) is then two sums of
 * two products. */
struct mlkem_factor {
    _Alignas(32) int16_t even[MLKEM_POLY_N];
    _Alignas(32) int16_t odd[MLKEM_POLY_N];
};

/** Transform in place; from magnitudes of up to 3329 to the same. */
void mlkem_ntt_forward(struct mlkem_poly *p);
void mlkem_ntt_avx2_forward(struct mlkem_poly *p);

/** Transform back, times R; from magnitudes of up to 3329 to up to 2400. */
void mlkem_ntt_inverse(struct mlkem_poly *p);
void mlkem_ntt_avx2_inverse(struct mlkem_poly *p);

/** Prepare a factor; magnitudes of up to 3329. */
void mlkem_ntt_factor(struct mlkem_factor *f, const struct mlkem_poly *p);
void mlkem_ntt_avx2_factor(struct mlkem_factor *f, const struct mlkem_poly *p);

/** The sum of the three products a[i] * b[i] / R; a of magnitudes up to 4095, the sum's up to 2920.
 */
void mlkem_ntt_dot(struct mlkem_poly *sum, const struct mlkem_poly a[MLKEM_POLY_K],
                   const struct mlkem_factor b[MLKEM_POLY_K]);
void mlkem_ntt_avx2_dot(struct mlkem_poly *sum, const struct mlkem_poly a[MLKEM_POLY_K],
                        const struct mlkem_factor b[MLKEM_POLY_K]);

/** Times R, to magnitudes of up to 2400. */
void mlkem_ntt_scale(struct mlkem_poly *p);

#endif
