/*
 * Keccak against OpenSSL's, over every length around the blocks, and against FIPS 202's own hashes
 * of nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "crypto/keccak.h"
#include "crypto/secret.h"

#define LENGTH_MAX 700

static uint8_t message[LENGTH_MAX];

static void oracle(const EVP_MD *kind, uint8_t *out, size_t len, size_t message_len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_non_null(context);
    assert_int_equal(EVP_DigestInit_ex(context, kind, NULL), 1);
    assert_int_equal(EVP_DigestUpdate(context, message, message_len), 1);
    if ((EVP_MD_get_flags(kind) & EVP_MD_FLAG_XOF) != 0) {
        assert_int_equal(EVP_DigestFinalXOF(context, out, len), 1);
    } else {
        assert_int_equal(EVP_DigestFinal_ex(context, out, NULL), 1);
    }
    EVP_MD_CTX_free(context);
}

static void test_hashes_are_openssls(void **state)
{
    (void)state;
    for (size_t len = 0; len <= LENGTH_MAX; len++) {
        const struct span halves[] = {span_of(message, len / 3),
                                      span_of(message + len / 3, len - len / 3)};
        uint8_t own[64];
        uint8_t other[64];
        keccak_sha3_256(own, halves, 2);
        oracle(EVP_sha3_256(), other, 32, len);
        assert_memory_equal(own, other, 32);
        keccak_sha3_512(own, halves, 2);
        oracle(EVP_sha3_512(), other, 64, len);
        assert_memory_equal(own, other, 64);
    }
}

/* Absorbed and squeezed in pieces whose sizes change with the length. */
static void squeeze_in_pieces(size_t rate, uint8_t *out, size_t out_len, size_t len)
{
    struct keccak k;
    keccak_init(&k, rate);
    for (size_t at = 0; at < len;) {
        const size_t piece = at % 13 + 1 < len - at ? at % 13 + 1 : len - at;
        keccak_absorb(&k, span_of(message + at, piece));
        at += piece;
    }
    keccak_finish(&k, KECCAK_SHAKE_DOMAIN);
    for (size_t at = 0; at < out_len;) {
        const size_t piece = at % 29 + 1 < out_len - at ? at % 29 + 1 : out_len - at;
        keccak_squeeze(&k, out + at, piece);
        at += piece;
    }
}

static void test_streams_are_openssls(void **state)
{
    (void)state;
    for (size_t len = 0; len <= LENGTH_MAX; len++) {
        uint8_t own[LENGTH_MAX];
        uint8_t other[LENGTH_MAX];
        squeeze_in_pieces(KECCAK_SHAKE128_RATE, own, sizeof(own), len);
        oracle(EVP_shake128(), other, sizeof(other), len);
        assert_memory_equal(own, other, sizeof(own));
        squeeze_in_pieces(KECCAK_SHAKE256_RATE, own, sizeof(own), len);
        oracle(EVP_shake256(), other, sizeof(other), len);
        assert_memory_equal(own, other, sizeof(own));
    }
}

/* FIPS 202's examples with values: SHA3-256 of the empty message begins and ends so. */
static void test_hash_of_nothing(void **state)
{
    (void)state;
    static const uint8_t begins[] = {0xa7, 0xff, 0xc6, 0xf8, 0xbf, 0x1e, 0xd7, 0x66};
    static const uint8_t ends[] = {0x80, 0xf8, 0x43, 0x4a};
    uint8_t hash[32];
    keccak_sha3_256(hash, NULL, 0);
    assert_memory_equal(hash, begins, sizeof(begins));
    assert_memory_equal(hash + 28, ends, sizeof(ends));
}

static int start(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(message); i++) {
        message[i] = (uint8_t)(i * i + 3 * i + (i >> 3));
    }
    return secret_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes_are_openssls),
        cmocka_unit_test(test_streams_are_openssls),
        cmocka_unit_test(test_hash_of_nothing),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
