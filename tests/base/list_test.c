/* Intrusive list: both ends, removal from anywhere, splicing, misuse. */
#include "base/list.h"

#include "tests/base/death.h"
#include "tests/base/unit.h"

struct item {
    int number;
    struct list link;
};

static void expect(const struct list *head, const int *numbers, size_t count)
{
    struct list *node = list_next(head, head);

    assert_int_equal(list_count(head), count);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(node);
        assert_int_equal(LIST_OF(node, struct item, link)->number, numbers[i]);
        node = list_next(head, node);
    }
    assert_null(node);
}

static void test_both_ends_and_middle(void **state)
{
    (void)state;
    struct list head;
    struct item items[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};

    list_init(&head);
    assert_true(list_is_empty(&head));
    assert_false(list_is_linked(&items[0].link));
    list_push_back(&head, &items[1].link);
    list_push_back(&head, &items[2].link);
    list_push_front(&head, &items[0].link);
    list_push_back(&head, &items[3].link);
    expect(&head, (int[]){0, 1, 2, 3}, 4);
    list_remove(&items[2].link);
    list_remove(&items[2].link);
    assert_false(list_is_linked(&items[2].link));
    expect(&head, (int[]){0, 1, 3}, 3);
    assert_ptr_equal(list_pop_front(&head), &items[0].link);
    list_remove(&items[3].link);
    assert_ptr_equal(list_pop_front(&head), &items[1].link);
    assert_null(list_pop_front(&head));
    assert_true(list_is_empty(&head));
}

static void test_splice(void **state)
{
    (void)state;
    struct list a;
    struct list b;
    struct item items[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};

    list_init(&a);
    list_init(&b);
    list_splice_back(&a, &b);
    assert_true(list_is_empty(&a));
    for (int i = 0; i < 4; i++) {
        list_push_back(i < 2 ? &a : &b, &items[i].link);
    }
    list_splice_back(&a, &b);
    assert_true(list_is_empty(&b));
    expect(&a, (int[]){0, 1, 2, 3}, 4);
    list_splice_back(&b, &a);
    expect(&b, (int[]){0, 1, 2, 3}, 4);
    list_remove(&items[3].link);
    expect(&b, (int[]){0, 1, 2}, 3);
}

static void push_twice(void)
{
    struct list head;
    struct item item = {0};

    list_init(&head);
    list_push_back(&head, &item.link);
    list_push_back(&head, &item.link);
}

static void push_to_no_list(void)
{
    struct list head = {0};
    struct item item = {0};

    list_push_front(&head, &item.link);
}

static void test_misuse_aborts(void **state)
{
    (void)state;
    assert_true(death_by_check(push_twice, NULL, 0));
    assert_true(death_by_check(push_to_no_list, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_both_ends_and_middle),
        UNIT(test_splice),
        UNIT(test_misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
