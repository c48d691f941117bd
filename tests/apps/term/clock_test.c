/*
 * Each of the four sentences.
 */
#include "apps/term/clock.h"

#include "tests/base/unit.h"

#include <string.h>

#define HOUR_MS INT64_C(3600000)
#define NEXT "set it, or let the system keep it ('timedatectl set-ntp true')"

static char line[CLOCK_LINE_MAX];

static void who_is_asked_decides_what_is_said(void **state)
{
    (void)state;
    assert_string_equal(clock_write(24 * HOUR_MS, 2, line),
                        "this machine's clock is 1 d 0 h ahead of that of the others here: " NEXT);
    assert_string_equal(clock_write(-25 * HOUR_MS, 2, line),
                        "this machine's clock is 1 d 1 h behind that of the others here: " NEXT);
    assert_string_equal(clock_write(2 * HOUR_MS, 1, line),
                        "this machine's clock is 2 h 0 min ahead of that of the one member here, "
                        "and one of the two is wrong: " NEXT);
    assert_string_equal(clock_write(-2 * HOUR_MS, 1, line),
                        "this machine's clock is 2 h 0 min behind that of the one member here, "
                        "and one of the two is wrong: " NEXT);
}

static void moments_are_rounded_and_all_fits(void **state)
{
    (void)state;
    (void)clock_write(24 * HOUR_MS - 20, 2, line);
    assert_non_null(strstr(line, " 1 d 0 h "));
    (void)clock_write(INT64_MIN, 1, line);
    assert_true(strlen(line) < CLOCK_LINE_MAX - 60); /* other languages are longer */
    assert_non_null(strstr(line, NEXT));
    (void)clock_write(INT64_MAX, 1, line);
    assert_non_null(strstr(line, NEXT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_is_asked_decides_what_is_said),
        UNIT(moments_are_rounded_and_all_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
