/*
 * Both ciphers against published vectors, at all sizes around the border between the two libraries,
 * and what happens to data that was tampered with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <sodium.h>

#include "base/mem.h"
#include "base/random.h"
#include "crypto/aead.h"
#include "tests/support/vectors.h"
#include "wavu/err.h"

static struct aead *aead;

static void check_file(const char *path, enum aead_kind kind, size_t wanted)
{
    struct vectors *v = vectors_open(path);
    size_t records = 0;
    while (vectors_next(v)) {
        struct aead_key key = {.kind = kind};
        uint8_t tag[AEAD_TAG_SIZE];
        memcpy(key.bytes, vectors_span(v, "key").ptr, AEAD_KEY_SIZE);
        const uint8_t *nonce = vectors_span(v, "nonce").ptr;
        const struct span ad = vectors_span(v, "ad");
        const struct span plain = vectors_span(v, "plain");
        const struct span cipher = vectors_span(v, "cipher");
        struct span_mut data = vectors_bytes(v, "plain");
        aead_seal(aead, &key, nonce, ad, data, tag);
        assert_true(span_is_equal(span_from_mut(data), cipher));
        assert_memory_equal(tag, vectors_span(v, "tag").ptr, sizeof(tag));
        assert_int_equal(aead_open(aead, &key, nonce, ad, data, tag), 0);
        assert_true(span_is_equal(span_from_mut(data), plain));
        records++;
    }
    assert_int_equal(records, wanted);
    vectors_close(v);
}

static void test_vectors(void **state)
{
    (void)state;
    check_file(WAVU_TEST_DATA "/../vectors/rfc8439.txt", AEAD_CHACHA20_POLY1305, 2);
    check_file(WAVU_TEST_DATA "/../vectors/aes256gcm.txt", AEAD_AES256_GCM, 4);
}

/* What is sealed here, by whichever library, libsodium's interface opens: one cipher at all sizes.
 */
static void test_sizes_agree_with_reference(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,   1,   15,  16,   17,   63,   64,   65,    127,   128,  129,
                                   511, 512, 513, 1023, 1024, 4095, 4096, 16384, 65518, 65519};
    struct random_seeded seeded;
    random_seeded_init(&seeded, 3);
    const struct random random = random_from_seeded(&seeded);
    uint8_t *data = mem_new(65519);
    uint8_t *copy = mem_new(65519);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct aead_key key = {.kind = AEAD_CHACHA20_POLY1305};
        uint8_t nonce[AEAD_NONCE_SIZE];
        uint8_t tag[AEAD_TAG_SIZE];
        uint8_t ad[13];
        random_fill(&random, key.bytes, sizeof(key.bytes));
        random_fill(&random, nonce, sizeof(nonce));
        random_fill(&random, ad, sizeof(ad));
        random_fill(&random, data, sizes[i]);
        memcpy(copy, data, sizes[i]);
        aead_seal(aead, &key, nonce, span_of(ad, i % 14), span_mut_of(data, sizes[i]), tag);
        assert_int_equal(crypto_aead_chacha20poly1305_ietf_decrypt_detached(
                             data, NULL, data, sizes[i], tag, ad, i % 14, nonce, key.bytes),
                         0);
        assert_memory_equal(data, copy, sizes[i]);
        aead_seal(aead, &key, nonce, span_empty(), span_mut_of(data, sizes[i]), tag);
        assert_int_equal(
            aead_open(aead, &key, nonce, span_empty(), span_mut_of(data, sizes[i]), tag), 0);
        assert_memory_equal(data, copy, sizes[i]);
    }
    mem_free(copy);
    mem_free(data);
}

/* Seal `len` bytes, spoil one of tag, data, associated data, nonce and key, and see the data
 * zeroed. */
static void check_tampering(enum aead_kind kind, size_t len, int what)
{
    struct aead_key key = {.kind = kind, .bytes = {1}};
    uint8_t nonce[AEAD_NONCE_SIZE] = {2};
    uint8_t ad[4] = {3};
    uint8_t tag[AEAD_TAG_SIZE];
    uint8_t data[2048];
    static const uint8_t zeros[2048];
    memset(data, 0x5a, sizeof(data));
    const struct span_mut body = span_mut_of(data, len);
    aead_seal(aead, &key, nonce, span_of(ad, sizeof(ad)), body, tag);
    uint8_t *const spoiled[] = {tag,    tag + 15,   data,          data + len - 1,
                                ad + 3, nonce + 11, key.bytes + 31};
    *spoiled[what] ^= 1;
    assert_int_equal(aead_open(aead, &key, nonce, span_of(ad, sizeof(ad)), body, tag),
                     WAVU_ERR_CRYPTO);
    assert_memory_equal(data, zeros, len);
    assert_int_equal(data[len], 0x5a);
}

static void test_tampering(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 64, 512, 513, 2000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        for (int what = 0; what < 7; what++) {
            check_tampering(AEAD_CHACHA20_POLY1305, sizes[i], what);
            check_tampering(AEAD_AES256_GCM, sizes[i], what);
        }
    }
}

/* One aead serves all connections: keys, kinds and directions may change with every call. */
static void test_contexts_keep_nothing_between_calls(void **state)
{
    (void)state;
    struct random_seeded seeded;
    random_seeded_init(&seeded, 4);
    const struct random random = random_from_seeded(&seeded);
    struct aead_key keys[8] = {{0}};
    uint8_t data[8][700];
    uint8_t tags[8][AEAD_TAG_SIZE];
    uint8_t nonce[AEAD_NONCE_SIZE] = {0};
    for (size_t i = 0; i < 8; i++) {
        keys[i].kind = i % 2 == 0 ? AEAD_CHACHA20_POLY1305 : AEAD_AES256_GCM;
        random_fill(&random, keys[i].bytes, AEAD_KEY_SIZE);
    }
    for (uint8_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 8; i++) {
            memset(data[i], (int)i, sizeof(data[i]));
            nonce[4] = round;
            aead_seal(aead, &keys[i], nonce, span_empty(), span_mut_of(data[i], 600 + i), tags[i]);
        }
        for (size_t k = 8; k > 0; k--) {
            const size_t i = k - 1;
            tags[i][0] ^= (uint8_t)(i == 3 ? 1 : 0);
            const int rc = aead_open(aead, &keys[i], nonce, span_empty(),
                                     span_mut_of(data[i], 600 + i), tags[i]);
            assert_int_equal(rc, i == 3 ? WAVU_ERR_CRYPTO : 0);
            assert_int_equal(data[i][599], i == 3 ? 0 : i);
        }
    }
}

static void test_numbers(void **state)
{
    (void)state;
    enum aead_kind kind = AEAD_CHACHA20_POLY1305;
    assert_true(aead_fast() == AEAD_CHACHA20_POLY1305 || aead_fast() == AEAD_AES256_GCM);
    assert_int_equal(aead_number(AEAD_CHACHA20_POLY1305), 1);
    assert_int_equal(aead_number(AEAD_AES256_GCM), 2);
    assert_int_equal(aead_of_number(&kind, 2), 0);
    assert_int_equal(kind, AEAD_AES256_GCM);
    assert_int_equal(aead_of_number(&kind, 0), WAVU_ERR_CRYPTO);
    assert_int_equal(aead_of_number(&kind, 3), WAVU_ERR_CRYPTO);
    assert_int_equal(aead_of_number(&kind, 257), WAVU_ERR_CRYPTO);
    assert_int_equal(kind, AEAD_AES256_GCM);
    assert_int_equal(aead_of_number(&kind, 1), 0);
    assert_int_equal(kind, AEAD_CHACHA20_POLY1305);
}

static void test_free_of_null(void **state)
{
    (void)state;
    aead_free(NULL);
}

/* Somebody's: each byte and the tag with the key's first byte. */
static void other_seal(void *context, const uint8_t key[AEAD_KEY_SIZE],
                       const uint8_t nonce[AEAD_NONCE_SIZE], struct span_mut data,
                       uint8_t tag[AEAD_TAG_SIZE])
{
    ++*(int *)context;
    for (size_t i = 0; i < data.len; i++) {
        data.ptr[i] ^= key[0];
    }
    memset(tag, nonce[0], AEAD_TAG_SIZE);
}

static bool other_open(void *context, const uint8_t key[AEAD_KEY_SIZE],
                       const uint8_t nonce[AEAD_NONCE_SIZE], struct span_mut data,
                       const uint8_t tag[AEAD_TAG_SIZE])
{
    ++*(int *)context;
    for (size_t i = 0; i < data.len; i++) {
        data.ptr[i] ^= key[0];
    }
    return tag[0] == nonce[0];
}

static void test_somebody_elses_cipher_is_asked(void **state)
{
    (void)state;
    int calls = 0;
    const struct aead_other other = {.seal = other_seal, .open = other_open, .context = &calls};
    const struct aead_key key = {.kind = AEAD_OTHER, .bytes = {0x20}};
    const uint8_t nonce[AEAD_NONCE_SIZE] = {9};
    static const size_t sizes[] = {0, 3, 600}; /* on both sides of what libsodium takes */
    aead_set_other(aead, &other);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t bytes[600];
        uint8_t tag[AEAD_TAG_SIZE];
        struct span_mut data = span_mut_of(bytes, sizes[i]);
        memset(bytes, 'a', sizeof bytes);
        aead_seal(aead, &key, nonce, span_empty(), data, tag);
        assert_true(sizes[i] == 0 || bytes[sizes[i] - 1] == 'A');
        assert_int_equal(tag[15], 9);
        assert_int_equal(aead_open(aead, &key, nonce, span_empty(), data, tag), 0);
        assert_int_equal(bytes[0], 'a');
        tag[0] ^= 1;
        assert_int_equal(aead_open(aead, &key, nonce, span_empty(), data, tag), WAVU_ERR_CRYPTO);
        assert_true(sizes[i] == 0 || (bytes[0] == 0 && bytes[sizes[i] - 1] == 0));
    }
    assert_int_equal(calls, 9);
}

static int start(void **state)
{
    (void)state;
    aead = aead_new();
    return aead == NULL;
}

static int stop(void **state)
{
    (void)state;
    aead_free(aead);
    return mem_live_count() == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_sizes_agree_with_reference),
        cmocka_unit_test(test_tampering),
        cmocka_unit_test(test_contexts_keep_nothing_between_calls),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_free_of_null),
        cmocka_unit_test(test_somebody_elses_cipher_is_asked),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
