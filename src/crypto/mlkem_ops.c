/*
 * The sets, and which of them this processor can run.
 */
#include "crypto/mlkem_ops.h"

#include "crypto/mlkem_sample.h"

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

const struct mlkem_ops *mlkem_ops_portable(void)
{
    return &portable;
}

const struct mlkem_ops *mlkem_ops_avx2(void)
{
    return NULL;
}

const struct mlkem_ops *mlkem_ops_best(void)
{
    const struct mlkem_ops *avx2 = mlkem_ops_avx2();
    return avx2 != NULL ? avx2 : &portable;
}
