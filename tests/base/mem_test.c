/* Allocation: zeroing, the live count also across threads, overflow and exhaustion. */
#include "base/mem.h"

#include <pthread.h>

#include "tests/base/death.h"
#include "tests/base/unit.h"

/* Let the sanitizers' allocators return NULL as the real one does: exhaustion is tested here. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static volatile size_t huge = SIZE_MAX / 4; /* volatile: the compiler must not see through it */

static void test_new_is_zeroed(void **state)
{
    (void)state;
    unsigned char *p = mem_new(1000);

    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(p[i], 0);
    }
    mem_free(p);
    uint32_t *array = mem_new_array(100, sizeof(*array));

    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(array[i], 0);
    }
    mem_free(array);
}

static void test_live_count_follows(void **state)
{
    (void)state;
    size_t before = mem_live_count();
    void *a = mem_new(1);
    void *b = mem_new_raw(1);
    void *c = mem_resize(NULL, 10);
    void *d = mem_try_new(10);

    assert_int_equal(mem_live_count(), before + 4);
    c = mem_resize(c, 10000);
    assert_int_equal(mem_live_count(), before + 4);
    mem_free(a);
    mem_free(b);
    mem_free(c);
    mem_free(d);
    mem_free(NULL);
    assert_int_equal(mem_live_count(), before);
}

static void test_resize_keeps_bytes(void **state)
{
    (void)state;
    char *p = mem_copy_text("keep");

    p = mem_resize(p, 100000);
    assert_string_equal(p, "keep");
    p = mem_resize(p, 3);
    assert_memory_equal(p, "kee", 3);
    mem_free(p);
}

static void *churn(void *argument)
{
    (void)argument;
    for (int i = 0; i < 20000; i++) {
        mem_free(mem_new_raw(8));
    }
    return NULL;
}

static void test_live_count_survives_threads(void **state)
{
    (void)state;
    size_t before = mem_live_count();
    pthread_t threads[4];

    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, churn, NULL), 0);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(mem_live_count(), before);
}

static void test_large_requests_may_fail(void **state)
{
    (void)state;
    size_t before = mem_live_count();

    assert_null(mem_try_new(huge));
    assert_int_equal(mem_live_count(), before);
}

static void overflow(void)
{
    mem_free(mem_new_array(huge, 8));
}

static void exhaust(void)
{
    mem_free(mem_new_raw(huge));
}

static void ask_for_nothing(void)
{
    size_t none = huge - huge;

    mem_free(mem_new(none));
}

static void test_small_requests_abort(void **state)
{
    (void)state;
    assert_true(death_by_check(overflow, NULL, 0));
    assert_true(death_by_check(exhaust, NULL, 0));
    assert_true(death_by_check(ask_for_nothing, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_new_is_zeroed),           UNIT(test_live_count_follows),
        UNIT(test_resize_keeps_bytes),      UNIT(test_live_count_survives_threads),
        UNIT(test_large_requests_may_fail), UNIT(test_small_requests_abort),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
