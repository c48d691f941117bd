/*
 * The transform in vectors of sixteen coefficients.
 *
 * Seven layers: in the first three a butterfly's two coefficients lie in different vectors that are
 * far apart, in the fourth in two neighbours. In the last three both lie in one vector; there two
 * neighbours are rearranged before each layer, by halves, quarters and eighths of a vector, so that
 * one of them holds all the left and the other all the right coefficients.
 */
#include "crypto/mlkem_ntt.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <stdbool.h>

#define QINV (-3327) /* 1 / 3329 modulo R */
#define BACK 1441    /* R^2 / 128 modulo 3329 */
#define VECTORS 16   /* in a polynomial */

/* A number to multiply with, and that number / 3329 modulo R. */
struct multiplier {
    __m256i z;
    __m256i z_inverse;
};

static inline __m256i *vector(int16_t *c, int i)
{
    return (__m256i *)(void *)(c + 16 * i);
}

static inline __m256i load(const int16_t *c, int i)
{
    return _mm256_load_si256((const __m256i *)(const void *)(c + 16 * i));
}

static inline struct multiplier multiplier(__m256i z)
{
    const struct multiplier m = {z, _mm256_mullo_epi16(z, _mm256_set1_epi16(QINV))};
    return m;
}

static inline struct multiplier multiplier_zeta(int i)
{
    return multiplier(_mm256_set1_epi16(mlkem_ntt_zetas[i]));
}

/* a * z / R, by halves of products as in mlkem_ntt.c. */
static inline __m256i product(__m256i a, struct multiplier m)
{
    const __m256i low = _mm256_mullo_epi16(a, m.z_inverse);
    return _mm256_sub_epi16(_mm256_mulhi_epi16(a, m.z),
                            _mm256_mulhi_epi16(low, _mm256_set1_epi16(MLKEM_POLY_Q)));
}

static inline __m256i barrett(__m256i a)
{
    const __m256i quotient = _mm256_mulhrs_epi16(a, _mm256_set1_epi16(10));
    return _mm256_sub_epi16(a, _mm256_mullo_epi16(quotient, _mm256_set1_epi16(MLKEM_POLY_Q)));
}

static inline void butterfly(__m256i *a, __m256i *b, struct multiplier m)
{
    const __m256i t = product(*b, m);
    *b = _mm256_sub_epi16(*a, t);
    *a = _mm256_add_epi16(*a, t);
}

static inline void butterfly_back(__m256i *a, __m256i *b, struct multiplier m)
{
    const __m256i t = _mm256_sub_epi16(*b, *a);
    *a = _mm256_add_epi16(*a, *b);
    *b = product(t, m);
}

/* Exchange the right half of a with the left half of b. Each of the three undoes itself. */
static inline void trade_halves(__m256i *a, __m256i *b)
{
    const __m256i t = _mm256_permute2x128_si256(*a, *b, 0x20);
    *b = _mm256_permute2x128_si256(*a, *b, 0x31);
    *a = t;
}

/* Of each half: the right half of a's with the left half of b's. */
static inline void trade_quarters(__m256i *a, __m256i *b)
{
    const __m256i t = _mm256_unpacklo_epi64(*a, *b);
    *b = _mm256_unpackhi_epi64(*a, *b);
    *a = t;
}

static inline void trade_eighths(__m256i *a, __m256i *b)
{
    const __m256i t = _mm256_blend_epi32(*a, _mm256_slli_epi64(*b, 32), 0xaa);
    *b = _mm256_blend_epi32(_mm256_srli_epi64(*a, 32), *b, 0xaa);
    *a = t;
}

/* Two zetas from `i` on, each for half a vector; four, each for a quarter; eight, each for an
 * eighth. With `is_falling` the last comes first. */
static inline struct multiplier halves(int i, bool is_falling)
{
    const __m128i first = _mm_set1_epi16(mlkem_ntt_zetas[is_falling ? i + 1 : i]);
    const __m128i second = _mm_set1_epi16(mlkem_ntt_zetas[is_falling ? i : i + 1]);
    return multiplier(_mm256_set_m128i(second, first));
}

static inline struct multiplier quarters(int i, bool is_falling)
{
    const __m256i rising = _mm256_set_epi64x(0x0706070607060706, 0x0504050405040504,
                                             0x0302030203020302, 0x0100010001000100);
    const __m256i falling = _mm256_set_epi64x(0x0100010001000100, 0x0302030203020302,
                                              0x0504050405040504, 0x0706070607060706);
    const __m128i four = _mm_loadl_epi64((const __m128i *)(const void *)(mlkem_ntt_zetas + i));
    return multiplier(
        _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(four), is_falling ? falling : rising));
}

static inline struct multiplier eighths(int i, bool is_falling)
{
    const __m256i rising = _mm256_set_epi64x(0x0f0e0f0e0d0c0d0c, 0x0b0a0b0a09080908,
                                             0x0706070605040504, 0x0302030201000100);
    const __m256i falling = _mm256_set_epi64x(0x0100010003020302, 0x0504050407060706,
                                              0x090809080b0a0b0a, 0x0d0c0d0c0f0e0f0e);
    const __m128i eight = _mm_loadu_si128((const __m128i *)(const void *)(mlkem_ntt_zetas + i));
    return multiplier(
        _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(eight), is_falling ? falling : rising));
}

/* Layers of distance 128, 64 and 32 over every second vector. */
static inline void far_layers(int16_t *c)
{
    __m256i v[8];
    for (int i = 0; i < 8; i++) {
        v[i] = load(c, 2 * i);
    }
    for (int i = 0; i < 4; i++) {
        butterfly(&v[i], &v[i + 4], multiplier_zeta(1));
    }
    for (int i = 0; i < 2; i++) {
        butterfly(&v[i], &v[i + 2], multiplier_zeta(2));
        butterfly(&v[i + 4], &v[i + 6], multiplier_zeta(3));
    }
    for (int i = 0; i < 4; i++) {
        butterfly(&v[2 * i], &v[2 * i + 1], multiplier_zeta(4 + i));
    }
    for (int i = 0; i < 8; i++) {
        _mm256_store_si256(vector(c, 2 * i), v[i]);
    }
}

void mlkem_ntt_avx2_forward(struct mlkem_poly *p)
{
    far_layers(p->c);
    far_layers(p->c + 16);
    for (int i = 0; i < VECTORS / 2; i++) {
        __m256i a = load(p->c, 2 * i);
        __m256i b = load(p->c, 2 * i + 1);
        butterfly(&a, &b, multiplier_zeta(8 + i));
        trade_halves(&a, &b);
        butterfly(&a, &b, halves(16 + 2 * i, false));
        trade_quarters(&a, &b);
        butterfly(&a, &b, quarters(32 + 4 * i, false));
        trade_eighths(&a, &b);
        butterfly(&a, &b, eighths(64 + 8 * i, false));
        trade_eighths(&a, &b);
        trade_quarters(&a, &b);
        trade_halves(&a, &b);
        _mm256_store_si256(vector(p->c, 2 * i), barrett(a));
        _mm256_store_si256(vector(p->c, 2 * i + 1), barrett(b));
    }
}

static inline void far_layers_back(int16_t *c)
{
    const struct multiplier back = multiplier(_mm256_set1_epi16(BACK));
    __m256i v[8];
    for (int i = 0; i < 8; i++) {
        v[i] = load(c, 2 * i);
    }
    for (int i = 0; i < 4; i++) {
        butterfly_back(&v[2 * i], &v[2 * i + 1], multiplier_zeta(7 - i));
    }
    for (int i = 0; i < 2; i++) {
        butterfly_back(&v[i], &v[i + 2], multiplier_zeta(3));
        butterfly_back(&v[i + 4], &v[i + 6], multiplier_zeta(2));
    }
    for (int i = 0; i < 8; i++) {
        v[i] = barrett(v[i]); /* the sums after three layers, as in mlkem_ntt.c */
    }
    for (int i = 0; i < 4; i++) {
        butterfly_back(&v[i], &v[i + 4], multiplier_zeta(1));
    }
    for (int i = 0; i < 8; i++) {
        _mm256_store_si256(vector(c, 2 * i), product(v[i], back));
    }
}

void mlkem_ntt_avx2_inverse(struct mlkem_poly *p)
{
    for (int i = 0; i < VECTORS / 2; i++) {
        __m256i a = load(p->c, 2 * i);
        __m256i b = load(p->c, 2 * i + 1);
        trade_halves(&a, &b);
        trade_quarters(&a, &b);
        trade_eighths(&a, &b);
        butterfly_back(&a, &b, eighths(120 - 8 * i, true));
        trade_eighths(&a, &b);
        butterfly_back(&a, &b, quarters(60 - 4 * i, true));
        trade_quarters(&a, &b);
        butterfly_back(&a, &b, halves(30 - 2 * i, true));
        a = barrett(a);
        b = barrett(b);
        trade_halves(&a, &b);
        butterfly_back(&a, &b, multiplier_zeta(15 - i));
        _mm256_store_si256(vector(p->c, 2 * i), a);
        _mm256_store_si256(vector(p->c, 2 * i + 1), b);
    }
    far_layers_back(p->c);
    far_layers_back(p->c + 16);
}

void mlkem_ntt_avx2_factor(struct mlkem_factor *f, const struct mlkem_poly *p)
{
    /* A quarter holds two pairs, whose zetas are each other's negative. */
    const __m256i signs = _mm256_set1_epi64x((long long)0xffffffff00010001);
    for (int i = 0; i < VECTORS; i++) {
        const __m256i b = load(p->c, i);
        const struct multiplier zetas = {
            _mm256_sign_epi16(quarters(64 + 4 * i, false).z, signs),
            _mm256_sign_epi16(quarters(64 + 4 * i, false).z_inverse, signs),
        };
        _mm256_store_si256(vector(f->even, i), _mm256_blend_epi16(b, product(b, zetas), 0xaa));
        _mm256_store_si256(vector(f->odd, i),
                           _mm256_or_si256(_mm256_slli_epi32(b, 16), _mm256_srli_epi32(b, 16)));
    }
}

/* sum - (a multiple of 3329 that has the same low half): a number of 32 bits whose high half is
 * sum / R. */
static inline __m256i reduce(__m256i sum)
{
    const __m256i low = _mm256_mullo_epi16(sum, _mm256_set1_epi32(QINV & 0xffff));
    return _mm256_sub_epi32(sum, _mm256_madd_epi16(low, _mm256_set1_epi32(MLKEM_POLY_Q)));
}

void mlkem_ntt_avx2_dot(struct mlkem_poly *sum, const struct mlkem_poly a[MLKEM_POLY_K],
                        const struct mlkem_factor b[MLKEM_POLY_K])
{
    for (int i = 0; i < VECTORS; i++) {
        __m256i even = _mm256_setzero_si256();
        __m256i odd = _mm256_setzero_si256();
        for (int k = 0; k < MLKEM_POLY_K; k++) {
            const __m256i v = load(a[k].c, i);
            even = _mm256_add_epi32(even, _mm256_madd_epi16(v, load(b[k].even, i)));
            odd = _mm256_add_epi32(odd, _mm256_madd_epi16(v, load(b[k].odd, i)));
        }
        even = _mm256_srli_epi32(reduce(even), 16);
        _mm256_store_si256(vector(sum->c, i), _mm256_blend_epi16(even, reduce(odd), 0xaa));
    }
}

#endif
