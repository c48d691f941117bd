/*
 * Private networks: key files as people write them, and the stream in pieces of any size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/random.h"
#include "crypto/pnet.h"
#include "crypto/secret.h"
#include "tests/support/vectors.h"
#include "wavu/err.h"

#define HEAD "/key/swarm/psk/1.0.0/\n"
#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff"
#define HEX_UPPER "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1EFF"
#define BASE64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8"
#define BIN                                                                                        \
    "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"                             \
    "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\xff"

static const uint8_t wanted[] = BIN;

static int parse(uint8_t key[PNET_KEY_SIZE], const char *text, size_t size)
{
    memset(key, 0xee, PNET_KEY_SIZE);
    return pnet_parse_key(key, span_of(text, size - 1));
}

#define GOOD(text)                                                                                 \
    do {                                                                                           \
        uint8_t key[PNET_KEY_SIZE];                                                                \
        assert_int_equal(parse(key, text, sizeof(text)), 0);                                       \
        assert_memory_equal(key, wanted, PNET_KEY_SIZE);                                           \
    } while (0)

#define BAD(text)                                                                                  \
    do {                                                                                           \
        uint8_t key[PNET_KEY_SIZE];                                                                \
        assert_int_equal(parse(key, text, sizeof(text)), WAVU_ERR_INVALID);                        \
        assert_int_equal(key[0], 0xee);                                                            \
    } while (0)

static void test_key_files(void **state)
{
    (void)state;
    GOOD(HEAD "/base16/\n" HEX);
    GOOD(HEAD "/base16/\n" HEX "\n");
    GOOD(HEAD "/base16/\n" HEX_UPPER "\n");
    GOOD(HEAD "/base16/\n" HEX "\n\n\r\n");
    GOOD("/key/swarm/psk/1.0.0/\r\n/base16/\r\n" HEX "\r\n");
    GOOD(HEAD "/base64/\n" BASE64);
    GOOD(HEAD "/base64/\n" BASE64 "=\n");
    GOOD(HEAD "/bin/\n" BIN);
    GOOD(HEAD "/bin/\n" BIN "\n");
    GOOD(HEAD "/bin/\r\n" BIN "\r\n");
}

static void test_files_that_are_none(void **state)
{
    (void)state;
    BAD("");
    BAD("\n\n\n");
    BAD(HEAD);
    BAD(HEAD "/base16/");
    BAD(HEAD "/base16/\n");
    BAD(HEAD "/base16/\n" HEX "0");
    BAD(HEAD "/base16/\n" HEX "00");
    BAD(HEAD "/base16/\n" HEX "\nmore");
    BAD(HEAD "/base16/\n0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff");
    BAD(HEAD "/base16/\n" HEX " ");
    BAD(HEAD "/base16/\n" BASE64);
    BAD(HEAD "/base64/\n" BASE64 "==");
    BAD(HEAD "/base64/\n" HEX);
    BAD(HEAD "/base64/\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv!");
    BAD(HEAD "/bin/\n" BIN "x");
    BAD(HEAD "/bin/\n0123456789");
    BAD(HEAD "/base32/\n" HEX);
    BAD("/key/swarm/psk/2.0.0/\n/base16/\n" HEX);
    BAD("key/swarm/psk/1.0.0/\n/base16/\n" HEX);
    BAD("\n" HEAD "/base16/\n" HEX);
}

static void test_file_too_long(void **state)
{
    (void)state;
    uint8_t file[PNET_FILE_MAX + 1];
    uint8_t key[PNET_KEY_SIZE];
    const char text[] = HEAD "/base16/\n" HEX;
    memset(file, '\n', sizeof(file));
    memcpy(file, text, sizeof(text) - 1);
    assert_int_equal(pnet_parse_key(key, span_of(file, PNET_FILE_MAX)), 0);
    assert_int_equal(pnet_parse_key(key, span_of(file, PNET_FILE_MAX + 1)), WAVU_ERR_INVALID);
}

static void test_vector(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/xsalsa20.txt");
    assert_true(vectors_next(v));
    struct pnet_half half;
    uint8_t bytes[32] = {0};
    pnet_half_init(&half, vectors_span(v, "key").ptr, vectors_span(v, "nonce").ptr);
    pnet_apply(&half, span_mut_of(bytes, sizeof(bytes)));
    assert_memory_equal(bytes, vectors_span(v, "stream").ptr, sizeof(bytes));
    vectors_close(v);
}

/* However the stream is cut, it is one stream. */
static void test_any_split(void **state)
{
    (void)state;
    const size_t size = 3000;
    const uint8_t key[PNET_KEY_SIZE] = {1};
    const uint8_t nonce[PNET_NONCE_SIZE] = {2};
    uint8_t *whole = mem_new(size);
    uint8_t *parts = mem_new(size);
    struct random_seeded seeded;
    struct pnet_half half;
    random_seeded_init(&seeded, 9);
    const struct random random = random_from_seeded(&seeded);
    pnet_half_init(&half, key, nonce);
    pnet_apply(&half, span_mut_of(whole, size));
    for (int round = 0; round < 200; round++) {
        size_t at = 0;
        memset(parts, 0, size);
        pnet_half_init(&half, key, nonce);
        while (at < size) {
            const size_t most = round % 2 == 0 ? 9 : 200;
            size_t len = (size_t)random_below(&random, most);
            len = len < size - at ? len : size - at;
            pnet_apply(&half, span_mut_of(parts + at, len));
            at += len;
            assert_int_equal(half.offset, at);
        }
        assert_memory_equal(parts, whole, size);
    }
    mem_free(parts);
    mem_free(whole);
}

static void test_both_ends_agree(void **state)
{
    (void)state;
    const uint8_t key[PNET_KEY_SIZE] = {1};
    const uint8_t other[PNET_KEY_SIZE] = {2};
    const uint8_t nonce[PNET_NONCE_SIZE] = {3};
    struct pnet_half from;
    struct pnet_half to;
    uint8_t text[] = "hello behind the shared key";
    pnet_half_init(&from, key, nonce);
    pnet_half_init(&to, key, nonce);
    pnet_apply(&from, span_mut_of(text, sizeof(text)));
    pnet_apply(&to, span_mut_of(text, sizeof(text)));
    assert_memory_equal(text, "hello behind the shared key", sizeof(text));
    pnet_half_init(&from, key, nonce);
    pnet_half_init(&to, other, nonce);
    pnet_apply(&from, span_mut_of(text, sizeof(text)));
    pnet_apply(&to, span_mut_of(text, sizeof(text)));
    assert_memory_not_equal(text, "hello behind the shared key", sizeof(text));
}

static int start(void **state)
{
    (void)state;
    return secret_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_files),     cmocka_unit_test(test_files_that_are_none),
        cmocka_unit_test(test_file_too_long), cmocka_unit_test(test_vector),
        cmocka_unit_test(test_any_split),     cmocka_unit_test(test_both_ends_agree),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
