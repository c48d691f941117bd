/* Sets of items: beside a sorted array, through growth and shrinking; ranks, sums, bounds. */
#include "sync/reconcile_set.h"

#include <stdlib.h>

#include "base/random.h"
#include "tests/base/unit.h"

#define COUNT 2000

static struct reconcile_set_item draw(const struct random *r, uint64_t keys)
{
    struct reconcile_set_item item = {.key = random_below(r, keys)};

    random_fill(r, item.id, sizeof item.id);
    return item;
}

static int by_order(const void *a, const void *b)
{
    return reconcile_set_compare(a, b);
}

/* The set says of everything what the sorted array says. */
static void compare(struct reconcile_set *s, const struct reconcile_set_item *items, size_t count,
                    const struct random *r)
{
    reconcile_set_check(s);
    assert_int_equal(s->size, count);
    for (size_t i = 0; i < count; i += 1 + count / 50) {
        const struct reconcile_set_bound at = reconcile_set_bound_at(&items[i]);

        assert_memory_equal(reconcile_set_at(s, i), &items[i], sizeof items[i]);
        assert_int_equal(reconcile_set_rank(s, &at), i);
        if (i > 0) {
            const struct reconcile_set_bound short_one =
                reconcile_set_bound_between(&items[i - 1], &items[i]);

            assert_int_equal(reconcile_set_rank(s, &short_one), i);
            assert_true(short_one.id_len <= 4); /* of random ids a byte or two tell */
        }
    }
    for (int round = 0; round < 20; round++) {
        uint64_t from = random_below(r, count + 1);
        uint64_t to = from + random_below(r, count - from + 1);
        struct reconcile_set_sum sum;
        uint32_t expected[32] = {0}; /* byte by byte, carried at the end */
        uint32_t carry = 0;

        reconcile_set_sum_of(s, from, to, &sum);
        assert_int_equal(sum.count, to - from);
        for (uint64_t i = from; i < to; i++) {
            for (size_t k = 0; k < 32; k++) {
                expected[k] += items[i].id[k];
            }
        }
        for (size_t k = 0; k < 32; k++) {
            carry += expected[k];
            assert_int_equal((sum.words[k / 8] >> (8 * (k % 8))) & 0xff, carry & 0xff);
            carry >>= 8;
        }
    }
}

static void run(uint64_t seed, uint64_t keys)
{
    static struct reconcile_set_item items[COUNT];
    struct random_seeded seeded;
    struct reconcile_set s;

    random_seeded_init(&seeded, seed);
    const struct random r = random_from_seeded(&seeded);

    reconcile_set_init(&s);
    for (size_t i = 0; i < COUNT; i++) {
        items[i] = draw(&r, keys);
        assert_int_equal(reconcile_set_add(&s, &items[i]), 0);
        assert_int_equal(reconcile_set_add(&s, &items[i]), WAVU_ERR_EXISTS);
    }
    qsort(items, COUNT, sizeof *items, by_order);
    compare(&s, items, COUNT, &r);
    size_t left = COUNT;

    while (left > 0) {
        size_t gone = (size_t)random_below(&r, left);
        const struct reconcile_set_item item = items[gone];

        assert_int_equal(reconcile_set_remove(&s, &item), 0);
        assert_int_equal(reconcile_set_remove(&s, &item), WAVU_ERR_NOT_FOUND);
        memmove(items + gone, items + gone + 1, (left - gone - 1) * sizeof *items);
        left--;
        if (left % 199 == 0) {
            compare(&s, items, left, &r);
        }
    }
    assert_int_equal(s.count, 0);
    reconcile_set_clear(&s);
}

static void test_says_what_a_sorted_array_says(void **state)
{
    (void)state;
    run(1, UINT64_C(1) << 40); /* all keys differ */
    run(2, 10);                /* ids decide */
    run(3, 1);
}

static void test_a_history_grows_at_its_end(void **state)
{
    (void)state;
    struct random_seeded seeded;
    struct reconcile_set s;

    random_seeded_init(&seeded, 4);
    const struct random r = random_from_seeded(&seeded);

    reconcile_set_init(&s);
    for (uint64_t i = 0; i < 20 * RECONCILE_SET_BLOCK_MAX; i++) {
        struct reconcile_set_item item = draw(&r, 1);
        struct reconcile_set_sum sum;

        item.key = i;
        assert_int_equal(reconcile_set_add(&s, &item), 0);
        reconcile_set_sum_of(&s, 0, s.size, &sum);
        assert_int_equal(sum.count, i + 1);
    }
    reconcile_set_check(&s);
    assert_true(s.count <= 21); /* blocks are full, not half full */
    reconcile_set_clear(&s);
}

static void test_nothing_in_it(void **state)
{
    (void)state;
    const struct reconcile_set_bound end = {.is_end = true};
    const struct reconcile_set_item item = {.key = RECONCILE_SET_KEY_MAX + 1};
    struct reconcile_set_sum sum;
    struct reconcile_set s;

    reconcile_set_init(&s);
    assert_int_equal(reconcile_set_rank(&s, &end), 0);
    reconcile_set_sum_of(&s, 0, 0, &sum);
    assert_int_equal(sum.count, 0);
    assert_int_equal(reconcile_set_add(&s, &item), WAVU_ERR_INVALID);
    assert_int_equal(reconcile_set_remove(&s, &item), WAVU_ERR_NOT_FOUND);
    reconcile_set_check(&s);
    reconcile_set_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_says_what_a_sorted_array_says),
        UNIT(test_a_history_grows_at_its_end),
        UNIT(test_nothing_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
