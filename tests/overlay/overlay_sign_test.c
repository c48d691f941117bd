/*
 * The real provider: what it signs it verifies, and nothing else.
 */
#include "tests/base/unit.h"

#include "crypto/hash.h"
#include "overlay/overlay_sign.h"

static void a_signature_holds_for_head_body_and_signer(void **state)
{
    (void)state;
    uint8_t seed[ED25519_SEED_SIZE] = {7};
    uint8_t signature[OVERLAY_SIGN_SIZE];
    struct ed25519_pair pair;
    struct overlay_id id;
    ed25519_from_seed(&pair, seed);
    memcpy(id.bytes, pair.public_key, sizeof id.bytes);
    struct overlay_sign ops = overlay_sign_ed25519(&pair);
    ops.sign(ops.context, signature, UNIT_TEXT("head"), UNIT_TEXT("body"));
    assert_int_equal(ops.verify(ops.context, signature, &id, UNIT_TEXT("head"), UNIT_TEXT("body")),
                     0);
    assert_int_equal(ops.verify(ops.context, signature, &id, UNIT_TEXT("hea"), UNIT_TEXT("dbody")),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(ops.verify(ops.context, signature, &id, UNIT_TEXT("head"), UNIT_TEXT("bodi")),
                     WAVU_ERR_CRYPTO);
    signature[0] ^= 1;
    assert_int_equal(ops.verify(ops.context, signature, &id, UNIT_TEXT("head"), UNIT_TEXT("body")),
                     WAVU_ERR_CRYPTO);
    signature[0] ^= 1;
    id.bytes[0] ^= 1;
    assert_int_equal(ops.verify(ops.context, signature, &id, UNIT_TEXT("head"), UNIT_TEXT("body")),
                     WAVU_ERR_CRYPTO);
}

static void what_is_signed_is_the_head_and_the_hash_of_the_body(void **state)
{
    (void)state;
    uint8_t seed[ED25519_SEED_SIZE] = {8};
    uint8_t signature[OVERLAY_SIGN_SIZE];
    uint8_t message[4 + HASH_SHA256_SIZE] = {'h', 'e', 'a', 'd'};
    struct ed25519_pair pair;
    ed25519_from_seed(&pair, seed);
    struct overlay_sign ops = overlay_sign_ed25519(&pair);
    ops.sign(ops.context, signature, UNIT_TEXT("head"), UNIT_TEXT("body"));
    hash_sha256(message + 4, UNIT_TEXT("body"));
    assert_int_equal(ed25519_verify(signature, pair.public_key, span_of(message, sizeof message)),
                     0);
}

/* What somebody said in one network counts in no other, however the bytes are cut. */
static void a_signature_holds_in_its_network_only(void **state)
{
    (void)state;
    uint8_t seed[ED25519_SEED_SIZE] = {9};
    uint8_t signature[OVERLAY_SIGN_SIZE];
    uint8_t head[4 + OVERLAY_SIGN_SCOPE_SIZE] = {'h', 'e', 'a', 'd'};
    struct ed25519_pair pair;
    struct overlay_id id;
    struct overlay_sign_scope scopes[2];
    ed25519_from_seed(&pair, seed);
    memcpy(id.bytes, pair.public_key, sizeof id.bytes);
    struct overlay_sign open = overlay_sign_ed25519(&pair);
    struct overlay_sign red = overlay_sign_in(&scopes[0], &open, UNIT_TEXT("red"));
    struct overlay_sign blue = overlay_sign_in(&scopes[1], &open, UNIT_TEXT("blue"));
    red.sign(red.context, signature, UNIT_TEXT("head"), UNIT_TEXT("body"));
    assert_int_equal(red.verify(red.context, signature, &id, UNIT_TEXT("head"), UNIT_TEXT("body")),
                     0);
    assert_int_equal(
        blue.verify(blue.context, signature, &id, UNIT_TEXT("head"), UNIT_TEXT("body")),
        WAVU_ERR_CRYPTO);
    assert_int_equal(
        open.verify(open.context, signature, &id, UNIT_TEXT("head"), UNIT_TEXT("body")),
        WAVU_ERR_CRYPTO);
    hash_sha256(head + 4, UNIT_TEXT("red")); /* as the page has it: head, then the name's hash */
    assert_int_equal(
        open.verify(open.context, signature, &id, span_of(head, sizeof head), UNIT_TEXT("body")),
        0);
    open.sign(open.context, signature, UNIT_TEXT("head"), UNIT_TEXT("body"));
    assert_int_equal(red.verify(red.context, signature, &id, UNIT_TEXT("head"), UNIT_TEXT("body")),
                     WAVU_ERR_CRYPTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_signature_holds_for_head_body_and_signer),
        UNIT(what_is_signed_is_the_head_and_the_hash_of_the_body),
        UNIT(a_signature_holds_in_its_network_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
