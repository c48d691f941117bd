/* Payers come with their first origin and go with their last. */
#include "overlay/plumtree_payer.h"

#include "overlay/plumtree_rate.h"
#include "tests/base/unit.h"
#include "tests/support/overlay_null.h"

static void there_while_it_has_origins(void **state)
{
    (void)state;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 1);
    const struct random random = random_from_seeded(&seeded);
    const struct overlay_id one = overlay_null_id(1);
    const struct overlay_id two = overlay_null_id(2);
    struct plumtree_payers p;
    plumtree_payer_init(&p, &random);
    assert_null(plumtree_payer_find(&p, &one));
    struct plumtree_payer *first = plumtree_payer_take(&p, &one, 5);
    assert_int_equal(budget_bucket_left(&first->rate, 5), PLUMTREE_ORIGIN_BURST);
    assert_int_equal(budget_bucket_take(&first->rate, 100, 5), 0);
    assert_ptr_equal(plumtree_payer_take(&p, &one, 5), first);
    assert_int_equal(budget_bucket_left(&first->rate, 5), PLUMTREE_ORIGIN_BURST - 100);
    assert_ptr_not_equal(plumtree_payer_take(&p, &two, 5), first);
    plumtree_payer_drop(&p, first);
    assert_ptr_equal(plumtree_payer_find(&p, &one), first);
    plumtree_payer_drop(&p, first);
    assert_null(plumtree_payer_find(&p, &one));
    assert_non_null(plumtree_payer_find(&p, &two));
    plumtree_payer_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(there_while_it_has_origins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
