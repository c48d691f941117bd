/* Work in vain: who has caused too much waits, and nobody else does. */
#include "chat/rooms_vain.h"

#include <string.h>

#include "tests/base/unit.h"

#define SECOND UINT64_C(1000000000)

static void who_costs_too_much_waits_and_others_do_not(void **state)
{
    (void)state;
    struct rooms_vain v = {.count = 0};
    const uint8_t a[32] = {1};
    const uint8_t b[32] = {2};

    rooms_vain_cost(&v, a, 0, SECOND);
    assert_int_equal(v.count, 0);
    rooms_vain_cost(&v, a, ROOMS_VAIN_BURST - 1, SECOND);
    assert_true(rooms_vain_may(&v, a, SECOND));
    rooms_vain_cost(&v, a, 1024, SECOND);
    assert_false(rooms_vain_may(&v, a, SECOND));
    assert_true(rooms_vain_may(&v, b, SECOND));
    assert_true(rooms_vain_may(&v, a, 2 * SECOND));
    rooms_vain_cost(&v, a, ROOMS_VAIN_RATE, 2 * SECOND);
    assert_false(rooms_vain_may(&v, a, 2 * SECOND));
}

/* A crowd does not bring out who is not listened to. */
static void the_worst_are_remembered(void **state)
{
    (void)state;
    struct rooms_vain v = {.count = 0};
    uint8_t one[32] = {0};

    rooms_vain_cost(&v, one, ROOMS_VAIN_BURST, SECOND);
    for (uint8_t i = 1; i < 2 * ROOMS_VAIN_MEMBERS_MAX; i++) {
        const uint8_t other[32] = {i};

        rooms_vain_cost(&v, other, i, SECOND);
        assert_true(rooms_vain_may(&v, other, SECOND));
    }
    assert_int_equal(v.count, ROOMS_VAIN_MEMBERS_MAX);
    assert_false(rooms_vain_may(&v, one, SECOND));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_costs_too_much_waits_and_others_do_not),
        UNIT(the_worst_are_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
