/* Batches: the last write to a key counts, order of keys, what they cost. */
#include "store/store_batch.h"

#include "tests/base/unit.h"

static struct random_seeded seeded;

static void start(struct store_batch *b)
{
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    store_batch_init(b, &random);
}

static void test_the_last_write_counts(void **state)
{
    struct store_batch b;

    (void)state;
    start(&b);
    store_batch_add(&b, UNIT_TEXT("k"), false, UNIT_TEXT("old"));
    store_batch_add(&b, UNIT_TEXT("l"), false, UNIT_TEXT("x"));
    store_batch_add(&b, UNIT_TEXT("k"), false, UNIT_TEXT("newer"));
    assert_int_equal(list_count(&b.ops), 2);
    assert_int_equal(b.bytes, store_batch_cost(1, 5) + store_batch_cost(1, 1));
    assert_true(span_is_equal(store_batch_find(&b, UNIT_TEXT("k"))->value, UNIT_TEXT("newer")));
    store_batch_add(&b, UNIT_TEXT("k"), true, span_empty());
    assert_true(store_batch_find(&b, UNIT_TEXT("k"))->is_delete);
    assert_null(store_batch_find(&b, UNIT_TEXT("m")));
    store_batch_clear(&b);
    assert_int_equal(b.bytes, 0);
    assert_true(store_batch_is_empty(&b));
}

static void test_order_of_keys(void **state)
{
    static const char *const keys[] = {"b2", "a", "b1", "b", "c"};
    struct store_batch b;

    (void)state;
    start(&b);
    for (size_t i = 0; i < 5; i++) {
        store_batch_add(&b, span_from_text(keys[i]), false, span_empty());
    }
    struct span p = UNIT_TEXT("b");
    assert_true(span_is_equal(store_batch_next(&b, p, p)->key, UNIT_TEXT("b")));
    assert_true(span_is_equal(store_batch_next(&b, p, UNIT_TEXT("b\0"))->key, UNIT_TEXT("b1")));
    assert_true(span_is_equal(store_batch_next(&b, p, UNIT_TEXT("b2"))->key, UNIT_TEXT("b2")));
    assert_null(store_batch_next(&b, p, UNIT_TEXT("b3")));
    assert_true(span_is_equal(store_batch_last(&b, p)->key, UNIT_TEXT("b2")));
    assert_null(store_batch_last(&b, UNIT_TEXT("d")));
    store_batch_clear(&b);
}

static void test_moving(void **state)
{
    struct store_batch from;
    struct store_batch to;

    (void)state;
    start(&from);
    start(&to);
    from.number = 7;
    store_batch_add(&from, UNIT_TEXT("k"), false, UNIT_TEXT("v"));
    store_batch_move(&to, &from);
    assert_true(store_batch_is_empty(&from));
    assert_int_equal(from.bytes, 0);
    assert_null(store_batch_find(&from, UNIT_TEXT("k")));
    assert_int_equal(to.number, 7);
    assert_non_null(store_batch_find(&to, UNIT_TEXT("k")));
    store_batch_add(&from, UNIT_TEXT("k"), true, span_empty());
    assert_false(store_batch_find(&to, UNIT_TEXT("k"))->is_delete);
    store_batch_clear(&from);
    store_batch_clear(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_the_last_write_counts),
        UNIT(test_order_of_keys),
        UNIT(test_moving),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
