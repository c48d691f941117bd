/*
 * The costly steps of ML-KEM, in one set for each kind of processor.
 *
 * Sets are alike in all that comes out of mlkem_core; a test compares them.
 */
#ifndef CRYPTO_MLKEM_OPS_H
#define CRYPTO_MLKEM_OPS_H

#include "crypto/keccak4.h"
#include "crypto/mlkem_ntt.h"
#include "crypto/mlkem_poly.h"

struct mlkem_ops {
    const char *name;
    void (*permute4)(struct keccak4 *k);
    void (*forward)(struct mlkem_poly *p);
    void (*inverse)(struct mlkem_poly *p);
    void (*factor)(struct mlkem_factor *f, const struct mlkem_poly *p);
    void (*dot)(struct mlkem_poly *sum, const struct mlkem_poly *a, const struct mlkem_factor *b);
    void (*noise)(struct mlkem_poly *p, const uint8_t *in);
    size_t (*uniform)(struct mlkem_poly *p, size_t have, const uint8_t *in, size_t len);
};

/** The set that every processor can run. */
const struct mlkem_ops *mlkem_ops_portable(void);

/** The set of AVX2; NULL where this processor has none. */
const struct mlkem_ops *mlkem_ops_avx2(void);

/** The fastest that this processor can run. */
const struct mlkem_ops *mlkem_ops_best(void);

#endif
