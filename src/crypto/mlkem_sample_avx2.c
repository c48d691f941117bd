/*
 * Sampling in vectors.
 */
#include "crypto/mlkem_sample.h"

#if defined(__x86_64__)

#include <immintrin.h>

void mlkem_sample_avx2_noise(struct mlkem_poly *p, const uint8_t in[MLKEM_SAMPLE_NOISE_SIZE])
{
    const __m256i odd_bits = _mm256_set1_epi8(0x55);
    const __m256i low_pairs = _mm256_set1_epi8(0x33);
    const __m256i low_half = _mm256_set1_epi8(0x0f);
    const __m256i four = _mm256_set1_epi8(4);
    for (int i = 0; i < MLKEM_SAMPLE_NOISE_SIZE / 32; i++) {
        const __m256i bits = _mm256_loadu_si256((const __m256i *)(const void *)(in + 32 * i));
        const __m256i sums =
            _mm256_add_epi8(_mm256_and_si256(bits, odd_bits),
                            _mm256_and_si256(_mm256_srli_epi16(bits, 1), odd_bits));
        /* x - y + 4 in each half of a byte, so that nothing is borrowed */
        const __m256i differences = _mm256_sub_epi8(
            _mm256_add_epi8(_mm256_and_si256(sums, low_pairs), _mm256_set1_epi8(0x44)),
            _mm256_and_si256(_mm256_srli_epi16(sums, 2), low_pairs));
        const __m256i first = _mm256_sub_epi8(_mm256_and_si256(differences, low_half), four);
        const __m256i second =
            _mm256_sub_epi8(_mm256_and_si256(_mm256_srli_epi16(differences, 4), low_half), four);
        const __m256i left = _mm256_unpacklo_epi8(first, second);
        const __m256i right = _mm256_unpackhi_epi8(first, second);
        __m256i *out = (__m256i *)(void *)(p->c + 64 * i);
        out[0] = _mm256_cvtepi8_epi16(_mm256_castsi256_si128(left));
        out[1] = _mm256_cvtepi8_epi16(_mm256_castsi256_si128(right));
        out[2] = _mm256_cvtepi8_epi16(_mm256_extracti128_si256(left, 1));
        out[3] = _mm256_cvtepi8_epi16(_mm256_extracti128_si256(right, 1));
    }
}

/* For each choice of four numbers: where the bytes of those chosen lie, one behind the other. */
static const uint64_t gathers[16] = {
    0,          0x0100,         0x0302,         0x03020100,         0x0504,     0x05040100,
    0x05040302, 0x050403020100, 0x0706,         0x07060100,         0x07060302, 0x070603020100,
    0x07060504, 0x070605040100, 0x070605040302, 0x0706050403020100,
};

static const uint8_t counts[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};

/* Append those of the first four numbers of `v` that `choice` names. */
static inline size_t append(int16_t *c, size_t have, __m128i v, unsigned choice)
{
    const __m128i order = _mm_loadl_epi64((const __m128i *)(const void *)&gathers[choice]);
    _mm_storel_epi64((__m128i *)(void *)(c + have), _mm_shuffle_epi8(v, order));
    return have + counts[choice];
}

size_t mlkem_sample_avx2_uniform(struct mlkem_poly *p, size_t have, const uint8_t *in, size_t len)
{
    /* Bytes 0 1, 1 2, 3 4, 4 5 ...: two numbers in three bytes. */
    const __m256i spread = _mm256_set_epi64x(0x0b0a0a0908070706, 0x0504040302010100,
                                             0x0b0a0a0908070706, 0x0504040302010100);
    const __m256i q = _mm256_set1_epi16(MLKEM_POLY_Q);
    size_t i = 0;
    for (; have + 16 <= MLKEM_POLY_N && i + 28 <= len; i += 24) {
        const __m128i *left = (const __m128i *)(const void *)(in + i);
        const __m128i *right = (const __m128i *)(const void *)(in + i + 12);
        const __m256i bytes = _mm256_set_m128i(_mm_loadu_si128(right), _mm_loadu_si128(left));
        const __m256i pairs = _mm256_shuffle_epi8(bytes, spread);
        const __m256i numbers =
            _mm256_and_si256(_mm256_blend_epi16(pairs, _mm256_srli_epi16(pairs, 4), 0xaa),
                             _mm256_set1_epi16(0x0fff));
        const __m256i is_below = _mm256_cmpgt_epi16(q, numbers);
        const unsigned choice =
            (unsigned)_mm256_movemask_epi8(_mm256_packs_epi16(is_below, is_below));
        const __m128i low = _mm256_castsi256_si128(numbers);
        const __m128i high = _mm256_extracti128_si256(numbers, 1);
        have = append(p->c, have, low, choice & 15);
        have = append(p->c, have, _mm_srli_si128(low, 8), choice >> 4 & 15);
        have = append(p->c, have, high, choice >> 16 & 15);
        have = append(p->c, have, _mm_srli_si128(high, 8), choice >> 20 & 15);
    }
    return mlkem_sample_uniform(p, have, in + i, len - i);
}

#endif
