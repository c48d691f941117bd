/*
 * Argon2id against the reference implementation's command, by the vectors of backup files: a file's
 * head opens only with the right key. And what libsodium is told is what was asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/secret.h"
#include "crypto/stretch.h"

/* echo -n pw | argon2 saltsaltsaltsalt -id -t 1 -m 13 -p 1 -l 32 -r */
static const uint8_t reference[STRETCH_KEY_SIZE] = {
    0x1c, 0x03, 0xb9, 0x66, 0x8b, 0x35, 0x39, 0x3c, 0x47, 0x47, 0xd5, 0xf4, 0xa4, 0x87, 0x14, 0x5f,
    0xa4, 0xd8, 0xe7, 0x69, 0xbe, 0xfe, 0x67, 0x1d, 0x5c, 0x5a, 0xbf, 0xe6, 0x9f, 0xf2, 0xd3, 0x31};

static void stretch(uint8_t *out, const char *passphrase, const char *salt, uint32_t kib,
                    uint8_t passes)
{
    const struct stretch_cost cost = {.memory_kib = kib, .passes = passes};
    assert_int_equal(stretch_key(out, span_from_text(passphrase), (const uint8_t *)salt, cost), 0);
}

static void test_reference(void **state)
{
    (void)state;
    uint8_t key[STRETCH_KEY_SIZE];
    stretch(key, "pw", "saltsaltsaltsalt", 8192, 1);
    assert_memory_equal(key, reference, sizeof key);
}

static void test_everything_enters(void **state)
{
    (void)state;
    uint8_t key[STRETCH_KEY_SIZE];
    stretch(key, "pW", "saltsaltsaltsalt", 8192, 1);
    assert_memory_not_equal(key, reference, sizeof key);
    stretch(key, "pw", "saltsaltsaltsalT", 8192, 1);
    assert_memory_not_equal(key, reference, sizeof key);
    stretch(key, "pw", "saltsaltsaltsalt", 8200, 1);
    assert_memory_not_equal(key, reference, sizeof key);
    stretch(key, "pw", "saltsaltsaltsalt", 8192, 2);
    assert_memory_not_equal(key, reference, sizeof key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_everything_enters),
    };
    if (secret_start() != 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
