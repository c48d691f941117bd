/*
 * Tests of the wheel: order, rounding up, far times, bodies of all sizes.
 */
#include "swarm/wheel.h"

#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "tests/base/unit.h"

#define SLOT_NS (UINT64_C(1) << WHEEL_SLOT_SHIFT)

static void put(struct wheel *w, uint64_t at, uint32_t tag)
{
    wheel_put(w, at, &(struct wheel_item){.tag = tag});
}

static void test_items_come_in_order_of_slot_then_of_putting(void **state)
{
    struct wheel *w = mem_new(sizeof *w);
    (void)state;
    wheel_init(w);
    put(w, 3 * SLOT_NS, 3);
    put(w, 1 * SLOT_NS, 1);
    put(w, 2 * SLOT_NS + 1, 4); /* rounded up to the third slot */
    put(w, 0, 0);
    for (uint32_t i = 0; i < 4; i++) {
        static const uint32_t order[] = {0, 1, 3, 4};
        const struct wheel_item *item = wheel_next(w, 10 * SLOT_NS);
        assert_non_null(item);
        assert_int_equal(item->tag, order[i]);
    }
    assert_null(wheel_next(w, 10 * SLOT_NS));
    assert_int_equal(wheel_now(w), 10 * SLOT_NS);
    assert_int_equal(w->count, 0);
    wheel_clear(w);
    mem_free(w);
}

static void test_what_is_put_for_now_comes_in_this_slot(void **state)
{
    struct wheel *w = mem_new(sizeof *w);
    (void)state;
    wheel_init(w);
    put(w, 5 * SLOT_NS, 1);
    assert_non_null(wheel_next(w, 5 * SLOT_NS));
    put(w, 0, 2); /* past: now */
    put(w, 5 * SLOT_NS, 3);
    assert_int_equal(wheel_ahead(w)->tag, 2);
    assert_int_equal(wheel_ahead(w)->tag, 3);
    assert_null(wheel_ahead(w));
    assert_int_equal(wheel_next(w, 5 * SLOT_NS)->tag, 2);
    assert_int_equal(wheel_next(w, 5 * SLOT_NS)->tag, 3);
    assert_null(wheel_next(w, 5 * SLOT_NS));
    put(w, 5 * SLOT_NS, 4); /* after the slot was found empty */
    assert_int_equal(wheel_next(w, 5 * SLOT_NS)->tag, 4);
    wheel_clear(w);
    mem_free(w);
}

static void test_nothing_comes_before_its_time(void **state)
{
    struct wheel *w = mem_new(sizeof *w);
    (void)state;
    wheel_init(w);
    put(w, 100 * SLOT_NS, 1);
    assert_null(wheel_next(w, 99 * SLOT_NS));
    assert_null(wheel_next(w, 100 * SLOT_NS - 1));
    assert_non_null(wheel_next(w, 100 * SLOT_NS));
    wheel_clear(w);
    mem_free(w);
}

/* Most items are shown before they come, none after; and none while its block is gone, which
 * sanitizers see. */
static void test_what_comes_is_shown_ahead(void **state)
{
    struct wheel *w = mem_new(sizeof *w);
    struct random_seeded seeded;
    uint32_t shown = 0;
    uint32_t taken = 0;
    bool *is_shown = mem_new_array(100000, sizeof is_shown[0]);
    (void)state;
    random_seeded_init(&seeded, 7);
    struct random random = random_from_seeded(&seeded);
    wheel_init(w);
    assert_null(wheel_ahead(w));
    for (uint32_t i = 0; i < 100000; i++) {
        uint64_t at = wheel_now(w) + random_below(&random, 20 * 50 * SLOT_NS) / 20;
        struct wheel_item item = {.tag = i, .len = (uint16_t)random_below(&random, 900)};
        wheel_put(w, at, &item);
        const struct wheel_item *ahead;
        const struct wheel_item *next =
            i < 500 ? NULL : wheel_next(w, wheel_now(w) + random_below(&random, 2) * SLOT_NS);
        if (next != NULL) {
            shown += is_shown[next->tag];
            taken++;
        }
        while (i % 3 == 0 && (ahead = wheel_ahead(w)) != NULL) {
            assert_true(ahead->slot >= w->slot);
            is_shown[ahead->tag] = true;
        }
    }
    assert_true(taken > 50000 && shown > taken / 4 * 3);
    wheel_clear(w);
    mem_free(is_shown);
    mem_free(w);
}

/* Against a table: each item's time is in its body, some beyond the far wheel's 18 minutes. */
static void test_many_random_times(void **state)
{
    struct wheel *w = mem_new(sizeof *w);
    struct random_seeded seeded;
    uint64_t put_count = 0;
    uint64_t got = 0;
    (void)state;
    random_seeded_init(&seeded, 5);
    struct random random = random_from_seeded(&seeded);
    wheel_init(w);
    for (uint64_t until = 0; until < UINT64_C(4000000000000); until += UINT64_C(400000000000)) {
        for (int i = 0; i < 20000; i++) {
            uint64_t at = wheel_now(w) + (random_u64(&random) >> (22 + random_below(&random, 30)));
            struct wheel_item item = {.len = (uint16_t)(8 + random_below(&random, 4000))};
            memcpy(wheel_put(w, at, &item), &at, sizeof at);
            put_count++;
        }
        const struct wheel_item *item;
        uint64_t last = 0;
        while ((item = wheel_next(w, until)) != NULL) {
            uint64_t at;
            memcpy(&at, wheel_body(item), sizeof at);
            assert_true(wheel_now(w) >= at);
            assert_true(wheel_now(w) - at < SLOT_NS);
            assert_true(item->slot >= last);
            last = item->slot;
            got++;
        }
    }
    assert_int_equal(put_count, got + w->count);
    while (wheel_next(w, UINT64_C(20000000000000)) != NULL) {
        got++;
    }
    assert_int_equal(put_count, got);
    wheel_clear(w);
    mem_free(w);
}

static void test_a_longest_body_fits(void **state)
{
    struct wheel *w = mem_new(sizeof *w);
    (void)state;
    wheel_init(w);
    memset(wheel_put(w, SLOT_NS, &(struct wheel_item){.len = WHEEL_BODY_MAX}), 7, WHEEL_BODY_MAX);
    const struct wheel_item *item = wheel_next(w, SLOT_NS);
    assert_int_equal(item->len, WHEEL_BODY_MAX);
    assert_int_equal(wheel_body(item)[WHEEL_BODY_MAX - 1], 7);
    wheel_clear(w);
    mem_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_come_in_order_of_slot_then_of_putting),
        cmocka_unit_test(test_what_is_put_for_now_comes_in_this_slot),
        cmocka_unit_test(test_nothing_comes_before_its_time),
        cmocka_unit_test(test_what_comes_is_shown_ahead),
        cmocka_unit_test(test_many_random_times),
        cmocka_unit_test(test_a_longest_body_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
