/*
 * The sets, and which of them this processor can run.
 */
#include "crypto/mlkem_ops.h"

#include "crypto/mlkem_sample.h"
#include "wavu/api.h"

static const struct mlkem_ops portable = {
    .name = "portable",
    .permute4 = keccak4_permute,
    .forward = mlkem_ntt_forward,
    .inverse = mlkem_ntt_inverse,
    .factor = mlkem_ntt_factor,
    .dot = mlkem_ntt_dot,
    .noise = mlkem_sample_noise,
    .uniform = mlkem_sample_uniform,
};

#if defined(__x86_64__)
static const struct mlkem_ops avx2 = {
    .name = "AVX2",
    .permute4 = keccak4_avx2_permute,
    .forward = mlkem_ntt_avx2_forward,
    .inverse = mlkem_ntt_avx2_inverse,
    .factor = mlkem_ntt_avx2_factor,
    .dot = mlkem_ntt_avx2_dot,
    .noise = mlkem_sample_avx2_noise,
    .uniform = mlkem_sample_avx2_uniform,
};
#endif

const struct mlkem_ops *mlkem_ops_portable(void)
{
    return &portable;
}

const struct mlkem_ops *mlkem_ops_avx2(void)
{
#if defined(__x86_64__)
    return CPU_HAS_AVX2 ? &avx2 : NULL;
#else
    return NULL;
#endif
}

const struct mlkem_ops *mlkem_ops_best(void)
{
    const struct mlkem_ops *wide = mlkem_ops_avx2();
    return wide != NULL ? wide : &portable;
}
