/* Places of Kademlia: their order by distance, prefixes, random ones, SHA-256's own vector. */
#include "discovery/kad_key.h"

#include "tests/base/unit.h"

static void a_place_is_the_sha256_of_the_bytes(void **state)
{
    (void)state;
    static const uint8_t abc[] = {0xba, 0x78, 0x16, 0xbf}; /* FIPS 180-4, "abc" */
    struct kad_key k;
    kad_key_of(&k, UNIT_TEXT("abc"));
    assert_memory_equal(k.bytes, abc, sizeof abc);
}

static struct kad_key place(uint8_t first, uint8_t last)
{
    struct kad_key k = {{0}};
    k.bytes[0] = first;
    k.bytes[KAD_KEY_SIZE - 1] = last;
    return k;
}

static void nearer_is_by_xor_and_not_by_difference(void **state)
{
    (void)state;
    struct kad_key target = place(0x80, 0);
    struct kad_key below = place(0x7f, 0); /* one less, and all bits differ */
    struct kad_key far = place(0xff, 0);
    struct kad_key last = place(0x80, 1);
    assert_true(kad_key_compare(&target, &far, &below) < 0);
    assert_true(kad_key_compare(&target, &below, &far) > 0);
    assert_true(kad_key_compare(&target, &last, &far) < 0);
    assert_true(kad_key_compare(&target, &target, &last) < 0);
    assert_int_equal(kad_key_compare(&target, &far, &far), 0);
}

static void prefixes_count_leading_bits(void **state)
{
    (void)state;
    struct kad_key a = place(0, 0);
    struct kad_key b = place(0x80, 0);
    struct kad_key c = place(0x01, 0);
    struct kad_key d = place(0, 1);
    assert_int_equal(kad_key_prefix(&a, &b), 0);
    assert_int_equal(kad_key_prefix(&a, &c), 7);
    assert_int_equal(kad_key_prefix(&a, &d), 255);
    assert_int_equal(kad_key_prefix(&a, &a), KAD_KEY_BITS);
}

static void a_random_place_has_the_prefix_and_no_more(void **state)
{
    (void)state;
    struct random_seeded seeded;
    struct kad_key own;
    struct kad_key other;
    struct kad_key before = {{0}};
    random_seeded_init(&seeded, 7);
    struct random random = random_from_seeded(&seeded);
    kad_key_of(&own, UNIT_TEXT("own"));
    for (unsigned prefix = 0; prefix < KAD_KEY_BITS; prefix++) {
        kad_key_random(&other, &own, prefix, &random);
        assert_int_equal(kad_key_prefix(&own, &other), prefix);
        if (prefix < 200) {
            assert_memory_not_equal(&other, &before, sizeof other);
        }
        before = other;
    }
}

static void the_share_of_the_space_is_the_first_64_bits(void **state)
{
    (void)state;
    struct kad_key a = place(0, 0);
    struct kad_key b = place(0x80, 9);
    assert_int_equal(kad_key_distance(&a, &b), UINT64_C(1) << 63);
    assert_int_equal(kad_key_distance(&a, &a), 0);
    a.bytes[7] = 3;
    assert_int_equal(kad_key_distance(&a, &b), (UINT64_C(1) << 63) + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_place_is_the_sha256_of_the_bytes),
        UNIT(nearer_is_by_xor_and_not_by_difference),
        UNIT(prefixes_count_leading_bits),
        UNIT(a_random_place_has_the_prefix_and_no_more),
        UNIT(the_share_of_the_space_is_the_first_64_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
