/*
 * Labelled derivation against HKDF done by hand, and what keeps two derivations apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/hkdf.h"
#include "crypto/kdf.h"

static const uint8_t KEY[32] = {1, 2, 3};

static struct span text(const char *s)
{
    return span_from_text(s);
}

static void test_is_hkdf(void **state)
{
    (void)state;
    const struct span pieces[2] = {text("con"), text("text")};
    uint8_t prk[32];
    uint8_t want[80];
    uint8_t got[80];

    hkdf_extract(prk, span_of(KEY, sizeof(KEY)), text("context"));
    assert_int_equal(hkdf_expand(span_mut_of(want, sizeof(want)), prk, text("\x0cwavu label 1")),
                     0);
    kdf(span_mut_of(got, sizeof(got)), span_of(KEY, sizeof(KEY)), "wavu label 1", pieces, 2);
    assert_memory_equal(got, want, sizeof(got));
}

static void test_key_label_and_context_count(void **state)
{
    (void)state;
    const struct span context = text("c");
    const struct span other = text("d");
    uint8_t out[4][32];

    kdf(span_mut_of(out[0], 32), span_of(KEY, 32), "wavu a 1", &context, 1);
    kdf(span_mut_of(out[1], 32), span_of(KEY, 32), "wavu a 2", &context, 1);
    kdf(span_mut_of(out[2], 32), span_of(KEY, 32), "wavu a 1", &other, 1);
    kdf(span_mut_of(out[3], 32), text("k"), "wavu a 1", &context, 1);
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(out[i], out[j], 32);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_hkdf),
        cmocka_unit_test(test_key_label_and_context_count),
    };
    return cmocka_run_group_tests_name("crypto/kdf", tests, NULL, NULL);
}
