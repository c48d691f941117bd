/* What connections share: locks keep them apart, regions are the same for all and outlast none. */
#include "store/store_shm.h"

#include <sqlite3.h>

#include "tests/base/unit.h"

static struct store_shm *shm;
static int a;
static int b;

static void start(void)
{
    shm = store_shm_new();
    assert_non_null(shm);
    a = store_shm_join(shm);
    b = store_shm_join(shm);
    assert_true(a >= 0 && b >= 0 && a != b);
}

static void stop(void)
{
    store_shm_leave(shm, a);
    store_shm_leave(shm, b);
    store_shm_unref(shm);
}

static void test_slots(void **state)
{
    (void)state;
    start();
    assert_true(store_shm_lock(shm, a, 0, 1, true));
    assert_false(store_shm_lock(shm, b, 0, 1, true));
    assert_false(store_shm_lock(shm, b, 0, 1, false));
    assert_true(store_shm_lock(shm, b, 1, 7, true)); /* the others */
    assert_false(store_shm_lock(shm, a, 0, 8, true));
    store_shm_unlock(shm, a, 0, 1);
    store_shm_unlock(shm, b, 1, 7);
    assert_true(store_shm_lock(shm, a, 3, 1, false));
    assert_true(store_shm_lock(shm, b, 3, 1, false));
    assert_false(store_shm_lock(shm, a, 3, 1, true));
    store_shm_unlock(shm, b, 3, 1);
    assert_true(store_shm_lock(shm, a, 3, 1, true));
    stop();
}

static void test_levels(void **state)
{
    (void)state;
    start();
    assert_true(store_shm_raise(shm, a, SQLITE_LOCK_SHARED));
    assert_true(store_shm_raise(shm, b, SQLITE_LOCK_SHARED));
    assert_false(store_shm_is_reserved(shm));
    assert_true(store_shm_raise(shm, a, SQLITE_LOCK_RESERVED));
    assert_true(store_shm_is_reserved(shm));
    assert_false(store_shm_raise(shm, b, SQLITE_LOCK_RESERVED));
    assert_false(store_shm_raise(shm, a, SQLITE_LOCK_EXCLUSIVE)); /* b reads */
    store_shm_lower(shm, b, SQLITE_LOCK_NONE);
    assert_true(store_shm_raise(shm, a, SQLITE_LOCK_EXCLUSIVE));
    assert_false(store_shm_raise(shm, b, SQLITE_LOCK_SHARED));
    store_shm_leave(shm, a); /* lets go of all */
    assert_true(store_shm_raise(shm, b, SQLITE_LOCK_EXCLUSIVE));
    a = store_shm_join(shm);
    stop();
}

static void test_regions(void **state)
{
    (void)state;
    start();
    assert_null(store_shm_region(shm, 0, 32768, false));
    uint8_t *second = store_shm_region(shm, 1, 32768, true);
    uint8_t *first = store_shm_region(shm, 0, 32768, false);
    assert_non_null(first);
    assert_non_null(second);
    assert_int_equal(second[32767], 0);
    second[32767] = 7;
    store_shm_barrier(shm);
    assert_ptr_equal(store_shm_region(shm, 1, 32768, true), second);
    assert_null(store_shm_region(shm, STORE_SHM_REGIONS_MAX, 32768, true));
    store_shm_leave(shm, a);
    store_shm_leave(shm, b);
    a = store_shm_join(shm);
    b = store_shm_join(shm);
    assert_null(store_shm_region(shm, 0, 32768, false)); /* gone with the last */
    assert_non_null(store_shm_ref(shm));
    store_shm_unref(shm);
    stop();
}

static void test_places(void **state)
{
    (void)state;
    start();
    int c = store_shm_join(shm);
    assert_true(c >= 0);
    assert_int_equal(store_shm_join(shm), WAVU_ERR_LIMIT);
    store_shm_leave(shm, c);
    store_shm_unref(NULL);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_slots),
        UNIT(test_levels),
        UNIT(test_regions),
        UNIT(test_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
