/* How many an open network's node lets in: of one source, of all. */
#include "group/open_door.h"

#include <string.h>

#include "base/timers.h"
#include "tests/base/unit.h"

#define DAY_SECONDS UINT64_C(86400)

static struct open_door door;

static int ask(uint64_t second, unsigned source)
{
    uint8_t from[OPEN_DOOR_SOURCE_SIZE] = {0};

    from[14] = (uint8_t)(source >> 8);
    from[15] = (uint8_t)source;
    int rc = open_door_ask(&door, second * TIMERS_SECOND, from);
    open_door_check(&door);
    return rc;
}

static void test_one_source_has_few(void **state)
{
    unsigned in = 0;

    (void)state;
    open_door_init(&door, 0);
    for (uint64_t second = 0; second < 3600; second++) {
        in += ask(second, 1) == 0 ? 1 : 0;
    }
    assert_in_range(in, OPEN_DOOR_SOURCE_BURST + 59, OPEN_DOOR_SOURCE_BURST + 60);
    assert_int_equal(ask(3600, 2), 0); /* others find the door open */
}

static void test_all_together_have_not_many(void **state)
{
    unsigned in = 0;

    (void)state;
    open_door_init(&door, 0);
    for (uint64_t second = 0; second < 3600; second++) {
        for (unsigned k = 0; k < 20; k++) {
            in += ask(second, (unsigned)(second * 20 + k) % 5000) == 0 ? 1 : 0;
        }
    }
    assert_in_range(in, OPEN_DOOR_BURST + 239, OPEN_DOOR_BURST + 240);
}

/* Who is refused for all has lost nothing of its own. */
static void test_a_refusal_costs_nothing(void **state)
{
    (void)state;
    open_door_init(&door, 0);
    for (unsigned i = 0; i < OPEN_DOOR_BURST; i++) {
        assert_int_equal(ask(0, i), 0);
    }
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(ask(0, 1), WAVU_ERR_LIMIT);
        assert_int_equal(ask(0, 100 + i), WAVU_ERR_LIMIT);
    }
    for (unsigned i = 1; i < OPEN_DOOR_SOURCE_BURST; i++) {
        assert_int_equal(ask(i * OPEN_DOOR_SECONDS, 1), 0);
    }
    assert_int_equal(ask(DAY_SECONDS, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_source_has_few),
        cmocka_unit_test(test_all_together_have_not_many),
        cmocka_unit_test(test_a_refusal_costs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
