/*
 * The permutation in vectors against four alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/random.h"
#include "crypto/mlkem_ops.h"

static void test_permutes_as_portable(void **state)
{
    (void)state;
    struct random_seeded seeded;
    struct keccak4 a;
    struct keccak4 b;
    if (mlkem_ops_avx2() == NULL) {
        print_message("this processor has no AVX2\n");
        skip();
    }
    random_seeded_init(&seeded, 1600);
    const struct random source = random_from_seeded(&seeded);
    keccak4_init(&a);
    keccak4_init(&b);
    for (int round = 0; round < 5000; round++) {
        keccak4_permute(&a);
        mlkem_ops_avx2()->permute4(&b);
        assert_memory_equal(&a, &b, sizeof(a));
        if (round % 2 == 1) {
            random_fill(&source, (uint8_t *)a.lanes, sizeof(a.lanes));
            b = a;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_permutes_as_portable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
