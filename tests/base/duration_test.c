/*
 * Spans of time: units, bounds, what is refused, and both ways.
 */
#include "base/duration.h"

#include "tests/base/unit.h"

static void units_are_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } cases[] = {{"0s", 0},
                 {"500ms", 500},
                 {"5s", 5000},
                 {"2m", 120000},
                 {"1h", 3600000},
                 {"7d", 604800000},
                 {"007s", 7000},
                 {"0ms", 0},
                 {"876000h", DURATION_MAX_MS},
                 {"36500d", DURATION_MAX_MS}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t ms = 1;
        assert_int_equal(duration_parse(cases[i].text, &ms), 0);
        assert_int_equal(ms, cases[i].ms);
    }
}

static void anything_else_is_refused(void **state)
{
    static const char *const texts[] = {"",       "5",
                                        "s",      "ms",
                                        "5 s",    "-5s",
                                        "+5s",    "1.5s",
                                        "5S",     "5sec",
                                        "5w",     "5s ",
                                        "0x5s",   "876001h",
                                        "36501d", "18446744073709551616s",
                                        "1h5m",   "99999999999999999999ms"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint64_t ms = 77;
        assert_int_equal(duration_parse(texts[i], &ms), WAVU_ERR_INVALID);
        assert_int_equal(ms, 77);
    }
}

static void what_is_written_is_read_again(void **state)
{
    static const struct {
        uint64_t ms;
        const char *text;
    } cases[] = {{0, "0s"},
                 {1, "1ms"},
                 {999, "999ms"},
                 {1000, "1s"},
                 {1500, "1500ms"},
                 {60000, "1m"},
                 {61000, "61s"},
                 {3600000, "1h"},
                 {5400000, "90m"},
                 {86400000, "24h"},
                 {DURATION_MAX_MS, "876000h"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        struct wr w;
        uint64_t ms = 1;
        wr_init(&w, span_mut_of(text, sizeof text));
        duration_write(&w, cases[i].ms);
        assert_int_equal(wr_finish_text(&w), 0);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(duration_parse(text, &ms), 0);
        assert_int_equal(ms, cases[i].ms);
    }
}

static void what_is_left_is_never_less_than_nothing(void **state)
{
    (void)state;
    assert_true(duration_left(7, 5) == 2);
    assert_true(duration_left(5, 5) == 0);
    assert_true(duration_left(5, 7) == 0);
    assert_true(duration_left(UINT64_MAX, 0) == UINT64_MAX);
    assert_true(duration_left(0, UINT64_MAX) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(units_are_read),
        UNIT(anything_else_is_refused),
        UNIT(what_is_written_is_read_again),
        UNIT(what_is_left_is_never_less_than_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
