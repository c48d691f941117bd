/*
 * ML-KEM-768 as the house uses it: agreement, refusals, both checks, and where randomness goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/random.h"
#include "crypto/mlkem_core.h"
#include "crypto/secret.h"

static struct random_seeded seeded;
static struct random source;

/* Randomness that is always the same byte. It looks at memory when it is asked, writes down how
 * much was wanted, and, where it is to fail, leaves instead, as a real one that aborts. */
struct watch {
    uint8_t byte;
    size_t drawn;
    int calls;
    const uint8_t *watched; /* must be all 0xee until randomness came */
    size_t watched_len;
    bool is_failing;
    jmp_buf out;
};

static void watch_fill(void *context, uint8_t *out, size_t len)
{
    struct watch *w = context;
    for (size_t i = 0; i < w->watched_len; i++) {
        assert_int_equal(w->watched[i], 0xee);
    }
    if (w->is_failing) {
        longjmp(w->out, 1);
    }
    memset(out, w->byte, len);
    w->drawn += len;
    w->calls++;
}

static void test_both_sides_agree(void **state)
{
    (void)state;
    for (int round = 0; round < 500; round++) {
        struct mlkem_pair pair;
        uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
        uint8_t made[MLKEM_SHARED_SIZE];
        uint8_t found[MLKEM_SHARED_SIZE];
        mlkem_make(&pair, &source);
        assert_int_equal(mlkem_check_public(pair.public_key), 0);
        assert_int_equal(mlkem_core_check_secret(pair.secret), 0);
        assert_int_equal(mlkem_encapsulate(ciphertext, made, pair.public_key, &source), 0);
        mlkem_decapsulate(found, pair.secret, ciphertext);
        assert_memory_equal(made, found, sizeof(made));
    }
}

/* Every byte of a ciphertext counts, and no two changes give the same secret. */
static void test_changed_ciphertext_disagrees(void **state)
{
    (void)state;
    struct mlkem_pair pair;
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
    uint8_t made[MLKEM_SHARED_SIZE];
    uint8_t last[MLKEM_SHARED_SIZE];
    uint8_t found[MLKEM_SHARED_SIZE];
    mlkem_make(&pair, &source);
    assert_int_equal(mlkem_encapsulate(ciphertext, made, pair.public_key, &source), 0);
    memcpy(last, made, sizeof(last));
    for (size_t i = 0; i < sizeof(ciphertext); i++) {
        ciphertext[i] ^= (uint8_t)(1 << i % 8);
        mlkem_decapsulate(found, pair.secret, ciphertext);
        assert_memory_not_equal(found, made, sizeof(found));
        assert_memory_not_equal(found, last, sizeof(found));
        memcpy(last, found, sizeof(last));
        mlkem_decapsulate(found, pair.secret, ciphertext);
        assert_memory_equal(found, last, sizeof(found)); /* the same each time */
        ciphertext[i] ^= (uint8_t)(1 << i % 8);
    }
}

static void put_coefficient(uint8_t *public_key, size_t i, unsigned value)
{
    uint8_t *at = public_key + i / 2 * 3;
    if (i % 2 == 0) {
        at[0] = (uint8_t)value;
        at[1] = (uint8_t)((at[1] & 0xf0) | value >> 8);
    } else {
        at[1] = (uint8_t)((at[1] & 0x0f) | value << 4);
        at[2] = (uint8_t)(value >> 4);
    }
}

/* FIPS 203 7.2: each of the 768 coefficients must be below 3329. */
static void test_public_key_must_be_canonical(void **state)
{
    (void)state;
    static const uint8_t zero[MLKEM_CIPHERTEXT_SIZE];
    struct mlkem_pair pair;
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
    uint8_t shared[MLKEM_SHARED_SIZE];
    mlkem_make(&pair, &source);
    for (size_t i = 0; i < 768; i++) {
        uint8_t key[MLKEM_PUBLIC_SIZE];
        memcpy(key, pair.public_key, sizeof(key));
        put_coefficient(key, i, 3328);
        assert_int_equal(mlkem_check_public(key), 0);
        put_coefficient(key, i, i % 3 == 0 ? 4095 : 3329);
        assert_int_equal(mlkem_check_public(key), WAVU_ERR_CRYPTO);
        memset(ciphertext, 0xaa, sizeof(ciphertext));
        memset(shared, 0xaa, sizeof(shared));
        assert_int_equal(mlkem_encapsulate(ciphertext, shared, key, &source), WAVU_ERR_CRYPTO);
        assert_memory_equal(ciphertext, zero, sizeof(ciphertext));
        assert_memory_equal(shared, zero, sizeof(shared));
    }
    memset(pair.public_key, 0xff, 1152);
    assert_int_equal(mlkem_check_public(pair.public_key), WAVU_ERR_CRYPTO);
}

/* 7.3: the hash covers the public key in the secret, and nothing else. */
static void test_secret_must_hold_its_hash(void **state)
{
    (void)state;
    struct mlkem_pair pair;
    mlkem_make(&pair, &source);
    for (size_t i = 0; i < MLKEM_SECRET_SIZE; i++) {
        const bool is_covered = i >= 1152 && i < 2368;
        pair.secret[i] ^= 0x10;
        assert_int_equal(mlkem_core_check_secret(pair.secret), is_covered ? WAVU_ERR_CRYPTO : 0);
        pair.secret[i] ^= 0x10;
    }
    assert_int_equal(mlkem_core_check_secret(pair.secret), 0);
}

/* There is no randomness but what is given: 64 bytes for a pair and 32 for a secret, at once. */
static void test_same_randomness_gives_the_same(void **state)
{
    (void)state;
    struct mlkem_pair pairs[2];
    uint8_t ciphertexts[2][MLKEM_CIPHERTEXT_SIZE];
    uint8_t shared[2][MLKEM_SHARED_SIZE];
    uint8_t bytes[MLKEM_SEED_SIZE];
    for (size_t i = 0; i < 2; i++) {
        struct watch w = {.byte = 0x42};
        const struct random constant = {.fill = watch_fill, .context = &w};
        mlkem_make(&pairs[i], &constant);
        assert_int_equal(w.drawn, MLKEM_SEED_SIZE);
        assert_int_equal(
            mlkem_encapsulate(ciphertexts[i], shared[i], pairs[i].public_key, &constant), 0);
        assert_int_equal(w.drawn, MLKEM_SEED_SIZE + MLKEM_MESSAGE_SIZE);
        assert_int_equal(w.calls, 2);
    }
    assert_memory_equal(&pairs[0], &pairs[1], sizeof(pairs[0]));
    assert_memory_equal(ciphertexts[0], ciphertexts[1], sizeof(ciphertexts[0]));
    assert_memory_equal(shared[0], shared[1], sizeof(shared[0]));
    memset(bytes, 0x42, sizeof(bytes));
    mlkem_from_seed(&pairs[1], bytes);
    assert_memory_equal(&pairs[0], &pairs[1], sizeof(pairs[0]));
    assert_int_equal(
        mlkem_encapsulate_message(ciphertexts[1], shared[1], pairs[1].public_key, bytes), 0);
    assert_memory_equal(ciphertexts[0], ciphertexts[1], sizeof(ciphertexts[0]));
    assert_memory_equal(shared[0], shared[1], sizeof(shared[0]));
}

/* A source that fails does not return. What it leaves behind: outputs that nobody touched. */
static void test_failing_randomness_writes_nothing(void **state)
{
    (void)state;
    static struct mlkem_pair honest;
    static struct {
        struct mlkem_pair pair;
        uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
        uint8_t shared[MLKEM_SHARED_SIZE];
    } outputs, untouched;
    static struct watch w;
    const struct random failing = {.fill = watch_fill, .context = &w};
    w.is_failing = true;
    w.watched = (const uint8_t *)&outputs;
    w.watched_len = sizeof(outputs);
    memset(&outputs, 0xee, sizeof(outputs));
    memset(&untouched, 0xee, sizeof(untouched));
    mlkem_make(&honest, &source);
    if (setjmp(w.out) == 0) {
        mlkem_make(&outputs.pair, &failing);
        fail();
    }
    assert_memory_equal(&outputs, &untouched, sizeof(outputs));
    if (setjmp(w.out) == 0) {
        const int rc =
            mlkem_encapsulate(outputs.ciphertext, outputs.shared, honest.public_key, &failing);
        fail_msg("encapsulated without randomness: %d", rc);
    }
    assert_memory_equal(&outputs, &untouched, sizeof(outputs));
}

static int start(void **state)
{
    (void)state;
    random_seeded_init(&seeded, 203768);
    source = random_from_seeded(&seeded);
    return secret_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_sides_agree),
        cmocka_unit_test(test_changed_ciphertext_disagrees),
        cmocka_unit_test(test_public_key_must_be_canonical),
        cmocka_unit_test(test_secret_must_hold_its_hash),
        cmocka_unit_test(test_same_randomness_gives_the_same),
        cmocka_unit_test(test_failing_randomness_writes_nothing),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
