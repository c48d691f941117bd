/*
 * Who broke the rules is barred for a time, longer each time, and forgotten in the end.
 */
#include "overlay/overlay_bar.h"

#include "tests/base/unit.h"
#include "tests/support/overlay_null.h"

#define S UINT64_C(1000000000)

static struct overlay_bar bar;

static uint64_t strike(uint64_t now_s, size_t number)
{
    struct overlay_id id = overlay_null_id(number);
    uint64_t length = overlay_bar_strike(&bar, now_s * S, &id);
    overlay_bar_check(&bar);
    return length / S;
}

static uint64_t left(uint64_t now_s, size_t number)
{
    struct overlay_id id = overlay_null_id(number);
    return overlay_bar_left(&bar, now_s * S, &id) / S;
}

static void test_a_bar_ends(void **state)
{
    (void)state;
    assert_int_equal(left(1000, 1), 0);
    assert_int_equal(strike(1000, 1), 60);
    assert_int_equal(left(1000, 1), 60);
    assert_int_equal(left(1059, 1), 1);
    assert_int_equal(left(1060, 1), 0);
    assert_int_equal(left(1000, 2), 0);
    assert_int_equal(overlay_bar_count(&bar, 1000 * S), 1);
    assert_int_equal(overlay_bar_count(&bar, 1060 * S), 0);
    overlay_bar_clear(&bar);
    assert_int_equal(left(1000, 1), 0);
}

static void test_each_is_twice_as_long_up_to_an_hour(void **state)
{
    static const uint64_t lengths[] = {60, 120, 240, 480, 960, 1920, 3600, 3600};
    uint64_t now = 1;
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        assert_int_equal(strike(now, 7), lengths[i]);
        assert_int_equal(left(now, 7), lengths[i]);
        now += lengths[i] + 1; /* straight back */
    }
    assert_int_equal(strike(now + 10, 7), 3600); /* while it is barred, too */
    overlay_bar_clear(&bar);
}

static void test_good_conduct_is_rewarded(void **state)
{
    (void)state;
    assert_int_equal(strike(1, 7), 60);
    assert_int_equal(strike(61 + 3599, 7), 120);
    assert_int_equal(strike(61 + 3599 + 120 + 3600, 7), 60);
    overlay_bar_clear(&bar);
}

static void test_many_keys_drive_out_the_shortest_bar(void **state)
{
    (void)state;
    strike(1, 0);
    strike(1, 0); /* barred for two minutes */
    for (size_t i = 1; i < OVERLAY_BAR_PEERS_MAX; i++) {
        strike(1 + i / 8, i);
    }
    assert_int_equal(overlay_bar_count(&bar, 40 * S), OVERLAY_BAR_PEERS_MAX);
    strike(40, OVERLAY_BAR_PEERS_MAX); /* one beyond */
    assert_int_equal(bar.count, OVERLAY_BAR_PEERS_MAX);
    assert_int_equal(left(40, 1), 0); /* the oldest of a minute */
    assert_true(left(40, 0) > 60 && left(40, 2) > 0);
    assert_int_equal(left(40, OVERLAY_BAR_PEERS_MAX), 60);
    overlay_bar_clear(&bar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_bar_ends),
        UNIT(test_each_is_twice_as_long_up_to_an_hour),
        UNIT(test_good_conduct_is_rewarded),
        UNIT(test_many_keys_drive_out_the_shortest_bar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
