/*
 * What stays behind in OpenSSL's memory when a key has served: all blocks that it holds are
 * searched, and each that it gives back. Its memory is ours from the first call on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/crypto.h>

#include "base/mem.h"
#include "crypto/aead.h"
#include "tests/support/ratchet_pair.h"

#define BLOCKS_MAX 65536
#define PART 16 /* bytes of a key that are looked for; a key schedule begins with them */
#define LEN 1000

static struct {
    void *ptr;
    size_t size;
} blocks[BLOCKS_MAX];

static const uint8_t *wanted; /* looked for in what is given back */
static bool was_given_back;

static size_t place_of(const void *ptr)
{
    size_t i = 0;
    while (i < BLOCKS_MAX && blocks[i].ptr != ptr) {
        i++;
    }
    return i;
}

static void *take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    const size_t i = place_of(NULL);
    if (size == 0 || i == BLOCKS_MAX) {
        return NULL;
    }
    blocks[i].ptr = mem_new_raw(size);
    blocks[i].size = size;
    return blocks[i].ptr;
}

static void give(void *ptr, const char *file, int line)
{
    (void)file;
    (void)line;
    const size_t i = ptr != NULL ? place_of(ptr) : BLOCKS_MAX;
    if (i < BLOCKS_MAX) {
        was_given_back = was_given_back ||
                         (wanted != NULL && ratchet_pair_holds(ptr, blocks[i].size, wanted, PART));
        mem_free(ptr);
        blocks[i].ptr = NULL;
    }
}

static void *change(void *ptr, size_t size, const char *file, int line)
{
    const size_t i = ptr != NULL ? place_of(ptr) : BLOCKS_MAX;
    void *made = take(size, file, line);
    if (made != NULL && i < BLOCKS_MAX) {
        memcpy(made, ptr, blocks[i].size < size ? blocks[i].size : size);
    }
    give(ptr, file, line);
    return made;
}

static bool holds(const uint8_t *part)
{
    for (size_t i = 0; i < BLOCKS_MAX; i++) {
        if (blocks[i].ptr != NULL &&
            ratchet_pair_holds(blocks[i].ptr, blocks[i].size, part, PART)) {
            return true;
        }
    }
    return false;
}

static bool stays(struct aead *a, enum aead_kind kind, bool opens, bool is_passing)
{
    static const uint8_t nonce[AEAD_NONCE_SIZE] = {1};
    static uint8_t data[LEN];
    struct aead_key key = {.kind = kind, .is_passing = is_passing};
    uint8_t tag[AEAD_TAG_SIZE];
    for (size_t i = 0; i < sizeof(key.bytes); i++) {
        key.bytes[i] =
            (uint8_t)(37 * i + 11 * (size_t)kind + (opens ? 5 : 0) + (is_passing ? 3 : 0));
    }
    wanted = key.bytes;
    was_given_back = false;
    struct aead *other = aead_new();
    memset(data, 7, sizeof(data));
    aead_seal(opens ? other : a, &key, nonce, span_empty(), span_mut_of(data, sizeof(data)), tag);
    aead_free(other);
    if (opens) {
        assert_int_equal(
            aead_open(a, &key, nonce, span_empty(), span_mut_of(data, sizeof(data)), tag), 0);
    }
    assert_false(was_given_back);
    wanted = NULL;
    return holds(key.bytes);
}

static void test_a_passing_key_does_not_stay(void **state)
{
    (void)state;
    struct aead *a = aead_new();
    assert_non_null(a);
    for (int kind = 0; kind < 2; kind++) {
        for (int opens = 0; opens < 2; opens++) {
            assert_true(stays(a, (enum aead_kind)kind, opens != 0, false)); /* it would be found */
            assert_false(stays(a, (enum aead_kind)kind, opens != 0, true));
        }
    }
    aead_free(a);
}

/* Nor do those of messages that two devices sent each other. */
static void test_keys_of_messages_do_not_stay(void **state)
{
    (void)state;
    static struct ratchet_pair pair;
    static char text[LEN];
    memset(text, 'x', sizeof(text) - 1);
    for (int kind = 0; kind < 2; kind++) {
        ratchet_pair_init(&pair, 90 + (uint64_t)kind);
        pair.kind = (enum aead_kind)kind;
        ratchet_pair_say(&pair, 0, "begin");
        for (int i = 0; i < 4; i++) {
            struct ratchet_walk_step step;
            ratchet_walk_step(&step, pair.r[0].send.key);
            ratchet_pair_say(&pair, 0, text);
            assert_false(holds(step.key));
            assert_false(holds(pair.r[0].send.header));
        }
        ratchet_pair_clear(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_passing_key_does_not_stay),
        cmocka_unit_test(test_keys_of_messages_do_not_stay),
    };
    if (CRYPTO_set_mem_functions(take, change, give) != 1) {
        return 1;
    }
    return cmocka_run_group_tests_name("crypto/aead_forget", tests, NULL, NULL);
}
