/*
 * Tests of the signatures without cost: whoever changes anything is found out.
 */
#include "swarm/null_sign.h"

#include <string.h>

#include "tests/base/unit.h"

static void test_a_change_of_anything_is_found_out(void **state)
{
    struct overlay_id me = {.bytes = {1, 2, 3}};
    struct overlay_id other = {.bytes = {1, 2, 4}};
    struct overlay_sign sign = null_sign_as(&me);
    uint8_t signature[OVERLAY_SIGN_SIZE];
    uint8_t head[21] = "twenty bytes of head";
    uint8_t body[9] = "the body";
    struct span h = span_of(head, sizeof head);
    struct span b = span_of(body, sizeof body);
    (void)state;
    sign.sign(sign.context, signature, h, b);
    assert_int_equal(sign.verify(NULL, signature, &me, h, b), 0);
    assert_int_equal(sign.verify(NULL, signature, &other, h, b), WAVU_ERR_CRYPTO);
    for (size_t i = 0; i < sizeof head; i++) {
        head[i] ^= 1;
        assert_int_equal(sign.verify(NULL, signature, &me, h, b), WAVU_ERR_CRYPTO);
        head[i] ^= 1;
    }
    for (size_t i = 0; i < sizeof body; i++) {
        body[i] ^= 0x80;
        assert_int_equal(sign.verify(NULL, signature, &me, h, b), WAVU_ERR_CRYPTO);
        body[i] ^= 0x80;
    }
    signature[OVERLAY_SIGN_SIZE - 1] ^= 1;
    assert_int_equal(sign.verify(NULL, signature, &me, h, b), WAVU_ERR_CRYPTO);
}

static void test_head_and_body_are_apart(void **state)
{
    struct overlay_id me = {.bytes = {9}};
    struct overlay_sign sign = null_sign_as(&me);
    uint8_t one[OVERLAY_SIGN_SIZE];
    uint8_t two[OVERLAY_SIGN_SIZE];
    (void)state;
    sign.sign(sign.context, one, span_of("ab", 2), span_of("c", 1));
    sign.sign(sign.context, two, span_of("a", 1), span_of("bc", 2));
    assert_memory_not_equal(one, two, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_change_of_anything_is_found_out),
        cmocka_unit_test(test_head_and_body_are_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
