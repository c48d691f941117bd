/*
 * A signer with a memory: what was verified is not verified again, and nothing else is taken for
 * it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/signer_memo.h"
#include "wavu/err.h"

static size_t asked;

static int counted(void *context, const uint8_t signature[SIGNER_SIZE],
                   const uint8_t who[ED25519_PUBLIC_SIZE], const char *label, struct span body)
{
    (void)context;
    asked++;
    return signer_ed25519.verify(signer_ed25519.context, signature, who, label, body);
}

static void counted_sign(void *context, uint8_t signature[SIGNER_SIZE],
                         const struct ed25519_pair *pair, const char *label, struct span body)
{
    (void)context;
    signer_ed25519.sign(signer_ed25519.context, signature, pair, label, body);
}

static int counted_raw(void *context, const uint8_t signature[SIGNER_SIZE],
                       const uint8_t who[ED25519_PUBLIC_SIZE], struct span bytes)
{
    (void)context;
    asked++;
    return signer_ed25519.verify_raw(signer_ed25519.context, signature, who, bytes);
}

static const struct signer inner = {
    .sign = counted_sign, .verify = counted, .verify_raw = counted_raw, .context = NULL};

static struct ed25519_pair pair_of(uint8_t first)
{
    const uint8_t seed[ED25519_SEED_SIZE] = {first};
    struct ed25519_pair pair;

    ed25519_from_seed(&pair, seed);
    return pair;
}

/* Bytes that another layer signed, likewise; and one is not the other. */
static void test_raw_bytes_are_verified_once(void **state)
{
    static struct signer_memo memo;
    const struct signer s = signer_memo_init(&memo, &inner);
    struct ed25519_pair pair = pair_of(2);
    uint8_t signature[SIGNER_SIZE];

    (void)state;
    asked = 0;
    ed25519_sign(signature, &pair, span_from_text("bytes"));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            s.verify_raw(s.context, signature, pair.public_key, span_from_text("bytes")), 0);
    }
    assert_int_equal(asked, 1);
    assert_int_equal(s.verify_raw(s.context, signature, pair.public_key, span_from_text("other")),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(
        s.verify(s.context, signature, pair.public_key, "wavu thing 1", span_from_text("bytes")),
        WAVU_ERR_CRYPTO);
    s.sign(s.context, signature, &pair, "wavu thing 1", span_from_text("body"));
    assert_int_equal(
        s.verify(s.context, signature, pair.public_key, "wavu thing 1", span_from_text("body")), 0);
    assert_int_equal(s.verify_raw(s.context, signature, pair.public_key, span_from_text("body")),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(asked, 5);
}

static void test_verified_once(void **state)
{
    static struct signer_memo memo;
    const struct signer s = signer_memo_init(&memo, &inner);
    const struct ed25519_pair pair = pair_of(1);
    uint8_t signature[SIGNER_SIZE];

    (void)state;
    asked = 0;
    s.sign(s.context, signature, &pair, "wavu thing 1", span_from_text("body"));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            s.verify(s.context, signature, pair.public_key, "wavu thing 1", span_from_text("body")),
            0);
    }
    assert_int_equal(asked, 1);
}

/* Whatever bit differs, of the signature, the key or the body, or the label: it is asked, and
 * refused each time. */
static void test_nothing_else_is_taken_for_it(void **state)
{
    static struct signer_memo memo;
    const struct signer s = signer_memo_init(&memo, &inner);
    struct ed25519_pair pair = pair_of(1);
    uint8_t signature[SIGNER_SIZE];
    uint8_t body[8] = "a body";
    const struct span said = span_of(body, sizeof body);

    (void)state;
    s.sign(s.context, signature, &pair, "wavu thing 1", said);
    assert_int_equal(s.verify(s.context, signature, pair.public_key, "wavu thing 1", said), 0);
    uint8_t *const inputs[] = {signature, pair.public_key, body};
    const size_t sizes[] = {sizeof signature, sizeof pair.public_key, sizeof body};

    for (size_t k = 0; k < 3; k++) {
        for (size_t bit = 0; bit < sizes[k] * 8; bit++) {
            inputs[k][bit / 8] ^= (uint8_t)(1 << bit % 8);
            for (int again = 0; again < 2; again++) {
                asked = 0;
                assert_int_equal(
                    s.verify(s.context, signature, pair.public_key, "wavu thing 1", said),
                    WAVU_ERR_CRYPTO);
                assert_int_equal(asked, 1);
            }
            inputs[k][bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    assert_int_equal(s.verify(s.context, signature, pair.public_key, "wavu thing 2", said),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(s.verify(s.context, signature, pair.public_key, "wavu thing 1",
                              span_of(body, sizeof body - 1)),
                     WAVU_ERR_CRYPTO);
    /* What ends the label is no part of the body. */
    assert_int_equal(s.verify(s.context, signature, pair.public_key, "wavu thing 1a",
                              span_of(body + 1, sizeof body - 1)),
                     WAVU_ERR_CRYPTO);
}

/* More than there are places for: all verdicts are right, and most of what came last is known. */
static void test_more_than_are_remembered(void **state)
{
    static struct signer_memo memo;
    static uint8_t signatures[2 * SIGNER_MEMO_MAX][SIGNER_SIZE];
    const struct signer s = signer_memo_init(&memo, &inner);
    const struct ed25519_pair pair = pair_of(2);

    (void)state;
    for (uint32_t i = 0; i < 2 * SIGNER_MEMO_MAX; i++) {
        const struct span body = span_of((const uint8_t *)&i, sizeof i);

        s.sign(s.context, signatures[i], &pair, "wavu thing 1", body);
        assert_int_equal(s.verify(s.context, signatures[i], pair.public_key, "wavu thing 1", body),
                         0);
    }
    asked = 0;
    for (uint32_t i = 2 * SIGNER_MEMO_MAX; i-- > 2 * SIGNER_MEMO_MAX - 100;) {
        assert_int_equal(s.verify(s.context, signatures[i], pair.public_key, "wavu thing 1",
                                  span_of((const uint8_t *)&i, sizeof i)),
                         0);
    }
    assert_in_range(asked, 0, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verified_once),
        cmocka_unit_test(test_raw_bytes_are_verified_once),
        cmocka_unit_test(test_nothing_else_is_taken_for_it),
        cmocka_unit_test(test_more_than_are_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
