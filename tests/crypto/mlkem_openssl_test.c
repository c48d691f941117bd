/*
 * OpenSSL's ML-KEM-768, where there is one, beside our own: they give the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/crypto.h>

#include "crypto/mlkem_core.h"
#include "crypto/mlkem_openssl.h"
#include "crypto/secret.h"

#define ROUNDS 1000

static struct random_seeded seeded;
static struct random source;

/* Built with OpenSSL 3.5 or newer: then it must have what it promises. */
static void need_openssl(void)
{
    if (OPENSSL_VERSION_NUMBER < 0x30500000L) {
        print_message("%s has no ML-KEM\n", OpenSSL_version(OPENSSL_VERSION));
        skip();
    }
}

static void test_same_as_own(void **state)
{
    (void)state;
    const struct mlkem_ops *ops = mlkem_ops_best();
    need_openssl();
    for (size_t round = 0; round < ROUNDS; round++) {
        uint8_t seed[MLKEM_SEED_SIZE];
        uint8_t message[MLKEM_MESSAGE_SIZE];
        struct mlkem_pair a;
        struct mlkem_pair b;
        uint8_t ciphertext[2][MLKEM_CIPHERTEXT_SIZE];
        uint8_t shared[2][MLKEM_SHARED_SIZE];
        random_fill(&source, seed, sizeof(seed));
        random_fill(&source, message, sizeof(message));
        assert_true(mlkem_openssl_from_seed(&a, seed));
        mlkem_core_from_seed(ops, &b, seed);
        assert_memory_equal(&a, &b, sizeof(a));
        assert_true(mlkem_openssl_encapsulate(ciphertext[0], shared[0], a.public_key, message));
        assert_int_equal(
            mlkem_core_encapsulate(ops, ciphertext[1], shared[1], a.public_key, message), 0);
        assert_memory_equal(ciphertext[0], ciphertext[1], sizeof(ciphertext[0]));
        assert_memory_equal(shared[0], shared[1], sizeof(shared[0]));
        for (int spoiled = 0; spoiled < 2; spoiled++) {
            ciphertext[0][round % MLKEM_CIPHERTEXT_SIZE] ^= (uint8_t)spoiled;
            assert_true(mlkem_openssl_decapsulate(shared[0], a.secret, ciphertext[0]));
            mlkem_core_decapsulate(ops, shared[1], a.secret, ciphertext[0]);
            assert_memory_equal(shared[0], shared[1], sizeof(shared[0]));
        }
    }
}

/* What it will not take leaves the outputs alone, so that our own can say why. */
static void test_refusals_write_nothing(void **state)
{
    (void)state;
    struct mlkem_pair pair;
    uint8_t ciphertext[MLKEM_CIPHERTEXT_SIZE];
    uint8_t shared[MLKEM_SHARED_SIZE];
    uint8_t untouched[MLKEM_CIPHERTEXT_SIZE];
    const uint8_t message[MLKEM_MESSAGE_SIZE] = {1, 2, 3};
    const uint8_t seed[MLKEM_SEED_SIZE] = {4, 5, 6};
    mlkem_core_from_seed(mlkem_ops_best(), &pair, seed);
    memset(untouched, 0xaa, sizeof(untouched));
    memset(ciphertext, 0xaa, sizeof(ciphertext));
    memset(shared, 0xaa, sizeof(shared));
    pair.public_key[0] = 0xff;
    pair.public_key[1] |= 0x0f;
    assert_false(mlkem_openssl_encapsulate(ciphertext, shared, pair.public_key, message));
    pair.secret[MLKEM_SECRET_SIZE - 40] ^= 1; /* in the hash of the public key */
    assert_false(mlkem_openssl_decapsulate(shared, pair.secret, ciphertext));
    assert_memory_equal(ciphertext, untouched, sizeof(ciphertext));
    assert_memory_equal(shared, untouched, sizeof(shared));
}

static int start(void **state)
{
    (void)state;
    random_seeded_init(&seeded, 35);
    source = random_from_seeded(&seeded);
    return secret_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_own),
        cmocka_unit_test(test_refusals_write_nothing),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
