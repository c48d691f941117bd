/* Counted bytes and their queue: sharing, merging of small appends, gathering, dropping across
 * slices. */
#include "base/chunk.h"

#include "tests/base/death.h"
#include "tests/base/unit.h"

static void test_references(void **state)
{
    (void)state;
    size_t before = mem_live_count();
    struct chunk *c = chunk_new(UNIT_TEXT("hello"));

    assert_true(span_is_equal(span_from_mut(chunk_bytes(c)), UNIT_TEXT("hello")));
    assert_ptr_equal(chunk_ref(c), c);
    chunk_unref(c);
    assert_int_equal(mem_live_count(), before + 1);
    chunk_unref(c);
    assert_int_equal(mem_live_count(), before);
    chunk_unref(NULL);
    c = chunk_new(span_empty());
    assert_int_equal(chunk_bytes(c).len, 0);
    chunk_unref(c);
}

/* All of the queue's bytes, at most 1024, as one span of `out`. */
static struct span flatten(const struct chunk_queue *q, uint8_t out[1024])
{
    struct span slices[64];
    size_t count = chunk_queue_gather(q, slices, 64);
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        assert_true(slices[i].len > 0);
        memcpy(out + len, slices[i].ptr, slices[i].len);
        len += slices[i].len;
    }
    assert_int_equal(len, q->len);
    return span_of(out, len);
}

static void test_slices_are_shared_not_copied(void **state)
{
    (void)state;
    struct chunk_queue q = {0};
    struct chunk *c = chunk_new(UNIT_TEXT("0123456789"));
    uint8_t flat[1024];

    chunk_queue_push_take(&q, chunk_ref(c), 2, 3);
    chunk_queue_push_take(&q, chunk_ref(c), 0, 0);
    chunk_queue_push_take(&q, chunk_ref(c), 8, 2);
    assert_ptr_equal(chunk_queue_front(&q).ptr, chunk_bytes(c).ptr + 2);
    chunk_queue_append(&q, UNIT_TEXT("AB"));
    assert_true(span_is_equal(flatten(&q, flat), UNIT_TEXT("23489AB")));
    assert_true(span_is_equal(span_from_mut(chunk_bytes(c)), UNIT_TEXT("0123456789")));
    chunk_unref(c);
    chunk_queue_clear(&q);
    assert_int_equal(q.len, 0);
    assert_null(q.first);
    assert_null(q.last);
}

static void test_small_appends_merge(void **state)
{
    (void)state;
    struct chunk_queue q = {0};
    struct span slices[8];
    uint8_t flat[1024];
    uint8_t expected[600];

    for (size_t i = 0; i < sizeof(expected); i++) {
        expected[i] = (uint8_t)i;
        chunk_queue_append(&q, span_of(&expected[i], 1));
    }
    chunk_queue_append(&q, span_empty());
    assert_true(chunk_queue_gather(&q, slices, 8) <= 5);
    assert_true(span_is_equal(flatten(&q, flat), span_of(expected, sizeof(expected))));
    chunk_queue_clear(&q);
}

static void test_shared_tail_is_not_written_to(void **state)
{
    (void)state;
    struct chunk_queue q = {0};
    struct chunk *c = chunk_new(UNIT_TEXT("abcdef"));
    uint8_t flat[1024];

    chunk_queue_push_take(&q, chunk_ref(c), 0, 3);
    chunk_queue_append(&q, UNIT_TEXT("X"));
    assert_true(span_is_equal(span_from_mut(chunk_bytes(c)), UNIT_TEXT("abcdef")));
    assert_true(span_is_equal(flatten(&q, flat), UNIT_TEXT("abcX")));
    chunk_queue_clear(&q);
    chunk_queue_push_take(&q, c, 0, 3); /* now alone: the room behind may be used */
    size_t before = mem_live_count();

    chunk_queue_append(&q, UNIT_TEXT("XYZ"));
    assert_int_equal(mem_live_count(), before);
    assert_true(span_is_equal(chunk_queue_front(&q), UNIT_TEXT("abcXYZ")));
    chunk_queue_clear(&q);
}

static void test_append_of_own_bytes(void **state)
{
    (void)state;
    struct chunk_queue q = {0};
    uint8_t flat[1024];

    chunk_queue_append(&q, UNIT_TEXT("ab"));
    chunk_queue_append(&q, chunk_queue_front(&q));
    chunk_queue_append(&q, chunk_queue_front(&q));
    assert_true(span_is_equal(flatten(&q, flat), UNIT_TEXT("abababab")));
    chunk_queue_clear(&q);
}

static void test_drop_crosses_slices(void **state)
{
    (void)state;
    struct chunk_queue q = {0};
    struct span two[2];

    chunk_queue_push_take(&q, chunk_new(UNIT_TEXT("abc")), 0, 3);
    chunk_queue_push_take(&q, chunk_new(UNIT_TEXT("defg")), 0, 4);
    chunk_queue_push_take(&q, chunk_new(UNIT_TEXT("h")), 0, 1);
    chunk_queue_drop(&q, 2);
    assert_true(span_is_equal(chunk_queue_front(&q), UNIT_TEXT("c")));
    assert_int_equal(chunk_queue_gather(&q, two, 2), 2);
    assert_true(span_is_equal(two[1], UNIT_TEXT("defg")));
    chunk_queue_drop(&q, 3);
    assert_true(span_is_equal(chunk_queue_front(&q), UNIT_TEXT("fg")));
    assert_int_equal(q.len, 3);
    chunk_queue_drop(&q, 3);
    assert_int_equal(chunk_queue_front(&q).len, 0);
    chunk_queue_append(&q, UNIT_TEXT("again"));
    assert_int_equal(q.len, 5);
    chunk_queue_clear(&q);
}

static void drop_too_much(void)
{
    struct chunk_queue q = {0};

    chunk_queue_drop(&q, 1);
}

static void push_past_the_end(void)
{
    struct chunk_queue q = {0};

    chunk_queue_push_take(&q, chunk_new(UNIT_TEXT("abc")), 2, 2);
}

static void test_own_mistakes_abort(void **state)
{
    (void)state;
    assert_true(death_by_check(drop_too_much, NULL, 0));
    assert_true(death_by_check(push_past_the_end, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_references),          UNIT(test_slices_are_shared_not_copied),
        UNIT(test_small_appends_merge), UNIT(test_shared_tail_is_not_written_to),
        UNIT(test_append_of_own_bytes), UNIT(test_drop_crosses_slices),
        UNIT(test_own_mistakes_abort),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
