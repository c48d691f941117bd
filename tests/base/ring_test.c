/* Ring: order across wrapping and growth, the limit, storage given back. */
#include "base/ring.h"

#include "tests/base/unit.h"
#include "wavu/err.h"

static void test_order_across_wrap_and_growth(void **state)
{
    (void)state;
    struct ring r;
    uint32_t next_in = 0;
    uint32_t next_out = 0;

    ring_init(&r, sizeof(uint32_t), 1000);
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 7; i++) {
            assert_int_equal(ring_push(&r, &next_in), 0);
            next_in++;
        }
        for (int i = 0; i < 3; i++) {
            uint32_t item;

            assert_true(ring_pop(&r, &item));
            assert_int_equal(item, next_out);
            next_out++;
        }
        for (size_t i = 0; i < r.count; i++) {
            assert_int_equal(*(uint32_t *)ring_at(&r, i), next_out + i);
        }
        assert_null(ring_at(&r, r.count));
    }
    ring_clear(&r);
}

static void test_steady_flow_goes_round_without_growing(void **state)
{
    (void)state;
    struct ring r;
    uint16_t item = 0;

    ring_init(&r, sizeof(item), 5);
    for (uint16_t i = 0; i < 3; i++) {
        assert_int_equal(ring_push(&r, &i), 0);
    }
    for (uint16_t i = 3; i < 100; i++) {
        assert_int_equal(ring_push(&r, &i), 0);
        assert_true(ring_pop(&r, &item));
        assert_int_equal(item, i - 3);
        assert_int_equal(r.cap, 4);
    }
    ring_clear(&r);
}

static void test_limit_and_storage(void **state)
{
    (void)state;
    struct ring r;
    uint8_t item = 1;

    ring_init(&r, 1, 6);
    assert_false(ring_pop(&r, &item));
    assert_null(r.items);
    for (int i = 0; i < 6; i++) {
        item = (uint8_t)i;
        assert_int_equal(ring_push(&r, &item), 0);
    }
    assert_int_equal(r.cap, 6);
    assert_int_equal(ring_push(&r, &item), WAVU_ERR_LIMIT);
    for (int i = 0; i < 6; i++) {
        assert_true(ring_pop(&r, &item));
        assert_int_equal(item, i);
    }
    assert_null(r.items);
    assert_int_equal(r.max, 6);
    assert_int_equal(ring_push(&r, &item), 0);
    ring_clear(&r);
    assert_int_equal(r.count, 0);
    ring_init(&r, 8, 0);
    assert_int_equal(ring_push(&r, &item), WAVU_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_order_across_wrap_and_growth),
        UNIT(test_steady_flow_goes_round_without_growing),
        UNIT(test_limit_and_storage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
