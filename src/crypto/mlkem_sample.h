/*
 * Polynomials of ML-KEM drawn from bytes (FIPS 203 4.2.2).
 */
#ifndef CRYPTO_MLKEM_SAMPLE_H
#define CRYPTO_MLKEM_SAMPLE_H

#include <stddef.h>

#include "crypto/mlkem_poly.h"

#define MLKEM_SAMPLE_NOISE_SIZE 128   /* bytes of a noise polynomial: 64 * eta, eta = 2 */
#define MLKEM_SAMPLE_UNIFORM_SIZE 504 /* three blocks of SHAKE128, which suffice in 99 of 100 */

/** Coefficients from -2 to 2, binomial; secret (algorithm 8). */
void mlkem_sample_noise(struct mlkem_poly *p, const uint8_t in[MLKEM_SAMPLE_NOISE_SIZE]);
void mlkem_sample_avx2_noise(struct mlkem_poly *p, const uint8_t in[MLKEM_SAMPLE_NOISE_SIZE]);

/** Coefficients from 0 to 3328, uniform, by rejection, from `len` bytes, a multiple of 3 (algorithm
 * 7). `have` of them are there already; gives how many are there now, at most 256. For what is
 * public: its time tells of the bytes. */
size_t mlkem_sample_uniform(struct mlkem_poly *p, size_t have, const uint8_t *in, size_t len);
size_t mlkem_sample_avx2_uniform(struct mlkem_poly *p, size_t have, const uint8_t *in, size_t len);

#endif
