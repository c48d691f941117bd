/*
 * The store of passed-over keys: found by chain and index, bounded in number, age and chains,
 * wiped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "crypto/ratchet_skipped.h"

static void put(struct ratchet_skipped *s, uint32_t serial, uint32_t index, uint64_t expires)
{
    struct ratchet_skipped_key key = {.serial = serial, .index = index, .expires = expires};
    memset(key.key, (int)(index & 0xff), sizeof(key.key));
    ratchet_skipped_put(s, &key);
    ratchet_skipped_check(s);
}

static void test_finds_by_chain_and_index(void **state)
{
    (void)state;
    struct ratchet_skipped s = {.count = 0};
    for (uint32_t i = 0; i < 20; i++) {
        put(&s, 1 + i % 2, i / 2, 100);
    }
    const size_t at = ratchet_skipped_find(&s, 2, 7);
    assert_true(at < s.count);
    assert_int_equal(s.keys[at].serial, 2);
    assert_int_equal(s.keys[at].index, 7);
    ratchet_skipped_drop(&s, at);
    assert_true(ratchet_skipped_find(&s, 2, 7) == RATCHET_SKIPPED_NONE);
    assert_true(ratchet_skipped_find(&s, 1, 7) != RATCHET_SKIPPED_NONE);
    assert_true(ratchet_skipped_find(&s, 3, 0) == RATCHET_SKIPPED_NONE);
    assert_int_equal(s.count, 19);
    ratchet_skipped_clear(&s);
}

static void test_the_oldest_goes_for_one_too_many(void **state)
{
    (void)state;
    struct ratchet_skipped s = {.count = 0};
    for (uint32_t i = 0; i < RATCHET_SKIPPED_KEYS_MAX + 10; i++) {
        put(&s, 1, i, i);
    }
    assert_int_equal(s.count, RATCHET_SKIPPED_KEYS_MAX);
    assert_true(ratchet_skipped_find(&s, 1, 9) == RATCHET_SKIPPED_NONE);
    assert_true(ratchet_skipped_find(&s, 1, 10) != RATCHET_SKIPPED_NONE);
    ratchet_skipped_reserve(&s, RATCHET_SKIPPED_KEYS_MAX);
    assert_int_equal(s.count, 0);
    ratchet_skipped_clear(&s);
}

static void test_expires_in_order(void **state)
{
    (void)state;
    struct ratchet_skipped s = {.count = 0};
    assert_true(ratchet_skipped_deadline(&s) == UINT64_MAX);
    put(&s, 1, 0, 100);
    put(&s, 1, 1, 50); /* a clock that went back does not break the order */
    put(&s, 1, 2, 200);
    assert_true(ratchet_skipped_deadline(&s) == 100);
    ratchet_skipped_expire(&s, 99);
    assert_int_equal(s.count, 3);
    ratchet_skipped_expire(&s, 100);
    assert_int_equal(s.count, 1);
    ratchet_skipped_expire(&s, 200);
    assert_int_equal(s.count, 0);
    assert_null(s.keys);
    ratchet_skipped_clear(&s);
}

static void test_a_chain_lives_as_long_as_its_keys(void **state)
{
    (void)state;
    const uint8_t header[32] = {7};
    struct ratchet_skipped s = {.count = 0};
    ratchet_skipped_end_chain(&s, 1, header);
    assert_int_equal(s.chain_count, 0); /* it misses nothing */
    put(&s, 2, 0, 100);
    put(&s, 2, 1, 100);
    ratchet_skipped_end_chain(&s, 2, header);
    put(&s, 3, 0, 100);
    assert_int_equal(s.chain_count, 1);
    ratchet_skipped_drop(&s, ratchet_skipped_find(&s, 2, 0));
    ratchet_skipped_check(&s);
    assert_int_equal(s.chain_count, 1);
    ratchet_skipped_drop(&s, ratchet_skipped_find(&s, 2, 1));
    ratchet_skipped_check(&s);
    assert_int_equal(s.chain_count, 0);
    assert_int_equal(s.count, 1);
    ratchet_skipped_clear(&s);
}

static void test_the_oldest_chain_goes_with_all_its_keys(void **state)
{
    (void)state;
    uint8_t header[32] = {0};
    struct ratchet_skipped s = {.count = 0};
    for (uint32_t i = 1; i <= RATCHET_SKIPPED_CHAINS_MAX + 3; i++) {
        put(&s, i, 0, 100);
        put(&s, i, 1, 100);
        header[0] = (uint8_t)i;
        ratchet_skipped_end_chain(&s, i, header);
        ratchet_skipped_check(&s);
    }
    assert_int_equal(s.chain_count, RATCHET_SKIPPED_CHAINS_MAX);
    assert_int_equal(s.count, 2 * RATCHET_SKIPPED_CHAINS_MAX);
    assert_int_equal(s.chains[0].serial, 4);
    assert_int_equal(s.chains[0].header[0], 4);
    ratchet_skipped_clear(&s);
}

static void test_dropped_keys_are_wiped(void **state)
{
    (void)state;
    struct ratchet_skipped s = {.count = 0};
    const uint8_t zero[sizeof(struct ratchet_skipped_key)] = {0};
    for (uint32_t i = 1; i <= 5; i++) {
        put(&s, 1, i, 100);
    }
    ratchet_skipped_drop(&s, 1);
    assert_memory_equal(&s.keys[4], zero, sizeof(zero));
    ratchet_skipped_reserve(&s, RATCHET_SKIPPED_KEYS_MAX - 2);
    assert_int_equal(s.count, 2);
    assert_memory_equal(&s.keys[2], zero, sizeof(zero));
    const size_t live = mem_live_count();
    ratchet_skipped_clear(&s);
    assert_int_equal(mem_live_count(), live - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_by_chain_and_index),
        cmocka_unit_test(test_the_oldest_goes_for_one_too_many),
        cmocka_unit_test(test_expires_in_order),
        cmocka_unit_test(test_a_chain_lives_as_long_as_its_keys),
        cmocka_unit_test(test_the_oldest_chain_goes_with_all_its_keys),
        cmocka_unit_test(test_dropped_keys_are_wiped),
    };
    return cmocka_run_group_tests_name("crypto/ratchet_skipped", tests, NULL, NULL);
}
