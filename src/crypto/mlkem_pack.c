/*
 * Coefficients to bits and back, without a division and without a branch.
 */
#include "crypto/mlkem_pack.h"

#include <string.h>

/* 2^bits * x / 3329, rounded, modulo 2^bits (FIPS 203 4.7), for canonical x: a multiplication by
 * 2^32 / 3329, rounded down, and of the sum only the bits that count. The half that rounds is
 * 1665 / 3329, so that the multiplier's missing fraction does no harm; the test tries every x. */
static inline uint32_t compress(int16_t x, unsigned bits)
{
    const uint32_t multiplier = 1290167;
    return ((uint32_t)x * multiplier + (1665 * multiplier >> bits)) >> (32 - bits);
}

/* 3329 * y / 2^bits, rounded (FIPS 203 4.8). */
static inline int16_t decompress(uint32_t y, unsigned bits)
{
    return (int16_t)((y * MLKEM_POLY_Q + (1U << (bits - 1))) >> bits);
}

void mlkem_pack_12(uint8_t out[MLKEM_PACK_12_SIZE], const struct mlkem_poly *p)
{
    for (int i = 0; i < MLKEM_POLY_N / 2; i++) {
        const unsigned a = (unsigned)p->c[2 * i];
        const unsigned b = (unsigned)p->c[2 * i + 1];
        out[3 * i] = (uint8_t)a;
        out[3 * i + 1] = (uint8_t)(a >> 8 | b << 4);
        out[3 * i + 2] = (uint8_t)(b >> 4);
    }
}

void mlkem_pack_open_12(struct mlkem_poly *p, const uint8_t in[MLKEM_PACK_12_SIZE])
{
    for (int i = 0; i < MLKEM_POLY_N / 2; i++) {
        const int a = in[3 * i];
        const int b = in[3 * i + 1];
        const int c = in[3 * i + 2];
        p->c[2 * i] = (int16_t)(a | (b & 15) << 8);
        p->c[2 * i + 1] = (int16_t)(b >> 4 | c << 4);
    }
}

void mlkem_pack_10(uint8_t out[MLKEM_PACK_10_SIZE], const struct mlkem_poly *p)
{
    uint32_t y[MLKEM_POLY_N];
    for (int i = 0; i < MLKEM_POLY_N; i++) {
        y[i] = compress(p->c[i], 10);
    }
    for (int i = 0; i < MLKEM_POLY_N / 4; i++) {
        const uint32_t *t = y + 4 * i;
        out[5 * i] = (uint8_t)t[0];
        out[5 * i + 1] = (uint8_t)(t[0] >> 8 | t[1] << 2);
        out[5 * i + 2] = (uint8_t)(t[1] >> 6 | t[2] << 4);
        out[5 * i + 3] = (uint8_t)(t[2] >> 4 | t[3] << 6);
        out[5 * i + 4] = (uint8_t)(t[3] >> 2);
    }
}

void mlkem_pack_open_10(struct mlkem_poly *p, const uint8_t in[MLKEM_PACK_10_SIZE])
{
    for (int i = 0; i < MLKEM_POLY_N / 4; i++) {
        const uint8_t *b = in + 5 * i;
        int16_t *c = p->c + 4 * i;
        c[0] = decompress((uint32_t)(b[0] | b[1] << 8) & 1023, 10);
        c[1] = decompress((uint32_t)(b[1] >> 2 | b[2] << 6) & 1023, 10);
        c[2] = decompress((uint32_t)(b[2] >> 4 | b[3] << 4) & 1023, 10);
        c[3] = decompress((uint32_t)(b[3] >> 6 | b[4] << 2), 10);
    }
}

void mlkem_pack_4(uint8_t out[MLKEM_PACK_4_SIZE], const struct mlkem_poly *p)
{
    for (int i = 0; i < MLKEM_POLY_N / 2; i++) {
        out[i] = (uint8_t)(compress(p->c[2 * i], 4) | compress(p->c[2 * i + 1], 4) << 4);
    }
}

void mlkem_pack_open_4(struct mlkem_poly *p, const uint8_t in[MLKEM_PACK_4_SIZE])
{
    for (int i = 0; i < MLKEM_POLY_N / 2; i++) {
        p->c[2 * i] = decompress(in[i] & 15, 4);
        p->c[2 * i + 1] = decompress(in[i] >> 4, 4);
    }
}

void mlkem_pack_1(uint8_t out[MLKEM_PACK_1_SIZE], const struct mlkem_poly *p)
{
    for (int i = 0; i < MLKEM_PACK_1_SIZE; i++) {
        uint32_t byte = 0;
        for (unsigned j = 0; j < 8; j++) {
            byte |= compress(p->c[8 * i + (int)j], 1) << j;
        }
        out[i] = (uint8_t)byte;
    }
}

void mlkem_pack_open_1(struct mlkem_poly *p, const uint8_t in[MLKEM_PACK_1_SIZE])
{
    for (int i = 0; i < MLKEM_PACK_1_SIZE; i++) {
        for (unsigned j = 0; j < 8; j++) {
            p->c[8 * i + (int)j] = decompress(in[i] >> j & 1, 1);
        }
    }
}
