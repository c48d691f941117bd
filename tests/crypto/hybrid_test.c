/*
 * Hybrid encapsulation: what it is secret by, what it is bound to, and what it refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/hash.h"
#include "crypto/hkdf.h"
#include "crypto/hybrid.h"

static struct random_seeded seeded;
static struct random source;
static struct hybrid_pair pair;
static uint8_t public_key[HYBRID_PUBLIC_SIZE];
static uint8_t ciphertext[HYBRID_CIPHERTEXT_SIZE];
static uint8_t secret[HYBRID_SECRET_SIZE];
static const struct span context = {.ptr = (const uint8_t *)"context", .len = 7};

/* A new pair, and a secret for it. */
static int set_up(void **state)
{
    (void)state;
    random_seeded_init(&seeded, 31);
    source = random_from_seeded(&seeded);
    hybrid_make(&pair, &source);
    hybrid_public(public_key, &pair);
    return hybrid_encapsulate(ciphertext, secret, public_key, context, &source);
}

static void test_both_sides_agree(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        uint8_t theirs[HYBRID_SECRET_SIZE];
        uint8_t last[HYBRID_SECRET_SIZE];
        memcpy(last, secret, sizeof(last));
        assert_int_equal(hybrid_encapsulate(ciphertext, secret, public_key, context, &source), 0);
        assert_int_equal(hybrid_decapsulate(theirs, &pair, ciphertext, context), 0);
        assert_memory_equal(theirs, secret, sizeof(secret));
        assert_memory_not_equal(last, secret, sizeof(secret));
    }
}

/* The page's formula, by other functions than the code's. */
static void test_derivation_is_the_pages(void **state)
{
    (void)state;
    uint8_t input[32 + 32 + 32 + 32 + 32 + 7];
    uint8_t s2[32];
    uint8_t prk[32];
    uint8_t wanted[32];
    assert_int_equal(x25519_shared(input, pair.x25519.secret, ciphertext), 0);
    memcpy(input + 32, ciphertext, 32);
    memcpy(input + 64, public_key, 32);
    hash_sha256(input + 96, span_of(ciphertext + 32, 1088));
    hash_sha256(input + 128, span_of(public_key + 32, 1184));
    memcpy(input + 160, "context", 7);
    mlkem_decapsulate(s2, pair.mlkem.secret, ciphertext + 32);
    hkdf_extract(prk, span_of(s2, 32), span_of(input, sizeof(input)));
    assert_int_equal(hkdf_expand(span_mut_of(wanted, 32), prk, span_of("\x0dwavu hybrid 1", 14)),
                     0);
    assert_memory_equal(secret, wanted, 32);
}

static void test_a_seed_is_the_pair(void **state)
{
    (void)state;
    uint8_t seed[HYBRID_SEED_SIZE];
    struct hybrid_pair again;
    struct x25519_pair x25519;
    random_fill(&source, seed, sizeof(seed));
    hybrid_from_seed(&pair, seed);
    hybrid_from_seed(&again, seed);
    assert_memory_equal(&again, &pair, sizeof(pair));
    memcpy(x25519.secret, seed, X25519_SIZE);
    x25519_derive(&x25519);
    assert_memory_equal(&pair.x25519, &x25519, sizeof(x25519));
    hybrid_public(public_key, &pair);
    assert_memory_equal(public_key, x25519.public_key, 32);
    assert_memory_equal(public_key + 32, pair.mlkem.public_key, 1184);
}

/* Every byte of the ciphertext, the context and the recipient's keys counts. */
static void test_everything_is_bound(void **state)
{
    (void)state;
    uint8_t got[HYBRID_SECRET_SIZE];
    for (size_t at = 0; at < sizeof(ciphertext); at += 7) {
        uint8_t copy[HYBRID_CIPHERTEXT_SIZE];
        memcpy(copy, ciphertext, sizeof(copy));
        copy[at] ^= 0x20;
        assert_int_equal(hybrid_decapsulate(got, &pair, copy, context), 0);
        assert_memory_not_equal(got, secret, sizeof(secret));
    }
    assert_int_equal(hybrid_decapsulate(got, &pair, ciphertext, span_of("contexT", 7)), 0);
    assert_memory_not_equal(got, secret, sizeof(secret));
    assert_int_equal(hybrid_decapsulate(got, &pair, ciphertext, span_empty()), 0);
    assert_memory_not_equal(got, secret, sizeof(secret));
    struct hybrid_pair other = pair;
    other.mlkem.public_key[5] ^= 1; /* the same secrets under another name */
    assert_int_equal(hybrid_decapsulate(got, &other, ciphertext, context), 0);
    assert_memory_not_equal(got, secret, sizeof(secret));
    other = pair;
    other.x25519.public_key[5] ^= 1;
    assert_int_equal(hybrid_decapsulate(got, &other, ciphertext, context), 0);
    assert_memory_not_equal(got, secret, sizeof(secret));
}

/* Who has one of the two secrets only, and all that was sent, has not the secret. */
static void test_each_half_alone_protects(void **state)
{
    (void)state;
    uint8_t got[HYBRID_SECRET_SIZE];
    struct hybrid_pair fresh;
    hybrid_make(&fresh, &source);
    struct hybrid_pair thief = pair; /* broke X25519 */
    memcpy(thief.mlkem.secret, fresh.mlkem.secret, sizeof(thief.mlkem.secret));
    assert_int_equal(hybrid_decapsulate(got, &thief, ciphertext, context), 0);
    assert_memory_not_equal(got, secret, sizeof(secret));
    thief = pair; /* broke ML-KEM */
    memcpy(thief.x25519.secret, fresh.x25519.secret, sizeof(thief.x25519.secret));
    assert_int_equal(hybrid_decapsulate(got, &thief, ciphertext, context), 0);
    assert_memory_not_equal(got, secret, sizeof(secret));
}

static void test_keys_that_are_none_are_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[HYBRID_CIPHERTEXT_SIZE];
    memset(public_key, 0, X25519_SIZE); /* of small order */
    assert_int_equal(hybrid_encapsulate(ciphertext, secret, public_key, context, &source),
                     WAVU_ERR_CRYPTO);
    assert_memory_equal(ciphertext, zeros, sizeof(ciphertext));
    assert_memory_equal(secret, zeros, sizeof(secret));
    hybrid_public(public_key, &pair);
    memset(public_key + X25519_SIZE, 0xff, 3); /* above the modulus */
    memset(ciphertext, 1, sizeof(ciphertext));
    assert_int_equal(hybrid_encapsulate(ciphertext, secret, public_key, context, &source),
                     WAVU_ERR_CRYPTO);
    assert_memory_equal(ciphertext, zeros, sizeof(ciphertext));
    assert_memory_equal(secret, zeros, sizeof(secret));
}

static void test_a_point_of_small_order_is_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[HYBRID_SECRET_SIZE];
    memset(ciphertext, 0, X25519_SIZE);
    assert_int_equal(hybrid_decapsulate(secret, &pair, ciphertext, context), WAVU_ERR_CRYPTO);
    assert_memory_equal(secret, zeros, sizeof(secret));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_both_sides_agree, set_up),
        cmocka_unit_test_setup(test_derivation_is_the_pages, set_up),
        cmocka_unit_test_setup(test_a_seed_is_the_pair, set_up),
        cmocka_unit_test_setup(test_everything_is_bound, set_up),
        cmocka_unit_test_setup(test_each_half_alone_protects, set_up),
        cmocka_unit_test_setup(test_keys_that_are_none_are_refused, set_up),
        cmocka_unit_test_setup(test_a_point_of_small_order_is_refused, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
