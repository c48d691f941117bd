/*
 * Lasting time over restarts, with clocks of all kinds.
 */
#include "tests/base/unit.h"

#include "base/timers.h"
#include "courier/lasting.h"

#define SECOND TIMERS_SECOND
#define NOON UINT64_C(1790000000) /* some second since 1970 */

static uint8_t saved[LASTING_SIZE];

static void save(struct lasting *l, uint64_t boot, uint64_t wall_s)
{
    struct wr w;
    wr_init(&w, span_mut_of(saved, sizeof(saved)));
    lasting_save(&w, l, boot, wall_s);
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(w.len, LASTING_SIZE);
}

/* Starts at boot time 7 s with `wall_s`, having been saved at lasting time 101 s and NOON. */
static uint64_t restart(uint64_t wall_s)
{
    struct lasting l;
    assert_int_equal(lasting_start(&l, 50 * SECOND, NOON, span_empty()), 0);
    save(&l, 150 * SECOND, NOON);
    assert_int_equal(lasting_start(&l, 7 * SECOND, wall_s, span_of(saved, sizeof(saved))), 0);
    return lasting_now(&l, 7 * SECOND);
}

static void test_it_goes_on(void **state)
{
    struct lasting l;
    (void)state;
    assert_int_equal(restart(NOON), 101 * SECOND);
    assert_int_equal(lasting_start(&l, 7 * SECOND, NOON, span_of(saved, sizeof(saved))), 0);
    assert_int_equal(lasting_now(&l, 8 * SECOND), 102 * SECOND);
    assert_int_equal(lasting_now(&l, 6 * SECOND), 101 * SECOND); /* never back */
}

static void test_time_off_counts_when_the_clock_is_trusted(void **state)
{
    (void)state;
    assert_int_equal(restart(NOON + 3600), 3701 * SECOND);
    assert_int_equal(restart(NOON + 29 * 86400), (101 + 29 * 86400) * SECOND);
    assert_int_equal(restart(NOON + LASTING_AWAY_S_MAX), 101 * SECOND); /* it jumped */
    assert_int_equal(restart(NOON - 5), 101 * SECOND);
    assert_int_equal(restart(0), 101 * SECOND); /* there is none */
    struct lasting l;
    assert_int_equal(lasting_start(&l, 0, 0, span_empty()), 0);
    save(&l, SECOND, 0); /* there was none */
    assert_int_equal(lasting_start(&l, 0, NOON, span_of(saved, sizeof(saved))), 0);
    assert_int_equal(lasting_now(&l, 0), 2 * SECOND);
}

static void test_it_is_saved_each_minute(void **state)
{
    struct lasting l;
    (void)state;
    assert_int_equal(lasting_start(&l, 50 * SECOND, NOON, span_empty()), 0);
    assert_int_equal(lasting_deadline(&l), 110 * SECOND);
    save(&l, 115 * SECOND, NOON);
    assert_int_equal(lasting_deadline(&l), 175 * SECOND);
}

static void test_what_is_none(void **state)
{
    struct lasting l;
    (void)state;
    (void)restart(NOON);
    for (size_t len = 1; len < LASTING_SIZE; len++) {
        assert_int_equal(lasting_start(&l, 0, NOON, span_of(saved, len)), WAVU_ERR_CORRUPT);
        assert_int_equal(lasting_now(&l, SECOND), 2 * SECOND);
    }
    saved[0] = 2;
    assert_int_equal(lasting_start(&l, 0, NOON, span_of(saved, sizeof(saved))),
                     WAVU_ERR_UNSUPPORTED);
    saved[0] = 1;
    saved[1] = 0xff;
    assert_int_equal(lasting_start(&l, 0, NOON, span_of(saved, sizeof(saved))), WAVU_ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_it_goes_on),
        UNIT(test_time_off_counts_when_the_clock_is_trusted),
        UNIT(test_it_is_saved_each_minute),
        UNIT(test_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
