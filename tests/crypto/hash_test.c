/*
 * SHA-2 and HMAC against the published vectors, whole and in pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "tests/support/vectors.h"

static void assert_bytes(struct span wanted, const uint8_t *got, size_t len)
{
    assert_int_equal(wanted.len, len);
    assert_memory_equal(wanted.ptr, got, len);
}

static void test_sha2_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/sha2.txt");
    size_t records = 0;
    while (vectors_next(v)) {
        const struct span message = vectors_span(v, "message");
        uint8_t out[HASH_SHA512_SIZE];
        if (vectors_has(v, "sha256")) {
            hash_sha256(out, message);
            assert_bytes(vectors_span(v, "sha256"), out, HASH_SHA256_SIZE);
        }
        if (vectors_has(v, "sha512")) {
            hash_sha512(out, message);
            assert_bytes(vectors_span(v, "sha512"), out, HASH_SHA512_SIZE);
        }
        records++;
    }
    assert_int_equal(records, 4);
    vectors_close(v);
}

/* FIPS 180-4's long example, fed as pieces of uneven sizes. */
static void test_million_bytes_in_pieces(void **state)
{
    (void)state;
    static const uint8_t wanted[HASH_SHA256_SIZE] = {
        0xcd, 0xc7, 0x6e, 0x5c, 0x99, 0x14, 0xfb, 0x92, 0x81, 0xa1, 0xc7,
        0xe2, 0x84, 0xd7, 0x3e, 0x67, 0xf1, 0x80, 0x9a, 0x48, 0xa4, 0x97,
        0x20, 0x0e, 0x04, 0x6d, 0x39, 0xcc, 0xc7, 0x11, 0x2c, 0xd0};
    const size_t size = 1000000;
    uint8_t *bytes = mem_new(size);
    memset(bytes, 'a', size);
    const struct span pieces[] = {
        span_of(bytes, 1),
        span_empty(),
        span_of(bytes + 1, 63),
        span_of(bytes + 64, 65),
        span_of(bytes + 129, size - 129),
    };
    uint8_t out[HASH_SHA256_SIZE];
    hash_sha256_pieces(out, pieces, 5);
    assert_memory_equal(out, wanted, sizeof(out));
    hash_sha256(out, span_of(bytes, size));
    assert_memory_equal(out, wanted, sizeof(out));
    mem_free(bytes);
}

static void test_hmac_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/rfc4231.txt");
    size_t records = 0;
    while (vectors_next(v)) {
        const struct span key = vectors_span(v, "key");
        const struct span message = vectors_span(v, "message");
        uint8_t out[HASH_SHA256_SIZE];
        for (size_t cut = 0; cut <= message.len; cut++) {
            const struct span pieces[] = {span_slice(message, 0, cut),
                                          span_slice(message, cut, message.len)};
            hash_hmac_sha256(out, key, pieces, 2);
            assert_bytes(vectors_span(v, "mac"), out, sizeof(out));
        }
        records++;
    }
    assert_int_equal(records, 4);
    vectors_close(v);
}

static void test_hmac_of_nothing(void **state)
{
    (void)state;
    /* The widely published HMAC-SHA-256 of an empty message under an empty key. */
    static const uint8_t wanted[4] = {0xb6, 0x13, 0x67, 0x9a};
    uint8_t out[HASH_SHA256_SIZE];
    hash_hmac_sha256(out, span_empty(), NULL, 0);
    assert_memory_equal(out, wanted, sizeof(wanted));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha2_vectors),
        cmocka_unit_test(test_million_bytes_in_pieces),
        cmocka_unit_test(test_hmac_vectors),
        cmocka_unit_test(test_hmac_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
