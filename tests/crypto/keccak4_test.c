/*
 * The four ways against the single sponge: different messages, lengths and rates side by side.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/keccak4.h"
#include "crypto/mlkem_ops.h"

#define BLOCKS 3

static void expect(const uint8_t *message, size_t len, size_t rate, uint8_t *out)
{
    struct keccak k;
    keccak_init(&k, rate);
    keccak_absorb(&k, span_of(message, len));
    keccak_finish(&k, KECCAK_SHAKE_DOMAIN);
    keccak_squeeze(&k, out, BLOCKS * rate + 40);
}

static void check_ways(void (*permute)(struct keccak4 *k))
{
    static const size_t rates[KECCAK4_WAYS] = {KECCAK_SHAKE128_RATE, KECCAK_SHAKE256_RATE,
                                               KECCAK_SHAKE128_RATE, KECCAK_SHA3_512_RATE};
    uint8_t message[200];
    for (size_t i = 0; i < sizeof(message); i++) {
        message[i] = (uint8_t)(7 * i + 1);
    }
    for (size_t len = 0; len < KECCAK_SHA3_512_RATE; len++) {
        uint8_t got[KECCAK4_WAYS][BLOCKS * KECCAK_SHAKE128_RATE + 40];
        struct keccak4 k;
        keccak4_init(&k);
        for (size_t way = 0; way < KECCAK4_WAYS; way++) {
            keccak4_finish(&k, way, span_of(message + way, len), rates[way], KECCAK_SHAKE_DOMAIN);
        }
        for (size_t block = 0; block < BLOCKS; block++) {
            permute(&k);
            for (size_t way = 0; way < KECCAK4_WAYS; way++) {
                keccak4_extract(&k, way, got[way] + block * rates[way], rates[way]);
            }
        }
        for (size_t way = 0; way < KECCAK4_WAYS; way++) {
            uint8_t want[BLOCKS * KECCAK_SHAKE128_RATE + 40];
            struct keccak alone;
            keccak4_leave(&k, way, &alone, rates[way]);
            keccak_squeeze(&alone, got[way] + BLOCKS * rates[way], 40);
            expect(message + way, len, rates[way], want);
            assert_memory_equal(got[way], want, BLOCKS * rates[way] + 40);
        }
    }
}

static void test_portable(void **state)
{
    (void)state;
    check_ways(keccak4_permute);
}

/* A message of several blocks in one way while the others stand still. */
static void test_blocks(void **state)
{
    (void)state;
    uint8_t message[2 * KECCAK_SHA3_256_RATE + 50];
    uint8_t want[32];
    uint8_t got[32];
    struct keccak4 k;
    memset(message, 0x5a, sizeof(message));
    const struct span whole = span_of(message, sizeof(message));
    keccak_sha3_256(want, &whole, 1);
    keccak4_init(&k);
    for (size_t block = 0; block < 2; block++) {
        keccak4_absorb(&k, 3, message + block * KECCAK_SHA3_256_RATE, KECCAK_SHA3_256_RATE);
        keccak4_permute(&k);
    }
    keccak4_finish(&k, 3, span_of(message + 2 * KECCAK_SHA3_256_RATE, 50), KECCAK_SHA3_256_RATE,
                   KECCAK_SHA3_DOMAIN);
    keccak4_permute(&k);
    keccak4_extract(&k, 3, got, sizeof(got));
    assert_memory_equal(got, want, sizeof(want));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_portable),
        cmocka_unit_test(test_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
