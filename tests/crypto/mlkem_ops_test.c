/*
 * Which steps a processor is given, and that each set is whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/mlkem_ops.h"

static void check_whole(const struct mlkem_ops *ops)
{
    assert_non_null(ops->name);
    assert_true(ops->permute4 != NULL && ops->forward != NULL && ops->inverse != NULL);
    assert_true(ops->factor != NULL && ops->dot != NULL && ops->noise != NULL);
    assert_true(ops->uniform != NULL);
}

static void test_sets_are_whole(void **state)
{
    (void)state;
    check_whole(mlkem_ops_portable());
    if (mlkem_ops_avx2() != NULL) {
        check_whole(mlkem_ops_avx2());
    }
}

static void test_best_is_what_runs_here(void **state)
{
    (void)state;
    const struct mlkem_ops *avx2 = mlkem_ops_avx2();
    assert_ptr_equal(mlkem_ops_best(), avx2 != NULL ? avx2 : mlkem_ops_portable());
    assert_ptr_equal(mlkem_ops_best(), mlkem_ops_best());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_are_whole),
        cmocka_unit_test(test_best_is_what_runs_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
