/*
 * Private keys of four types: the published ones, what they sign, every malformed form, and the
 * sizes and curves that are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/identity_key.h"
#include "crypto/secret.h"
#include "tests/support/vectors.h"
#include "wavu/err.h"

#define KEYS_FILE WAVU_TEST_DATA "/../vectors/libp2p_keys.txt"

/* `key` signs what its public key verifies, and what no other message is. */
static void check_signs(const struct identity_key *key, struct span message)
{
    struct keys_public public_key;
    uint8_t signature[IDENTITY_KEY_SIGNATURE_MAX];
    size_t len = 0;
    assert_int_equal(identity_key_sign(key, message, signature, &len), 0);
    assert_int_equal(keys_public_decode(&public_key, identity_key_public(key)), 0);
    assert_int_equal(public_key.type, identity_key_type(key));
    assert_int_equal(keys_verify(&public_key, message, span_of(signature, len)), 0);
    assert_int_equal(
        keys_verify(&public_key, span_slice(message, 1, message.len), span_of(signature, len)),
        WAVU_ERR_CRYPTO);
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(KEYS_FILE);
    unsigned seen = 0;
    while (vectors_next(v)) {
        struct identity_key *key = NULL;
        uint8_t again[IDENTITY_KEY_SIZE_MAX];
        struct wr w;
        const struct span serialised = vectors_span(v, "private");
        const struct span id = vectors_span(v, "id");
        assert_int_equal(identity_key_decode(&key, serialised), 0);
        assert_true(span_is_equal(identity_key_public(key), vectors_span(v, "public")));
        assert_true(span_is_equal(peerid_span(identity_key_peerid(key)), id));
        check_signs(key, vectors_span(v, "message"));
        wr_init(&w, span_mut_of(again, sizeof again));
        assert_int_equal(identity_key_encode(key, &w), 0);
        assert_true(span_is_equal(wr_span(&w), serialised));
        wr_init(&w, span_mut_of(again, serialised.len - 1));
        assert_int_equal(identity_key_encode(key, &w), WAVU_ERR_LIMIT);
        seen |= 1u << identity_key_type(key);
        identity_key_unref(key);
    }
    assert_int_equal(seen, 15); /* all four */
    vectors_close(v);
}

/* Ed25519 and RSA have one signature for a message: go's and js's are ours. */
static void test_signatures_of_others(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(KEYS_FILE);
    unsigned same = 0;
    while (vectors_next(v)) {
        struct identity_key *key = NULL;
        uint8_t signature[IDENTITY_KEY_SIGNATURE_MAX];
        size_t len = 0;
        assert_int_equal(identity_key_decode(&key, vectors_span(v, "private")), 0);
        const enum keys_type type = identity_key_type(key);
        if (type == KEYS_ED25519 || type == KEYS_RSA) {
            assert_int_equal(identity_key_sign(key, vectors_span(v, "message"), signature, &len),
                             0);
            assert_true(span_is_equal(span_of(signature, len), vectors_span(v, "signature")));
            same++;
        }
        identity_key_unref(key);
    }
    assert_int_equal(same, 2);
    vectors_close(v);
}

static void test_every_cut_and_addition_is_refused(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(KEYS_FILE);
    while (vectors_next(v)) {
        struct identity_key *key = NULL;
        uint8_t longer[IDENTITY_KEY_SIZE_MAX];
        const struct span whole = vectors_span(v, "private");
        for (size_t len = 0; len < whole.len; len++) {
            assert_int_equal(identity_key_decode(&key, span_of(whole.ptr, len)), WAVU_ERR_PROTO);
            assert_null(key);
        }
        memcpy(longer, whole.ptr, whole.len);
        longer[whole.len] = 0x18;
        longer[whole.len + 1] = 0;
        assert_int_equal(identity_key_decode(&key, span_of(longer, whole.len + 2)), WAVU_ERR_PROTO);
        longer[1] = 9;
        assert_int_equal(identity_key_decode(&key, span_of(longer, whole.len)),
                         WAVU_ERR_UNSUPPORTED);
    }
    vectors_close(v);
}

/* One bit of the secret or the public half: none of it reads as a key with another half. */
static void test_halves_that_disagree(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(KEYS_FILE);
    while (vectors_next(v)) {
        const struct span_mut whole = vectors_bytes(v, "private");
        if (whole.ptr[1] == KEYS_SECP256K1) {
            continue; /* has one half */
        }
        const size_t step = whole.ptr[1] == KEYS_RSA ? 97 : 1; /* RSA's check is slow */
        for (size_t at = 4; at < whole.len; at += step) {
            struct identity_key *key = NULL;
            if (whole.ptr[1] == KEYS_ECDSA && at == 8) {
                continue; /* a version, no half */
            }
            whole.ptr[at] ^= 4;
            assert_int_not_equal(identity_key_decode(&key, span_from_mut(whole)), 0);
            assert_null(key);
            whole.ptr[at] ^= 4;
        }
    }
    vectors_close(v);
}

static void test_legacy_ed25519(void **state)
{
    (void)state;
    struct ed25519_pair pair;
    uint8_t seed[ED25519_SEED_SIZE] = {7};
    uint8_t legacy[4 + 96] = {0x08, 0x01, 0x12, 96};
    struct identity_key *key = NULL;
    ed25519_from_seed(&pair, seed);
    memcpy(legacy + 4, pair.seed, 32);
    memcpy(legacy + 36, pair.public_key, 32);
    memcpy(legacy + 68, pair.public_key, 32);
    assert_int_equal(identity_key_decode(&key, span_of(legacy, sizeof legacy)), 0);
    assert_non_null(identity_key_pair(key));
    assert_memory_equal(identity_key_pair(key)->seed, seed, 32);
    struct identity_key *other = identity_key_ref(key);
    identity_key_unref(key);
    struct peerid id;
    keys_peerid(&id, &pair);
    assert_true(peerid_is_equal(&id, identity_key_peerid(other)));
    identity_key_unref(other);
    for (size_t at = 4; at < sizeof legacy; at++) {
        legacy[at] ^= 1;
        assert_int_equal(identity_key_decode(&key, span_of(legacy, sizeof legacy)), WAVU_ERR_PROTO);
        legacy[at] ^= 1;
    }
}

/* Serialise the secret of `pkey` (taken) as of `type`, and decode it. */
static int decode_pkey_take(struct identity_key **key, enum keys_type type, EVP_PKEY *pkey)
{
    static uint8_t serialised[IDENTITY_KEY_SIZE_MAX * 2];
    unsigned char *der = NULL;
    struct wr w;
    assert_non_null(pkey);
    const int len = i2d_PrivateKey(pkey, &der);
    assert_true(len > 0);
    wr_init(&w, span_mut_of(serialised, sizeof serialised));
    wr_u8(&w, 0x08);
    wr_u8(&w, (uint8_t)type);
    wr_u8(&w, 0x12);
    wr_prefixed(&w, span_of(der, (size_t)len));
    OPENSSL_free(der);
    EVP_PKEY_free(pkey);
    return identity_key_decode(key, wr_span(&w));
}

static void test_sizes_and_curves(void **state)
{
    (void)state;
    struct identity_key *key = NULL;
    assert_int_equal(decode_pkey_take(&key, KEYS_RSA, EVP_RSA_gen(1024)), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(decode_pkey_take(&key, KEYS_RSA, EVP_EC_gen("P-256")), WAVU_ERR_PROTO);
    assert_int_equal(decode_pkey_take(&key, KEYS_ECDSA, EVP_EC_gen("P-384")), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(decode_pkey_take(&key, KEYS_ECDSA, EVP_EC_gen("secp256k1")),
                     WAVU_ERR_UNSUPPORTED);
    assert_null(key);
    assert_int_equal(decode_pkey_take(&key, KEYS_RSA, EVP_RSA_gen(2048)), 0);
    check_signs(key, span_from_text("message"));
    identity_key_unref(key);
    assert_int_equal(decode_pkey_take(&key, KEYS_ECDSA, EVP_EC_gen("P-256")), 0);
    check_signs(key, span_from_text("message"));
    identity_key_unref(key);
}

/* Secrets of secp256k1 that are none: zero, and the group's order. */
static void test_secrets_out_of_range(void **state)
{
    (void)state;
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
                                      0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b,
                                      0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
    uint8_t serialised[36] = {0x08, 0x02, 0x12, 32};
    struct identity_key *key = NULL;
    assert_int_equal(identity_key_decode(&key, span_of(serialised, sizeof serialised)),
                     WAVU_ERR_PROTO);
    memcpy(serialised + 4, order, sizeof order);
    assert_int_equal(identity_key_decode(&key, span_of(serialised, sizeof serialised)),
                     WAVU_ERR_PROTO);
    serialised[35]--;
    assert_int_equal(identity_key_decode(&key, span_of(serialised, sizeof serialised)), 0);
    check_signs(key, span_from_text("message"));
    identity_key_unref(key);
}

/* js-libp2p refuses a signature of secp256k1 whose s is the higher of the two; OpenSSL makes one in
 * two of these. */
static void test_lower_s(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(KEYS_FILE);
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_secp256k1);
    BIGNUM *half = BN_dup(EC_GROUP_get0_order(group));
    assert_int_equal(BN_rshift1(half, half), 1);
    while (vectors_next(v)) {
        struct identity_key *key = NULL;
        assert_int_equal(identity_key_decode(&key, vectors_span(v, "private")), 0);
        for (int i = 0; identity_key_type(key) == KEYS_SECP256K1 && i < 32; i++) {
            uint8_t signature[IDENTITY_KEY_SIGNATURE_MAX];
            size_t len = 0;
            const unsigned char *at = signature;
            check_signs(key, span_from_text("message"));
            assert_int_equal(identity_key_sign(key, span_from_text("message"), signature, &len), 0);
            ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &at, (long)len);
            assert_non_null(numbers);
            assert_true(BN_cmp(ECDSA_SIG_get0_s(numbers), half) <= 0);
            ECDSA_SIG_free(numbers);
        }
        identity_key_unref(key);
    }
    BN_free(half);
    EC_GROUP_free(group);
    vectors_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_signatures_of_others),
        cmocka_unit_test(test_every_cut_and_addition_is_refused),
        cmocka_unit_test(test_halves_that_disagree),
        cmocka_unit_test(test_legacy_ed25519),
        cmocka_unit_test(test_sizes_and_curves),
        cmocka_unit_test(test_secrets_out_of_range),
        cmocka_unit_test(test_lower_s),
    };
    return secret_start() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
