/*
 * HKDF against RFC 5869, and its end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "crypto/hkdf.h"
#include "tests/support/vectors.h"
#include "wavu/err.h"

static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/rfc5869.txt");
    size_t records = 0;
    while (vectors_next(v)) {
        uint8_t prk[32];
        uint8_t out[128] = {0};
        const struct span okm = vectors_span(v, "okm");
        hkdf_extract(prk, vectors_span(v, "salt"), vectors_span(v, "ikm"));
        assert_memory_equal(prk, vectors_span(v, "prk").ptr, sizeof(prk));
        assert_int_equal(hkdf_expand(span_mut_of(out, okm.len), prk, vectors_span(v, "info")), 0);
        assert_memory_equal(out, okm.ptr, okm.len);
        assert_int_equal(out[okm.len], 0);
        records++;
    }
    assert_int_equal(records, 3);
    vectors_close(v);
}

static void test_maximum(void **state)
{
    (void)state;
    const uint8_t prk[32] = {1};
    uint8_t *out = mem_new(HKDF_OUTPUT_MAX + 1);
    assert_int_equal(hkdf_expand(span_mut_of(out, HKDF_OUTPUT_MAX + 1), prk, span_empty()),
                     WAVU_ERR_LIMIT);
    assert_int_equal(out[0], 0);
    assert_int_equal(hkdf_expand(span_mut_of(out, HKDF_OUTPUT_MAX), prk, span_empty()), 0);
    assert_int_equal(out[HKDF_OUTPUT_MAX], 0);
    assert_memory_not_equal(out + HKDF_OUTPUT_MAX - 32, out, 32);
    assert_int_equal(hkdf_expand(span_mut_of(NULL, 0), prk, span_empty()), 0);
    mem_free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
