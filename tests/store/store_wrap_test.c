/* The wrapped key's file: opened by its passphrase only, damage told apart from a wrong one, costs
 * bounded before they are paid. */
#include "store/store_wrap.h"

#include "crypto/hash.h"
#include "crypto/secret.h"
#include "tests/base/unit.h"

static const uint8_t secret[STORE_WRAP_KEY_SIZE] = {1, 2, 3, 250};
static const struct stretch_cost cheap = {.memory_kib = STORE_WRAP_MEMORY_KIB_MIN, .passes = 1};

static void seal(uint8_t file[STORE_WRAP_SIZE], struct span passphrase)
{
    struct random_seeded seeded;
    random_seeded_init(&seeded, 7);
    struct random random = random_from_seeded(&seeded);
    assert_int_equal(secret_start(), 0);
    assert_int_equal(store_wrap_write(file, secret, passphrase, cheap, &random), 0);
}

static int open_with(const uint8_t *file, struct span passphrase, uint8_t key[32])
{
    struct store_wrap w;
    int rc = store_wrap_read(&w, span_of(file, STORE_WRAP_SIZE));
    return rc < 0 ? rc : store_wrap_open(&w, passphrase, key);
}

/* Have the check fit again, as somebody does who changes a file on purpose. */
static void check_again(uint8_t *file, size_t size)
{
    uint8_t hash[HASH_SHA256_SIZE];
    hash_sha256(hash, span_of(file, size - STORE_WRAP_CHECK_SIZE));
    memcpy(file + size - STORE_WRAP_CHECK_SIZE, hash, STORE_WRAP_CHECK_SIZE);
}

static void test_round_trip(void **state)
{
    uint8_t file[STORE_WRAP_SIZE];
    uint8_t again[STORE_WRAP_SIZE];
    uint8_t key[STORE_WRAP_KEY_SIZE];

    (void)state;
    seal(file, UNIT_TEXT("correct horse"));
    assert_true(store_wrap_is_one(span_of(file, sizeof file)));
    assert_int_equal(open_with(file, UNIT_TEXT("correct horse"), key), 0);
    assert_memory_equal(key, secret, sizeof key);
    for (size_t i = 0; i + 4 <= sizeof file; i++) {
        assert_memory_not_equal(file + i, secret, 4); /* nowhere in clear */
    }
    seal(again, UNIT_TEXT("correct horses"));
    assert_memory_not_equal(file + 36, again + 36, 32);
}

static void test_another_passphrase_is_denied(void **state)
{
    static const char *const wrong[] = {"", "correct hors", "correct horse ", "Correct horse"};
    static uint8_t longest[STORE_WRAP_PASSPHRASE_MAX + 1];
    static const uint8_t zeros[STORE_WRAP_KEY_SIZE];
    uint8_t file[STORE_WRAP_SIZE];
    uint8_t key[STORE_WRAP_KEY_SIZE];

    (void)state;
    seal(file, UNIT_TEXT("correct horse"));
    for (size_t i = 0; i < 4; i++) {
        memset(key, 0x55, sizeof key);
        assert_int_equal(open_with(file, span_from_text(wrong[i]), key), WAVU_ERR_DENIED);
        assert_memory_equal(key, zeros, sizeof key);
    }
    assert_int_equal(open_with(file, span_of(longest, sizeof longest), key), WAVU_ERR_DENIED);
    seal(file, span_of(longest, sizeof longest - 1));
    assert_int_equal(open_with(file, span_of(longest, sizeof longest - 1), key), 0);
}

static void test_every_bit_is_damage(void **state)
{
    uint8_t file[STORE_WRAP_SIZE];
    struct store_wrap w;

    (void)state;
    seal(file, UNIT_TEXT("x"));
    for (size_t bit = 0; bit < 8 * sizeof file; bit++) {
        file[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(store_wrap_read(&w, span_of(file, sizeof file)), WAVU_ERR_CORRUPT);
        file[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t len = 0; len < sizeof file; len++) {
        assert_int_equal(store_wrap_read(&w, span_of(file, len)), WAVU_ERR_CORRUPT);
    }
    assert_int_equal(store_wrap_read(&w, span_of(file, sizeof file)), 0);
}

/* What fits its check and is not ours costs nothing. */
static void expect_read(const uint8_t *good, size_t at, uint8_t value, int expected)
{
    uint8_t file[STORE_WRAP_SIZE];
    struct store_wrap w;

    memcpy(file, good, sizeof file);
    file[at] = value;
    check_again(file, sizeof file);
    assert_int_equal(store_wrap_read(&w, span_of(file, sizeof file)), expected);
}

static void test_hostile_heads(void **state)
{
    uint8_t file[STORE_WRAP_SIZE];
    uint8_t key[STORE_WRAP_KEY_SIZE];

    (void)state;
    seal(file, UNIT_TEXT("x"));
    expect_read(file, 12, 0, WAVU_ERR_UNSUPPORTED);
    expect_read(file, 12, 2, WAVU_ERR_UNSUPPORTED);
    expect_read(file, 13, 0, WAVU_ERR_CORRUPT); /* no such AEAD */
    expect_read(file, 13, 9, WAVU_ERR_CORRUPT);
    expect_read(file, 14, 2, WAVU_ERR_CORRUPT); /* lanes */
    expect_read(file, 15, 0, WAVU_ERR_LIMIT);   /* passes */
    expect_read(file, 15, 16, 0);
    expect_read(file, 15, 17, WAVU_ERR_LIMIT);
    expect_read(file, 16, 0xff, WAVU_ERR_LIMIT); /* terabytes */
    expect_read(file, 17, 0x04, WAVU_ERR_LIMIT); /* 264 MiB */
    expect_read(file, 18, 0x00, WAVU_ERR_LIMIT); /* no memory at all */
    file[20] ^= 1;                               /* the salt: then it is another key */
    check_again(file, sizeof file);
    assert_int_equal(open_with(file, UNIT_TEXT("x"), key), WAVU_ERR_DENIED);
}

static void test_newer_formats_are_known_as_such(void **state)
{
    uint8_t file[STORE_WRAP_FILE_MAX + 1] = "wavu locked\n\2 and whatever it may be";
    struct store_wrap w;

    (void)state;
    for (size_t size = 21; size <= STORE_WRAP_FILE_MAX; size += 7) {
        memset(file + 13, (int)size, size - 13);
        check_again(file, size);
        assert_int_equal(store_wrap_read(&w, span_of(file, size)), WAVU_ERR_UNSUPPORTED);
    }
    check_again(file, sizeof file);
    assert_int_equal(store_wrap_read(&w, span_of(file, sizeof file)), WAVU_ERR_CORRUPT);
}

static void test_costs_that_nobody_reads_are_not_written(void **state)
{
    static const struct stretch_cost wrong[] = {
        {.memory_kib = STORE_WRAP_MEMORY_KIB_MIN - 1, .passes = 1},
        {.memory_kib = STORE_WRAP_MEMORY_KIB_MAX + 1, .passes = 1},
        {.memory_kib = STORE_WRAP_MEMORY_KIB_MIN, .passes = 0},
        {.memory_kib = STORE_WRAP_MEMORY_KIB_MIN, .passes = STORE_WRAP_PASSES_MAX + 1},
        {.memory_kib = STORE_WRAP_MEMORY_KIB_MAX, .passes = 5},
    };
    static const uint8_t longest[STORE_WRAP_PASSPHRASE_MAX + 1];
    uint8_t file[STORE_WRAP_SIZE];
    struct random_seeded seeded;

    (void)state;
    random_seeded_init(&seeded, 7);
    struct random random = random_from_seeded(&seeded);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(store_wrap_write(file, secret, UNIT_TEXT("x"), wrong[i], &random),
                         WAVU_ERR_INVALID);
    }
    assert_int_equal(store_wrap_write(file, secret, span_empty(), cheap, &random),
                     WAVU_ERR_INVALID);
    assert_int_equal(
        store_wrap_write(file, secret, span_of(longest, sizeof longest), cheap, &random),
        WAVU_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_round_trip),
        UNIT(test_another_passphrase_is_denied),
        UNIT(test_every_bit_is_damage),
        UNIT(test_hostile_heads),
        UNIT(test_newer_formats_are_known_as_such),
        UNIT(test_costs_that_nobody_reads_are_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
