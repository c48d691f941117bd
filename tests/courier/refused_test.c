/* What could not be taken is not tried again before its time. */
#include "courier/refused.h"

#include <string.h>

#include "tests/base/unit.h"

#define MINUTE REFUSED_WAIT_NS

static const uint8_t *name_of(uint32_t n)
{
    static uint8_t name[ENVELOPE_NAME_SIZE];
    memset(name, 0, sizeof(name));
    memcpy(name, &n, sizeof(n));
    return name;
}

static void test_less_and_less_often(void **state)
{
    (void)state;
    struct random_seeded seeded;
    struct refused r;
    size_t tries = 0;
    random_seeded_init(&seeded, 1);
    const struct random random = random_from_seeded(&seeded);
    refused_init(&r, &random);
    assert_int_equal(refused_why(&r, 0, name_of(1)), 0);
    for (uint64_t at = 0; at < (uint64_t)30 * 24 * 60; at++) { /* for as long as one lives */
        if (refused_why(&r, at * MINUTE, name_of(1)) == 0) {
            refused_add(&r, at * MINUTE, name_of(1), WAVU_ERR_CRYPTO);
            tries++;
        }
        assert_int_equal(refused_why(&r, at * MINUTE, name_of(1)), WAVU_ERR_CRYPTO);
    }
    assert_int_equal(tries, 9);
    assert_int_equal(refused_why(&r, 0, name_of(2)), 0);
    refused_changed(&r);
    assert_int_equal(refused_why(&r, 0, name_of(1)), 0); /* once */
    refused_add(&r, 0, name_of(1), WAVU_ERR_AGAIN);
    assert_int_equal(refused_why(&r, 1000 * MINUTE, name_of(1)), WAVU_ERR_AGAIN);
    for (int i = 0; i < 100; i++) { /* no wait is too long to be counted */
        refused_add(&r, 0, name_of(1), WAVU_ERR_CRYPTO);
    }
    assert_int_equal(refused_why(&r, UINT64_C(1) << 48, name_of(1)), WAVU_ERR_CRYPTO);
    refused_clear(&r);
}

static void test_the_oldest_gives_way(void **state)
{
    (void)state;
    struct random_seeded seeded;
    struct refused r;
    random_seeded_init(&seeded, 2);
    const struct random random = random_from_seeded(&seeded);
    refused_init(&r, &random);
    for (uint32_t n = 1; n <= REFUSED_MAX; n++) {
        refused_add(&r, 0, name_of(n), WAVU_ERR_CRYPTO);
        refused_add(&r, 0, name_of(n), WAVU_ERR_CRYPTO);
    }
    assert_int_equal(refused_why(&r, 0, name_of(1)), WAVU_ERR_CRYPTO);
    refused_add(&r, 0, name_of(0), WAVU_ERR_CRYPTO);
    assert_int_equal(refused_why(&r, 0, name_of(1)), 0);
    assert_int_equal(refused_why(&r, 0, name_of(0)), WAVU_ERR_CRYPTO);
    assert_int_equal(refused_why(&r, 0, name_of(2)), WAVU_ERR_CRYPTO);
    assert_int_equal(r.names.count, REFUSED_MAX);
    refused_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_less_and_less_often),
        UNIT(test_the_oldest_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
