/*
 * Peer ids in all their forms, against ids that other implementations print.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/peerid.h"
#include "tests/support/vectors.h"
#include "wavu/err.h"

static void check_parse(struct span text, struct span wanted)
{
    struct peerid id;
    assert_int_equal(peerid_parse(&id, text), 0);
    assert_true(span_is_equal(peerid_span(&id), wanted));
}

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_keys.txt");
    size_t records = 0;
    while (vectors_next(v)) {
        struct peerid id;
        char text[PEERID_TEXT_MAX];
        const struct span wanted = vectors_span(v, "id");
        peerid_from_key(&id, vectors_span(v, "public"));
        assert_true(span_is_equal(peerid_span(&id), wanted));
        peerid_format(&id, text);
        assert_true(span_is_equal(span_from_text(text), vectors_text(v, "text")));
        check_parse(vectors_text(v, "text"), wanted);
        check_parse(vectors_text(v, "cid"), wanted);
        assert_int_equal(peerid_decode(&id, wanted), 0);
        assert_true(span_is_equal(peerid_span(&id), wanted));
        records++;
    }
    assert_int_equal(records, 4);
    vectors_close(v);
}

/* The example of the specification, and the CID that it gives for it. */
static void test_examples(void **state)
{
    (void)state;
    struct peerid a;
    struct peerid b;
    assert_int_equal(
        peerid_parse(&a, span_from_text("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")), 0);
    assert_int_equal(peerid_parse(&b, span_from_text("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445"
                                                     "he3omzpjbx5xqxe")),
                     0);
    assert_true(peerid_is_equal(&a, &b));
    assert_int_equal(a.len, 34);
}

static void test_longest_identity(void **state)
{
    (void)state;
    uint8_t key[43];
    struct peerid id;
    struct peerid back;
    char text[PEERID_TEXT_MAX];
    memset(key, 0xff, sizeof(key));
    peerid_from_key(&id, span_of(key, 42));
    assert_int_equal(id.len, PEERID_SIZE_MAX);
    assert_int_equal(id.bytes[0], 0);
    peerid_format(&id, text);
    assert_int_equal(peerid_parse(&back, span_from_text(text)), 0);
    assert_true(peerid_is_equal(&id, &back));
    peerid_from_key(&id, span_of(key, 43));
    assert_int_equal(id.len, 34);
    assert_int_equal(id.bytes[0], 0x12);
}

static void test_bytes_that_are_no_ids(void **state)
{
    (void)state;
    uint8_t bytes[64] = {0};
    struct peerid id;
    for (size_t len = 0; len < sizeof(bytes); len++) {
        bytes[0] = 0x12;
        bytes[1] = 32;
        assert_int_equal(peerid_decode(&id, span_of(bytes, len)), len == 34 ? 0 : WAVU_ERR_INVALID);
        assert_int_equal(id.len, len == 34 ? 34 : 0);
        bytes[0] = 0;
        bytes[1] = (uint8_t)(len - 2);
        const bool is_identity = len >= 3 && len <= 44;
        assert_int_equal(peerid_decode(&id, span_of(bytes, len)),
                         is_identity ? 0 : WAVU_ERR_INVALID);
        bytes[1] = (uint8_t)(len - 1);
        assert_int_equal(peerid_decode(&id, span_of(bytes, len)), WAVU_ERR_INVALID);
    }
    bytes[0] = 0x13; /* sha2-512 */
    bytes[1] = 32;
    assert_int_equal(peerid_decode(&id, span_of(bytes, 34)), WAVU_ERR_INVALID);
}

static void test_texts_that_are_no_ids(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "1",
        "Qm",
        "Q",
        "z",
        "b",
        "12D3KooW",
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5",   /* a character short */
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5NN", /* one too many */
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx50",  /* 0 is not in the alphabet */
        "bafybeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe", /* codec dag-pb */
        "not a peer",
        "11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111",
    };
    struct peerid id;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_int_equal(peerid_parse(&id, span_from_text(texts[i])), WAVU_ERR_INVALID);
        assert_int_equal(id.len, 0);
    }
    char large[4096];
    memset(large, 'b', sizeof(large));
    assert_int_equal(peerid_parse(&id, span_of(large, sizeof(large))), WAVU_ERR_INVALID);
}

static void test_equality(void **state)
{
    (void)state;
    const struct peerid none = {0};
    struct peerid a;
    struct peerid b;
    peerid_from_key(&a, span_of("abc", 3));
    peerid_from_key(&b, span_of("abd", 3));
    assert_true(peerid_is_equal(&a, &a));
    assert_false(peerid_is_equal(&a, &b));
    assert_false(peerid_is_equal(&a, &none));
    assert_true(peerid_is_equal(&none, &none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_longest_identity),
        cmocka_unit_test(test_bytes_that_are_no_ids),
        cmocka_unit_test(test_texts_that_are_no_ids),
        cmocka_unit_test(test_equality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
