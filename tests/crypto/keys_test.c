/*
 * libp2p keys of four types: the published ones, every malformed form, and keys made by OpenSSL
 * here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/wr.h"
#include "crypto/keys.h"
#include "crypto/secret.h"
#include "tests/support/vectors.h"
#include "wavu/err.h"

static void check_changed(const struct keys_public *key, struct span message,
                          struct span_mut signature)
{
    for (size_t at = 0; at < signature.len; at++) {
        signature.ptr[at] ^= 4;
        assert_int_equal(keys_verify(key, message, span_from_mut(signature)), WAVU_ERR_CRYPTO);
        signature.ptr[at] ^= 4;
    }
    for (size_t len = 0; len < signature.len; len++) {
        assert_int_equal(keys_verify(key, message, span_of(signature.ptr, len)), WAVU_ERR_CRYPTO);
    }
    assert_int_equal(
        keys_verify(key, span_slice(message, 1, message.len), span_from_mut(signature)),
        WAVU_ERR_CRYPTO);
    assert_int_equal(keys_verify(key, message, span_from_mut(signature)), 0);
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_keys.txt");
    unsigned seen = 0;
    while (vectors_next(v)) {
        struct keys_public key;
        uint8_t longer[KEYS_SIGNATURE_MAX];
        const struct span message = vectors_span(v, "message");
        const struct span_mut signature = vectors_bytes(v, "signature");
        assert_int_equal(keys_public_decode(&key, vectors_span(v, "public")), 0);
        assert_int_equal(keys_verify(&key, message, span_from_mut(signature)), 0);
        check_changed(&key, message, signature);
        memcpy(longer, signature.ptr, signature.len);
        longer[signature.len] = 0; /* DER and all others have an end */
        assert_int_equal(keys_verify(&key, message, span_of(longer, signature.len + 1)),
                         WAVU_ERR_CRYPTO);
        seen |= 1u << key.type;
    }
    assert_int_equal(seen, 15); /* all four */
    vectors_close(v);
}

static void test_every_cut_and_addition_is_refused(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_keys.txt");
    while (vectors_next(v)) {
        struct keys_public key;
        uint8_t longer[KEYS_PUBLIC_SIZE_MAX];
        const struct span whole = vectors_span(v, "public");
        for (size_t len = 0; len < whole.len; len++) {
            assert_int_equal(keys_public_decode(&key, span_of(whole.ptr, len)), WAVU_ERR_PROTO);
        }
        memcpy(longer, whole.ptr, whole.len);
        longer[whole.len] = 0x18; /* a third field, one that protobuf would skip */
        longer[whole.len + 1] = 0;
        assert_int_equal(keys_public_decode(&key, span_of(longer, whole.len + 2)), WAVU_ERR_PROTO);
    }
    vectors_close(v);
}

static int decode_text(const char *head, size_t head_len, size_t len)
{
    uint8_t bytes[KEYS_PUBLIC_SIZE_MAX + 100] = {0};
    struct keys_public key;
    memcpy(bytes, head, head_len);
    return keys_public_decode(&key, span_of(bytes, len));
}

static void test_forms_that_are_not_canonical(void **state)
{
    (void)state;
    assert_int_equal(decode_text("\x08\x01\x12\x20", 4, 36), 0);
    assert_int_equal(decode_text("\x08\x81\x00\x12\x20", 5, 37), WAVU_ERR_PROTO); /* long varint */
    assert_int_equal(decode_text("\x08\x01\x12\xa0\x00", 5, 37), WAVU_ERR_PROTO);
    assert_int_equal(decode_text("\x12\x20", 2, 34), WAVU_ERR_PROTO); /* no type */
    assert_int_equal(decode_text("\x08\x01\x08\x01\x12\x20", 6, 38), WAVU_ERR_PROTO);
    assert_int_equal(decode_text("\x0a\x01\x12\x20", 4, 36), WAVU_ERR_PROTO);
    assert_int_equal(decode_text("\x08\x01\x12\x1f", 4, 35), WAVU_ERR_PROTO); /* 31 bytes */
    assert_int_equal(decode_text("\x08\x01\x12\x21", 4, 37), WAVU_ERR_PROTO);
    assert_int_equal(decode_text("\x08\x04\x12\x20", 4, 36), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(decode_text("\x08\xff\x01\x12\x20", 5, 37), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(decode_text("\x08\x02\x12\x20", 4, 36), WAVU_ERR_PROTO); /* 32 of 33 */
    assert_int_equal(decode_text("\x08\x03\x12\x5b", 4, 95), WAVU_ERR_PROTO); /* not P-256 */
    assert_int_equal(decode_text("\x08\x00\x12\x20", 4, 36), WAVU_ERR_PROTO); /* tiny RSA */
    assert_int_equal(decode_text("\x08\x01\x12\xad\x09", 5, KEYS_PUBLIC_SIZE_MAX + 1),
                     WAVU_ERR_PROTO);
}

/* Sign with `pkey` and verify with keys_verify, the public key given as SubjectPublicKeyInfo. */
static int verify_made(EVP_PKEY *pkey)
{
    const struct span message = span_of("message", 7);
    uint8_t *info = NULL;
    uint8_t signature[4096];
    uint8_t serialised[4096];
    size_t len = sizeof(signature);
    const int info_len = i2d_PUBKEY(pkey, &info);
    assert_true(info_len > 0);
    struct wr w;
    wr_init(&w, span_mut_of(serialised, sizeof(serialised)));
    wr_u8(&w, 0x08);
    wr_u8(&w, EVP_PKEY_get_id(pkey) == EVP_PKEY_RSA ? KEYS_RSA : KEYS_ECDSA);
    wr_u8(&w, 0x12);
    wr_prefixed(&w, span_of(info, (size_t)info_len));
    OPENSSL_free(info);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, pkey, NULL), 1);
    assert_int_equal(EVP_DigestSign(ctx, signature, &len, message.ptr, message.len), 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    struct keys_public key;
    const int rc = keys_public_decode(&key, wr_span(&w));
    return rc != 0 ? rc : keys_verify(&key, message, span_of(signature, len));
}

static void test_keys_made_by_openssl(void **state)
{
    (void)state;
    assert_int_equal(verify_made(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)), 0);
    assert_int_equal(verify_made(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")), 0);
    assert_int_equal(verify_made(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384")), WAVU_ERR_PROTO);
    assert_int_equal(verify_made(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1")), WAVU_ERR_PROTO);
    assert_int_equal(verify_made(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024)),
                     WAVU_ERR_PROTO);
    assert_int_equal(verify_made(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2040)),
                     WAVU_ERR_CRYPTO);
}

/* Write an RSA SubjectPublicKeyInfo with a modulus of `len` bytes that starts with `top` and ends
 * with `low`, and verify something under it: it must be refused before any mathematics. */
static int verify_modulus(size_t len, uint8_t top, uint8_t low, struct span exponent)
{
    static const uint8_t algorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                        0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    uint8_t bytes[2048];
    const size_t number = len + 1;                      /* with its sign byte */
    const size_t inner = 4 + number + 2 + exponent.len; /* INTEGER, INTEGER */
    const size_t bits = 1 + 4 + inner;
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof(bytes)));
    wr_u16be(&w, 0x3082);
    wr_u16be(&w, (uint16_t)(sizeof(algorithm) + 4 + bits));
    wr_bytes(&w, span_of(algorithm, sizeof(algorithm)));
    wr_u16be(&w, 0x0382);
    wr_u16be(&w, (uint16_t)bits);
    wr_u8(&w, 0);
    wr_u16be(&w, 0x3082);
    wr_u16be(&w, (uint16_t)inner);
    wr_u16be(&w, 0x0282);
    wr_u16be(&w, (uint16_t)number);
    wr_u8(&w, 0);
    for (size_t i = 0; i < len; i++) {
        wr_u8(&w, i == 0 ? top : i == len - 1 ? low : 0x55);
    }
    wr_u8(&w, 0x02);
    wr_u8(&w, (uint8_t)exponent.len);
    wr_bytes(&w, exponent);
    assert_int_equal(wr_finish(&w), 0);
    const struct keys_public key = {.type = KEYS_RSA, .data = wr_span(&w)};
    static uint8_t signature[KEYS_SIGNATURE_MAX];
    signature[len < sizeof(signature) ? len - 1 : 0] = 1;
    return keys_verify(&key, span_of("x", 1),
                       span_of(signature, len < sizeof(signature) ? len : sizeof(signature)));
}

static void test_rsa_numbers(void **state)
{
    (void)state;
    const struct span f4 = span_of("\x01\x00\x01", 3);
    assert_int_equal(verify_modulus(256, 0x80, 1, f4),
                     WAVU_ERR_CRYPTO); /* fit, but nobody signed */
    assert_int_equal(verify_modulus(1024, 0xff, 1, f4), WAVU_ERR_CRYPTO);
    assert_int_equal(verify_modulus(1025, 0x80, 1, f4), WAVU_ERR_CRYPTO);
    assert_int_equal(verify_modulus(256, 0x80, 2, f4), WAVU_ERR_CRYPTO); /* even */
    assert_int_equal(verify_modulus(256, 0x80, 1, span_of("\x01", 1)), WAVU_ERR_CRYPTO);
    assert_int_equal(verify_modulus(256, 0x80, 1, span_of("\x02", 1)), WAVU_ERR_CRYPTO);
    assert_int_equal(verify_modulus(256, 0x80, 1, span_of("\x01\x00\x00\x00\x01", 5)),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(verify_modulus(256, 0x80, 1, span_of("\x81", 1)), WAVU_ERR_CRYPTO);
    assert_int_equal(verify_modulus(256, 0x80, 1, span_empty()), WAVU_ERR_CRYPTO);
}

/* What is no point of the curve must be refused before it is used. */
static void test_points_that_are_none(void **state)
{
    (void)state;
    uint8_t point[33] = {2}; /* x = 0 has no y on secp256k1 */
    const struct keys_public key = {.type = KEYS_SECP256K1, .data = span_of(point, sizeof(point))};
    static const uint8_t signature[] = {0x30, 6, 2, 1, 1, 2, 1, 1};
    for (int first = 0; first < 8; first++) {
        point[0] = (uint8_t)first;
        assert_int_equal(keys_verify(&key, span_of("x", 1), span_of(signature, sizeof(signature))),
                         WAVU_ERR_CRYPTO);
    }
}

/* The vectors' PrivateKey has a head of four bytes, then seed and public key. */
static void test_own_key_and_id(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_keys.txt");
    size_t good = 0;
    while (vectors_next(v)) {
        struct ed25519_pair pair;
        struct peerid id;
        uint8_t encoded[KEYS_ED25519_PUBLIC_SIZE];
        if (!span_is_equal(vectors_text(v, "type"), span_from_text("ed25519"))) {
            continue;
        }
        ed25519_from_seed(&pair, vectors_span(v, "private").ptr + 4);
        keys_ed25519_encode(encoded, pair.public_key);
        assert_true(span_is_equal(span_of(encoded, sizeof(encoded)), vectors_span(v, "public")));
        keys_peerid(&id, &pair);
        assert_true(span_is_equal(peerid_span(&id), vectors_span(v, "id")));
        good++;
    }
    assert_int_equal(good, 1);
    vectors_close(v);
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
        cmocka_unit_test(test_every_cut_and_addition_is_refused),
        cmocka_unit_test(test_forms_that_are_not_canonical),
        cmocka_unit_test(test_keys_made_by_openssl),
        cmocka_unit_test(test_rsa_numbers),
        cmocka_unit_test(test_points_that_are_none),
        cmocka_unit_test(test_own_key_and_id),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
