/* Budgets: all or nothing up the tree. Buckets: rate, burst, odd clocks, no overflow. */
#include "base/budget.h"

#include "tests/base/death.h"
#include "tests/base/unit.h"
#include "wavu/err.h"

#define SECOND UINT64_C(1000000000)

static void test_tree_takes_all_or_nothing(void **state)
{
    (void)state;
    struct budget node;
    struct budget a;
    struct budget b;

    budget_init(&node, NULL, 100);
    budget_init(&a, &node, 80);
    budget_init(&b, &node, 80);
    assert_int_equal(budget_take(&a, 70), 0);
    assert_int_equal(budget_left(&a), 10);
    assert_int_equal(budget_left(&b), 30);
    assert_int_equal(budget_take(&b, 31), WAVU_ERR_LIMIT);
    assert_int_equal(b.used, 0);
    assert_int_equal(node.used, 70);
    assert_int_equal(budget_take(&b, 30), 0);
    assert_int_equal(budget_take(&b, 1), WAVU_ERR_LIMIT);
    assert_int_equal(budget_take(&b, 0), 0);
    budget_give(&a, 70);
    assert_int_equal(budget_take(&b, 50), 0);
    budget_give(&b, 80);
    assert_int_equal(node.used, 0);
    assert_int_equal(node.peak, 100);
    assert_int_equal(b.peak, 80);
    budget_clear(&a);
    budget_clear(&b);
    budget_clear(&node);
}

/* What is a child's own is there whatever its siblings took, and never charged to the parent. */
static void test_what_is_own_is_not_shared(void **state)
{
    (void)state;
    struct budget node;
    struct budget greedy;
    struct budget late;

    budget_init(&node, NULL, 100);
    budget_init(&greedy, &node, 200);
    budget_init(&late, &node, 50);
    budget_reserve(&greedy, 10);
    budget_reserve(&late, 10);
    assert_int_equal(budget_left(&greedy), 110);
    assert_int_equal(budget_take(&greedy, 7), 0);
    assert_int_equal(node.used, 0);
    assert_int_equal(budget_take(&greedy, 103), 0);
    assert_int_equal(node.used, 100);
    assert_int_equal(budget_take(&greedy, 1), WAVU_ERR_LIMIT);
    assert_int_equal(budget_left(&late), 10);
    assert_int_equal(budget_take(&late, 11), WAVU_ERR_LIMIT);
    assert_int_equal(budget_take(&late, 10), 0);
    assert_int_equal(budget_take(&late, 1), WAVU_ERR_LIMIT);
    budget_give(&greedy, 5);
    assert_int_equal(node.used, 95);
    assert_int_equal(budget_left(&late), 5);
    assert_int_equal(budget_take(&late, 5), 0);
    budget_give(&late, 15);
    assert_int_equal(node.used, 95);
    assert_int_equal(budget_left(&late), 15);
    budget_give(&greedy, 105);
    assert_int_equal(node.used, 0);
    budget_clear(&late);
    budget_clear(&greedy);
    budget_clear(&node);
}

static void test_sums_do_not_overflow(void **state)
{
    (void)state;
    struct budget root;
    struct budget b;

    budget_init(&root, NULL, UINT64_MAX);
    budget_init(&b, &root, UINT64_MAX);
    assert_int_equal(budget_take(&b, UINT64_MAX - 1), 0);
    assert_int_equal(budget_take(&b, 2), WAVU_ERR_LIMIT);
    assert_int_equal(budget_take(&b, UINT64_MAX), WAVU_ERR_LIMIT);
    assert_int_equal(budget_take(&b, 1), 0);
    budget_give(&b, UINT64_MAX);
    b.max = 5;
    assert_int_equal(budget_take(&b, 5), 0);
    b.max = 3; /* lowered below what is used */
    assert_int_equal(budget_left(&b), 0);
    assert_int_equal(budget_take(&b, 1), WAVU_ERR_LIMIT);
    budget_give(&b, 5);
}

static void give_too_much(void)
{
    struct budget b;

    budget_init(&b, NULL, 10);
    budget_give(&b, 1);
}

static void leak(void)
{
    struct budget b;

    budget_init(&b, NULL, 10);
    if (budget_take(&b, 1) == 0) {
        budget_clear(&b);
    }
}

static void test_misuse_aborts(void **state)
{
    (void)state;
    assert_true(death_by_check(give_too_much, NULL, 0));
    assert_true(death_by_check(leak, NULL, 0));
}

static void test_bucket_bursts_then_follows_its_rate(void **state)
{
    (void)state;
    struct budget_bucket b;

    budget_bucket_init(&b, 10, 5, SECOND);
    assert_true(budget_bucket_is_full(&b, SECOND));
    assert_int_equal(budget_bucket_take(&b, 5, SECOND), 0);
    assert_int_equal(budget_bucket_take(&b, 1, SECOND), WAVU_ERR_LIMIT);
    assert_int_equal(budget_bucket_take(&b, 1, SECOND + SECOND / 10 - 1), WAVU_ERR_LIMIT);
    assert_int_equal(budget_bucket_take(&b, 1, SECOND + SECOND / 10), 0);
    assert_false(budget_bucket_is_full(&b, SECOND + SECOND / 2));
    assert_true(budget_bucket_is_full(&b, SECOND + SECOND / 10 + SECOND / 2));
    assert_int_equal(budget_bucket_take(&b, 6, 100 * SECOND), WAVU_ERR_LIMIT); /* more than burst */
    assert_int_equal(budget_bucket_take(&b, 5, 100 * SECOND), 0);
}

static void test_frequent_calls_gain_as_much_as_rare_ones(void **state)
{
    (void)state;
    struct budget_bucket b;
    unsigned taken = 0;

    budget_bucket_init(&b, 7, 1, 0);
    for (uint64_t now = 0; now <= 10 * SECOND; now += 9973) {
        taken += budget_bucket_take(&b, 1, now) == 0;
    }
    assert_in_range(taken, 70, 71); /* 7 a second for 10 s and the full bucket at the start */
}

static void test_rate_zero_never_refills(void **state)
{
    (void)state;
    struct budget_bucket b;

    budget_bucket_init(&b, 0, 2, 0);
    assert_int_equal(budget_bucket_take(&b, 2, 0), 0);
    assert_int_equal(budget_bucket_take(&b, 1, UINT64_MAX), WAVU_ERR_LIMIT);
    assert_false(budget_bucket_is_full(&b, UINT64_MAX));
    budget_bucket_init(&b, 5, 0, 0);
    assert_true(budget_bucket_is_full(&b, 0));
    assert_int_equal(budget_bucket_take(&b, 1, SECOND), WAVU_ERR_LIMIT);
    assert_int_equal(budget_bucket_take(&b, 0, SECOND), 0);
}

static void test_clock_jumps(void **state)
{
    (void)state;
    struct budget_bucket b;

    budget_bucket_init(&b, 10, 10, 1000 * SECOND);
    assert_int_equal(budget_bucket_take(&b, 10, 1000 * SECOND), 0);
    assert_int_equal(budget_bucket_take(&b, 1, 5 * SECOND),
                     WAVU_ERR_LIMIT);                            /* back: nothing gained */
    assert_int_equal(budget_bucket_take(&b, 10, 6 * SECOND), 0); /* and a second on, no lock-out */
    assert_int_equal(budget_bucket_take(&b, 10, UINT64_MAX), 0);
    assert_int_equal(budget_bucket_take(&b, 1, 0), WAVU_ERR_LIMIT);
}

static void test_extremes_stay_within_burst(void **state)
{
    (void)state;
    const uint32_t values[] = {1, 2, 1000, UINT32_MAX - 1, UINT32_MAX};
    const uint64_t steps[] = {0, 1, 999, SECOND, SECOND * 1000000, UINT64_MAX / 3};

    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++) {
            struct budget_bucket b;
            uint64_t now = 0;

            budget_bucket_init(&b, values[i], values[j], now);
            assert_int_equal(budget_bucket_take(&b, values[j], now), 0);
            for (size_t k = 0; k < 6; k++) {
                now += steps[k];
                int rc = budget_bucket_take(&b, UINT32_MAX, now);

                assert_true(rc == 0 || rc == WAVU_ERR_LIMIT);
                assert_true(b.tokens_milli <= (uint64_t)b.burst * 1000);
                assert_true(b.filled_ns <= now);
            }
        }
    }
}

static void test_whole_tokens_are_told(void **state)
{
    (void)state;
    struct budget_bucket bucket;
    budget_bucket_init(&bucket, 10, 5, 0);
    assert_int_equal(budget_bucket_left(&bucket, 0), 5);
    assert_int_equal(budget_bucket_take(&bucket, 5, 0), 0);
    assert_int_equal(budget_bucket_left(&bucket, SECOND / 10 - 1), 0);
    assert_int_equal(budget_bucket_left(&bucket, SECOND / 10), 1);
    assert_int_equal(budget_bucket_left(&bucket, SECOND), 5);
}

static void test_bucket_takes_gifts_up_to_its_burst(void **state)
{
    (void)state;
    struct budget_bucket bucket;
    budget_bucket_init(&bucket, 1, 2, 0);
    assert_int_equal(budget_bucket_take(&bucket, 2, 0), 0);
    budget_bucket_add(&bucket, 999);
    assert_int_equal(budget_bucket_take(&bucket, 1, 0), WAVU_ERR_LIMIT);
    budget_bucket_add(&bucket, 1);
    assert_int_equal(budget_bucket_take(&bucket, 1, 0), 0);
    budget_bucket_add(&bucket, UINT64_MAX);
    assert_true(budget_bucket_is_full(&bucket, 0));
    assert_int_equal(budget_bucket_take(&bucket, 2, 0), 0);
    assert_int_equal(budget_bucket_take(&bucket, 1, 0), WAVU_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_tree_takes_all_or_nothing),
        UNIT(test_what_is_own_is_not_shared),
        UNIT(test_bucket_takes_gifts_up_to_its_burst),
        UNIT(test_whole_tokens_are_told),
        UNIT(test_sums_do_not_overflow),
        UNIT(test_misuse_aborts),
        UNIT(test_bucket_bursts_then_follows_its_rate),
        UNIT(test_frequent_calls_gain_as_much_as_rare_ones),
        UNIT(test_rate_zero_never_refills),
        UNIT(test_clock_jumps),
        UNIT(test_extremes_stay_within_burst),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
