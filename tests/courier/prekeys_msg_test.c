/*
 * Cards and bundles: their bytes, what is refused, what of later is passed over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/pb.h"
#include "courier/prekeys_msg.h"
#include "wavu/err.h"

static uint8_t bytes_of_32[32] = {1, 2, 3};
static uint8_t mlkem[MLKEM_PUBLIC_SIZE] = {4, 5};
static uint8_t signature[SIGNER_SIZE] = {6};

static struct prekeys_msg sample(void)
{
    return (struct prekeys_msg){.signature = span_of(signature, sizeof(signature)),
                                .network = span_of(bytes_of_32, 32),
                                .device = span_of(bytes_of_32, 32),
                                .agreement = span_of(bytes_of_32, 32),
                                .number = UINT32_MAX,
                                .x25519 = span_of(bytes_of_32, 32),
                                .mlkem = span_of(mlkem, sizeof(mlkem))};
}

/* A signed message of `kind` with `extra` bytes behind its body. */
static struct span encoded(enum prekeys_msg_kind kind, struct span extra)
{
    static uint8_t body[PREKEYS_MSG_BUNDLE_MAX];
    static uint8_t out[PREKEYS_MSG_BUNDLE_MAX];
    struct prekeys_msg m = sample();
    struct wr w;
    wr_init(&w, span_mut_of(body, sizeof(body)));
    prekeys_msg_encode_body(&w, kind, &m);
    wr_bytes(&w, extra);
    m.body = wr_span(&w);
    wr_init(&w, span_mut_of(out, sizeof(out)));
    prekeys_msg_encode(&w, &m);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct prekeys_msg m;
    const struct prekeys_msg want = sample();
    const struct span card = encoded(PREKEYS_MSG_CARD, span_empty());
    assert_int_equal(card.len, PREKEYS_MSG_CARD_SIZE);
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_CARD, card), 0);
    assert_true(span_is_equal(m.device, want.device));
    assert_true(span_is_equal(m.signature, want.signature));
    const struct span bundle = encoded(PREKEYS_MSG_BUNDLE, span_empty());
    assert_int_equal(bundle.len, 1400); /* with the longest number */
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, bundle), 0);
    assert_true(span_is_equal(m.mlkem, want.mlkem));
    assert_true(span_is_equal(m.x25519, want.x25519));
    assert_true(m.number == UINT32_MAX);
}

static void test_a_card_is_no_bundle(void **state)
{
    (void)state;
    struct prekeys_msg m;
    assert_int_equal(
        prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, encoded(PREKEYS_MSG_CARD, span_empty())),
        WAVU_ERR_CRYPTO);
    assert_string_not_equal(prekeys_msg_label(PREKEYS_MSG_CARD),
                            prekeys_msg_label(PREKEYS_MSG_BUNDLE));
}

static void test_fields_of_later_are_passed_over(void **state)
{
    (void)state;
    struct prekeys_msg m;
    const struct span later = span_of("\xa2\x06\x02hi", 5); /* field 100 */
    const struct span bundle = encoded(PREKEYS_MSG_BUNDLE, later);
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, bundle), 0);
    assert_memory_equal(m.body.ptr + m.body.len - 5, later.ptr, 5); /* and signed all the same */
}

static void test_a_newer_format_is_told(void **state)
{
    (void)state;
    struct prekeys_msg m;
    static uint8_t body[] = {0x08, 2, 0x12, 1, 'x'}; /* format 2, fields of other forms */
    static uint8_t out[256];
    struct wr w;
    m = sample();
    m.body = span_of(body, sizeof(body));
    wr_init(&w, span_mut_of(out, sizeof(out)));
    prekeys_msg_encode(&w, &m);
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, wr_span(&w)), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_CARD, wr_span(&w)), WAVU_ERR_UNSUPPORTED);
}

static void test_twice_is_refused(void **state)
{
    (void)state;
    struct prekeys_msg m;
    uint8_t again[34] = {0x12, 32}; /* the network once more */
    const struct span card = encoded(PREKEYS_MSG_CARD, span_of(again, sizeof(again)));
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_CARD, card), WAVU_ERR_CRYPTO);
    uint8_t twice[2 * PREKEYS_MSG_CARD_SIZE];
    const struct span one = encoded(PREKEYS_MSG_CARD, span_empty());
    memcpy(twice, one.ptr, one.len);
    memcpy(twice + one.len, one.ptr, one.len);
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_CARD, span_of(twice, sizeof(twice))),
                     WAVU_ERR_CRYPTO);
}

static void test_cut_and_long_are_refused(void **state)
{
    (void)state;
    struct prekeys_msg m;
    static const uint8_t many[PREKEYS_MSG_CARD_MAX] = {0};
    uint8_t head[3 + PREKEYS_MSG_CARD_MAX] = {0x7a, 0x80, 0x03}; /* field 15, 384 bytes */
    memcpy(head + 3, many, 384);
    const struct span bundle = encoded(PREKEYS_MSG_BUNDLE, span_empty());
    for (size_t len = 0; len < bundle.len; len++) {
        assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_BUNDLE, span_slice(bundle, 0, len)),
                         WAVU_ERR_CRYPTO);
    }
    const struct span big = encoded(PREKEYS_MSG_CARD, span_of(head, 3 + 384));
    assert_true(big.len > PREKEYS_MSG_CARD_MAX);
    assert_int_equal(prekeys_msg_decode(&m, PREKEYS_MSG_CARD, big), WAVU_ERR_CRYPTO);
}

/* Every field of a length that is not its own. */
static void test_lengths_are_exact(void **state)
{
    (void)state;
    struct prekeys_msg m = sample();
    struct prekeys_msg read;
    struct span *fields[] = {&m.network, &m.device, &m.agreement, &m.x25519, &m.mlkem};
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        uint8_t body[PREKEYS_MSG_BUNDLE_MAX];
        uint8_t out[PREKEYS_MSG_BUNDLE_MAX];
        struct wr w;
        fields[i]->len--;
        wr_init(&w, span_mut_of(body, sizeof(body)));
        prekeys_msg_encode_body(&w, PREKEYS_MSG_BUNDLE, &m);
        fields[i]->len++;
        m.body = wr_span(&w);
        wr_init(&w, span_mut_of(out, sizeof(out)));
        prekeys_msg_encode(&w, &m);
        assert_int_equal(prekeys_msg_decode(&read, PREKEYS_MSG_BUNDLE, wr_span(&w)),
                         WAVU_ERR_CRYPTO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_a_card_is_no_bundle),
        cmocka_unit_test(test_fields_of_later_are_passed_over),
        cmocka_unit_test(test_a_newer_format_is_told),
        cmocka_unit_test(test_twice_is_refused),
        cmocka_unit_test(test_cut_and_long_are_refused),
        cmocka_unit_test(test_lengths_are_exact),
    };
    return cmocka_run_group_tests_name("courier/prekeys_msg", tests, NULL, NULL);
}
