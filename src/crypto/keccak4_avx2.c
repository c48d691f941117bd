/*
 * Four states of Keccak in vectors of four lanes: one permutation for all.
 */
#include "crypto/keccak4.h"

#if defined(__x86_64__)

#include <immintrin.h>

/* Turning by whole bytes is one shuffle. */
#define KECCAK_LANE __m256i
#define KECCAK_XOR(x, y) _mm256_xor_si256(x, y)
#define KECCAK_ROTATE(x, n)                                                                        \
    ((n) == 8    ? _mm256_shuffle_epi8(x, by_8)                                                    \
     : (n) == 56 ? _mm256_shuffle_epi8(x, by_56)                                                   \
                 : _mm256_or_si256(_mm256_slli_epi64(x, n), _mm256_srli_epi64(x, 64 - (n))))
#define KECCAK_CHI(x, y, z) _mm256_xor_si256(x, _mm256_andnot_si256(y, z))
#include "crypto/keccak_round.h"

void keccak4_avx2_permute(struct keccak4 *k)
{
    const __m256i by_8 = _mm256_set_epi64x(0x0e0d0c0b0a09080f, 0x0605040302010007,
                                           0x0e0d0c0b0a09080f, 0x0605040302010007);
    const __m256i by_56 = _mm256_set_epi64x(0x080f0e0d0c0b0a09, 0x0007060504030201,
                                            0x080f0e0d0c0b0a09, 0x0007060504030201);
    __m256i a[KECCAK_LANES];
    __m256i e[KECCAK_LANES];
    for (size_t i = 0; i < KECCAK_LANES; i++) {
        a[i] = _mm256_load_si256((const __m256i *)k->lanes[i]);
    }
    for (size_t i = 0; i < KECCAK_ROUNDS; i += 2) {
        KECCAK_ROUND(e, a);
        e[0] = _mm256_xor_si256(e[0], _mm256_set1_epi64x((long long)keccak_constants[i]));
        KECCAK_ROUND(a, e);
        a[0] = _mm256_xor_si256(a[0], _mm256_set1_epi64x((long long)keccak_constants[i + 1]));
    }
    for (size_t i = 0; i < KECCAK_LANES; i++) {
        _mm256_store_si256((__m256i *)k->lanes[i], a[i]);
    }
}

#endif
