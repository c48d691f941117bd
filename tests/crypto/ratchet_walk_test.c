/*
 * Ways along a chain: what is found is what stepping gives, each step is taken once, and what lies
 * behind is wiped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "crypto/ratchet_walk.h"
#include "tests/support/ratchet_pair.h"

#define LENGTH 300

static uint8_t chain[LENGTH][RATCHET_WALK_KEY_SIZE];

static int setup(void **state)
{
    (void)state;
    memset(chain[0], 7, sizeof(chain[0]));
    for (size_t i = 1; i < LENGTH; i++) {
        struct ratchet_walk_step step;
        ratchet_walk_step(&step, chain[i - 1]);
        memcpy(chain[i], step.chain, sizeof(chain[i]));
    }
    return 0;
}

static void test_finds_what_stepping_gives(void **state)
{
    (void)state;
    static const uint32_t places[] = {0, 1, 5, 3, 40, 39, 200, 0, 299, 120};
    struct ratchet_walk w = {.count = 0};
    uint32_t walked = 0;
    const size_t live = mem_live_count();
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const uint32_t at = places[i];
        assert_int_equal(ratchet_walk_missing(&w, at), at > walked ? at - walked : 0);
        assert_memory_equal(ratchet_walk_to(&w, chain[0], at), chain[at], sizeof(chain[at]));
        walked = at > walked ? at : walked;
        assert_int_equal(ratchet_walk_missing(&w, at), 0);
        assert_true(i > 0 || mem_live_count() == live); /* what is next needs no memory */
    }
    ratchet_walk_clear(&w);
    assert_int_equal(mem_live_count(), live);
}

static void test_goes_on_with_the_chain(void **state)
{
    (void)state;
    struct ratchet_walk w = {.count = 0};
    uint32_t next = 0;
    (void)ratchet_walk_to(&w, chain[0], 100);
    for (uint32_t i = 0; i < 60; i++) {
        const uint32_t count = i % 3;
        ratchet_walk_pass(&w, count);
        next += count;
        assert_int_equal(w.count, 100 - next);
        assert_memory_equal(ratchet_walk_to(&w, chain[next], 40), chain[next + 40],
                            sizeof(chain[0]));
    }
    const uint8_t *bytes = w.chains;
    const size_t len = (size_t)w.cap * RATCHET_WALK_KEY_SIZE;
    for (uint32_t i = 1; i <= next; i++) { /* nothing is left of what lies behind */
        assert_false(ratchet_pair_holds(bytes, len, chain[i], sizeof(chain[i])));
    }
    ratchet_walk_pass(&w, w.count);
    assert_null(w.chains);
    ratchet_walk_pass(&w, 7);
    assert_null(w.chains);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_finds_what_stepping_gives, setup),
        cmocka_unit_test_setup(test_goes_on_with_the_chain, setup),
    };
    return cmocka_run_group_tests_name("crypto/ratchet_walk", tests, NULL, NULL);
}
