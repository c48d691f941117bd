/* Batches are used again, counted while they are out, and forgotten. */
#include "sync/file_batch.h"

#include "tests/base/unit.h"

#define MANY (FILE_BATCH_SPARES_MAX + 2)

static void test_used_again(void **state)
{
    struct file_batch_pool pool = {0};
    struct file_batch *batches[MANY];

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        batches[i] = file_batch_take(&pool, 1000);
        batches[i]->count = 3;
        memset(batches[i]->bytes, 1, 1000);
    }
    assert_int_equal(pool.bytes, MANY * (1000 + sizeof(struct file_batch)));
    const struct file_batch *first = batches[0];

    for (size_t i = 0; i < MANY; i++) {
        file_batch_give(&pool, &batches[i], true);
        assert_null(batches[i]);
    }
    assert_int_equal(pool.bytes, 0);
    struct file_batch *other = file_batch_take(&pool, 999); /* none of the spare ones */
    struct file_batch *same = file_batch_take(&pool, 1000);

    assert_ptr_equal(same, first);
    assert_int_equal(same->count, 0);
    file_batch_give(&pool, &other, false);
    file_batch_give(&pool, &same, false);
    file_batch_give(&pool, &same, false); /* NULL by now */
    file_batch_forget(&pool);
    file_batch_forget(&pool);
    assert_int_equal(pool.bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(test_used_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
