/*
 * Polynomials of ML-KEM as bytes: whole coefficients of 12 bits, compressed ones of 10 and 4, and
 * the message, one bit each (FIPS 203 4.2.1).
 *
 * What is packed must be canonical; what is unpacked is, but for 12 bits, where it is below 4096.
 */
#ifndef CRYPTO_MLKEM_PACK_H
#define CRYPTO_MLKEM_PACK_H

#include "crypto/mlkem_poly.h"
#include "wavu/api.h"

#define MLKEM_PACK_12_SIZE 384
#define MLKEM_PACK_10_SIZE 320
#define MLKEM_PACK_4_SIZE 128
#define MLKEM_PACK_1_SIZE 32

void mlkem_pack_12(uint8_t out[MLKEM_PACK_12_SIZE], const struct mlkem_poly *p);
void mlkem_pack_open_12(struct mlkem_poly *p, const uint8_t in[MLKEM_PACK_12_SIZE]);

/** Compress and pack; unpack and decompress. */
void mlkem_pack_10(uint8_t out[MLKEM_PACK_10_SIZE], const struct mlkem_poly *p);
void mlkem_pack_open_10(struct mlkem_poly *p, const uint8_t in[MLKEM_PACK_10_SIZE]);
void mlkem_pack_4(uint8_t out[MLKEM_PACK_4_SIZE], const struct mlkem_poly *p);
void mlkem_pack_open_4(struct mlkem_poly *p, const uint8_t in[MLKEM_PACK_4_SIZE]);
void mlkem_pack_1(uint8_t out[MLKEM_PACK_1_SIZE], const struct mlkem_poly *p);
void mlkem_pack_open_1(struct mlkem_poly *p, const uint8_t in[MLKEM_PACK_1_SIZE]);

#endif
