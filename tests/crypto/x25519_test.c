/*
 * X25519 against RFC 7748, and the points that give no secret.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/secret.h"
#include "crypto/x25519.h"
#include "tests/support/vectors.h"
#include "wavu/err.h"

/* RFC 7748 5.2: k and u begin as the base point; each round's result becomes k, the old k becomes
 * u. */
static void check_iteration(struct vectors *v)
{
    uint8_t k[X25519_SIZE] = {9};
    uint8_t u[X25519_SIZE] = {9};
    for (int round = 1; round <= 1000; round++) {
        uint8_t out[X25519_SIZE];
        assert_int_equal(x25519_shared(out, k, u), 0);
        memcpy(u, k, sizeof(u));
        memcpy(k, out, sizeof(k));
        if (round == 1) {
            assert_memory_equal(k, vectors_span(v, "rounds1").ptr, sizeof(k));
        }
    }
    assert_memory_equal(k, vectors_span(v, "rounds1000").ptr, sizeof(k));
}

static void check_exchange(struct vectors *v)
{
    static const char *const secrets[] = {"secret_a", "secret_b"};
    static const char *const publics[] = {"public_a", "public_b"};
    for (size_t i = 0; i < 2; i++) {
        struct x25519_pair pair;
        uint8_t out[X25519_SIZE];
        memcpy(pair.secret, vectors_span(v, secrets[i]).ptr, X25519_SIZE);
        x25519_derive(&pair);
        assert_memory_equal(pair.public_key, vectors_span(v, publics[i]).ptr, X25519_SIZE);
        assert_int_equal(x25519_shared(out, pair.secret, vectors_span(v, publics[1 - i]).ptr), 0);
        assert_memory_equal(out, vectors_span(v, "shared").ptr, X25519_SIZE);
    }
}

static void check_low(struct vectors *v)
{
    static const uint8_t zero[X25519_SIZE];
    const uint8_t secret[X25519_SIZE] = {0x77, 1, 2, 3, 4};
    uint8_t out[X25519_SIZE];
    memset(out, 0xaa, sizeof(out));
    assert_int_equal(x25519_shared(out, secret, vectors_span(v, "point").ptr), WAVU_ERR_CRYPTO);
    assert_memory_equal(out, zero, sizeof(out));
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/rfc7748.txt");
    size_t records = 0;
    while (vectors_next(v)) {
        const struct span kind = vectors_text(v, "kind");
        if (span_is_equal(kind, span_from_text("product"))) {
            uint8_t out[X25519_SIZE];
            assert_int_equal(
                x25519_shared(out, vectors_span(v, "secret").ptr, vectors_span(v, "point").ptr), 0);
            assert_memory_equal(out, vectors_span(v, "shared").ptr, X25519_SIZE);
        } else if (span_is_equal(kind, span_from_text("iteration"))) {
            check_iteration(v);
        } else if (span_is_equal(kind, span_from_text("exchange"))) {
            check_exchange(v);
        } else {
            check_low(v);
        }
        records++;
    }
    assert_int_equal(records, 11);
    vectors_close(v);
}

static void test_made_pairs_agree(void **state)
{
    (void)state;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 7);
    const struct random random = random_from_seeded(&seeded);
    for (int i = 0; i < 50; i++) {
        struct x25519_pair a;
        struct x25519_pair b;
        uint8_t ab[X25519_SIZE];
        uint8_t ba[X25519_SIZE];
        x25519_make(&a, &random);
        x25519_make(&b, &random);
        assert_memory_not_equal(a.public_key, b.public_key, X25519_SIZE);
        assert_int_equal(x25519_shared(ab, a.secret, b.public_key), 0);
        assert_int_equal(x25519_shared(ba, b.secret, a.public_key), 0);
        assert_memory_equal(ab, ba, X25519_SIZE);
    }
}

/* The base point by the general product and by the derivation, which may take another way. */
static void test_derive_is_product_with_base(void **state)
{
    (void)state;
    static const uint8_t base[X25519_SIZE] = {9};
    struct random_seeded seeded;
    random_seeded_init(&seeded, 8);
    const struct random random = random_from_seeded(&seeded);
    for (int i = 0; i < 200; i++) {
        struct x25519_pair pair;
        uint8_t out[X25519_SIZE];
        x25519_make(&pair, &random);
        assert_int_equal(x25519_shared(out, pair.secret, base), 0);
        assert_memory_equal(out, pair.public_key, X25519_SIZE);
    }
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
        cmocka_unit_test(test_made_pairs_agree),
        cmocka_unit_test(test_derive_is_product_with_base),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
