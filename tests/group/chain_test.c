/*
 * Chains of message keys: forward only, each generation once, gaps kept for a while.
 */
#include "tests/base/unit.h"

#include "crypto/kdf.h"
#include "group/chain.h"

static const uint8_t start_key[CHAIN_KEY_SIZE] = {1, 2, 3};

/* The keys of `generation`, reckoned anew from the page's formula. */
static struct chain_keys expected(uint32_t generation)
{
    uint8_t key[CHAIN_KEY_SIZE];
    uint8_t out[96];
    struct chain_keys keys;

    memcpy(key, start_key, sizeof key);
    for (uint32_t i = 0; i <= generation; i++) {
        kdf(span_mut_of(out, sizeof out), span_of(key, sizeof key), "wavu epoch step 1", NULL, 0);
        memcpy(key, out, sizeof key);
    }
    memcpy(keys.key, out + 32, sizeof keys.key);
    memcpy(keys.salt, out + 64, sizeof keys.salt);
    return keys;
}

static void assert_keys(const struct chain_peek *peek, uint32_t generation)
{
    struct chain_keys keys = expected(generation);

    assert_memory_equal(&peek->keys, &keys, sizeof keys);
}

/* Take `generation`; returns how the number of kept keys changed. */
static int taken(struct chain *c, uint32_t generation, uint64_t now)
{
    struct chain_peek peek;
    int more = 0;

    assert_int_equal(chain_look(c, generation, &peek), 0);
    assert_keys(&peek, generation);
    more = chain_take(c, now, &peek);
    chain_drop(&peek);
    return more;
}

static bool holds(const void *memory, size_t len, const uint8_t *bytes, size_t count)
{
    const uint8_t *at = memory;

    for (size_t i = 0; i + count <= len; i++) {
        if (memcmp(at + i, bytes, count) == 0) {
            return true;
        }
    }
    return false;
}

static void generations_follow_the_formula(void **state)
{
    (void)state;
    struct chain c;

    chain_init(&c, start_key);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(taken(&c, i, 0), 0);
    }
    chain_clear(&c);
}

static void a_generation_is_given_once(void **state)
{
    (void)state;
    struct chain c;
    struct chain_peek peek;

    chain_init(&c, start_key);
    assert_int_equal(taken(&c, 0, 0), 0);
    assert_int_equal(chain_look(&c, 0, &peek), WAVU_ERR_CRYPTO);
    assert_int_equal(taken(&c, 4, 0), 3);
    assert_int_equal(taken(&c, 2, 0), -1);
    assert_int_equal(chain_look(&c, 2, &peek), WAVU_ERR_CRYPTO);
    assert_int_equal(taken(&c, 1, 0), -1);
    assert_int_equal(taken(&c, 3, 0), -1);
    assert_null(c.skipped);
    chain_clear(&c);
}

static void looking_changes_nothing(void **state)
{
    (void)state;
    struct chain c;
    struct chain before;
    struct chain_peek peek;

    chain_init(&c, start_key);
    assert_int_equal(taken(&c, 3, 0), 3);
    before = c;
    assert_int_equal(chain_look(&c, 900, &peek), 0);
    assert_int_equal(chain_look(&c, 1, &peek), 0);
    assert_int_equal(chain_look(&c, CHAIN_GENERATIONS_MAX, &peek), WAVU_ERR_CRYPTO);
    assert_int_equal(chain_look(&c, UINT32_MAX, &peek), WAVU_ERR_CRYPTO);
    assert_memory_equal(&c, &before, sizeof c);
    chain_clear(&c);
}

static void what_was_used_is_not_in_memory(void **state)
{
    (void)state;
    struct chain c;
    struct chain_keys used = expected(2);
    struct chain_keys kept = expected(1);

    chain_init(&c, start_key);
    taken(&c, 4, 0);
    assert_true(holds(c.skipped, c.skipped_count * sizeof *c.skipped, kept.key, 32));
    assert_true(holds(c.skipped, c.skipped_count * sizeof *c.skipped, used.key, 32));
    taken(&c, 2, 0);
    /* The array keeps its room: the place behind the last one is wiped, too. */
    assert_false(holds(c.skipped, (c.skipped_count + 1) * sizeof *c.skipped, used.key, 32));
    assert_false(holds(&c, sizeof c, start_key, 32));
    chain_clear(&c);
    assert_true(c.next == 0 && c.skipped == NULL);
}

static void kept_keys_are_bounded(void **state)
{
    (void)state;
    struct chain c;
    struct chain_peek peek;

    chain_init(&c, start_key);
    assert_int_equal(taken(&c, 500, 7), CHAIN_SKIPPED_MAX);
    assert_int_equal(chain_look(&c, 500 - CHAIN_SKIPPED_MAX - 1, &peek), WAVU_ERR_CRYPTO);
    assert_int_equal(taken(&c, 500 - CHAIN_SKIPPED_MAX, 7), -1);
    assert_int_equal(taken(&c, 601, 9), 1); /* 100 more, of which the oldest 99 go */
    assert_int_equal(c.skipped_count, CHAIN_SKIPPED_MAX);
    assert_int_equal(chain_expire(&c, 9), CHAIN_SKIPPED_MAX - 100);
    assert_int_equal(taken(&c, 501, 9), -1);
    assert_int_equal(chain_expire(&c, 10), 99);
    assert_null(c.skipped);
    chain_clear(&c);
}

static void an_owner_skips_what_it_may_have_used(void **state)
{
    (void)state;
    struct chain c;
    struct chain_peek peek;

    chain_init(&c, start_key);
    chain_skip_to(&c, 64);
    assert_int_equal(chain_look(&c, 63, &peek), WAVU_ERR_CRYPTO);
    assert_int_equal(taken(&c, 64, 0), 0);
    chain_skip_to(&c, 10);
    assert_int_equal(c.next, 65);
    chain_skip_to(&c, UINT32_MAX);
    assert_int_equal(c.next, CHAIN_GENERATIONS_MAX);
    chain_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(generations_follow_the_formula), UNIT(a_generation_is_given_once),
        UNIT(looking_changes_nothing),        UNIT(what_was_used_is_not_in_memory),
        UNIT(kept_keys_are_bounded),          UNIT(an_owner_skips_what_it_may_have_used),
    };
    return cmocka_run_group_tests_name("chain", tests, NULL, NULL);
}
