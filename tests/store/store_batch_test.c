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
    assert_non_null(b.first[0]->next[0]);
    assert_null(b.first[0]->next[0]->next[0]);
    assert_int_equal(b.bytes, store_batch_cost(1, 5) + store_batch_cost(1, 1));
    assert_true(span_is_equal(store_batch_find(&b, UNIT_TEXT("k"))->value, UNIT_TEXT("newer")));
    store_batch_add(&b, UNIT_TEXT("k"), true, span_empty());
    assert_true(store_batch_find(&b, UNIT_TEXT("k"))->is_delete);
    assert_null(store_batch_find(&b, UNIT_TEXT("m")));
    store_batch_clear(&b);
    assert_int_equal(b.bytes, 0);
    assert_true(store_batch_is_empty(&b));
}

/* Writes of another batch are younger; that one is empty then. */
static void test_writes_of_another(void **state)
{
    struct store_batch b;
    struct store_batch from;

    (void)state;
    start(&b);
    start(&from);
    store_batch_add(&b, UNIT_TEXT("a"), false, UNIT_TEXT("old"));
    store_batch_add(&b, UNIT_TEXT("c"), false, UNIT_TEXT("old"));
    store_batch_add(&from, UNIT_TEXT("a"), true, span_empty());
    store_batch_add(&from, UNIT_TEXT("b"), false, UNIT_TEXT("new"));
    store_batch_take(&b, &from);
    assert_true(store_batch_is_empty(&from));
    assert_int_equal(from.bytes, 0);
    assert_int_equal(b.bytes, 2 * store_batch_cost(1, 3) + store_batch_cost(1, 0));
    assert_true(store_batch_find(&b, UNIT_TEXT("a"))->is_delete);
    assert_true(span_is_equal(store_batch_find(&b, UNIT_TEXT("b"))->value, UNIT_TEXT("new")));
    assert_true(span_is_equal(store_batch_find(&b, UNIT_TEXT("c"))->value, UNIT_TEXT("old")));
    store_batch_add(&from, UNIT_TEXT("c"), false, UNIT_TEXT("newer")); /* it can be filled again */
    store_batch_take(&b, &from);
    assert_true(span_is_equal(store_batch_find(&b, UNIT_TEXT("c"))->value, UNIT_TEXT("newer")));
    store_batch_clear(&b);
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
    assert_true(span_is_equal(store_batch_next(&b, UNIT_TEXT("b"))->key, UNIT_TEXT("b")));
    assert_true(span_is_equal(store_batch_next(&b, UNIT_TEXT("b\0"))->key, UNIT_TEXT("b1")));
    assert_true(span_is_equal(store_batch_next(&b, UNIT_TEXT("b2"))->key, UNIT_TEXT("b2")));
    assert_true(span_is_equal(store_batch_next(&b, UNIT_TEXT("b3"))->key, UNIT_TEXT("c")));
    assert_null(store_batch_next(&b, UNIT_TEXT("d")));
    assert_true(span_is_equal(store_batch_prev(&b, UNIT_TEXT("d"))->key, UNIT_TEXT("c")));
    assert_true(span_is_equal(store_batch_prev(&b, UNIT_TEXT("c"))->key, UNIT_TEXT("b2")));
    assert_true(span_is_equal(store_batch_prev(&b, UNIT_TEXT("b"))->key, UNIT_TEXT("a")));
    assert_null(store_batch_prev(&b, UNIT_TEXT("a")));
    store_batch_clear(&b);
}

/* Many keys, drawn, against an array: order, neighbours, what is counted. */
static void test_many_keys(void **state)
{
    static uint8_t there[1000];
    struct store_batch b;
    size_t count = 0;

    (void)state;
    start(&b);
    memset(there, 0, sizeof there);
    struct random random = random_from_seeded(&seeded);
    for (size_t i = 0; i < 5000; i++) {
        uint16_t number = (uint16_t)random_below(&random, 1000);
        uint8_t key[2] = {(uint8_t)(number >> 8), (uint8_t)number};
        if (random_below(&random, 40) == 0) {
            uint16_t to = (uint16_t)(number + 1 + random_below(&random, 30));
            uint8_t end[2] = {(uint8_t)(to >> 8), (uint8_t)to};
            assert_int_equal(store_batch_add_range(&b, span_of(key, 2), span_of(end, 2)), 0);
            memset(there + number, 0, (to < 1000 ? to : 1000) - number);
        } else {
            store_batch_add(&b, span_of(key, 2), false, span_of(key, 1));
            there[number] = 1;
        }
    }
    const struct store_op *op = b.first[0];
    const struct store_op *before = NULL;
    for (uint16_t number = 0; number < 1000; number++) {
        uint8_t key[2] = {(uint8_t)(number >> 8), (uint8_t)number};
        assert_ptr_equal(store_batch_next(&b, span_of(key, 2)), op);
        assert_ptr_equal(store_batch_prev(&b, span_of(key, 2)), before);
        if (there[number]) {
            assert_true(span_is_equal(op->key, span_of(key, 2)));
            before = op;
            op = op->next[0];
            count++;
        } else {
            bool is_deleted = store_batch_range_of(&b, span_of(key, 2)) != NULL;
            const struct store_op *found = store_batch_find(&b, span_of(key, 2));
            assert_int_equal(found != NULL && found->is_delete, is_deleted);
        }
    }
    assert_null(op);
    assert_int_equal(b.bytes,
                     count * store_batch_cost(2, 1) + b.range_count * sizeof(struct store_range));
    store_batch_clear(&b);
    assert_int_equal(b.bytes, 0);
}

static void test_ranges(void **state)
{
    struct store_batch b;
    uint8_t from = 0;

    (void)state;
    start(&b);
    store_batch_add(&b, UNIT_TEXT("b"), false, UNIT_TEXT("x"));
    store_batch_add(&b, UNIT_TEXT("d"), false, UNIT_TEXT("x"));
    assert_int_equal(store_batch_add_range(&b, UNIT_TEXT("b"), UNIT_TEXT("d")), 0);
    assert_true(store_batch_find(&b, UNIT_TEXT("b"))->is_delete);
    assert_true(store_batch_find(&b, UNIT_TEXT("c"))->is_delete);
    assert_false(store_batch_find(&b, UNIT_TEXT("d"))->is_delete);
    store_batch_add(&b, UNIT_TEXT("c"), false, UNIT_TEXT("x")); /* behind it */
    assert_false(store_batch_find(&b, UNIT_TEXT("c"))->is_delete);
    assert_int_equal(store_batch_add_range(&b, UNIT_TEXT("d"), UNIT_TEXT("f")), 0);
    assert_int_equal(b.range_count, 1); /* neighbours are one */
    assert_false(store_batch_find(&b, UNIT_TEXT("c"))->is_delete);
    assert_null(store_batch_find(&b, UNIT_TEXT("f")));
    store_batch_clear(&b);
    for (from = 0; from < 2 * STORE_BATCH_RANGES_MAX; from = (uint8_t)(from + 2)) {
        uint8_t to = (uint8_t)(from + 1);
        assert_int_equal(store_batch_add_range(&b, span_of(&from, 1), span_of(&to, 1)), 0);
    }
    uint8_t to = (uint8_t)(from + 1);
    assert_int_equal(store_batch_add_range(&b, span_of(&from, 1), span_of(&to, 1)), WAVU_ERR_LIMIT);
    assert_int_equal(store_batch_add_range(&b, span_of("\0", 1), span_of(&to, 1)), 0);
    assert_int_equal(b.range_count, 1);
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
        UNIT(test_writes_of_another),
        UNIT(test_order_of_keys),
        UNIT(test_many_keys),
        UNIT(test_ranges),
        UNIT(test_moving),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
