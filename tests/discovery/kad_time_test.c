/* Times of records: a calendar counted day by day, what others write, and what is none. */
#include "discovery/kad_time.h"

#include "tests/base/unit.h"

static uint64_t parsed(const char *text)
{
    uint64_t ms = 0;
    assert_int_equal(kad_time_parse(span_from_text(text), &ms), 0);
    return ms;
}

static void known_times_are_read(void **state)
{
    (void)state;
    assert_int_equal(parsed("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(parsed("1970-01-01T00:00:00.5Z"), 500);
    assert_int_equal(parsed("1970-01-01T00:00:00.0019999999999Z"), 1);
    assert_true(parsed("2000-02-29T23:59:59.999Z") == UINT64_C(951868799999));
    assert_true(parsed("2026-11-23T01:02:03.004000000Z") == UINT64_C(1795395723004));
    assert_true(parsed("2026-11-23t03:02:03.004+02:00") == UINT64_C(1795395723004));
    assert_true(parsed("2026-11-22 19:32:03.004-05:30") == UINT64_C(1795395723004));
    assert_true(parsed("9999-12-31T23:59:59.999Z") == KAD_TIME_MS_MAX);
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"",
                               "2026",
                               "2026-11-23",
                               "2026-11-23T01:02:03",
                               "2026-11-23T01:02Z",
                               "2026-13-23T01:02:03Z",
                               "2026-00-23T01:02:03Z",
                               "2026-11-31T01:02:03Z",
                               "2026-11-00T01:02:03Z",
                               "2026-02-29T01:02:03Z",
                               "2100-02-29T01:02:03Z",
                               "2026-11-23T24:02:03Z",
                               "2026-11-23T01:60:03Z",
                               "2026-11-23T01:02:61Z",
                               "2026-11-23T01:02:03.Z",
                               "2026-11-23T01:02:03,5Z",
                               "2026-11-23T01:02:03+24:00",
                               "2026-11-23T01:02:03+01:60",
                               "2026-11-23T01:02:03+0100",
                               "2026-11-23T01:02:03Zz",
                               "1969-12-31T23:59:59Z",
                               "1970-01-01T00:00:00+01:00",
                               "9999-12-31T23:59:59-01:00",
                               "+026-11-23T01:02:03Z",
                               "2026-11-23T01:02:03.00000000000000000000000000000000000000000000Z"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t ms = 7;
        assert_int_equal(kad_time_parse(span_from_text(bad[i]), &ms), WAVU_ERR_PROTO);
        assert_int_equal(ms, 7);
    }
}

/* Each day of eight centuries, by counting. */
static void every_day_is_the_next(void **state)
{
    (void)state;
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t count = 0;
    for (unsigned year = 1970; year < 2770; year++) {
        bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (unsigned month = 1; month <= 12; month++) {
            unsigned last = days[month - 1] + (month == 2 && is_leap ? 1U : 0U);
            for (unsigned day = 1; day <= last; day++) {
                char want[64];
                char text[KAD_TIME_FORMAT_SIZE];
                uint64_t ms = count++ * 86400000 + 3723004;
                (void)snprintf(want, sizeof want, "%04u-%02u-%02uT01:02:03.004Z", year, month, day);
                kad_time_format(text, ms);
                assert_string_equal(text, want);
                assert_true(parsed(text) == ms);
            }
        }
    }
    char text[KAD_TIME_FORMAT_SIZE];
    kad_time_format(text, UINT64_MAX);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(known_times_are_read), UNIT(what_is_no_time_is_refused),
                                       UNIT(every_day_is_the_next)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
