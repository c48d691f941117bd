/* Map: published SipHash vectors, put, get, remove, iteration, growing and shrinking. */
#include "base/map.h"

#include "tests/base/death.h"
#include "tests/base/unit.h"

#define COUNT 1000

struct entry {
    uint32_t number;
    bool is_seen;
};

static const uint64_t vector_key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};

/* The hash as the vectors write it: eight bytes, lowest first, read as one big-endian number. */
static uint64_t hash_bytes(size_t len, unsigned per_word, unsigned at_end)
{
    uint8_t in[64];
    uint64_t swapped = 0;

    for (size_t i = 0; i < sizeof(in); i++) {
        in[i] = (uint8_t)i;
    }
    uint64_t hash = map_hash_rounds(vector_key, span_of(in, len), per_word, at_end);

    for (int i = 0; i < 8; i++) {
        swapped = swapped << 8 | ((hash >> (8 * i)) & 0xff);
    }
    return swapped;
}

/* SipHash-2-4 of 00 01 .. (len - 1) under the key 00 .. 0f: the authors' test vectors. */
static void test_siphash_2_4_vectors(void **state)
{
    (void)state;
    static const uint64_t expected[] = {
        0x310e0edd47db6f72, 0xfd67dc93c539f874, 0x5a4fa9d909806c0d, 0x2d7efbd796666785,
        0xb7877127e09427cf, 0x8da699cd64557618, 0xcee3fe586e46c9cb, 0x37d1018bf50002ab,
        0x6224939a79f5f593, 0xb0e4a90bdf82009e, 0xf3b9dd94c5bb5d7a, 0xa7ad6b22462fb3f4,
        0xfbe50e86bc8f1e75, 0x903d84c02756ea14, 0xeef27a8e90ca23f7, 0xe545be4961ca29a1,
        0xdb9bc2577fcc2a3f,
    };

    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_true(hash_bytes(i, 2, 4) == expected[i]);
    }
    assert_true(hash_bytes(63, 2, 4) == 0x724506eb4c328a95);
}

/* SipHash-1-3 of the same inputs, as the test suite of Rust's core library publishes them. */
static void test_siphash_1_3_vectors(void **state)
{
    (void)state;
    static const uint64_t expected[] = {
        0xdcc40f055801acab, 0x93ca577df39bf4c9, 0x4dd4c74d029bcb82,
        0xfbf7dde7b80af88b, 0x2883d388605775cf, 0x673b53492fd5f9de,
        0xa7229fc5502b0dc5, 0x4011b19b987d92d3, 0x8e9a298d11959036,
    };

    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_true(hash_bytes(i, 1, 3) == expected[i]);
    }
    assert_true(hash_bytes(63, 1, 3) == 0xa8b3bbb76290199d);
    assert_true(map_hash(vector_key, UNIT_TEXT("x")) ==
                map_hash_rounds(vector_key, UNIT_TEXT("x"), 1, 3));
}

static struct map new_map(uint64_t seed)
{
    struct random_seeded seeded;
    struct map m;

    random_seeded_init(&seeded, seed);
    struct random r = random_from_seeded(&seeded);

    map_init(&m, &r);
    return m;
}

static struct span key_of(const struct entry *e)
{
    return span_of(&e->number, sizeof(e->number));
}

static void fill(struct entry entries[COUNT], struct map *m)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        entries[i] = (struct entry){.number = i};
        assert_null(map_put(m, key_of(&entries[i]), &entries[i]));
    }
    map_check(m);
}

static void test_put_get_remove(void **state)
{
    (void)state;
    static struct entry entries[COUNT];
    struct map m = new_map(1);

    assert_null(map_get(&m, UNIT_TEXT("none")));
    assert_null(map_remove(&m, UNIT_TEXT("none")));
    fill(entries, &m);
    assert_int_equal(m.count, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_ptr_equal(map_get(&m, span_of(&i, sizeof(i))), &entries[i]);
    }
    for (uint32_t i = 0; i < COUNT; i += 2) {
        assert_ptr_equal(map_remove(&m, span_of(&i, sizeof(i))), &entries[i]);
        assert_null(map_remove(&m, span_of(&i, sizeof(i))));
        map_check(&m);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_ptr_equal(map_get(&m, span_of(&i, sizeof(i))), i % 2 == 0 ? NULL : &entries[i]);
    }
    map_clear(&m);
    assert_null(map_get(&m, key_of(&entries[1])));
}

static void test_replacing_takes_the_new_key(void **state)
{
    (void)state;
    struct map m = new_map(2);
    struct entry first = {.number = 7};
    struct entry second = {.number = 7};

    assert_null(map_put(&m, key_of(&first), &first));
    assert_ptr_equal(map_put(&m, key_of(&second), &second), &first);
    first.number = 8; /* the old key's storage is no longer looked at */
    map_check(&m);
    assert_ptr_equal(map_get(&m, key_of(&second)), &second);
    assert_int_equal(m.count, 1);
    map_clear(&m);
}

static void test_iteration_meets_each_once(void **state)
{
    (void)state;
    static struct entry entries[COUNT];
    struct map m = new_map(3);
    struct entry *e;
    size_t at = 0;
    size_t met = 0;

    assert_null(map_next(&m, &at));
    fill(entries, &m);
    while ((e = map_next(&m, &at)) != NULL) {
        assert_false(e->is_seen);
        e->is_seen = true;
        met++;
    }
    assert_int_equal(met, COUNT);
    assert_null(map_next(&m, &at));
    map_clear(&m);
}

static void test_storage_follows_the_count(void **state)
{
    (void)state;
    static struct entry entries[COUNT];
    struct map m = new_map(4);

    assert_int_equal(m.cap, 0);
    fill(entries, &m);
    assert_int_equal(m.cap, 2048);
    for (uint32_t i = 0; i < COUNT - 3; i++) {
        assert_non_null(map_remove(&m, key_of(&entries[i])));
    }
    map_check(&m);
    assert_true(m.cap <= 32);
    for (uint32_t i = COUNT - 3; i < COUNT; i++) {
        assert_non_null(map_remove(&m, key_of(&entries[i])));
    }
    assert_int_equal(m.cap, 0);
    assert_null(m.slots);
}

static void test_seeds_differ(void **state)
{
    (void)state;
    struct map a = new_map(5);
    struct map b = new_map(6);

    assert_true(map_hash(a.seed, UNIT_TEXT("key")) != map_hash(b.seed, UNIT_TEXT("key")));
}

static void put_null(void)
{
    struct map m = new_map(7);

    (void)map_put(&m, UNIT_TEXT("key"), NULL);
}

static void put_empty_key(void)
{
    struct map m = new_map(7);

    (void)map_put(&m, UNIT_TEXT(""), &m);
}

static void test_misuse_aborts(void **state)
{
    (void)state;
    assert_true(death_by_check(put_null, NULL, 0));
    assert_true(death_by_check(put_empty_key, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_siphash_2_4_vectors),
        UNIT(test_siphash_1_3_vectors),
        UNIT(test_put_get_remove),
        UNIT(test_replacing_takes_the_new_key),
        UNIT(test_iteration_meets_each_once),
        UNIT(test_storage_follows_the_count),
        UNIT(test_seeds_differ),
        UNIT(test_misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
