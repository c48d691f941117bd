/*
 * Labelled signatures and names: the layout by hand, and that a label of one use is none of
 * another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/signer.h"
#include "wavu/err.h"

static struct ed25519_pair pair_of(uint8_t first)
{
    const uint8_t seed[ED25519_SEED_SIZE] = {first};
    struct ed25519_pair pair;

    ed25519_from_seed(&pair, seed);
    return pair;
}

static void test_layout(void **state)
{
    (void)state;
    const struct ed25519_pair pair = pair_of(1);
    const struct span body = span_from_text("body");
    uint8_t message[13 + HASH_SHA256_SIZE] = "\x0cwavu thing 1";
    uint8_t signature[SIGNER_SIZE];
    uint8_t id[HASH_SHA256_SIZE];
    uint8_t want[HASH_SHA256_SIZE];

    hash_sha256(message + 13, body);
    signer_ed25519.sign(NULL, signature, &pair, "wavu thing 1", body);
    assert_int_equal(ed25519_verify(signature, pair.public_key, span_of(message, sizeof(message))),
                     0);

    hash_sha256(want, span_from_text("\x0cwavu thing 1body"));
    signer_id(id, "wavu thing 1", body);
    assert_memory_equal(id, want, sizeof(id));
}

static void test_refuses(void **state)
{
    (void)state;
    const struct signer *s = &signer_ed25519;
    const struct ed25519_pair pair = pair_of(1);
    const struct ed25519_pair other = pair_of(2);
    const struct span body = span_from_text("body");
    uint8_t signature[SIGNER_SIZE];

    s->sign(s->context, signature, &pair, "wavu thing 1", body);
    assert_int_equal(s->verify(s->context, signature, pair.public_key, "wavu thing 1", body), 0);
    assert_int_equal(s->verify(s->context, signature, pair.public_key, "wavu thing 2", body),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(s->verify(s->context, signature, pair.public_key, "wavu thing", body),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(s->verify(s->context, signature, other.public_key, "wavu thing 1", body),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(
        s->verify(s->context, signature, pair.public_key, "wavu thing 1", span_from_text("bodY")),
        WAVU_ERR_CRYPTO);
    signature[0] ^= 1;
    assert_int_equal(s->verify(s->context, signature, pair.public_key, "wavu thing 1", body),
                     WAVU_ERR_CRYPTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests_name("crypto/signer", tests, NULL, NULL);
}
