/* Heap: order, ties, removal and moving from anywhere, giving storage back. */
#include "base/heap.h"

#include "base/random.h"
#include "tests/base/death.h"
#include "tests/base/unit.h"

#define COUNT 300

static void test_leaves_in_order(void **state)
{
    (void)state;
    struct heap h;
    struct heap_node nodes[COUNT] = {0};
    struct random_seeded seeded;

    random_seeded_init(&seeded, 1);
    struct random r = random_from_seeded(&seeded);

    heap_init(&h);
    assert_null(heap_first(&h));
    for (size_t i = 0; i < COUNT; i++) {
        heap_add(&h, &nodes[i], random_below(&r, 50));
        heap_check(&h);
    }
    struct heap_node *before = NULL;

    for (size_t i = 0; i < COUNT; i++) {
        struct heap_node *first = heap_first(&h);

        heap_remove(&h, first);
        heap_check(&h);
        assert_false(heap_has(first));
        if (before != NULL) {
            assert_true(before->key < first->key ||
                        (before->key == first->key && before < first)); /* ties: as they came */
        }
        before = first;
    }
    assert_null(h.nodes);
}

static void test_any_node_can_leave(void **state)
{
    (void)state;
    struct heap h;
    struct random_seeded seeded;

    random_seeded_init(&seeded, 2);
    struct random r = random_from_seeded(&seeded);

    heap_init(&h);
    for (int round = 0; round < 20; round++) {
        struct heap_node nodes[COUNT] = {0};

        for (size_t i = 0; i < COUNT; i++) {
            heap_add(&h, &nodes[i], random_u64(&r));
        }
        for (size_t left = COUNT; left > 0; left--) {
            heap_remove(&h, h.nodes[random_below(&r, left)]);
            heap_check(&h);
        }
    }
    assert_int_equal(h.cap, 0);
}

static void test_move_counts_as_new(void **state)
{
    (void)state;
    struct heap h;
    struct heap_node nodes[3] = {0};

    heap_init(&h);
    for (size_t i = 0; i < 3; i++) {
        heap_add(&h, &nodes[i], 5);
    }
    heap_move(&h, &nodes[0], 5);
    assert_ptr_equal(heap_first(&h), &nodes[1]);
    heap_move(&h, &nodes[2], 1);
    assert_ptr_equal(heap_first(&h), &nodes[2]);
    heap_move(&h, &nodes[2], UINT64_MAX);
    assert_ptr_equal(heap_first(&h), &nodes[1]);
    heap_check(&h);
    heap_clear(&h);
    assert_false(heap_has(&nodes[0]));
    heap_add(&h, &nodes[0], 1);
    heap_clear(&h);
}

static void test_storage_shrinks(void **state)
{
    (void)state;
    struct heap h;
    static struct heap_node nodes[1024];

    heap_init(&h);
    for (size_t i = 0; i < 1024; i++) {
        heap_add(&h, &nodes[i], i);
    }
    assert_int_equal(h.cap, 1024);
    for (size_t i = 0; i < 1020; i++) {
        heap_remove(&h, &nodes[1023 - i]);
    }
    heap_check(&h);
    assert_true(h.cap <= 16);
    for (size_t i = 0; i < 4; i++) {
        heap_remove(&h, &nodes[i]);
    }
    assert_int_equal(h.cap, 0);
}

static void add_twice(void)
{
    struct heap h;
    struct heap_node node = {0};

    heap_init(&h);
    heap_add(&h, &node, 1);
    heap_add(&h, &node, 1);
}

static void remove_foreign(void)
{
    struct heap a;
    struct heap b;
    struct heap_node in_a = {0};
    struct heap_node in_b = {0};

    heap_init(&a);
    heap_init(&b);
    heap_add(&a, &in_a, 1);
    heap_add(&b, &in_b, 1);
    heap_remove(&a, &in_b);
}

static void test_misuse_aborts(void **state)
{
    (void)state;
    assert_true(death_by_check(add_twice, NULL, 0));
    assert_true(death_by_check(remove_foreign, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_leaves_in_order), UNIT(test_any_node_can_leave), UNIT(test_move_counts_as_new),
        UNIT(test_storage_shrinks), UNIT(test_misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
