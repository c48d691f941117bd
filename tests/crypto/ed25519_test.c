/*
 * Ed25519 against RFC 8032, and what a verifier must refuse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/ed25519.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"
#include "tests/support/vectors.h"
#include "wavu/err.h"

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/rfc8032.txt");
    size_t records = 0;
    while (vectors_next(v)) {
        struct ed25519_pair pair;
        uint8_t signature[ED25519_SIGNATURE_SIZE];
        const struct span message = vectors_span(v, "message");
        ed25519_from_seed(&pair, vectors_span(v, "seed").ptr);
        assert_memory_equal(pair.public_key, vectors_span(v, "public").ptr, ED25519_PUBLIC_SIZE);
        assert_memory_equal(pair.seed, vectors_span(v, "seed").ptr, ED25519_SEED_SIZE);
        ed25519_sign(signature, &pair, message);
        assert_memory_equal(signature, vectors_span(v, "signature").ptr, sizeof(signature));
        assert_int_equal(ed25519_verify(signature, pair.public_key, message), 0);
        records++;
    }
    assert_int_equal(records, 4);
    vectors_close(v);
}

static void test_every_changed_bit_is_refused(void **state)
{
    (void)state;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 1);
    const struct random random = random_from_seeded(&seeded);
    struct ed25519_pair pair;
    uint8_t signature[ED25519_SIGNATURE_SIZE];
    uint8_t message[3] = {1, 2, 3};
    const struct span s = span_of(message, sizeof(message));
    ed25519_make(&pair, &random);
    ed25519_sign(signature, &pair, s);
    for (size_t bit = 0; bit < 8 * sizeof(signature); bit++) {
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(ed25519_verify(signature, pair.public_key, s), WAVU_ERR_CRYPTO);
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof(message); bit++) {
        message[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(ed25519_verify(signature, pair.public_key, s), WAVU_ERR_CRYPTO);
        message[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(ed25519_verify(signature, pair.public_key, s), 0);
}

/* RFC 8032 5.1.7: S must be below the group order, or each signature would have a twin. */
static void test_refuses_large_s(void **state)
{
    (void)state;
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                      0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                      0,    0,    0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0x10};
    const uint8_t seed[ED25519_SEED_SIZE] = {9};
    struct ed25519_pair pair;
    uint8_t signature[ED25519_SIGNATURE_SIZE];
    ed25519_from_seed(&pair, seed);
    ed25519_sign(signature, &pair, span_of("x", 1));
    unsigned carry = 0;
    for (size_t i = 0; i < sizeof(order); i++) {
        const unsigned sum = carry + signature[32 + i] + order[i];
        signature[32 + i] = (uint8_t)sum;
        carry = sum >> 8;
    }
    assert_int_equal(carry, 0);
    assert_int_equal(ed25519_verify(signature, pair.public_key, span_of("x", 1)), WAVU_ERR_CRYPTO);
}

/* Under a key of small order a forged signature (R of small order, S = 0) would fit many messages.
 */
static void test_refuses_small_order_key(void **state)
{
    (void)state;
    const uint8_t identity[ED25519_PUBLIC_SIZE] = {1};
    uint8_t signature[ED25519_SIGNATURE_SIZE] = {1};
    assert_int_equal(ed25519_verify(signature, identity, span_of("any", 3)), WAVU_ERR_CRYPTO);
}

/* Both sides of the birational map, and that what comes of it is an X25519 pair. */
static void test_agreement_keys(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/ed25519_agreement.txt");
    size_t records = 0;
    while (vectors_next(v)) {
        struct ed25519_pair pair;
        struct x25519_pair agreement;
        uint8_t public_key[ED25519_AGREEMENT_SIZE];
        ed25519_from_seed(&pair, vectors_span(v, "seed").ptr);
        assert_memory_equal(pair.public_key, vectors_span(v, "public").ptr, ED25519_PUBLIC_SIZE);
        ed25519_agreement_secret(agreement.secret, pair.seed);
        assert_memory_equal(agreement.secret, vectors_span(v, "agreement_secret").ptr,
                            sizeof(agreement.secret));
        assert_int_equal(ed25519_agreement_public(public_key, pair.public_key), 0);
        assert_memory_equal(public_key, vectors_span(v, "agreement_public").ptr,
                            sizeof(public_key));
        x25519_derive(&agreement);
        assert_memory_equal(agreement.public_key, public_key, sizeof(public_key));
        records++;
    }
    assert_int_equal(records, 16);
    vectors_close(v);
}

/* No point, points of small order, and a point outside the group of prime order. */
static void test_agreement_refuses_bad_points(void **state)
{
    (void)state;
    static const uint8_t bad[][ED25519_PUBLIC_SIZE] = {
        {0}, /* order 4 */
        {1}, /* the neutral element */
        {2}, /* y = 2 is on no point */
        {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
         0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
         0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05}, /* order 8 */
        {3}, /* a point with a part of small order */
    };
    static const uint8_t zeros[ED25519_AGREEMENT_SIZE];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t out[ED25519_AGREEMENT_SIZE] = {7};
        assert_int_equal(ed25519_agreement_public(out, bad[i]), WAVU_ERR_CRYPTO);
        assert_memory_equal(out, zeros, sizeof(out));
    }
}

static void test_seed_may_be_the_pairs_own(void **state)
{
    (void)state;
    struct ed25519_pair a = {.seed = {1, 2, 3}};
    struct ed25519_pair b;
    ed25519_from_seed(&b, a.seed);
    ed25519_from_seed(&a, a.seed);
    assert_memory_equal(&a, &b, sizeof(a));
}

static int start(void **state)
{
    (void)state;
    return secret_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_every_changed_bit_is_refused),
        cmocka_unit_test(test_refuses_large_s),
        cmocka_unit_test(test_refuses_small_order_key),
        cmocka_unit_test(test_agreement_keys),
        cmocka_unit_test(test_agreement_refuses_bad_points),
        cmocka_unit_test(test_seed_may_be_the_pairs_own),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
