/* A sealed key file: opened under its store's key and its own name only, damage told. */
#include "store/keyfile_seal.h"

#include "crypto/hash.h"
#include "crypto/secret.h"
#include "tests/base/unit.h"

static const uint8_t seed[KEYFILE_SEAL_SEED_SIZE] = {9, 8, 7, 250, 1};
static const uint8_t zeros[KEYFILE_SEAL_SEED_SIZE];
static struct keyfile_seal_lock lock;

static void seal(uint8_t file[KEYFILE_SEAL_SIZE])
{
    static const uint8_t store_key[32] = {3};
    struct random_seeded seeded;

    random_seeded_init(&seeded, 7);
    struct random random = random_from_seeded(&seeded);
    assert_int_equal(secret_start(), 0);
    keyfile_seal_init(&lock, store_key);
    assert_int_equal(keyfile_seal_write(file, seed, "identity.key", &lock, &random), 0);
}

static int open_as(const uint8_t *file, size_t len, const char *name)
{
    uint8_t got[KEYFILE_SEAL_SEED_SIZE] = {1};
    int rc = keyfile_seal_open(got, span_of(file, len), name, &lock);

    assert_memory_equal(got, rc == 0 ? seed : zeros, sizeof got);
    return rc;
}

static void test_round_trip(void **state)
{
    uint8_t file[KEYFILE_SEAL_SIZE];

    (void)state;
    seal(file);
    assert_true(keyfile_seal_is_one(span_of(file, sizeof file)));
    assert_int_equal(open_as(file, sizeof file, "identity.key"), 0);
    for (size_t i = 0; i + 4 <= sizeof file; i++) {
        assert_memory_not_equal(file + i, seed, 4); /* nowhere in clear */
    }
}

static void test_of_another_home_or_name(void **state)
{
    static const uint8_t other[32] = {4};
    uint8_t file[KEYFILE_SEAL_SIZE];

    (void)state;
    seal(file);
    assert_int_equal(open_as(file, sizeof file, "device.key"), WAVU_ERR_CORRUPT);
    keyfile_seal_init(&lock, other);
    assert_int_equal(open_as(file, sizeof file, "identity.key"), WAVU_ERR_CORRUPT);
    lock.is_known = false;
    assert_int_equal(open_as(file, sizeof file, "identity.key"), WAVU_ERR_DENIED);
}

static void check_again(uint8_t *file, size_t len)
{
    uint8_t hash[HASH_SHA256_SIZE];

    hash_sha256(hash, span_of(file, len - KEYFILE_SEAL_CHECK_SIZE));
    memcpy(file + len - KEYFILE_SEAL_CHECK_SIZE, hash, KEYFILE_SEAL_CHECK_SIZE);
}

static void test_every_flipped_bit_is_refused(void **state)
{
    uint8_t file[KEYFILE_SEAL_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof file * 8; i++) {
        seal(file);
        file[i / 8] ^= (uint8_t)(1U << i % 8);
        assert_int_equal(open_as(file, sizeof file, "identity.key"), WAVU_ERR_CORRUPT);
        if (i < (sizeof file - KEYFILE_SEAL_CHECK_SIZE) * 8) {
            check_again(file, sizeof file); /* as somebody does who changes it on purpose */
            int rc = open_as(file, sizeof file, "identity.key");
            assert_int_equal(rc, i / 8 == 12 ? WAVU_ERR_UNSUPPORTED : WAVU_ERR_CORRUPT);
        }
    }
    for (size_t len = 0; len < sizeof file; len++) {
        seal(file);
        if (len > KEYFILE_SEAL_CHECK_SIZE) {
            check_again(file, len);
        }
        assert_int_equal(open_as(file, len, "identity.key"), WAVU_ERR_CORRUPT);
    }
}

/* Made from docs/protocol/store.md with Python's hmac and hashlib. */
static void test_vector(void **state)
{
    static const uint8_t store_key[32] = {3};
    uint8_t want[32] = {0xa3, 0x54, 0x49, 0x47, 0x4e, 0x9c, 0xd1, 0xa6, 0xc9, 0xc3, 0xa7,
                        0x69, 0x96, 0x9a, 0xc8, 0x39, 0xc0, 0x37, 0x91, 0x41, 0xef, 0xdc,
                        0xf4, 0x71, 0xd1, 0x8c, 0x11, 0x5b, 0xe0, 0xf1, 0x3c, 0x89};

    (void)state;
    keyfile_seal_init(&lock, store_key);
    assert_memory_equal(lock.key, want, sizeof want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_round_trip),
        UNIT(test_of_another_home_or_name),
        UNIT(test_every_flipped_bit_is_refused),
        UNIT(test_vector),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
